//! A provider as it will be called: its address and key, from its row, the environment and the configuration.

use reqwest::Url;
use serde_json::Value;

use super::HttpCall;
use super::providers::{Auth, DIALECTS, Dialect, Provider};
use crate::config::{CustomProvider, Env, Secret};
use crate::error::{Error, Result, suggestion};

/// Where to send calls, in which dialect, with which key.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The provider's name, for messages and identities.
    pub(crate) provider: String,
    pub(crate) dialect: Dialect,
    /// Without a slash at its end.
    pub(crate) base_url: String,
    pub(super) key: Option<Secret>,
    /// Where the key is, or would be: variables or a configuration key; empty if there is no place for one.
    pub(super) key_place: String,
}

impl Endpoint {
    /// A known provider for a run that sends nothing: without a key, and at any address.
    pub(super) fn replayed(provider: &Provider, env: &Env) -> Self {
        let base_url = env.first(provider.base_url_env).map_or(provider.base_url, |(_, url)| url);
        Self {
            provider: provider.name.to_owned(),
            dialect: provider.dialect,
            base_url: base_url.to_owned(),
            key: None,
            key_place: String::new(),
        }
    }

    /// A known provider, at the address and with the key that the environment names.
    pub(super) fn known(provider: &Provider, env: &Env) -> Result<Self> {
        let (variable, base_url) = match env.first(provider.base_url_env) {
            Some((variable, url)) => (variable, complete(&with_scheme(variable, url), path_of(provider))),
            None if provider.base_url.is_empty() => {
                let variables = provider.base_url_env.join(" or ");
                return Err(Error::config(format!("no address for {}: set {variables}", provider.name))
                    .hint("for example https://YOUR-RESOURCE.openai.azure.com"));
            }
            None => ("", provider.base_url.to_owned()),
        };
        check_url(variable, &base_url)?;
        let key = env.first(provider.key_env);
        // A server behind plain http is one's own; if it wants a key after all, its 401 says where to put it.
        if key.is_none() && provider.key_required && base_url.starts_with("https:") {
            let (first, all) = (provider.key_env[0], provider.key_env.join(" or "));
            return Err(Error::config(format!("no key for {}: set {all}", provider.name))
                .hint(format!("export {first}=..., or put it into the file .env")));
        }
        Ok(Self {
            provider: provider.name.to_owned(),
            dialect: provider.dialect,
            base_url,
            key_place: key.map_or_else(|| provider.key_env.join(" or "), |(variable, _)| variable.to_owned()),
            key: key.map(|(_, key)| Secret::new(key.trim())),
        })
    }

    /// A provider of the configuration's own, without its key. `NAME_BASE_URL` wins over the file, as for every provider.
    pub(super) fn custom(provider: &CustomProvider, file: &str, env: &Env) -> Result<Self> {
        let Some(dialect) = DIALECTS.iter().find(|dialect| dialect.name == provider.dialect) else {
            let hint = suggestion(&provider.dialect, DIALECTS.iter().map(|dialect| dialect.name));
            let message = format!("unknown dialect \"{}\" in [providers.{}]", provider.dialect, provider.name);
            return Err(Error::config(message).at(file, provider.line).hint(hint));
        };
        let variable = base_url_variable(&provider.name);
        let place = format!("providers.{}", provider.name);
        let (source, url) = match env.get(&variable) {
            Some(url) => (variable, url),
            None => (format!("{place}.base_url"), provider.base_url.as_str()),
        };
        let base_url = complete(url, dialect.path);
        check_url(&source, &base_url).map_err(|error| error.at(file, provider.line))?;
        Ok(Self {
            provider: provider.name.clone(),
            dialect: *dialect,
            base_url,
            key: None,
            key_place: format!("{place}.api_key"),
        })
    }

    /// The same with its key; a configuration error if the variable that holds it is not set.
    pub(super) fn custom_with_key(provider: &CustomProvider, file: &str, env: &Env) -> Result<Self> {
        let endpoint = Self::custom(provider, file, env)?;
        let Some(key) = &provider.api_key else { return Ok(endpoint) };
        let secret = env.resolve(&key.value).map_err(|problem| problem.at(file, key.line))?;
        Ok(Self { key: Some(Secret::new(secret)), ..endpoint })
    }

    /// A JSON call to a path below the base URL, with the key.
    pub(crate) fn post(&self, path: &str, body: Value) -> HttpCall {
        let (url, headers) = (format!("{}{path}", self.base_url), self.key_header().into_iter().collect());
        HttpCall { method: "POST", url, headers, body: Some(body) }
    }

    /// The call that lists the models. It needs the key and costs nothing.
    pub(crate) fn list_models(&self) -> HttpCall {
        let (path, headers) = self.dialect.list;
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value)));
        let headers = self.key_header().into_iter().chain(headers).collect();
        HttpCall { method: "GET", url: format!("{}{path}", self.base_url), headers, body: None }
    }

    /// Where the key is, or would be.
    pub(crate) fn key_place(&self) -> &str {
        &self.key_place
    }

    fn key_header(&self) -> Option<(String, Secret)> {
        self.key.as_ref().map(|key| match self.dialect.auth {
            Auth::Bearer => ("authorization".to_owned(), Secret::new(format!("Bearer {}", key.reveal()))),
            Auth::Header(name) => (name.to_owned(), key.clone()),
        })
    }

    /// The host's name, without the port. Asked for every call, so the address is not parsed again.
    pub(super) fn host(&self) -> &str {
        let address = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = address.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        host.rsplit_once(':').map_or(host, |(host, _)| host)
    }
}

