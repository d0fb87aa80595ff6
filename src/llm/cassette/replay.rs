//! Answers calls from a cassette. Nothing is sent; what was not recorded is an error that names the nearest request.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::nearest::{Candidate, Recorded, nearest};
use super::{Answered, Asked, Line, SCHEMA, shown};
use crate::config::Secret;
use crate::error::{Error, Problem, Result};
use crate::llm::exchange::Exchange;

pub(in crate::llm) struct Replay {
    file: String,
    secrets: Vec<Secret>,
    lines: HashMap<String, Line>,
    /// Made at the first miss.
    candidates: OnceLock<Vec<Candidate>>,
}

impl Replay {
    /// Reads a cassette. All bad lines are reported at once.
    pub(super) fn read(path: &Path, secrets: Vec<Secret>) -> Result<Self> {
        let file = shown(path);
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::config(format!("cannot read the recording {file}")).source(error))?;
        let mut lines = HashMap::new();
        let mut problems = Vec::new();
        for (index, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            match parse(text) {
                Ok(line) => {
                    lines.insert(line.key.clone(), line);
                }
                Err(message) => problems.push(Problem::new(message).at(&file, Some(index + 1))),
            }
        }
        Error::unless_empty(problems)?;
        Ok(Self { file, secrets, lines, candidates: OnceLock::new() })
    }

    /// The recorded reply. It took no time that says anything, and nothing was attempted.
    pub(in crate::llm) fn answer(&self, exchange: &Exchange<'_>) -> Result<Answered> {
        let asked = Asked::of(exchange, &self.secrets);
        let Some(line) = self.lines.get(&asked.key()) else { return Err(self.miss(&asked)) };
        let body: Value = serde_json::from_str(line.response.get()).map_err(|error| {
            Error::unavailable(format!("{} holds a reply that is not JSON", self.file)).source(error)
        })?;
        Ok(Answered { body, latency: None, attempts: 0, cached: false })
    }

    fn miss(&self, asked: &Asked) -> Error {
        let candidates = self.candidates.get_or_init(|| self.lines.values().map(Candidate::of).collect());
        let file = &self.file;
        let asked =
            Recorded { path: &asked.path, repeat: asked.repeat, body: asked.body.clone(), provider: &asked.provider };
        let near = match nearest(&asked, candidates) {
            Some(candidate) => candidate.compare(&asked, &self.lines[&candidate.key]),
            None => format!("nothing of {} is recorded", asked.provider),
        };
        Error::unavailable(format!("{file} has no reply to this request; {near}"))
    }
}

fn parse(text: &str) -> std::result::Result<Line, String> {
    let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match line.schema {
        SCHEMA => Ok(line),
        other => Err(format!("a recording of schema {other}; this program reads schema {SCHEMA}")),
    }
}
