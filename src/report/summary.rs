//! What the cases of a run add up to, taken row by row in the order of the report.

mod case;
mod metric;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

pub(super) use self::case::{CaseSum, Fault, RepeatSum};
use self::metric::MetricSum;
pub(super) use self::metric::range;
use super::clusters::Clusters;
use super::spend::Spend;
use super::{Estimate, Latency};
use crate::cost::Usage;
use crate::eval::Measured;
use crate::eval::metrics::Scale;
use crate::llm::Finish;

/// How many cases are shown for each reason to fail; the report's file has all.
const SHOWN_CASES: usize = 5;
/// Different errors that are told apart.
const MAX_CAUSES: usize = 50;
/// Flaky cases that are listed; they are counted beyond.
const MAX_FLAKY: usize = 50;

/// Adds up rows. The repeats of a case follow each other and count as one case.
pub(crate) struct Summary {
    repeats: u32,
    /// Bars, to know which cases miss them.
    bars: BTreeMap<String, (Scale, f64)>,
    /// The case whose repeats are being taken.
    current: Option<CaseSum>,
    metrics: BTreeMap<String, MetricSum>,
    clusters: Clusters,
    pub(super) flaky: Vec<Flaky>,
    pub(super) finished: usize,
    pub(super) errored: usize,
    pub(super) usage: Usage,
    pub(super) judge: Usage,
    pub(super) spend: Spend,
    latencies_ms: Vec<f64>,
    /// By message: how often, and when first.
    causes: HashMap<String, (usize, usize)>,
    pub(super) shown: Highlights,
}

/// A case that met a metric's bar in some repeats and missed it in others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flaky {
    pub(crate) id: String,
    pub(crate) line: usize,
    pub(crate) metric: String,
    /// In how many of the repeats it met the bar.
    pub(crate) passed: usize,
    pub(crate) of: u32,
}

/// An error message and how many cases it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cause {
    pub(crate) message: String,
    pub(crate) cases: usize,
}

/// The cases that people see without opening the report's file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Highlights {
    pub(super) failed: Shown,
    /// By metric with a bar: the cases that miss it, worst first.
    pub(super) missed: BTreeMap<String, Shown>,
    /// What the cases under a bar are due to, where it can be told.
    pub(super) faults: BTreeMap<Fault, usize>,
    /// Answers that were cut off at the model's token limit.
    pub(super) cut_off: usize,
    /// Answers from the response cache.
    pub(super) cached: usize,
}

/// Some cases of many.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    pub(super) count: usize,
    pub(super) cases: Vec<ShownCase>,
}

#[derive(Debug, Clone)]
pub(super) struct ShownCase {
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) question: String,
    pub(super) detail: String,
    /// How bad it is; larger is worse.
    badness: f64,
}

impl Summary {
    pub(crate) fn new(repeats: u32, bars: BTreeMap<String, (Scale, f64)>) -> Self {
        Self {
            repeats,
            bars,
            current: None,
            metrics: BTreeMap::new(),
            clusters: Clusters::default(),
            flaky: Vec::new(),
            finished: 0,
            errored: 0,
            usage: Usage::default(),
            judge: Usage::default(),
            spend: Spend::default(),
            latencies_ms: Vec::new(),
            causes: HashMap::new(),
            shown: Highlights::default(),
        }
    }

    /// Takes the next row.
    pub(crate) fn add(&mut self, row: Measured) {
        self.usage += row.usage;
        self.judge += row.judge_usage;
        self.spend.add(&row);
        for (name, judged) in &row.judged {
            self.metrics.entry(name.clone()).or_default().judged.add(*judged);
        }
        self.latencies_ms.extend(row.latency_ms);
        self.shown.cached += usize::from(row.cached);
        self.shown.cut_off += usize::from(row.finish == Some(Finish::Length));
        match &mut self.current {
            Some(case) if case.first.id == row.id => case.add(&row),
            _ => {
                self.close_case();
                self.current = Some(CaseSum::new(row));
            }
        }
    }

