//! What is known of the evaluations of a prompt's content: `.llmops/evaluations/DIGEST.json`, written by every whole run.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ledger::Evidence;
use crate::config::STATE_FOLDER;
use crate::error::{Error, Result};
use crate::file::replace;

/// Raised whenever a reader of an older file would misunderstand a newer one.
const SCHEMA: u32 = 1;

/// The last whole evaluation of a content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evaluation {
    schema: u32,
    /// `NAME@VERSION` as it was evaluated; the same content may have other names.
    pub(crate) prompt: String,
    /// The content.
    pub(crate) digest: String,
    /// `overall`, or else the first metric with a bar; `None` if neither was measured.
    pub(crate) score: Option<Score>,
    pub(crate) evidence: Evidence,
}

/// One figure that stands for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    pub(crate) metric: String,
    pub(crate) value: f64,
    /// As people read it.
    pub(crate) shown: String,
}

impl Evaluation {
    pub(crate) fn new(prompt: String, digest: String, score: Option<Score>, evidence: Evidence) -> Self {
        Self { schema: SCHEMA, prompt, digest, score, evidence }
    }

    /// Keeps it as the last one of its content.
    pub(crate) fn keep(&self, root: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::unavailable("cannot write what was evaluated").source(error))?;
        let path = file(root, &self.digest);
        replace(&path, (text + "\n").as_bytes()).map_err(|error| Error::io("write", &path, error))
    }

    /// The last one of a content; `None` if there is none, or a program of another version wrote it.
    pub(crate) fn last(root: &Path, digest: &str) -> Option<Self> {
        let text = std::fs::read_to_string(file(root, digest)).ok()?;
        let found: Self = serde_json::from_str(&text).ok()?;
        (found.schema == SCHEMA && found.digest == digest).then_some(found)
    }
}

fn file(root: &Path, digest: &str) -> PathBuf {
    root.join(STATE_FOLDER).join("evaluations").join(format!("{digest}.json"))
}
