//! The report: one versioned value that every format renders and that a verdict is made of. It holds what its cases
//! add up to; the cases themselves stay in the journal or the report's file, since there can be very many.
//!
//! ```text
//! journal -> rows -> Summary -> build -> Report -> gate -> Verdict
//!               \------------------------------> json (each row as it stands)
//! ```

pub(crate) mod baseline;
mod build;
pub(crate) mod calibration;
mod cases;
mod clusters;
mod comparison;
mod cost_change;
pub(crate) mod experiment;
mod file;
pub(crate) mod formats;
pub(crate) mod json;
mod judged;
pub(crate) mod merge;
mod progress;
pub(crate) mod sarif;
mod spend;
mod summary;
mod terminal;
mod verdict;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Rule;
use crate::cost::Usage;
use crate::eval::metrics::Scale;
use crate::eval::{Shard, Stopped};
use crate::git::Commit;

pub(crate) use build::{Facts, Outline, again, build};
use calibration::Correction;
pub(crate) use comparison::{Comparison, Difference, DropFinding, Flip, compare};
pub(crate) use judged::{JudgeFacts, Judgements, Outdated};
pub(crate) use progress::Progress;
pub(crate) use spend::{CostByRole, CostLimits};
pub(crate) use summary::{Cause, Flaky, Highlights, Summary};
pub(crate) use verdict::{Breach, Decision, Verdict};
use words::numbers;

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
    /// Who judged, and by what; `None` if nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) judge: Option<JudgeFacts>,
    /// `None` for targets that bring their own prompt.
    pub(crate) prompt: Option<PromptFacts>,
    /// The prompt's version alone, where scripts look for it.
    pub(crate) prompt_version: Option<String>,
    /// Means over the measured cases; `None` where nothing was measured.
    pub(crate) metrics: BTreeMap<String, Option<f64>>,
    pub(crate) thresholds: BTreeMap<String, f64>,
    pub(crate) max_error_rate: f64,
    /// The share of a gated metric's cases whose answers may give it nothing to measure.
    #[serde(default)]
    pub(crate) max_not_applicable: f64,
    #[serde(default)]
    pub(crate) rule: Rule,
    pub(crate) estimates: BTreeMap<String, Estimate>,
    /// What answers may cost.
    #[serde(default)]
    pub(crate) cost_limits: CostLimits,
    /// Where the baseline is, and whether it decides.
    #[serde(default)]
    pub(crate) regression: Option<RegressionFacts>,
    /// `None` without a baseline.
    #[serde(default)]
    pub(crate) comparison: Option<Comparison>,
    pub(crate) passed: bool,
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    pub(crate) cases: CaseCounts,
    /// Of the cases that have an output.
    pub(crate) latency: Option<Latency>,
    /// Tokens by who used them.
    pub(crate) usage: UsageByRole,
    #[serde(default)]
    pub(crate) cost: CostByRole,
    pub(crate) digests: Digests,
    pub(crate) git: Option<Commit>,
    /// The dataset file, for messages.
    pub(crate) dataset: String,
    /// How often each case was asked. A metric's value for a case is the mean over its repeats.
    #[serde(default = "once")]
    pub(crate) repeats: u32,
    /// If this is a part of a run: which, and of how many cases in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<ShardFacts>,
    /// Why the run ended before its last case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_early: Option<String>,
    /// Cases whose repeats disagree, the first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) flaky: Vec<Flaky>,
    /// How the run was stopped, if enough was known before its last case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Stopped>,
    /// What went wrong and how often, the most frequent first.
    #[serde(default)]
    pub(crate) errors: Vec<Cause>,
    /// What of the cases themselves is shown; the cases are in the file only.
    #[serde(skip)]
    pub(crate) shown: Highlights,
}

/// What the configuration says of regressions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RegressionFacts {
    /// The file, from the project's folder.
    pub(crate) baseline: String,
    pub(crate) max_drop: Option<f64>,
}

fn once() -> u32 {
    1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShardFacts {
    #[serde(flatten)]
    pub(crate) shard: Shard,
    /// Cases of the whole dataset.
    pub(crate) dataset_cases: usize,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    /// The metric as `llmops explain` knows it; its name may be the project's own.
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) scale: Scale,
    /// `None` if nothing was measured, which is not 0.
    pub(crate) mean: Option<f64>,
    /// Where the true mean is with 95 % confidence; `None` below two cases or two clusters.
    #[serde(default)]
    pub(crate) low: Option<f64>,
    #[serde(default)]
    pub(crate) high: Option<f64>,
    /// The one-sided 95 % bound on the worse side, which the rule "strict" looks at.
    #[serde(default)]
    pub(crate) bound: Option<f64>,
    /// How the interval was computed; see docs/statistics.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// The standard deviation over the cases.
    #[serde(default)]
    pub(crate) sd: Option<f64>,
    /// How many cases were measured.
    pub(crate) n: usize,
    /// How many clusters they fall into, if fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clusters: Option<usize>,
    /// How far beyond its bar the true mean would have to be for these cases to show it in 80 % of runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detectable: Option<f64>,
    /// What asking each case several times showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repeats: Option<RepeatFigures>,
    /// Cases that have nothing to measure.
    pub(crate) skipped: usize,
    /// Cases whose answers gave nothing to measure.
    #[serde(default)]
    pub(crate) not_applicable: usize,
    pub(crate) errored: usize,
    /// How the judge came to the values.
    #[serde(default, skip_serializing_if = "Judgements::is_empty")]
    pub(crate) judged: Judgements,
    /// The mean as people would have it; `None` without a calibration of this judge. Everything else here is as judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) calibration: Option<Correction>,
}

/// What asking each case several times showed of a metric. A repeat passes if it meets the bar, or is 1 without one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct RepeatFigures {
    /// Repeats of the case that has the fewest.
    pub(crate) k: usize,
    /// The mean standard deviation within a case.
    pub(crate) spread: f64,
    /// The chance that at least one of k repeats of a case passes.
    pub(crate) pass_at_k: f64,
    /// The chance that all k do.
    pub(crate) pass_all_k: f64,
    /// Cases that pass in some repeats and not in others.
    pub(crate) flaky: usize,
}

impl Estimate {
    /// A value of the metric for people.
    pub(crate) fn show(&self, value: Option<f64>) -> String {
        value.map_or_else(|| "not measured".to_owned(), |value| self.scale.show(value))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CaseCounts {
    /// In the dataset, or in the shard of it.
    pub(crate) total: usize,
    /// Asked and answered, or failed, in every repeat.
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
    #[serde(default)]
    pub(crate) judge: Usage,
}

/// SHA-256 of what went into the run, so that a verdict can be tied to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digests {
    pub(crate) configuration: String,
    pub(crate) dataset: String,
    pub(crate) prompt: Option<String>,
    pub(crate) documents: Option<String>,
}