    /// After the last row.
    pub(crate) fn close(mut self) -> Self {
        self.close_case();
        self
    }

    fn close_case(&mut self) {
        let Some(case) = self.current.take() else { return };
        // Of a case that was cut short, the missing repeats are not known: it has not finished.
        self.finished += usize::from(case.rows >= self.repeats);
        if let Some(failure) = &case.failure {
            self.errored += 1;
            self.shown.failed.push(ShownCase::new(&case.first, failure.clone(), 0.0));
            let next = self.causes.len();
            if next < MAX_CAUSES || self.causes.contains_key(failure) {
                self.causes.entry(failure.clone()).or_insert((0, next)).0 += 1;
            }
        }
        let cluster = self.clusters.number(case.first.cluster.as_deref());
        let mut is_wrong = false;
        for (name, repeats) in &case.metrics {
            let bar = self.bars.get(name).copied();
            let sum = self.metrics.entry(name.clone()).or_default();
            sum.add(repeats, cluster, bar);
            self.flaky.extend(repeats.flaky(bar).filter(|_| self.flaky.len() < MAX_FLAKY).map(|passed| Flaky {
                id: case.first.id.clone(),
                line: case.first.line,
                metric: name.clone(),
                passed,
                of: case.rows,
            }));
            let missed = repeats.value().and_then(|value| Some((value, bar?, badness(bar?, value)?)));
            if let Some((value, (scale, _), badness)) = missed {
                let reason = repeats.reason.as_ref().map_or_else(String::new, |reason| format!("  {reason}"));
                is_wrong |= !scale.lower_is_better();
                let fault = case.fault().filter(|_| !scale.lower_is_better() && name != "context_recall");
                let fault = fault.map_or_else(String::new, |fault| format!("  ({})", fault.text()));
                let detail = format!("{}{reason}{fault}", scale.show(value));
                let shown = self.shown.missed.entry(name.clone()).or_default();
                shown.push(ShownCase::new(&case.first, detail, badness));
            }
        }
        if let Some(fault) = case.fault().filter(|_| is_wrong && case.failure.is_none()) {
            *self.shown.faults.entry(fault).or_default() += 1;
        }
    }

    /// What the cases add up to for a metric of this kind and scale.
    pub(super) fn estimate(&self, metric: &str, of: &Estimate) -> Estimate {
        let none = MetricSum::default();
        let sum = self.metrics.get(metric).unwrap_or(&none);
        let bar = self.bars.get(metric).map(|(_, bar)| *bar);
        sum.estimate(
            Estimate { kind: of.kind.clone(), scale: of.scale, ..Estimate::default() },
            bar,
            self.clusters.are_named(),
        )
    }

    /// What a metric gave each case that it measured.
    pub(super) fn values(&self, metric: &str) -> &[f64] {
        self.metrics.get(metric).map_or(&[], |sum| &sum.values)
    }

    /// The most frequent first; of equally frequent ones, the one that came first.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let mut causes: Vec<(&String, &(usize, usize))> = self.causes.iter().collect();
        causes.sort_by_key(|(_, (cases, first))| (std::cmp::Reverse(*cases), *first));
        causes.into_iter().map(|(message, (cases, _))| Cause { message: message.clone(), cases: *cases }).collect()
    }

    pub(super) fn latency(&self) -> Option<Latency> {
        let mut times = self.latencies_ms.clone();
        times.sort_by(f64::total_cmp);
        // Nearest rank: the smallest time that at least the share of all times does not pass.
        let rank = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Latency { p50_ms: rank(50)?, p95_ms: rank(95)?, max_ms: times.last().copied()? })
    }
}

impl Shown {
    /// Keeps the worst; of equally bad ones, those that came first.
    fn push(&mut self, case: ShownCase) {
        self.count += 1;
        let place = self.cases.partition_point(|known| known.badness >= case.badness);
        if place < SHOWN_CASES {
            self.cases.insert(place, case);
            self.cases.truncate(SHOWN_CASES);
        }
    }
}

