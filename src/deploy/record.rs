//! The durable record of an environment: `deployments/ENV.jsonl`, a line for each deployment that ended, to be committed.
//!
//! The lines are chained as those of a prompt's ledger are. From them one knows what runs, and what ran before.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::driver::Release;
use super::journal::{Intent, Kind, LabelMove};
use crate::chain::{Link, ORIGIN, RESTORE, content_hash};
use crate::clock;
use crate::error::{Error, Problem, Result};
use crate::file::replace;

/// The folder of all environments, in the project.
pub(crate) const FOLDER: &str = "deployments";

/// How a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Deployed,
    /// What was there before is there again.
    RolledBack,
    /// It was neither deployed nor undone, or that is not known.
    Failed,
    /// Somebody asked for what was there before, and it is there again.
    Returned,
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) seq: usize,
    /// When it ended, UTC.
    pub(crate) time: String,
    pub(crate) by: String,
    pub(crate) outcome: Outcome,
    pub(crate) kind: Kind,
    pub(crate) attempt: String,
    pub(crate) began: String,
    /// What was evaluated.
    pub(crate) commit: String,
    /// What the platform runs: another commit where only prompts changed.
    pub(crate) runs: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
    /// SHA-256 of the evidence.
    pub(crate) evidence: String,
    pub(crate) driver: String,
    /// What the platform calls the deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deployment: Option<String>,
    /// What was live before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Release>,
    pub(crate) label: String,
    pub(crate) prompts: Vec<LabelMove>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What was undone, and what could not be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// The hash of the line before.
    pub(crate) previous: String,
    /// SHA-256 of the canonical JSON of everything above.
    pub(crate) hash: String,
}

/// What came of an attempt.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) deployment: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) notes: Vec<String>,
}

/// The record of one environment.
pub(crate) struct Record {
    path: PathBuf,
    /// As messages name it, from the project's folder.
    pub(crate) shown: String,
    pub(crate) entries: Vec<Entry>,
}

impl Record {
    pub(crate) fn read(root: &Path, environment: &str) -> Result<Self> {
        let shown = format!("{FOLDER}/{environment}.jsonl");
        let path = root.join(FOLDER).join(format!("{environment}.jsonl"));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        let entries = parse(&text, &shown)?;
        Ok(Self { path, shown, entries })
    }

    /// The deployments that are in effect, the last one last: what was returned from is gone.
    pub(crate) fn standing(&self) -> Vec<&Entry> {
        let mut standing = Vec::new();
        for entry in &self.entries {
            match entry.outcome {
                Outcome::Deployed => standing.push(entry),
                Outcome::Returned => drop(standing.pop()),
                Outcome::RolledBack | Outcome::Failed => {}
            }
        }
        standing
    }

    /// How often this evidence was tried.
    pub(crate) fn attempts_of(&self, evidence: &str) -> usize {
        self.entries.iter().filter(|entry| entry.evidence == evidence).count()
    }

    /// Adds what came of an attempt, unless a process that was killed had added it.
    pub(crate) fn add(&mut self, intent: &Intent, ended: Ended) -> Result<&Entry> {
        let is_there = self.entries.last().is_some_and(|last| last.attempt == intent.attempt);
        if !is_there {
            let entry = self.entry(intent, ended);
            self.entries.push(entry);
            let mut text = String::new();
            for entry in &self.entries {
                let line = serde_json::to_string(entry)
                    .map_err(|error| Error::unavailable("cannot write the record of deployments").source(error))?;
                text.push_str(&line);
                text.push('\n');
            }
            replace(&self.path, text.as_bytes()).map_err(|error| Error::io("write", &self.path, error))?;
        }
        self.entries.last().ok_or_else(|| Error::unavailable("the record of deployments is empty"))
    }

    fn entry(&self, intent: &Intent, ended: Ended) -> Entry {
        let last = self.entries.last();
        let (seq, previous) = last.map_or((1, ORIGIN.to_owned()), |last| (last.seq + 1, last.hash.clone()));
        let Intent { attempt, kind, began, by, evidence, commit, runs, .. } = intent.clone();
        let Intent { image, driver, before, label, prompts, reason, .. } = intent.clone();
        let mut entry = Entry {
            seq,
            time: clock::timestamp(),
            by,
            outcome: ended.outcome,
            kind,
            attempt,
            began,
            commit,
            runs,
            image,
            evidence,
            driver,
            deployment: ended.deployment,
            before,
            label,
            prompts,
            reason: ended.reason.or(reason),
            notes: ended.notes,
            previous,
            hash: String::new(),
        };
        entry.hash = content_hash(serde_json::to_value(&entry).unwrap_or_default());
        entry
    }
}

fn parse(text: &str, shown: &str) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut problems = Vec::new();
    let mut previous = ORIGIN.to_owned();
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = match read_line(line) {
            Err(error) => Some(format!("the line is no entry of a record of deployments: {error}")),
            Ok((entry, content)) => {
                let link = Link { seq: entry.seq, previous: &entry.previous, hash: &entry.hash };
                let wrong = link.wrong(&content, number, &previous);
                previous.clone_from(&entry.hash);
                entries.push(entry);
                wrong
            }
        };
        problems.extend(wrong.map(|message| Problem::new(message).at(shown, Some(number)).hint(RESTORE)));
    }
    Error::unless_empty(problems)?;
    Ok(entries)
}

fn read_line(line: &str) -> serde_json::Result<(Entry, String)> {
    let value: Value = serde_json::from_str(line)?;
    let entry = Entry::deserialize(&value)?;
    Ok((entry, content_hash(value)))
}
