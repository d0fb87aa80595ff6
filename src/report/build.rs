//! Makes the report of what a run measured. The verdict is the gate's to add.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::json;
use super::{
    CaseCounts, Comparison, CostByRole, CostLimits, Decision, Digests, Estimate, Highlights, JudgeFacts, PromptFacts,
    RegressionFacts, Report, SCHEMA, ShardFacts, Summary, TargetFacts, UsageByRole, Verdict,
};
use crate::config::Rule;
use crate::cost::{Cost, Usage};
use crate::error::{Error, Result};
use crate::eval::Measured;
use crate::eval::metrics::{self, Scale, Scorer};
use crate::git::Commit;

/// What a run is about, known before its first case.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) project: String,
    pub(crate) timestamp: String,
    pub(crate) target: TargetFacts,
    pub(crate) judge: Option<JudgeFacts>,
    pub(crate) prompt: Option<PromptFacts>,
    pub(crate) scorers: Vec<Arc<Scorer>>,
    pub(crate) thresholds: BTreeMap<String, f64>,
    pub(crate) max_error_rate: f64,
    pub(crate) max_not_applicable: f64,
    pub(crate) rule: Rule,
    pub(crate) cost_limits: CostLimits,
    pub(crate) regression: RegressionFacts,
    pub(crate) digests: Digests,
    pub(crate) git: Option<Commit>,
    pub(crate) dataset: String,
    /// Cases that the run is to ask.
    pub(crate) cases: usize,
    pub(crate) repeats: u32,
    pub(crate) shard: Option<ShardFacts>,
}

impl Facts {
    /// The bars with the scale of their metric.
    pub(crate) fn bars(&self) -> BTreeMap<String, (Scale, f64)> {
        let bar = |scorer: &Arc<Scorer>| {
            Some((scorer.name.to_string(), (scorer.scale(), *self.thresholds.get(&*scorer.name)?)))
        };
        self.scorers.iter().filter_map(bar).collect()
    }
}

/// How a run went.
pub(crate) struct Outline {
    pub(crate) duration_ms: f64,
    /// What the embedder used.
    pub(crate) embedder: Usage,
    /// What that cost, if it is known.
    pub(crate) embedder_usd: Option<Cost>,
    /// Where the prices are from.
    pub(crate) prices: String,
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
        judge: facts.judge,
        prompt_version: facts.prompt.as_ref().map(|prompt| prompt.version.clone()),
        prompt: facts.prompt,
        metrics: BTreeMap::new(),
        thresholds: facts.thresholds,
        max_error_rate: facts.max_error_rate,
        max_not_applicable: facts.max_not_applicable,
        rule: facts.rule,
        cost_limits: facts.cost_limits,
        regression: Some(facts.regression),
        comparison: None,
        estimates: facts.scorers.iter().map(|scorer| (scorer.name.to_string(), Estimate::of(scorer))).collect(),
        passed: false,
        verdict: Verdict::none(),
        cases: CaseCounts { total: facts.cases, ..CaseCounts::default() },
        latency: None,
        usage: UsageByRole { embedder: outline.embedder, ..UsageByRole::default() },
        cost: CostByRole { embedder_usd: outline.embedder_usd, prices: outline.prices, ..CostByRole::default() },
        digests: facts.digests,
        git: facts.git,
        dataset: facts.dataset,
        repeats: facts.repeats,
        shard: facts.shard,
        ended_early: outline.ended_early,
        stopped: None,
        flaky: Vec::new(),
        errors: Vec::new(),
        shown: Highlights::default(),
    };
    report.summed_up(summary)
}

/// The report of the rows of an earlier one, if its run was about the same. What it summed up or decided itself is not looked at.
pub(crate) fn again(facts: &Facts, path: &Path) -> Result<Report> {
    let earlier = json::read(path)?;
    let facts = Facts { timestamp: earlier.timestamp, git: earlier.git, ..facts.clone() };
    let mut summary = Summary::new(facts.repeats, facts.bars());
    json::each_row(path, &mut |row| {
        let row = Measured::of_row(row).map_err(|error| Error::config("a row is no case").source(error))?;
        summary.add(row);
        Ok(())
    })?;
    let outline = Outline {
        duration_ms: earlier.duration_ms,
        embedder: earlier.usage.embedder,
        embedder_usd: earlier.cost.embedder_usd,
        prices: earlier.cost.prices,
        ended_early: earlier.ended_early,
    };
    Ok(Report { stopped: earlier.stopped, ..build(facts, summary.close(), outline) })
}

impl Estimate {
    fn of(scorer: &Scorer) -> Self {
        Self { kind: scorer.metric.name.to_owned(), scale: scorer.scale(), ..Self::default() }
    }
}

impl Report {
    /// The bars with the scale of their metric.
    pub(super) fn bars(&self) -> BTreeMap<String, (Scale, f64)> {
        let bar = |(name, bar): (&String, &f64)| (name.clone(), (self.scale(name), *bar));
        self.thresholds.iter().map(bar).collect()
    }

    /// The scale of a metric.
    pub(crate) fn scale(&self, metric: &str) -> Scale {
        self.estimates.get(metric).map(|estimate| estimate.scale).unwrap_or_default()
    }

    /// The metrics in the order in which they are shown.
    pub(crate) fn in_order(&self) -> Vec<(&String, &Estimate)> {
        let mut estimates: Vec<(&String, &Estimate)> = self.estimates.iter().collect();
        estimates.sort_by_key(|(_, estimate)| metrics::position(&estimate.kind));
        estimates
    }

    /// The report with the numbers that its cases add up to.
    pub(super) fn summed_up(mut self, summary: Summary) -> Self {
        for (name, estimate) in &mut self.estimates {
            *estimate = summary.estimate(name, estimate);
            let calibration = self.judge.as_ref().and_then(|judge| judge.calibrations.get(name));
            estimate.calibration = calibration.map(|known| known.correct(summary.values(name), estimate));
            // What the cases alone could show is not what they show together with the labels.
            estimate.detectable = estimate.detectable.filter(|_| estimate.calibration.is_none());
        }
        self.metrics = self.estimates.iter().map(|(name, estimate)| (name.clone(), estimate.mean)).collect();
        self.cases.finished = summary.finished;
        self.cases.errored = summary.errored;
        self.latency = summary.latency();
        self.usage.target = summary.usage;
        self.usage.judge = summary.judge;
        self.cost = summary.spend.by_role(self.cost);
        self.errors = summary.causes();
        self.flaky.clone_from(&summary.flaky);
        self.shown = summary.shown;
        self
    }

    /// The report with what changed since the baseline.
    pub(crate) fn compared(self, comparison: Option<Comparison>) -> Self {
        Self { comparison, ..self }
    }

    /// The report with the gate's verdict in it.
    pub(crate) fn decided(mut self, verdict: Verdict) -> Self {
        self.passed = verdict.decision == Decision::Pass;
        self.verdict = verdict;
        self
    }
}