/// `my-server` is addressed by `MY_SERVER_BASE_URL`.
fn base_url_variable(name: &str) -> String {
    let upper = name.to_uppercase().replace(|character: char| !character.is_ascii_alphanumeric(), "_");
    format!("{upper}_BASE_URL")
}

/// Where the provider's API lies on a server: the path of its own address.
fn path_of(provider: &Provider) -> &'static str {
    let after_scheme = provider.base_url.split_once("://").map_or("", |(_, rest)| rest);
    match after_scheme.find('/') {
        Some(slash) => &after_scheme[slash..],
        None => provider.dialect.path,
    }
}

/// An address without a path gets the usual one, so that a host alone is enough.
fn complete(url: &str, path: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path { url.to_owned() } else { format!("{url}{path}") }
}

/// `OLLAMA_HOST` is also the address that Ollama listens on: `0.0.0.0`, `host` or `:port`.
fn with_scheme(variable: &str, url: &str) -> String {
    const PORT: &str = "11434";
    if variable != "OLLAMA_HOST" || url.contains("://") {
        return url.to_owned();
    }
    let (host, port) = url.rsplit_once(':').unwrap_or((url, PORT));
    let host = if host.is_empty() || host == "0.0.0.0" { "127.0.0.1" } else { host };
    format!("http://{host}:{port}")
}

fn check_url(source: &str, url: &str) -> Result<()> {
    let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match parsed {
        Some(_) => Ok(()),
        None => Err(Error::config(format!("{source} is no URL")).hint("write it like http://localhost:8000/v1")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::llm::PROVIDERS;

    /// A known provider in an environment of these variables.
    pub(in crate::llm) fn endpoint(provider: &str, variables: &[(&str, &str)]) -> Endpoint {
        resolve(provider, variables).unwrap()
    }

    fn resolve(provider: &str, variables: &[(&str, &str)]) -> Result<Endpoint> {
        let provider = PROVIDERS.iter().find(|row| row.name == provider).unwrap();
        Endpoint::known(provider, &Env::of(variables))
    }

    fn custom(dialect: &str, base_url: &str, variables: &[(&str, &str)]) -> Result<Endpoint> {
        let provider = CustomProvider {
            name: "in-house".into(),
            line: Some(9),
            dialect: dialect.into(),
            base_url: base_url.into(),
            api_key: None,
        };
        Endpoint::custom(&provider, "llmops.toml", &Env::of(variables))
    }

    #[test]
    fn an_address_without_a_path_gets_the_usual_one() {
        let cases = [
            ("openai", "OPENAI_BASE_URL", "http://localhost:9", "http://localhost:9/v1"),
            ("openai", "OPENAI_BASE_URL", "http://localhost:9/", "http://localhost:9/v1"),
            ("openai", "OPENAI_BASE_URL", "http://gateway/llm/", "http://gateway/llm"),
            ("gemini", "GEMINI_BASE_URL", "http://localhost:9", "http://localhost:9/v1beta"),
            ("groq", "GROQ_BASE_URL", "http://localhost:9", "http://localhost:9/openai/v1"),
            ("ollama", "OLLAMA_BASE_URL", "http://gpu:11434/", "http://gpu:11434"),
            ("ollama", "OLLAMA_HOST", "0.0.0.0", "http://127.0.0.1:11434"),
            ("ollama", "OLLAMA_HOST", "gpu:8000", "http://gpu:8000"),
            ("ollama", "OLLAMA_HOST", ":8000", "http://127.0.0.1:8000"),
        ];
        for (provider, variable, value, expected) in cases {
            assert_eq!(endpoint(provider, &[(variable, value)]).base_url, expected, "{variable}={value}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let cases = [
            (resolve("gemini", &[]), "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY"),
            (resolve("azure", &[]), "no address for azure: set AZURE_OPENAI_BASE_URL or AZURE_OPENAI_ENDPOINT"),
            (resolve("openai", &[("OPENAI_BASE_URL", "localhost:8000")]), "OPENAI_BASE_URL is no URL"),
            (custom("opnai", "http://x", &[]), "llmops.toml:9: unknown dialect \"opnai\" in [providers.in-house]"),
            (custom("openai", "x", &[]), "llmops.toml:9: providers.in-house.base_url is no URL"),
        ];
        for (result, expected) in cases {
            assert_eq!(result.err().unwrap().to_string(), expected);
        }
    }

    #[test]
    fn a_key_is_optional_only_where_servers_are_ones_own() {
        assert!(resolve("openai", &[("OPENAI_BASE_URL", "http://localhost:8080/v1")]).is_ok());
        assert!(resolve("openai", &[("OPENAI_BASE_URL", "https://gateway.example.com/v1")]).is_err());
    }

    #[test]
    fn the_environment_wins_over_the_configuration() {
        assert_eq!(custom("openai", "http://a:1", &[]).unwrap().base_url, "http://a:1/v1");
        let moved = custom("openai", "http://a:1", &[("IN_HOUSE_BASE_URL", "http://b:2/x")]);
        assert_eq!(moved.unwrap().base_url, "http://b:2/x");
    }
}
