//! Makes the report of what a run measured. The verdict is the gate's to add.

use std::collections::BTreeMap;

use super::{
    CaseCounts, CaseReport, Decision, Digests, Estimate, Latency, PromptFacts, Report, SCHEMA, TargetFacts,
    UsageByRole, Verdict,
};
use crate::cost::Usage;
use crate::eval::metrics::{Metric, mean};
use crate::eval::{CaseResult, Outcome};
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
    /// Cases in the dataset.
    pub(crate) cases: usize,
}

/// The report of a run, undecided until the gate has looked at it.
pub(crate) fn build(facts: Facts, results: Vec<CaseResult>, duration_ms: f64, embedder: Usage) -> Report {
    let results: Vec<CaseReport> = results.into_iter().map(case_report).collect();
    let estimates: BTreeMap<String, Estimate> =
        facts.metrics.iter().map(|metric| (metric.name.to_owned(), estimate(metric.name, &results))).collect();
    let mut usage = UsageByRole { target: Usage::default(), embedder };
    for result in &results {
        usage.target += result.usage;
    }
    Report {
        schema: SCHEMA,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        project: facts.project,
        timestamp: facts.timestamp,
        duration_ms,
        target: facts.target,
        prompt_version: facts.prompt.as_ref().map(|prompt| prompt.version.clone()),
        prompt: facts.prompt,
        metrics: estimates.iter().map(|(name, estimate)| (name.clone(), estimate.mean)).collect(),
        thresholds: facts.thresholds,
        max_error_rate: facts.max_error_rate,
        estimates,
        passed: false,
        verdict: Verdict { decision: Decision::Undecided, reasons: Vec::new(), breaches: Vec::new() },
        cases: CaseCounts {
            total: facts.cases,
            finished: results.len(),
            errored: results.iter().filter(|result| result.failure().is_some()).count(),
        },
        latency: latency(&results),
        usage,
        digests: facts.digests,
        git: facts.git,
        dataset: facts.dataset,
        results,
    }
}

impl Report {
    /// The report with the gate's verdict in it.
    pub(crate) fn decided(mut self, verdict: Verdict) -> Self {
        self.passed = verdict.decision == Decision::Pass;
        self.verdict = verdict;
        self
    }
}

impl CaseReport {
    /// Why the case has no output, or why a metric could not be measured.
    pub(crate) fn failure(&self) -> Option<&str> {
        let errored = |outcome: &'_ Outcome| matches!(outcome, Outcome::Errored { .. });
        self.error.as_deref().or_else(|| {
            self.outcomes.values().find(|outcome| errored(outcome)).and_then(|outcome| match outcome {
                Outcome::Errored { message } => Some(message.as_str()),
                Outcome::Scored { .. } | Outcome::Skipped { .. } => None,
            })
        })
    }
}

fn case_report(result: CaseResult) -> CaseReport {
    let case = result.case;
    let outcomes = result.outcomes.into_iter().map(|(name, outcome)| (name.to_owned(), outcome)).collect();
    let report = CaseReport {
        id: case.id,
        question: case.question,
        category: case.category,
        line: case.line,
        answer: None,
        error: None,
        expected_docs: case.expected_docs,
        passages: None,
        outcomes,
        latency_ms: None,
        finish: None,
        attempts: 0,
        usage: Usage::default(),
    };
    match result.output {
        Err(error) => CaseReport { error: Some(error), ..report },
        Ok(output) => CaseReport {
            answer: Some(output.answer),
            passages: output.passages,
            latency_ms: output.latency.map(|latency| latency.as_secs_f64() * 1000.0),
            finish: output.finish,
            attempts: output.attempts,
            usage: output.usage,
            ..report
        },
    }
}

fn estimate(metric: &str, results: &[CaseReport]) -> Estimate {
    let mut estimate = Estimate::default();
    let mut values = Vec::new();
    for outcome in results.iter().filter_map(|result| result.outcomes.get(metric)) {
        match outcome {
            Outcome::Scored { value, .. } => values.push(*value),
            Outcome::Skipped { .. } => estimate.skipped += 1,
            Outcome::Errored { .. } => estimate.errored += 1,
        }
    }
    Estimate { mean: mean(&values), n: values.len(), ..estimate }
}

fn latency(results: &[CaseReport]) -> Option<Latency> {
    let mut times: Vec<f64> = results.iter().filter_map(|result| result.latency_ms).collect();
    times.sort_by(f64::total_cmp);
    // Nearest rank: the smallest time that at least the share of all times does not pass.
    let rank = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Some(Latency { p50_ms: rank(50)?, p95_ms: rank(95)?, max_ms: times.last().copied()? })
}
