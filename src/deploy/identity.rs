//! What runs: the running application says of which commit it is, several times in a row, and perhaps with which prompts.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::Value;
use tokio::time::Instant;

use super::driver::Told;
use super::journal::LabelMove;
use super::wire::{Request, Wire, parse, parts_of, text};
use crate::config::{Config, Deploy, LiveIdentity, Secret};
use crate::error::Result;
use crate::text::count;

/// The longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Signs of a commit that are enough to know it.
const SHORTEST: usize = 7;

/// Asks the running application what it is.
pub(crate) struct Probe {
    wire: Wire,
    url: Url,
    headers: Vec<(String, Secret)>,
    commit: Option<String>,
    header: Option<String>,
    prompts: Option<String>,
    probes: usize,
    poll: Duration,
}

/// What an answer says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) commit: Option<String>,
    prompts: BTreeMap<String, String>,
}

/// What it is to say; what is not asked for is not looked at.
pub(crate) struct Wanted<'a> {
    pub(crate) commit: Option<&'a str>,
    pub(crate) prompts: &'a [LabelMove],
}

/// Pauses that grow by half each time.
pub(super) struct Pause {
    next: Duration,
    first: Duration,
}

impl Pause {
    pub(super) fn new(first: Duration) -> Self {
        Self { next: first, first }
    }

    /// Waits, unless it would be later than the deadline then.
    pub(super) async fn wait(&mut self, deadline: Instant) -> bool {
        if Instant::now() + self.next > deadline {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST_PAUSE.max(self.first));
        true
    }
}

impl Probe {
    /// `None` if the configuration names no address.
    pub(crate) fn open(config: &Config, deploy: &Deploy) -> Result<Option<Self>> {
        let LiveIdentity { url, commit, header, prompts, headers, probes } = &deploy.identity;
        let Some(url) = url else { return Ok(None) };
        let address = Secret::new(config.env.resolve(&url.value)?);
        let parsed = parse("identity.url", address.reveal())?;
        let mut secrets = parts_of(&address);
        let mut resolved = Vec::new();
        for (name, value) in headers {
            let value = Secret::new(config.env.resolve(&value.value)?);
            secrets.push(value.clone());
            resolved.push((name.clone(), value));
        }
        Ok(Some(Self {
            wire: Wire::new(deploy.request_timeout, secrets)?,
            url: parsed,
            headers: resolved,
            commit: commit.clone(),
            header: header.clone(),
            prompts: prompts.clone(),
            probes: *probes,
            poll: deploy.poll,
        }))
    }

    /// Whether answers say the commit.
    pub(crate) fn tells_commit(&self) -> bool {
        self.commit.is_some() || self.header.is_some()
    }

    /// Whether answers say the prompts.
    pub(crate) fn tells_prompts(&self) -> bool {
        self.prompts.is_some()
    }

    /// Asks once.
    pub(crate) async fn look(&self) -> Told<Seen> {
        let mut request = Request::new(Method::GET, self.url.clone());
        request.named = self.headers.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())).collect();
        let (headers, body) = self.wire.exchange(request).await?;
        let from_header = self.header.as_ref().and_then(|name| headers.get(name)?.to_str().ok()).map(str::to_owned);
        let commit = from_header.or_else(|| text(&body, self.commit.as_deref()?));
        let prompts = self.prompts.as_ref().and_then(|pointer| body.pointer(pointer)?.as_object());
        let prompts = prompts.into_iter().flatten().filter_map(|(name, value)| {
            let version = match value {
                Value::String(text) => text.clone(),
                other => text(other, "/digest").or_else(|| text(other, "/version"))?,
            };
            Some((name.clone(), version))
        });
        let commit = commit.map(|commit| commit.trim().to_lowercase()).filter(|commit| !commit.is_empty());
        Ok(Seen { commit, prompts: prompts.collect() })
    }

    /// Asks until enough answers in a row say what is wanted. What came instead by the deadline is the reason.
    pub(crate) async fn agree(&self, wanted: &Wanted<'_>, deadline: Instant) -> std::result::Result<String, String> {
        let mut in_a_row = 0;
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        let (mut right, mut last) = (0_usize, String::new());
        let mut pause = Pause::new(self.poll);
        loop {
            match self.look().await {
                Ok(seen) => match self.differs(&seen, wanted) {
                    None => (in_a_row, right) = (in_a_row + 1, right + 1),
                    Some(other) => {
                        in_a_row = 0;
                        last.clone_from(&other);
                        *others.entry(other).or_default() += 1;
                    }
                },
                Err(trouble) => (in_a_row, last) = (0, trouble.message),
            }
            if in_a_row >= self.probes {
                let commit = wanted.commit.map_or_else(|| "the prompts".to_owned(), short);
                return Ok(format!("{commit} runs ({} in a row)", count(in_a_row, "answer")));
            }
            if in_a_row > 0 {
                pause = Pause::new(self.poll);
            }
            if !pause.wait(deadline).await {
                let mixed: usize = others.values().sum();
                return Err(if right > 0 && mixed > 0 {
                    format!(
                        "it is half deployed: {}, {}, the last: {last}",
                        count(right, "right answer"),
                        count(mixed, "other answer")
                    )
                } else {
                    last
                });
            }
        }
    }

    /// What an answer says instead of what is wanted.
    fn differs(&self, seen: &Seen, wanted: &Wanted<'_>) -> Option<String> {
        if let Some(commit) = wanted.commit.filter(|_| self.tells_commit()) {
            match &seen.commit {
                None => return Some("the running application does not say of which commit it is".to_owned()),
                Some(running) if !is_commit(running, commit) => {
                    return Some(format!(
                        "the running application is of commit {}, not {}",
                        short(running),
                        short(commit)
                    ));
                }
                Some(_) => {}
            }
        }
        wanted.prompts.iter().find_map(|prompt| {
            let LabelMove { name, version, digest, .. } = prompt;
            match seen.prompts.get(name) {
                None => Some(format!("the running application does not name the prompt {name}")),
                Some(running) if running == version || running.trim_start_matches("sha256:") == digest => None,
                Some(running) => Some(format!("the running application has {name} {running}, not {version}")),
            }
        })
    }
}

/// Whether what is said of a commit names this one; a short name must have enough signs.
pub(crate) fn is_commit(said: &str, commit: &str) -> bool {
    said.len() >= SHORTEST && commit.to_lowercase().starts_with(&said.to_lowercase())
}

/// The first signs of a commit, for people.
pub(crate) fn short(commit: &str) -> String {
    commit.chars().take(9).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_known_by_its_first_seven_signs() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for right in [commit, "0123456", "0123456789ABCDEF"] {
            assert!(is_commit(right, commit), "{right}");
        }
        for wrong in ["", "012345", "1234567", "0123456789abcdef0123456789abcdef012345678"] {
            assert!(!is_commit(wrong, commit), "{wrong}");
        }
    }
}
