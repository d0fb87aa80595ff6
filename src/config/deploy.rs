//! `[deploy]`: the platform, and what must hold of a deployment before its prompts get their label.

use std::collections::BTreeMap;
use std::time::Duration;

use super::document::{Document, Section, parse_duration};
use super::{LABEL_HINT, Located, Secret, is_label};
use crate::error::suggestion;

/// `[deploy]`: the environment that it describes, and those of `[deploy.environments.NAME]`.
pub(crate) struct Deploys {
    /// The first is the one of `[deploy]` itself.
    pub(crate) all: Vec<Deploy>,
}

/// One environment. Secrets are as written, `env:NAME`: they are read when something is deployed.
pub(crate) struct Deploy {
    pub(crate) environment: String,
    /// The driver's name; `None` if nobody named one.
    pub(crate) driver: Option<Located<String>>,
    /// What the driver is told, by key.
    pub(crate) platform: BTreeMap<&'static str, Located<String>>,
    pub(crate) command: Vec<String>,
    /// Whether the platform may deploy each push by itself.
    pub(crate) allows_automatic: bool,
    pub(crate) label: String,
    pub(crate) prompts: PromptsAre,
    pub(crate) evidence: Located<String>,
    /// For trigger, wait and identity together.
    pub(crate) timeout: Duration,
    /// For one request.
    pub(crate) request_timeout: Duration,
    /// Between the first questions.
    pub(crate) poll: Duration,
    pub(crate) push: bool,
    pub(crate) branch: Option<String>,
    pub(crate) identity: Identity,
    pub(crate) smoke: Option<Smoke>,
    pub(crate) watch: Watch,
}

/// Where the application has its prompts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptsAre {
    /// Read by their label while it runs.
    Live,
    /// Shipped with the code.
    Bundled,
}

/// `[deploy.identity]`: where the running application says what it is.
pub(crate) struct Identity {
    pub(crate) url: Option<Located<String>>,
    /// A JSON pointer into the reply.
    pub(crate) commit: Option<String>,
    /// A header of the reply, instead.
    pub(crate) header: Option<String>,
    /// A JSON pointer to an object of prompts: name and version, or name and digest.
    pub(crate) prompts: Option<String>,
    pub(crate) headers: Vec<(String, Located<String>)>,
    /// Answers in a row that must agree.
    pub(crate) probes: usize,
}

/// `[deploy.smoke]`: which cases the live application answers, and where; what is not said is as in `[target]`.
pub(crate) struct Smoke {
    pub(crate) cases: Option<usize>,
    pub(crate) ids: Vec<Located<String>>,
    pub(crate) category: Option<Located<String>>,
    pub(crate) url: Option<Located<String>>,
    pub(crate) method: Option<&'static str>,
    pub(crate) headers: Option<Vec<(String, Located<String>)>>,
    pub(crate) body: Option<Located<String>>,
    pub(crate) answer: Option<String>,
    pub(crate) passages: Option<String>,
}

/// `[deploy.watch]`: how long, how often and by what the deployment is looked at before it counts.
pub(crate) struct Watch {
    /// Zero watches nothing.
    pub(crate) time: Duration,
    pub(crate) interval: Duration,
    pub(crate) url: Option<Located<String>>,
    pub(crate) max_error_rate: f64,
    /// Of the slowest twentieth.
    pub(crate) max_latency: Option<Duration>,
}

/// Keys that only some drivers look at.
const PLATFORM: [&str; 9] = ["hook", "url", "token", "secret", "service", "image", "api", "team", "repository"];
/// Keys whose values may never stand in the file.
const SECRETS: [&str; 3] = ["hook", "token", "secret"];

pub(super) fn read(section: &Section, document: &Document) -> Option<Deploys> {
    let names: Vec<String> = section.section("environments").user_keys();
    let first = read_one(section, document, None);
    section.finish();
    let mut all = vec![first?];
    for name in names {
        let over = section.over("environments", &name);
        if !is_label(&name) || all.iter().any(|known| known.environment == name) {
            let message = format!("\"{name}\" cannot be the name of a further environment");
            document.report(section.section("environments").line_of(&name), message, Some(LABEL_HINT.into()));
        }
        all.extend(read_one(&over, document, Some(name)));
        over.finish();
    }
    Some(Deploys { all })
}

