//! A run beside its baseline, case by case.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::baseline::{Baseline, BaselineCase, BaselineFacts, each_case};
use super::clusters::Clusters;
use super::cost_change::{CostChange, Usages};
use super::json::Rows;
use super::judged::is_alike;
use super::summary::{CaseSum, range};
use super::{Estimate, Report};
use crate::cost::Tariff;
use crate::error::Result;
use crate::eval::metrics::{Need, Scale, find};
use crate::eval::stats::{self, Drop, Pairs, cluster_ids, holm, judge_drop};

/// What changed since the baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) baseline: BaselineFacts,
    /// The largest drop that is allowed; `None` if nothing is decided by it.
    pub(crate) max_drop: Option<f64>,
    pub(crate) cases: PairCounts,
    /// Ids of cases that the baseline has and this run has not, or has with another content; the first of them.
    pub(crate) gone: Vec<String>,
    pub(crate) metrics: BTreeMap<String, Difference>,
    /// What an answer costs, in US dollars, over the cases of which both runs know it; `None` if there are none.
    #[serde(default)]
    pub(crate) cost: Option<Difference>,
    /// Why that changed; `None` where it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cost_change: Option<CostChange>,
    /// Cases that met a bar and no longer do, then those that do now; the first of them.
    pub(crate) flips: Vec<Flip>,
    /// How many flips there are of each direction.
    pub(crate) fell: usize,
    pub(crate) rose: usize,
}

/// How the cases of the two runs go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PairCounts {
    /// In both, with the same content.
    pub(crate) paired: usize,
    /// In this run only.
    pub(crate) new: usize,
    /// In both, with another content: they cannot be compared.
    pub(crate) changed: usize,
    /// In the baseline only.
    pub(crate) vanished: usize,
}

/// A metric over paired cases. Differences are current less baseline; in an experiment, the second variant less the first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Difference {
    pub(crate) scale: Scale,
    /// Pairs.
    pub(crate) n: usize,
    /// Cases that were measured in the baseline and are not now. On a scale from 0 to 1 they count as 0; on others they are no
    /// pairs.
    pub(crate) lost: usize,
    pub(crate) baseline: f64,
    pub(crate) current: f64,
    pub(crate) change: f64,
    /// Where the true difference is with 95 % confidence.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// The true difference is above this with 95 % confidence.
    pub(crate) bound: Option<f64>,
    /// The chance of such a drop if nothing had changed, one-sided, then after Holm's correction over the gated metrics; in an
    /// experiment of such a difference, two-sided, then corrected over its family. `None` where nothing is concluded.
    pub(crate) p: Option<f64>,
    pub(crate) p_adjusted: Option<f64>,
    /// How they were computed; see docs/statistics.md.
    pub(crate) method: String,
    pub(crate) test: String,
    pub(crate) wins: usize,
    pub(crate) ties: usize,
    pub(crate) losses: usize,
    /// The smallest drop that these pairs show in 80 % of runs, to be larger than allowed; `None` if even the largest is not
    /// seen.
    pub(crate) detectable: Option<f64>,
    /// Whether a drop larger than allowed was shown; `None` where nothing is decided.
    pub(crate) drop: Option<DropFinding>,
}

/// As `stats::Drop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DropFinding {
    Shown,
    Excluded,
    Open,
}

/// A case that is on the other side of a bar than it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flip {
    pub(crate) id: String,
    pub(crate) line: usize,
    pub(crate) question: String,
    pub(crate) metric: String,
    pub(crate) before: f64,
    /// `None` if it could not be measured any more.
    pub(crate) after: Option<f64>,
}

impl Difference {
    /// What was compared, with the p that is concluded from and the test that should have noticed a difference.
    pub(super) fn of(
        scale: Scale,
        pairs: Pairs<'_>,
        compared: &stats::Comparison,
        (p, noticing): (Option<f64>, stats::Noticing),
    ) -> Option<Self> {
        let is_lower = scale.lower_is_better();
        let turned = |higher, lower| if is_lower { lower } else { higher };
        Some(Self {
            scale,
            n: compared.n,
            lost: 0,
            baseline: stats::mean(pairs.baseline)?,
            current: stats::mean(pairs.current)?,
            change: compared.difference,
            low: compared.interval.map(|interval| interval.low),
            high: compared.interval.map(|interval| interval.high),
            bound: compared.bounds.map(|bounds| bounds.low),
            p,
            p_adjusted: None,
            method: compared.method.name().to_owned(),
            test: if p.is_some() { compared.test.name().to_owned() } else { "none".to_owned() },
            wins: turned(compared.wins, compared.losses),
            ties: compared.ties,
            losses: turned(compared.losses, compared.wins),
            detectable: pairs.detectable(compared, noticing),
            drop: None,
        })
    }
}

