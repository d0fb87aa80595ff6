//! The report: one versioned value that every format renders and that a verdict is made of.

mod build;
pub(crate) mod json;
mod progress;
mod terminal;
mod verdict;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cost::Usage;
use crate::eval::Outcome;
use crate::git::Commit;
use crate::llm::Finish;
use crate::rag::Passage;

pub(crate) use build::{Facts, build};
pub(crate) use progress::Progress;
pub(crate) use terminal::render as render_terminal;
pub(crate) use verdict::{Breach, Decision, Verdict};

/// Raised whenever a reader of an older report would misunderstand a newer one.
pub(crate) const SCHEMA: u32 = 1;

/// Everything that a finished run is: what was measured, of what, by what, and what the gate made of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) schema: u32,
    /// Version of the program that made the report.
    pub(crate) tool_version: String,
    pub(crate) project: String,
    /// When the run began, UTC.
    pub(crate) timestamp: String,
    pub(crate) duration_ms: f64,
    pub(crate) target: TargetFacts,
    /// `None` for targets that bring their own prompt.
    pub(crate) prompt: Option<PromptFacts>,
    /// The prompt's version alone, where scripts look for it.
    pub(crate) prompt_version: Option<String>,
    /// Means over the measured cases; `None` where nothing was measured.
    pub(crate) metrics: BTreeMap<String, Option<f64>>,
    pub(crate) thresholds: BTreeMap<String, f64>,
    pub(crate) max_error_rate: f64,
    pub(crate) estimates: BTreeMap<String, Estimate>,
    pub(crate) passed: bool,
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    pub(crate) cases: CaseCounts,
    /// Of the cases that have an output.
    pub(crate) latency: Option<Latency>,
    /// Tokens by who used them.
    pub(crate) usage: UsageByRole,
    pub(crate) digests: Digests,
    pub(crate) git: Option<Commit>,
    /// The dataset file, for messages.
    pub(crate) dataset: String,
    pub(crate) results: Vec<CaseReport>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TargetFacts {
    /// `rag`, `prompt`, `http` or `command`.
    pub(crate) kind: String,
    /// `provider/model`; `None` where the application chooses.
    pub(crate) model: Option<String>,
    pub(crate) top_k: Option<usize>,
    pub(crate) store: Option<String>,
    pub(crate) embedder: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PromptFacts {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 of the prompt's canonical content.
    pub(crate) digest: String,
}

/// A metric's mean and what it rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    /// `None` if nothing was measured, which is not 0.
    pub(crate) mean: Option<f64>,
    /// How many cases were measured.
    pub(crate) n: usize,
    pub(crate) skipped: usize,
    pub(crate) errored: usize,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CaseCounts {
    /// In the dataset.
    pub(crate) total: usize,
    /// Asked and answered, or failed.
    pub(crate) finished: usize,
    /// Without an output, or with a metric that could not be measured.
    pub(crate) errored: usize,
}

/// Milliseconds.
#[expect(clippy::struct_field_names, reason = "the unit belongs into every name")]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) max_ms: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UsageByRole {
    pub(crate) target: Usage,
    pub(crate) embedder: Usage,
}

/// SHA-256 of what went into the run, so that a verdict can be tied to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digests {
    pub(crate) configuration: String,
    pub(crate) dataset: String,
    pub(crate) prompt: Option<String>,
    pub(crate) documents: Option<String>,
}

/// One case as the report keeps it. In JSON every metric is also a key of its own; see `json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CaseReport {
    pub(crate) id: String,
    pub(crate) question: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<String>,
    /// Line of the dataset.
    pub(crate) line: usize,
    #[serde(default)]
    pub(crate) answer: Option<String>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) expected_docs: Vec<String>,
    #[serde(default)]
    pub(crate) passages: Option<Vec<Passage>>,
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    #[serde(default)]
    pub(crate) latency_ms: Option<f64>,
    #[serde(default)]
    pub(crate) finish: Option<Finish>,
    #[serde(default)]
    pub(crate) attempts: u32,
    #[serde(default)]
    pub(crate) usage: Usage,
}