fn read_one(section: &Section, document: &Document, name: Option<String>) -> Option<Deploy> {
    let own = section.string("environment");
    let environment = name.or_else(|| own.map(|own| own.value));
    let platform = read_platform(section, document);
    let choices = [("live", PromptsAre::Live), ("bundled", PromptsAre::Bundled)];
    let label = section.string("label");
    for (key, value) in [("label", label.as_ref().map(|label| &label.value)), ("environment", environment.as_ref())] {
        if let Some(value) = value.filter(|value| !is_label(value)) {
            let message = format!("{} is \"{value}\", which cannot be its name", section.path(key));
            document.report(section.line_of(key), message, Some(LABEL_HINT.into()));
        }
    }
    let driver = section.string("driver");
    let command = section.strings("command").unwrap_or_default();
    let allows_automatic = section.boolean("allow_auto_deploy");
    let prompts = section.choice("prompts", &choices);
    let evidence = section.string("evidence");
    let (timeout, request_timeout) = (section.duration("timeout"), section.duration("request_timeout"));
    let poll = section.duration("poll");
    let push = section.boolean("push");
    let branch = section.string("branch").map(|branch| branch.value);
    let identity = read_identity(&section.section("identity"), document);
    let smoke = read_smoke(&section.section("smoke"), document);
    let watch = read_watch(&section.section("watch"), document);
    Some(Deploy {
        environment: environment?,
        driver,
        platform,
        command: command.into_iter().map(|word| word.value).collect(),
        allows_automatic: allows_automatic?.value,
        label: label?.value,
        prompts: prompts?,
        evidence: evidence?,
        timeout: timeout?.value,
        request_timeout: request_timeout?.value,
        poll: poll?.value,
        push: push?.value,
        branch,
        identity: identity?,
        smoke,
        watch: watch?,
    })
}

fn read_platform(section: &Section, document: &Document) -> BTreeMap<&'static str, Located<String>> {
    let mut platform = BTreeMap::new();
    for key in PLATFORM {
        let Some(value) = section.string(key) else { continue };
        if SECRETS.contains(&key) && !value.value.starts_with("env:") {
            // The value itself is not repeated.
            let message = format!("{} is a secret and may not stand here", section.path(key));
            let hint = format!("write {key} = \"env:NAME\" and put it into the environment variable NAME");
            document.report(value.line, message, Some(hint));
        }
        platform.insert(key, value);
    }
    platform
}

fn read_identity(section: &Section, document: &Document) -> Option<Identity> {
    let url = address(section, document, "url");
    let commit = pointer(section, document, "commit");
    let header = section.string("header").map(|header| header.value);
    let prompts = pointer(section, document, "prompts");
    let headers = section.string_map("headers");
    let probes = section.integer("probes", 1..=100);
    section.finish();
    if url.is_some() && commit.is_none() && header.is_none() && prompts.is_none() {
        let message = format!("{} says nothing without a place for the commit", section.path("url"));
        let hint = "add commit = \"/commit\" for a JSON reply, or header = \"X-Commit\"";
        document.report(section.line_of("url"), message, Some(hint.into()));
    }
    Some(Identity { url, commit, header, prompts, headers, probes: probes? })
}

fn read_smoke(section: &Section, document: &Document) -> Option<Smoke> {
    const METHODS: [(&str, &str); 4] = [("POST", "POST"), ("GET", "GET"), ("PUT", "PUT"), ("PATCH", "PATCH")];
    let is_written = section.is_written();
    let cases = section.integer("cases", 1..=100_000);
    let ids = section.strings("ids").unwrap_or_default();
    let category = section.string("category");
    let url = address(section, document, "url");
    let method = section.string("method").and_then(|_| section.choice("method", &METHODS));
    let headers = section.string_map("headers");
    let body = section.string("body");
    let (answer, passages) = (pointer(section, document, "answer"), pointer(section, document, "passages"));
    section.finish();
    let headers = if headers.is_empty() { None } else { Some(headers) };
    is_written.then_some(Smoke { cases, ids, category, url, method, headers, body, answer, passages })
}

fn read_watch(section: &Section, document: &Document) -> Option<Watch> {
    // No time at all is below what `duration` lets through, and means that nothing is watched.
    let is_none = section.string("time").and_then(|time| parse_duration(&time.value)) == Some(Duration::ZERO);
    let time = if is_none { Some(Duration::ZERO) } else { section.duration("time").map(|time| time.value) };
    let interval = section.duration("interval");
    let url = address(section, document, "url");
    let max_error_rate = section.number("max_error_rate", 0.0..=1.0);
    let max_latency = section.duration("max_latency").map(|most| most.value);
    section.finish();
    Some(Watch { time: time?, interval: interval?.value, url, max_error_rate: max_error_rate?.value, max_latency })
}

/// Addresses here may hold a key in their query, so they are not repeated.
fn address(section: &Section, document: &Document, key: &str) -> Option<Located<String>> {
    let found = section.string(key)?;
    let (value, line) = (&found.value, found.line);
    if !["http://", "https://", "env:"].iter().any(|begin| value.starts_with(begin)) {
        let message = format!("{} is no address", section.path(key));
        document.report(line, message, Some("write it like \"https://app.example.org/version\"".into()));
    }
    Some(found)
}

