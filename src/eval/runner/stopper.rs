//! May a run end before its last case? Follows what the gate will look at while rows come in.
//!
//! ```text
//! rows -> cases (all repeats) -> in order -> each bar: above, below or open -> stop
//! ```

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::config::Stop;
use crate::error::{Error, Result};
use crate::eval::metrics::Scale;
use crate::eval::stats::{BarWagers, Interval, Standing, settled};
use crate::eval::{Measured, Outcome};

/// What a run that may stop early must know of its gate.
pub(crate) struct StopRule {
    pub(crate) stop: Stop,
    pub(crate) bars: Vec<StopBar>,
    /// Whether clearing every bar is all that a pass needs. Otherwise only a failure ends the run.
    pub(crate) may_pass: bool,
    /// Shares of cases that may fail with an error, and of answers that may give a metric nothing to measure.
    pub(crate) max_error_rate: f64,
    pub(crate) max_not_applicable: f64,
}

/// The bar on one metric.
pub(crate) struct StopBar {
    pub(crate) metric: Arc<str>,
    pub(crate) scale: Scale,
    pub(crate) threshold: f64,
    /// Cases that the metric does not skip.
    pub(crate) population: usize,
    /// Whether the gate looks at another value than the mean of the outcomes: then these settle nothing.
    pub(crate) is_corrected: bool,
}

/// How a run was stopped before its last case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stopped {
    /// Nothing that the remaining cases could score would have changed the verdict.
    Decided,
    /// The verdict is known with 95 % confidence.
    Confident,
}

/// The order in which the cases of a run that stops on confidence are asked: random, but the same each time.
pub(super) fn shuffled(cases: usize, dataset_digest: &str) -> Vec<usize> {
    let seed = u64::from_str_radix(dataset_digest.get(..16).unwrap_or_default(), 16).unwrap_or_default();
    let mut order: Vec<usize> = (0..cases).collect();
    Rng::with_seed(seed).shuffle(&mut order);
    order
}

/// Takes rows as they are finished and says when enough is known.
pub(super) struct Stopper {
    rule: StopRule,
    states: Vec<BarState>,
    repeats: usize,
    cases: usize,
    /// Cases some of whose repeats are finished.
    open: HashMap<usize, Vec<Measured>>,
    /// Finished cases that wait for an earlier one of the shuffled order, and the place of each case in it.
    waiting: BTreeMap<usize, Vec<Measured>>,
    places: Vec<usize>,
    taken: usize,
    errored: usize,
}

/// What is known beside one bar. Values are turned round where lower is better, so that higher always is.
struct BarState {
    sum: f64,
    measured: usize,
    /// Finished cases that the metric did not skip.
    finished: usize,
    not_applicable: usize,
    wagers: Option<BarWagers>,
}

impl Stopper {
    pub(super) fn new(rule: StopRule, repeats: usize, cases: usize, order: Option<&[usize]>) -> Self {
        let mut places = vec![0; order.map_or(0, <[usize]>::len)];
        for (place, index) in order.into_iter().flatten().enumerate() {
            places[*index] = place;
        }
        let state = |bar: &StopBar| {
            let wagers = || BarWagers::new(bar.threshold, bar.population, rule.bars.len());
            let wagers = (bar.scale == Scale::Share).then(wagers);
            BarState { sum: 0.0, measured: 0, finished: 0, not_applicable: 0, wagers }
        };
        let states = rule.bars.iter().map(state).collect();
        let (open, waiting) = (HashMap::new(), BTreeMap::new());
        Self { rule, states, repeats, cases, open, waiting, places, taken: 0, errored: 0 }
    }