impl Flip {
    pub(crate) fn fell(&self, scale: Scale) -> bool {
        self.after.is_none_or(|after| if scale.lower_is_better() { after > self.before } else { after < self.before })
    }
}

/// Flips and ids that are listed; all are counted.
const LISTED: usize = 100;

/// Compares a run with its baseline. `max_drop` decides for the gated metrics from 0 to 1; the tariff tells why an answer's cost
/// changed.
pub(crate) fn compare(
    report: &Report,
    rows: Rows<'_>,
    baseline: &Baseline,
    (max_drop, tariff): (Option<f64>, Option<&Tariff>),
) -> Result<Comparison> {
    let mut pairing = Pairing::new(report, baseline);
    each_case(rows, &mut |case| {
        pairing.take(&case);
        Ok(())
    })?;
    let usages = pairing.usages;
    let compared = pairing.finish(report, max_drop);
    let change = compared.cost.as_ref().map(|cost| cost.change);
    let why = change.zip(report.target.model.as_deref()).zip(tariff);
    let cost_change = why.and_then(|((change, model), tariff)| usages.explain(change, model, tariff));
    Ok(Comparison { cost_change, ..compared })
}

/// Pairs the cases of a run with those of the baseline, one by one.
struct Pairing<'a> {
    baseline: &'a Baseline,
    /// Metrics that both have, in the same sense.
    metrics: HashMap<&'a str, (&'a Estimate, Option<f64>)>,
    seen: HashSet<String>,
    clusters: Clusters,
    values: BTreeMap<String, Values>,
    costs: Values,
    usages: Usages,
    out: Comparison,
    fallen: Vec<Flip>,
    risen: Vec<Flip>,
}

/// Pairs of one metric.
#[derive(Default)]
struct Values {
    baseline: Vec<f64>,
    current: Vec<f64>,
    clusters: Vec<usize>,
    lost: usize,
}

impl<'a> Pairing<'a> {
    fn new(report: &'a Report, baseline: &'a Baseline) -> Self {
        let both = |(name, estimate): (&'a String, &'a Estimate)| {
            let before = baseline.report.estimates.get(name)?;
            let same = before.kind == estimate.kind && before.scale == estimate.scale;
            (same && same_ruler(name, report, &baseline.report))
                .then(|| (name.as_str(), (estimate, report.thresholds.get(name).copied())))
        };
        Self {
            baseline,
            metrics: report.estimates.iter().filter_map(both).collect(),
            seen: HashSet::new(),
            clusters: Clusters::default(),
            values: BTreeMap::new(),
            costs: Values::default(),
            usages: Usages::default(),
            out: Comparison { baseline: baseline.facts.clone(), ..Comparison::default() },
            fallen: Vec::new(),
            risen: Vec::new(),
        }
    }

    fn take(&mut self, case: &CaseSum) {
        let Some(before) = self.baseline.cases.get(&case.first.id) else {
            self.out.cases.new += 1;
            return;
        };
        self.seen.insert(case.first.id.clone());
        if before.content != case.first.content {
            self.out.cases.changed += 1;
            self.gone(&case.first.id);
            return;
        }
        self.out.cases.paired += 1;
        let cluster = self.clusters.number(case.first.cluster.as_deref());
        self.pair(case, before, cluster);
    }

    fn gone(&mut self, id: &str) {
        if self.out.gone.len() < LISTED {
            self.out.gone.push(id.to_owned());
        }
    }

    fn pair(&mut self, case: &CaseSum, before: &BaselineCase, cluster: usize) {
        for (name, before) in &before.values {
            let Some((estimate, bar)) = self.metrics.get(name.as_str()) else { continue };
            let now = case.metrics.get(name).and_then(super::summary::RepeatSum::value);
            // What can no longer be measured must not make a gate pass; a time that was not taken says nothing.
            let worst = range(estimate.scale).map(|range| range.low);
            let Some(counted) = now.or(worst) else { continue };
            if let Some(bar) = bar {
                let flip = Flip {
                    id: case.first.id.clone(),
                    line: case.first.line,
                    question: case.first.question.clone(),
                    metric: name.clone(),
                    before: *before,
                    after: now,
                };
                let meets = |value: f64| estimate.scale.meets(value, *bar);
                match (meets(*before), meets(counted)) {
                    (true, false) => self.fallen.push(flip),
                    (false, true) => self.risen.push(flip),
                    _ => {}
                }
            }
            let values = self.values.entry(name.clone()).or_default();
            values.push(*before, counted, cluster);
            values.lost += usize::from(now.is_none());
        }
        if let (Some(cost), Some(now)) = (before.cost, case.cost_of_an_answer()) {
            self.costs.push(cost, now, cluster);
            self.usages.add(before.usage, case.usage());
        }
    }

