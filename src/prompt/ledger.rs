//! The history of a prompt: `prompts/NAME/ledger.jsonl`, to which lines are only ever added.
//!
//! ```text
//! {"seq": 1, "time": ..., "by": "Author <author@example.org>", "event": "released", "version": "1.0.0", ..., "previous": ..., "hash": ...}
//! {"seq": 2, ...,                                         "event": "labelled", "label": "production", ...}
//! ```
//!
//! Each line holds the SHA-256 of its own content, and that of the line before it. So no line can be edited, removed from between
//! others, or moved without being found. Releases, approvals and labels are what a replay of the lines says.

mod chain;
mod replay;
mod write;

use serde::{Deserialize, Serialize};

use crate::chain::{Link, ORIGIN, content_hash};

pub(crate) use chain::{Chain, is_conflict, read};
pub(crate) use replay::{Approval, History, Move};
pub(crate) use write::{Writing, with_lock};

/// The file's name in a prompt's folder.
pub(crate) const FILE: &str = "ledger.jsonl";

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The line's number, from 1.
    pub(crate) seq: usize,
    /// UTC.
    pub(crate) time: String,
    /// Name and e-mail address, as git knows them.
    pub(crate) by: String,
    #[serde(flatten)]
    pub(crate) event: Event,
    /// The hash of the line before.
    pub(crate) previous: String,
    /// SHA-256 of the canonical JSON of everything above.
    pub(crate) hash: String,
    /// An SSH signature of `hash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Released {
        version: String,
        /// The prompt's identity.
        digest: String,
        /// SHA-256 of the file, with line ends as Unix has them.
        file: String,
        message: String,
    },
    Approved {
        version: String,
        digest: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// A label now means another version; without one it means none.
    Labelled {
        label: String,
        version: Option<String>,
        digest: Option<String>,
        /// What it meant before.
        from: Option<String>,
        /// Whether it is a return to an earlier version.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        rollback: bool,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<Box<Evidence>>,
    },
}

/// A passing evaluation of a prompt's digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// SHA-256 of the report.
    pub(crate) report: String,
    /// When the run began.
    pub(crate) time: String,
    /// `pass`, `fail` or `undecided`.
    pub(crate) verdict: String,
    /// Means by metric, where they were measured.
    pub(crate) metrics: std::collections::BTreeMap<String, Option<f64>>,
    /// SHA-256 of the dataset.
    pub(crate) dataset: String,
    pub(crate) cases: usize,
    /// `provider/model`; `None` where the application chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// What an answer cost on average, in US dollars; `None` if that is not known of every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cost_usd: Option<String>,
}

impl Evidence {
    /// Whether the run met its bars.
    pub(crate) fn is_pass(&self) -> bool {
        self.verdict == "pass"
    }
}

impl Entry {
    /// The line that follows `last`.
    pub(crate) fn after(last: Option<&Self>, time: String, by: String, event: Event) -> Self {
        let (seq, previous) = last.map_or((1, ORIGIN.to_owned()), |last| (last.seq + 1, last.hash.clone()));
        let mut entry = Self { seq, time, by, event, previous, hash: String::new(), signature: None };
        entry.hash = content_hash(serde_json::to_value(&entry).unwrap_or_default());
        entry
    }

    fn link(&self) -> Link<'_> {
        Link { seq: self.seq, previous: &self.previous, hash: &self.hash }
    }

    /// The e-mail address of whoever made it.
    pub(crate) fn email(&self) -> &str {
        email(&self.by)
    }
}

/// The address in `Name <address>`.
pub(crate) fn email(who: &str) -> &str {
    who.rsplit_once('<').map_or(who, |(_, rest)| rest.trim_end_matches('>')).trim()
}