impl ShownCase {
    fn new(case: &Measured, detail: String, badness: f64) -> Self {
        Self { line: case.line, id: case.id.clone(), question: case.question.clone(), detail, badness }
    }
}

/// How far a value misses its bar, larger for worse; `None` if it does not.
fn badness((scale, bar): (Scale, f64), value: f64) -> Option<f64> {
    if scale.lower_is_better() { (value > bar).then_some(value) } else { (value < bar).then_some(-value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Outcome;

    fn scored(value: f64) -> Outcome {
        Outcome::Scored { value, reason: None }
    }

    fn row(id: &str, outcome: Outcome) -> Measured {
        let outcomes = BTreeMap::from([("refusal".to_owned(), outcome)]);
        Measured { id: id.into(), outcomes, ..Measured::default() }
    }

    fn summary(repeats: u32, rows: Vec<Measured>) -> Summary {
        let mut summary = Summary::new(repeats, BTreeMap::from([("refusal".to_owned(), (Scale::Share, 0.6))]));
        for row in rows {
            summary.add(row);
        }
        summary.close()
    }

    #[test]
    fn cases_are_counted_by_what_was_measured() {
        let errored = Outcome::Errored { message: "no".into() };
        let skipped = Outcome::Skipped { reason: "-".into() };
        let rows = vec![row("a", scored(1.0)), row("b", scored(0.5)), row("c", errored), row("d", skipped)];
        let summary = summary(1, rows);
        let estimate = summary.estimate("refusal", &Estimate::default());
        assert_eq!((estimate.mean, estimate.n, estimate.skipped, estimate.errored), (Some(0.75), 2, 1, 1));
        assert_eq!((summary.finished, summary.errored), (4, 1));
        assert_eq!(summary.causes(), [Cause { message: "no".into(), cases: 1 }]);
        assert_eq!(summary.shown.missed["refusal"].count, 1);
        assert_eq!(summary.estimate("latency", &Estimate::default()), Estimate::default());
    }

    #[test]
    fn repeats_are_one_case() {
        let errored = || Outcome::Errored { message: "no".into() };
        let rows = vec![
            row("a", scored(1.0)),
            row("a", scored(0.0)),
            row("b", scored(1.0)),
            row("b", errored()),
            row("c", scored(1.0)),
        ];
        let summary = summary(2, rows);
        // The case b is errored, and the case c has not finished.
        let estimate = summary.estimate("refusal", &Estimate::default());
        assert_eq!((estimate.mean, estimate.n, estimate.errored), (Some(0.75), 2, 1));
        let repeats = estimate.repeats.unwrap();
        assert_eq!((repeats.k, repeats.pass_at_k, repeats.pass_all_k, repeats.flaky), (2, 1.0, 0.0, 1));
        let flaky = Flaky { id: "a".into(), line: 0, metric: "refusal".into(), passed: 1, of: 2 };
        assert_eq!(summary.flaky, [flaky]);
        assert_eq!((summary.finished, summary.errored), (2, 1));
    }

    #[test]
    fn the_worst_cases_are_shown_and_the_first_of_equal_ones() {
        let values = [0.5, 0.1, 0.9, 0.1, 0.3, 0.2, 0.4, 0.55];
        let rows = values.iter().enumerate().map(|(index, value)| row(&index.to_string(), scored(*value))).collect();
        let summary = summary(1, rows);
        let missed = &summary.shown.missed["refusal"];
        let ids: Vec<&str> = missed.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!((missed.count, ids), (7, vec!["1", "3", "5", "4", "6"]));
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let mut rows: Vec<Measured> = (1..=20).map(|id| row(&id.to_string(), scored(1.0))).collect();
        for (row, time) in rows.iter_mut().zip(1..) {
            row.latency_ms = Some(f64::from(time));
        }
        assert_eq!(summary(1, rows).latency(), Some(Latency { p50_ms: 10.0, p95_ms: 19.0, max_ms: 20.0 }));
        assert_eq!(summary(1, Vec::new()).latency(), None);
    }
}
