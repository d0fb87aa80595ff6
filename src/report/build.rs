//! Makes the report of what a run measured. The verdict is the gate's to add.

use std::collections::BTreeMap;

use super::{
    CaseCounts, Decision, Digests, Estimate, Highlights, PromptFacts, Report, SCHEMA, ShardFacts, Summary, TargetFacts,
    UsageByRole, Verdict,
};
use crate::cost::Usage;
use crate::eval::metrics::Metric;
use crate::git::Commit;

/// What a run is about, known before its first case.
pub(crate) struct Facts {
    pub(crate) project: String,
    pub(crate) timestamp: String,
    pub(crate) target: TargetFacts,
    pub(crate) prompt: Option<PromptFacts>,
    pub(crate) metrics: Vec<&'static Metric>,
    pub(crate) thresholds: BTreeMap<String, f64>,
    pub(crate) max_error_rate: f64,
    pub(crate) digests: Digests,
    pub(crate) git: Option<Commit>,
    pub(crate) dataset: String,
    /// Cases that the run is to ask.
    pub(crate) cases: usize,
    pub(crate) repeats: u32,
    pub(crate) shard: Option<ShardFacts>,
}

/// How a run went.
pub(crate) struct Outline {
    pub(crate) duration_ms: f64,
    /// What the embedder used.
    pub(crate) embedder: Usage,
    pub(crate) ended_early: Option<String>,
}

/// The report of a run, undecided until the gate has looked at it.
pub(crate) fn build(facts: Facts, summary: Summary, outline: Outline) -> Report {
    let report = Report {
        schema: SCHEMA,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        project: facts.project,
        timestamp: facts.timestamp,
        duration_ms: outline.duration_ms,
        target: facts.target,
        prompt_version: facts.prompt.as_ref().map(|prompt| prompt.version.clone()),
        prompt: facts.prompt,
        metrics: BTreeMap::new(),
        thresholds: facts.thresholds,
        max_error_rate: facts.max_error_rate,
        estimates: facts.metrics.iter().map(|metric| (metric.name.to_owned(), Estimate::default())).collect(),
        passed: false,
        verdict: Verdict::none(),
        cases: CaseCounts { total: facts.cases, ..CaseCounts::default() },
        latency: None,
        usage: UsageByRole { embedder: outline.embedder, ..UsageByRole::default() },
        digests: facts.digests,
        git: facts.git,
        dataset: facts.dataset,
        repeats: facts.repeats,
        shard: facts.shard,
        ended_early: outline.ended_early,
        errors: Vec::new(),
        shown: Highlights::default(),
    };
    report.summed_up(summary)
}

impl Report {
    /// The report with the numbers that its cases add up to.
    pub(super) fn summed_up(mut self, summary: Summary) -> Self {
        for (name, estimate) in &mut self.estimates {
            *estimate = summary.estimate(name);
        }
        self.metrics = self.estimates.iter().map(|(name, estimate)| (name.clone(), estimate.mean)).collect();
        self.cases.finished = summary.finished;
        self.cases.errored = summary.errored;
        self.latency = summary.latency();
        self.usage.target = summary.usage;
        self.errors = summary.causes();
        self.shown = summary.shown;
        self
    }

    /// The report with the gate's verdict in it.
    pub(crate) fn decided(mut self, verdict: Verdict) -> Self {
        self.passed = verdict.decision == Decision::Pass;
        self.verdict = verdict;
        self
    }
}
