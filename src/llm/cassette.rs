//! The cassette: every call of a run in a JSONL file that belongs into git, and a run that is answered from it.
//!
//! ```text
//! --record FILE: exchange -> without secrets -> one line          (at the end the lines are sorted by their key)
//! --replay FILE: exchange -> without secrets -> key -> response   (a miss is an error of its case)
//! ```

mod asked;
mod nearest;
mod recorder;
mod replay;

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use self::asked::Asked;
use super::exchange::{bare, carries_secret};
use super::{Answered, PROVIDERS};
use crate::config::{Cassette, Config, Secret};
use crate::error::Result;

pub(super) use recorder::Recorder;
pub(super) use replay::Replay;

/// Of a line.
const SCHEMA: u32 = 1;

/// One exchange. No headers: they hold keys, and nothing that changes a reply.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    schema: u32,
    /// SHA-256 over provider, method, path, request and repeat.
    key: String,
    provider: String,
    method: String,
    path: String,
    request: Box<RawValue>,
    #[serde(default)]
    repeat: u32,
    response: Box<RawValue>,
    /// For readers; a replayed reply has no latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
}

/// A cassette that is in use.
pub(super) enum Tape {
    Record(Recorder),
    Replay(Replay),
}

impl Tape {
    /// The cassette that the flags ask for. Nothing of an old recording is lost before the first call.
    pub(super) fn open(config: &Config) -> Result<Option<Self>> {
        Ok(match &config.cassette {
            None => None,
            Some(Cassette::Record(file)) => Some(Self::Record(Recorder::open(file, known_secrets(config))?)),
            Some(Cassette::Replay(file)) => Some(Self::Replay(Replay::read(file, known_secrets(config))?)),
        })
    }
}

/// Everything that the configuration and the environment give us to send as a secret.
fn known_secrets(config: &Config) -> Vec<Secret> {
    let variables = PROVIDERS.iter().flat_map(|provider| provider.key_env);
    let keys = variables.filter_map(|name| config.env.get(name)).map(|key| Secret::new(key.trim()));
    let own = config.providers.iter().filter_map(|provider| provider.api_key.as_ref());
    let own = own.filter_map(|key| config.env.resolve(&key.value).ok()).map(Secret::new);
    let http = &config.target.http;
    let headers = http.headers.iter().filter(|(name, _)| carries_secret(name)).map(|(_, value)| bare(value));
    keys.chain(own).chain(headers).chain(http.secrets.iter().map(bare)).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests;