    /// Takes a finished row; `number` is its place in the report.
    pub(super) fn take(&mut self, number: usize, row: &[u8]) -> Result<Option<Stopped>> {
        let row = Measured::of_row(row).map_err(|error| Error::unavailable("a row cannot be read").source(error))?;
        let index = number / self.repeats;
        let rows = self.open.entry(index).or_default();
        rows.push(row);
        if rows.len() < self.repeats {
            return Ok(None);
        }
        let rows = self.open.remove(&index).unwrap_or_default();
        if self.places.is_empty() {
            self.count(&rows);
            return Ok(self.verdict());
        }
        self.waiting.insert(self.places[index], rows);
        // A wager looks at the cases in their random order: those that answer fast are no random choice.
        while let Some(rows) = self.waiting.remove(&self.taken) {
            self.count(&rows);
            if let Some(stopped) = self.verdict() {
                return Ok(Some(stopped));
            }
        }
        Ok(None)
    }

    fn count(&mut self, rows: &[Measured]) {
        self.taken += 1;
        self.errored += usize::from(rows.iter().any(|row| row.failure().is_some()));
        for (bar, state) in self.rule.bars.iter().zip(&mut self.states) {
            state.count(rows.iter().filter_map(|row| row.outcomes.get(&*bar.metric)), bar.scale);
        }
    }

    fn verdict(&self) -> Option<Stopped> {
        if self.taken >= self.cases || share(self.errored, self.cases) > self.rule.max_error_rate {
            return None;
        }
        let standings: Vec<Standing> =
            self.rule.bars.iter().zip(&self.states).map(|pair| self.standing(pair)).collect();
        let fails = standings.contains(&Standing::Below);
        let most = self.rule.max_not_applicable;
        let few_missing = |state: &BarState| share(state.not_applicable, state.measured + state.not_applicable) <= most;
        let passes = self.rule.may_pass
            && standings.iter().all(|standing| *standing == Standing::Above)
            && self.states.iter().all(few_missing);
        (fails || passes).then_some(match self.rule.stop {
            Stop::Confident => Stopped::Confident,
            Stop::Decided | Stop::Never => Stopped::Decided,
        })
    }

    fn standing(&self, (bar, state): (&StopBar, &BarState)) -> Standing {
        if bar.is_corrected {
            return Standing::Open;
        }
        match (self.rule.stop, &state.wagers) {
            (Stop::Confident, Some(wagers)) if wagers.standing() != Standing::Open => wagers.standing(),
            _ => state.settled(bar),
        }
    }
}

