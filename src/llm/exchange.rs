//! One call with everything that tells it from others: what the cache and the cassette know it by.

use std::borrow::Cow;

use reqwest::Url;
use serde_json::Value;

use super::limits::{Lane, Limits};
use super::{Endpoint, HttpCall};
use crate::config::Secret;
use crate::digest::raw_sha256_parts;

/// A call on its way out.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a> {
    /// `None` if the call goes to an application under test.
    pub(super) endpoint: Option<&'a Endpoint>,
    /// For messages.
    pub(super) model: &'a str,
    pub(super) call: &'a HttpCall,
    /// The how-manieth time this request is meant, from 0: repeats of a case are answered each on its own.
    pub(super) repeat: u32,
}

/// What an application under test is called where a provider's name stands.
const APPLICATION: &str = "http";

/// Raise it when the parts of the cache's key change.
const KEY_VERSION: &[u8] = b"1";

impl Exchange<'_> {
    pub(super) fn provider(&self) -> &str {
        self.endpoint.map_or(APPLICATION, |endpoint| &endpoint.provider)
    }

    /// Whose limits it falls under.
    pub(super) fn lane(&self, limits: &Limits) -> Lane {
        match self.endpoint {
            Some(endpoint) => limits.of_model(endpoint, self.model),
            None => limits.of_server(self.call),
        }
    }

    /// Of everything that can change the reply. Keys are left out, so that two of them share what was paid for.
    pub(super) fn cache_key(&self) -> [u8; 32] {
        let call = self.call;
        let url = without_user(&call.url);
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let repeat = self.repeat.to_be_bytes();
        let dialect = self.endpoint.map_or("", |endpoint| endpoint.dialect.name);
        let fixed: [&[u8]; 7] = [
            KEY_VERSION,
            self.provider().as_bytes(),
            dialect.as_bytes(),
            call.method.as_bytes(),
            url.as_bytes(),
            body.as_bytes(),
            &repeat,
        ];
        let headers = call.headers.iter().filter(|(name, _)| !carries_secret(name));
        let headers = headers.flat_map(|(name, value)| [name.as_bytes(), value.reveal().as_bytes()]);
        raw_sha256_parts(fixed.into_iter().chain(headers))
    }

    /// Path and query below the address that can be configured, which may be another one elsewhere; secrets in the
    /// query are hidden.
    pub(super) fn path(&self) -> String {
        let url = &self.call.url;
        let below = self.endpoint.and_then(|endpoint| url.strip_prefix(endpoint.base_url.as_str()));
        let path = match (below, Url::parse(url)) {
            (Some(below), _) => below.to_owned(),
            (None, Ok(parsed)) => match parsed.query() {
                Some(query) => format!("{}?{query}", parsed.path()),
                None => parsed.path().to_owned(),
            },
            (None, Err(_)) => String::new(),
        };
        let Some((path, query)) = path.split_once('?') else { return path };
        let hide = |pair: &str| match pair.split_once('=') {
            Some((name, _)) if carries_secret(name) => format!("{name}=***"),
            _ => pair.to_owned(),
        };
        format!("{path}?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&"))
    }

    /// Every secret that this call carries.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let headers = self.call.headers.iter().filter(|(name, _)| carries_secret(name));
        let mut secrets: Vec<Secret> = headers.map(|(_, value)| bare(value)).collect();
        if let Ok(url) = Url::parse(&self.call.url) {
            secrets.extend(url.password().map(Secret::new));
            let pairs = url.query_pairs().filter(|(name, _)| carries_secret(name));
            secrets.extend(pairs.map(|(_, value)| Secret::new(value)));
        }
        secrets
    }
}

/// Whether a header or a query parameter of this name holds a secret.
pub(super) fn carries_secret(name: &str) -> bool {
    const PARTS: [&str; 7] = ["auth", "key", "token", "secret", "cookie", "password", "signature"];
    let name = name.to_lowercase();
    PARTS.iter().any(|part| name.contains(part))
}

/// The secret without its scheme: of `Bearer KEY`, the key may come back alone.
pub(super) fn bare(header: &Secret) -> Secret {
    let value = header.reveal();
    Secret::new(value.split_once(' ').map_or(value, |(_, key)| key))
}

/// Takes a secret out of every string of a JSON value.
pub(super) fn hide(value: &mut Value, secret: &Secret) {
    match value {
        Value::String(text) if text.contains(secret.reveal()) => *text = secret.redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secret)),
        Value::Object(fields) => fields.values_mut().for_each(|field| hide(field, secret)),
        _ => {}
    }
}

fn without_user(url: &str) -> Cow<'_, str> {
    if !url.contains('@') {
        return url.into();
    }
    let Ok(mut parsed) = Url::parse(url) else { return url.into() };
    // Both fail only for URLs that cannot have a user.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    String::from(parsed).into()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::llm::endpoint::tests::endpoint;

    pub(in crate::llm) fn call(url: &str, headers: &[(&str, &str)], body: Value) -> HttpCall {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect();
        HttpCall { method: "POST", url: url.into(), headers, body: Some(body) }
    }

    fn key(url: &str, headers: &[(&str, &str)], body: Value, repeat: u32) -> [u8; 32] {
        let endpoint = endpoint("vllm", &[]);
        let call = call(url, headers, body);
        Exchange { endpoint: Some(&endpoint), model: "m", call: &call, repeat }.cache_key()
    }

    #[test]
    fn the_key_holds_what_can_change_the_reply_and_no_secret() {
        let body = || json!({ "model": "m", "temperature": 0.2 });
        let url = "http://localhost:8000/v1/chat/completions";
        let known = key(url, &[("authorization", "Bearer a"), ("version", "1")], body(), 0);
        assert_eq!(known, key(url, &[("authorization", "Bearer b"), ("version", "1")], body(), 0));
        assert_eq!(known, key(&url.replace("local", "user:password@local"), &[("version", "1")], body(), 0));
        let others = [
            key(url, &[("version", "2")], body(), 0),
            key(url, &[("version", "1")], json!({ "model": "m", "temperature": 0.3 }), 0),
            key(url, &[("version", "1")], body(), 1),
            key(&url.replace("8000", "8001"), &[("version", "1")], body(), 0),
        ];
        assert!(!others.contains(&known));
    }

    #[test]
    fn the_path_is_the_one_below_the_address_without_secrets() {
        let endpoint = endpoint("vllm", &[("VLLM_BASE_URL", "http://gateway/llm")]);
        let chat = call("http://gateway/llm/chat/completions", &[], Value::Null);
        let exchange = Exchange { endpoint: Some(&endpoint), model: "m", call: &chat, repeat: 0 };
        assert_eq!((exchange.provider(), exchange.path().as_str()), ("vllm", "/chat/completions"));
        let ask = call("http://u:pass-word@app:1/ask?q=a&api_key=k-123456", &[("X-Token", "t-123456")], Value::Null);
        let exchange = Exchange { endpoint: None, model: "", call: &ask, repeat: 0 };
        assert_eq!((exchange.provider(), exchange.path().as_str()), ("http", "/ask?q=a&api_key=***"));
        let secrets: Vec<String> = exchange.secrets().iter().map(|secret| secret.reveal().to_owned()).collect();
        assert_eq!(secrets, ["t-123456", "pass-word", "k-123456"]);
    }
}