    fn finish(mut self, report: &Report, max_drop: Option<f64>) -> Comparison {
        let mut vanished: Vec<&String> = self.baseline.cases.keys().filter(|id| !self.seen.contains(*id)).collect();
        vanished.sort();
        self.out.cases.vanished = vanished.len();
        for id in vanished {
            self.gone(id);
        }
        let clustered = self.clusters.are_named();
        let mut compared: Vec<(String, stats::Comparison)> = Vec::new();
        for (name, values) in &self.values {
            let scale = report.scale(name);
            let Some((difference, comparison)) = values.compare(scale, clustered, max_drop) else { continue };
            self.out.metrics.insert(name.clone(), difference);
            if scale == Scale::Share && report.thresholds.contains_key(name) {
                compared.push((name.clone(), comparison));
            }
        }
        self.out.cost = self.costs.compare(Scale::Dollars, clustered, None).map(|(difference, _)| difference);
        self.out.max_drop = max_drop;
        decide(&mut self.out.metrics, &compared, max_drop);
        (self.out.fell, self.out.rose) = (self.fallen.len(), self.risen.len());
        self.fallen.sort_by(|one, other| drop_of(other).total_cmp(&drop_of(one)));
        self.fallen.truncate(LISTED);
        self.risen.truncate(LISTED);
        self.out.flips = self.fallen.into_iter().chain(self.risen).collect();
        self.out
    }
}

/// Whether whoever is asked for a metric's values is the same in both runs.
fn same_ruler(metric: &str, first: &Report, second: &Report) -> bool {
    let kind = first.estimates.get(metric).map_or("", |estimate| estimate.kind.as_str());
    let embeds = find(kind).is_some_and(|(metric, _)| metric.needs.contains(&Need::Embedder));
    let same_embedder = !embeds || first.target.embedder == second.target.embedder;
    same_embedder && is_alike(metric, first.judge.as_ref(), second.judge.as_ref())
}

fn drop_of(flip: &Flip) -> f64 {
    (flip.before - flip.after.unwrap_or_default()).abs()
}

/// What the drop of each gated metric is, with p corrected for all of them.
fn decide(metrics: &mut BTreeMap<String, Difference>, compared: &[(String, stats::Comparison)], max_drop: Option<f64>) {
    let tested: Vec<f64> = compared.iter().map(|(_, comparison)| comparison.p_drop.unwrap_or(1.0)).collect();
    for ((name, comparison), adjusted) in compared.iter().zip(holm(&tested)) {
        let Some(difference) = metrics.get_mut(name) else { continue };
        difference.p_adjusted = comparison.p_drop.map(|_| adjusted);
        difference.drop = max_drop.map(|max_drop| match judge_drop(comparison, difference.p_adjusted, max_drop) {
            Drop::Shown => DropFinding::Shown,
            Drop::Excluded => DropFinding::Excluded,
            Drop::Open => DropFinding::Open,
        });
    }
}

impl Values {
    fn push(&mut self, baseline: f64, current: f64, cluster: usize) {
        self.baseline.push(baseline);
        self.current.push(current);
        self.clusters.push(cluster);
    }

    fn compare(&self, scale: Scale, clustered: bool, max_drop: Option<f64>) -> Option<(Difference, stats::Comparison)> {
        let ids = clustered.then(|| cluster_ids(&self.clusters));
        let pairs =
            Pairs { baseline: &self.baseline, current: &self.current, clusters: ids.as_deref(), range: range(scale) };
        let compared = stats::compare(pairs, stats::SEED)?;
        let noticing = stats::Noticing::drop(max_drop.unwrap_or_default());
        // A p speaks of a drop, which is none where lower is better.
        let p = if scale.lower_is_better() { None } else { compared.p_drop };
        let difference = Difference::of(scale, pairs, &compared, (p, noticing))?;
        let difference = Difference { lost: self.lost, ..difference };
        Some((difference, compared))
    }
}
