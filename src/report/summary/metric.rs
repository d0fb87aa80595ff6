//! One metric over the cases.

use super::case::RepeatSum;
use crate::eval::metrics::Scale;
use crate::eval::stats::{self, Interval, Repeats, Sample, cluster_ids, pass_all, pass_at};
use crate::report::{Estimate, Judgements, RepeatFigures};

/// A metric over the cases so far.
#[derive(Default)]
pub(super) struct MetricSum {
    /// One a case that was measured.
    pub(super) values: Vec<f64>,
    /// The cluster of each.
    clusters: Vec<usize>,
    /// Of cases that were asked more than once.
    repeats: Vec<Repeats>,
    skipped: usize,
    not_applicable: usize,
    errored: usize,
    /// How the judge came to the values.
    pub(super) judged: Judgements,
}

impl MetricSum {
    pub(super) fn add(&mut self, case: &RepeatSum, cluster: usize, bar: Option<(Scale, f64)>) {
        match case.value() {
            _ if case.errored => self.errored += 1,
            None if case.not_applicable => self.not_applicable += 1,
            None => self.skipped += 1,
            Some(value) => {
                self.values.push(value);
                self.clusters.push(cluster);
                self.repeats.extend(case.repeats(bar).filter(|repeats| repeats.n > 1));
            }
        }
    }

    /// The figures of a metric of the given kind and scale.
    pub(super) fn estimate(&self, of: Estimate, bar: Option<f64>, clustered: bool) -> Estimate {
        let counted = Estimate {
            n: self.values.len(),
            skipped: self.skipped,
            not_applicable: self.not_applicable,
            errored: self.errored,
            judged: self.judged,
            ..of
        };
        let ids = clustered.then(|| cluster_ids(&self.clusters));
        let range = range(counted.scale);
        let sample = Sample { values: &self.values, clusters: ids.as_deref(), range };
        let Some(estimate) = stats::estimate(sample, stats::SEED) else { return counted };
        let (low, high) = (estimate.interval.map(|limits| limits.low), estimate.interval.map(|limits| limits.high));
        let worse = |limits: Interval| if counted.scale.lower_is_better() { limits.high } else { limits.low };
        Estimate {
            mean: Some(estimate.mean),
            low,
            high,
            bound: estimate.bounds.map(worse),
            method: estimate.interval.map(|_| estimate.method.name().to_owned()),
            sd: estimate.sd,
            clusters: estimate.clusters,
            detectable: bar.and_then(|bar| stats::detectable_miss(sample, &estimate, bar)),
            repeats: self.repeat_figures(),
            ..counted
        }
    }

    fn repeat_figures(&self) -> Option<RepeatFigures> {
        let k = self.repeats.iter().map(|repeats| repeats.n).min()?;
        let over = |figure: &dyn Fn(&Repeats) -> Option<f64>| {
            stats::mean(&self.repeats.iter().filter_map(figure).collect::<Vec<f64>>())
        };
        Some(RepeatFigures {
            k,
            spread: over(&|repeats| repeats.sd)?,
            pass_at_k: over(&|repeats| pass_at(k, repeats.passed, repeats.n))?,
            pass_all_k: over(&|repeats| pass_all(k, repeats.passed, repeats.n))?,
            flaky: self.repeats.iter().filter(|repeats| repeats.is_flaky()).count(),
        })
    }
}

/// The ends of a scale, if it has any.
pub(in crate::report) fn range(scale: Scale) -> Option<Interval> {
    match scale {
        Scale::Share => Some(Interval::UNIT),
        Scale::Milliseconds | Scale::Dollars => None,
    }
}
