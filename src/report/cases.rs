//! The cases of a run as formats show them: the repeats of a case as one, with what it missed and what that is due to.

use super::json::Rows;
use super::summary::{CaseSum, Fault};
use super::{Decision, Report, baseline};
use crate::error::Result;
use crate::eval::Measured;
use crate::eval::metrics::Scale;

/// One case over its repeats.
#[derive(Debug, Clone)]
pub(super) struct ReportedCase {
    pub(super) id: String,
    /// Of the dataset.
    pub(super) line: usize,
    pub(super) question: String,
    pub(super) category: Option<String>,
    /// Of the first repeat, in milliseconds.
    pub(super) latency_ms: Option<f64>,
    pub(super) state: State,
    /// Of a case that misses something, where it can be told.
    pub(super) fault: Option<Fault>,
}

/// How a case ended, as the gate sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// No answer, or a metric that could not be measured: the first message.
    Errored(String),
    /// Under the bar of at least one metric, in the order of the metrics.
    Missed(Vec<Miss>),
    /// Every metric was skipped.
    NotMeasured,
    Met,
}

/// One bar that a single case does not reach.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Miss {
    pub(super) metric: String,
    pub(super) scale: Scale,
    pub(super) value: f64,
    pub(super) bar: f64,
    /// The metric's own words.
    pub(super) reason: Option<String>,
    /// Whether the run as a whole misses this bar too.
    pub(super) breached: bool,
}

/// Gives every case in the order of the dataset.
pub(super) fn each_case(
    report: &Report,
    rows: Rows<'_>,
    take: &mut dyn FnMut(&ReportedCase) -> Result<()>,
) -> Result<()> {
    baseline::each_case(rows, &mut |case| take(&reported(report, case)))
}

fn reported(report: &Report, case: CaseSum) -> ReportedCase {
    let misses = misses(report, &case);
    let misses_share = misses.iter().any(|miss| !miss.scale.lower_is_better());
    let fault = case.fault().filter(|_| misses_share);
    let is_measured = case.metrics.values().any(|repeats| !repeats.values.is_empty());
    let state = match case.failure {
        Some(message) => State::Errored(message),
        None if !misses.is_empty() => State::Missed(misses),
        None if is_measured => State::Met,
        None => State::NotMeasured,
    };
    let Measured { id, line, question, category, latency_ms, .. } = case.first;
    ReportedCase { id, line, question, category, latency_ms, state, fault }
}

fn misses(report: &Report, case: &CaseSum) -> Vec<Miss> {
    let misses = report.in_order().into_iter().filter_map(|(metric, estimate)| {
        let bar = *report.thresholds.get(metric)?;
        let repeats = case.metrics.get(metric)?;
        let (value, breached, reason) = (repeats.value()?, report.misses_bar(metric), repeats.reason.clone());
        let miss = Miss { metric: metric.clone(), scale: estimate.scale, value, bar, reason, breached };
        (miss.distance() > 0.0).then_some(miss)
    });
    misses.collect()
}

impl Miss {
    /// How far the value is from its bar, as a share of it; 0 or less if it meets the bar.
    pub(super) fn distance(&self) -> f64 {
        // Means of equal values can end a hair beside them.
        const ROUNDING: f64 = 1e-9;
        let by = if self.scale.lower_is_better() { self.value - self.bar } else { self.bar - self.value };
        if by > ROUNDING { by / self.bar.abs().max(ROUNDING) } else { 0.0 }
    }

    /// `context_recall is 0.500, under its bar of 0.800: not retrieved: Keys`
    pub(super) fn text(&self) -> String {
        let side = if self.scale.lower_is_better() { "above its limit of" } else { "under its bar of" };
        let (value, bar) = (self.scale.show(self.value), self.scale.show(self.bar));
        let reason = self.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{} is {value}, {side} {bar}{reason}", self.metric)
    }
}

impl ReportedCase {
    /// Whether the case is a reason that the gate is not green: an error that is more than the gate allows, or a miss of a
    /// bar that the run misses too. A few cases under a bar that the mean meets are what a bar below 1 allows.
    pub(super) fn is_to_blame(&self, report: &Report) -> bool {
        match &self.state {
            State::Errored(_) => report.verdict.decision != Decision::Pass,
            State::Missed(misses) => misses.iter().any(|miss| miss.breached),
            State::NotMeasured | State::Met => false,
        }
    }

    /// What is wrong with it, a line each; empty if nothing is.
    pub(super) fn complaints(&self) -> Vec<String> {
        match &self.state {
            State::Errored(message) => vec![message.clone()],
            State::Missed(misses) => misses.iter().map(Miss::text).collect(),
            State::NotMeasured | State::Met => Vec::new(),
        }
    }

    /// Larger is worse: errors before misses, and misses by their distance.
    pub(super) fn badness(&self) -> f64 {
        match &self.state {
            State::Errored(_) => f64::INFINITY,
            State::Missed(misses) => misses.iter().map(Miss::distance).fold(0.0, f64::max),
            State::NotMeasured | State::Met => 0.0,
        }
    }
}

/// The worst cases seen so far; of equally bad ones, those that came first.
pub(super) struct Worst<T> {
    limit: usize,
    pub(super) count: usize,
    kept: Vec<(f64, T)>,
}

impl<T> Worst<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, count: 0, kept: Vec::new() }
    }

    pub(super) fn push(&mut self, badness: f64, what: T) {
        self.count += 1;
        let place = self.kept.partition_point(|(known, _)| *known >= badness);
        if place < self.limit {
            self.kept.insert(place, (badness, what));
            self.kept.truncate(self.limit);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.kept.iter().map(|(_, what)| what)
    }

    /// How many are not among the kept.
    pub(super) fn left_out(&self) -> usize {
        self.count - self.kept.len()
    }
}

#[cfg(test)]
pub(super) mod tests;