fn pointer(section: &Section, document: &Document, key: &str) -> Option<String> {
    let found = section.string(key)?;
    if !found.value.is_empty() && !found.value.starts_with('/') {
        let message = format!("{} is \"{}\", which is not a JSON pointer", section.path(key), found.value);
        document.report(found.line, message, Some(format!("write \"/{}\"", found.value.replace('.', "/"))));
    }
    Some(found.value)
}

impl Deploys {
    /// The environment that somebody names, or the first.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<&Deploy, String> {
        let Some(name) = name else { return self.all.first().ok_or_else(String::new) };
        let known = self.all.iter().map(|deploy| deploy.environment.as_str());
        self.all.iter().find(|deploy| deploy.environment == name).ok_or_else(|| suggestion(name, known))
    }
}

impl Deploy {
    /// What stands for a key of the platform, in clear.
    pub(crate) fn secret(&self, env: &super::Env, key: &str) -> crate::error::Result<Option<Secret>> {
        let Some(written) = self.platform.get(key) else { return Ok(None) };
        let value = env.resolve(&written.value).map_err(|problem| {
            problem.hint(format!("deploy.{key} is read from there; set it in the job that deploys"))
        })?;
        Ok(Some(Secret::new(value.trim())))
    }

    /// What the file says of a key of the platform.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.platform.get(key).map(|written| written.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::Config;
    use super::*;

    fn read(text: &str) -> crate::error::Result<Config> {
        Config::of_text(PathBuf::from("."), text, &[])
    }

    fn problems(text: &str) -> String {
        read(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_environment_has_what_it_says_and_else_what_stands_above() {
        let config = read(
            "[deploy]\ndriver = \"render\"\nservice = \"a\"\n[deploy.identity]\nurl = \"https://a.example/v\"\ncommit = \"/c\"\n\
             [deploy.environments.staging]\nservice = \"b\"\n[deploy.environments.staging.identity]\nurl = \"https://b.example/v\"\n",
        );
        let config = config.unwrap();
        let (first, staging) = (config.deploys.find(None).unwrap(), config.deploys.find(Some("staging")).unwrap());
        let facts = |deploy: &Deploy| {
            let url = deploy.identity.url.as_ref().unwrap().value.clone();
            let driver = deploy.driver.as_ref().unwrap().value.clone();
            (deploy.environment.clone(), deploy.text("service").unwrap().to_owned(), driver, url)
        };
        let expected = |name: &str, service: &str| {
            (name.to_owned(), service.to_owned(), "render".to_owned(), format!("https://{service}.example/v"))
        };
        assert_eq!(facts(first), expected("production", "a"));
        assert_eq!(facts(staging), expected("staging", "b"));
        assert_eq!(staging.identity.commit.as_deref(), Some("/c"));
        assert_eq!(config.deploys.find(Some("stagng")).err().unwrap(), "did you mean \"staging\"?");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_without_a_secret() {
        let cases = [
            (
                "[deploy]\nhook = \"https://x.example/?key=k3y\"",
                "llmops.toml:2: deploy.hook is a secret and may not stand here",
            ),
            ("[deploy]\nhok = \"x\"", "llmops.toml:2: unknown key \"hok\" in [deploy]"),
            ("[deploy.environments.a]\nhok = \"x\"", "llmops.toml:2: unknown key \"hok\" in [deploy.environments.a]"),
            (
                "[deploy.environments.production]\nservice = \"x\"",
                "llmops.toml:1: \"production\" cannot be the name of a further environment",
            ),
            ("[deploy]\nlabel = \"latest\"", "llmops.toml:2: deploy.label is \"latest\", which cannot be its name"),
            (
                "[deploy.identity]\nurl = \"https://x.example\"",
                "llmops.toml:2: deploy.identity.url says nothing without a place for the commit",
            ),
            (
                "[deploy.identity]\ncommit = \"a.b\"",
                "llmops.toml:2: deploy.identity.commit is \"a.b\", which is not a JSON pointer",
            ),
            ("[deploy.watch]\nurl = \"x.example\"", "llmops.toml:2: deploy.watch.url is no address"),
            ("[deploy.watch]\ntime = \"0 min\"", ""),
            ("[deploy]\ntimeout = \"soon\"", "llmops.toml:2: deploy.timeout is \"soon\", which is not a time"),
        ];
        for (text, expected) in cases {
            let said = problems(text);
            assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{text}: {said}");
            assert!(!said.contains("k3y"), "{said}");
        }
    }
}