impl BarState {
    /// Takes what the metric said of a case in each repeat.
    fn count<'a>(&mut self, outcomes: impl Iterator<Item = &'a Outcome>, scale: Scale) {
        let (mut total, mut n, mut skipped, mut errored) = (0.0, 0_u32, true, false);
        for outcome in outcomes {
            skipped &= matches!(outcome, Outcome::Skipped { .. });
            errored |= matches!(outcome, Outcome::Errored { .. });
            if let Some(value) = outcome.value() {
                total += if scale.lower_is_better() { -value } else { value };
                n += 1;
            }
        }
        if skipped {
            return;
        }
        self.finished += 1;
        let value = (n > 0 && !errored).then(|| total / f64::from(n));
        if let Some(wagers) = &mut self.wagers {
            wagers.push(value);
        }
        match value {
            Some(value) => {
                self.sum += value;
                self.measured += 1;
            }
            None => self.not_applicable += usize::from(!errored),
        }
    }

    /// Where the mean stands whatever the remaining cases score.
    fn settled(&self, bar: &StopBar) -> Standing {
        let remaining = bar.population.saturating_sub(self.finished);
        if !bar.scale.lower_is_better() {
            return settled(self.sum, self.measured, remaining, Interval::UNIT, bar.threshold);
        }
        // A time has no upper end, but none is below 0.
        #[expect(clippy::cast_precision_loss, reason = "numbers of cases are far below 2^52")]
        let all = (self.measured + remaining) as f64;
        if -self.sum > bar.threshold * all { Standing::Below } else { Standing::Open }
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cases are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(stop: Stop, population: usize) -> StopRule {
        let (metric, scale) = ("refusal".into(), Scale::Share);
        let bar = StopBar { metric, scale, threshold: 0.8, population, is_corrected: false };
        StopRule { stop, bars: vec![bar], may_pass: true, max_error_rate: 0.0, max_not_applicable: 0.2 }
    }

    fn row(outcome: &str) -> Vec<u8> {
        format!(r#"{{"id":"a","question":"Q","line":1,"outcomes":{{"refusal":{outcome}}}}}"#).into_bytes()
    }

    fn scored(value: f64) -> Vec<u8> {
        row(&format!(r#"{{"outcome":"scored","value":{value}}}"#))
    }

    /// After how many of ten cases a run stops.
    fn stops(rule: StopRule, rows: &[Vec<u8>]) -> Option<usize> {
        let mut stopper = Stopper::new(rule, 1, rows.len(), None);
        let taken = rows.iter().enumerate().position(|(number, row)| stopper.take(number, row).unwrap().is_some());
        taken.map(|number| number + 1)
    }

    #[test]
    fn a_run_stops_when_the_rest_cannot_change_the_verdict() {
        let good = vec![scored(1.0); 10];
        let bad = vec![scored(0.0); 10];
        // Eight would do but for rounding.
        assert_eq!(stops(rule(Stop::Decided, 10), &good), Some(9));
        assert_eq!(stops(rule(Stop::Decided, 10), &bad), Some(3));
        let only_failures = StopRule { may_pass: false, ..rule(Stop::Decided, 10) };
        assert_eq!(stops(only_failures, &good), None);
    }

    #[test]
    fn what_was_not_measured_decides_nothing() {
        let errored = vec![row(r#"{"outcome":"errored","message":"down"}"#); 10];
        let nothing = vec![row(r#"{"outcome":"not_applicable","reason":"no claims"}"#); 10];
        let skipped = vec![row(r#"{"outcome":"skipped","reason":"no claims"}"#); 10];
        for rows in [errored, nothing, skipped] {
            assert_eq!(stops(rule(Stop::Decided, 10), &rows), None);
            assert_eq!(stops(rule(Stop::Confident, 10), &rows), None);
        }
    }

    #[test]
    fn what_is_corrected_for_the_judges_errors_settles_nothing() {
        for (stop, value) in [(Stop::Decided, 0.0), (Stop::Decided, 1.0), (Stop::Confident, 0.0)] {
            let mut rule = rule(stop, 10);
            rule.bars[0].is_corrected = true;
            assert_eq!(stops(rule, &vec![scored(value); 10]), None, "{stop:?} {value}");
        }
    }

    #[test]
    fn a_time_limit_can_only_be_broken_early() {
        let of = |value: f64| {
            let mut rule = rule(Stop::Decided, 10);
            (rule.bars[0].scale, rule.bars[0].threshold) = (Scale::Milliseconds, 100.0);
            stops(rule, &vec![scored(value); 10])
        };
        assert_eq!((of(50.0), of(500.0)), (None, Some(3)));
    }

    #[test]
    fn the_shuffled_order_is_followed_whatever_comes_first() {
        let order = shuffled(200, &"ab".repeat(32));
        assert_eq!(order, shuffled(200, &"ab".repeat(32)));
        assert_ne!(order, shuffled(200, &"cd".repeat(32)));
        let mut stopper = Stopper::new(rule(Stop::Confident, 200), 1, 200, Some(&order));
        // All but the first of the order are there; nothing may be known yet.
        for index in &order[1..] {
            assert_eq!(stopper.take(*index, &scored(1.0)).unwrap(), None);
        }
        assert_eq!(stopper.take(order[0], &scored(1.0)).unwrap(), Some(Stopped::Confident));
        assert!(stopper.taken < 100, "{}", stopper.taken);
    }

    #[test]
    fn repeats_are_taken_together() {
        let mut stopper = Stopper::new(rule(Stop::Decided, 2), 2, 2, None);
        assert_eq!(stopper.take(0, &scored(0.0)).unwrap(), None);
        assert_eq!(stopper.take(1, &scored(0.5)).unwrap(), Some(Stopped::Decided));
    }
}
