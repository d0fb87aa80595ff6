//! One case over its repeats.

use std::collections::BTreeMap;

use crate::cost::{Cost, Usage};
use crate::eval::metrics::Scale;
use crate::eval::stats::{Repeats, mean};
use crate::eval::{Measured, Outcome};

/// One case over its repeats so far.
pub(in crate::report) struct CaseSum {
    pub(in crate::report) first: Measured,
    pub(in crate::report) rows: u32,
    pub(in crate::report) failure: Option<String>,
    pub(in crate::report) metrics: BTreeMap<String, RepeatSum>,
    /// Of the answers whose time, or price, is known.
    latencies_ms: Vec<f64>,
    costs_usd: Vec<f64>,
    usage: Usage,
}

/// A metric over the repeats of one case.
#[derive(Default)]
pub(in crate::report) struct RepeatSum {
    pub(in crate::report) values: Vec<f64>,
    pub(in crate::report) errored: bool,
    pub(in crate::report) not_applicable: bool,
    pub(in crate::report) reason: Option<String>,
}

/// What a wrong answer is due to, where `context_recall` can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) enum Fault {
    /// An expected document was not retrieved: the model could not know.
    Retrieval,
    /// Everything expected was retrieved, and the answer does not show it.
    Answer,
}

impl Fault {
    pub(in crate::report) fn text(self) -> &'static str {
        match self {
            Self::Retrieval => "retrieval missed a document that holds the answer",
            Self::Answer => "the documents were retrieved, but the answer does not use them",
        }
    }
}

impl CaseSum {
    pub(in crate::report) fn new(row: Measured) -> Self {
        let mut case = Self {
            first: Measured::default(),
            rows: 0,
            failure: None,
            metrics: BTreeMap::new(),
            latencies_ms: Vec::new(),
            costs_usd: Vec::new(),
            usage: Usage::default(),
        };
        case.add(&row);
        case.first = row;
        case
    }

    /// In US dollars, at list prices even if the cache answered; `None` unless it is known of every repeat.
    pub(in crate::report) fn cost_of_an_answer(&self) -> Option<f64> {
        self.of_every_answer(&self.costs_usd)
    }

    /// Tokens of all repeats, and how many there are.
    pub(in crate::report) fn usage(&self) -> (Usage, u32) {
        (self.usage, self.rows)
    }

    /// In milliseconds; `None` unless it was taken of every repeat.
    pub(in crate::report) fn latency_of_an_answer(&self) -> Option<f64> {
        self.of_every_answer(&self.latencies_ms)
    }

    fn of_every_answer(&self, values: &[f64]) -> Option<f64> {
        mean(values).filter(|_| self.failure.is_none() && values.len() == self.rows as usize)
    }

    pub(in crate::report) fn add(&mut self, row: &Measured) {
        self.rows += 1;
        self.latencies_ms.extend(row.latency_ms);
        self.usage += row.usage;
        self.costs_usd.extend(row.cost_usd.map(Cost::to_f64));
        self.failure = self.failure.take().or_else(|| row.failure().map(str::to_owned));
        for (name, outcome) in &row.outcomes {
            let sum = match self.metrics.get_mut(name) {
                Some(sum) => sum,
                None => self.metrics.entry(name.clone()).or_default(),
            };
            match outcome {
                Outcome::Scored { value, reason } => {
                    sum.values.push(*value);
                    sum.reason = sum.reason.take().or_else(|| reason.clone());
                }
                Outcome::Skipped { .. } => {}
                Outcome::NotApplicable { .. } => sum.not_applicable = true,
                Outcome::Errored { .. } => sum.errored = true,
            }
        }
    }
}

impl CaseSum {
    /// What it is due to if the answer is wrong; `None` where `context_recall` was not measured.
    pub(in crate::report) fn fault(&self) -> Option<Fault> {
        let recall = self.metrics.get("context_recall")?.value()?;
        Some(if recall < 1.0 { Fault::Retrieval } else { Fault::Answer })
    }
}

impl RepeatSum {
    /// The mean over the repeats that were measured; `None` without any, or if one could not be measured.
    pub(in crate::report) fn value(&self) -> Option<f64> {
        if self.errored { None } else { Some(self.repeats(None)?.mean) }
    }

    /// What the repeats say beside a bar; without one, a share passes at 1 and a time never.
    pub(in crate::report) fn repeats(&self, bar: Option<(Scale, f64)>) -> Option<Repeats> {
        let (scale, bar) = bar.unwrap_or((Scale::Share, 1.0));
        // Turned round, lower is higher.
        let turn = |value: f64| if scale.lower_is_better() { -value } else { value };
        let turned: Vec<f64> = self.values.iter().map(|value| turn(*value)).collect();
        let repeats = Repeats::new(&turned, turn(bar))?;
        Some(Repeats { mean: turn(repeats.mean), ..repeats })
    }

    /// In how many repeats it met the bar, if in some but not in all.
    pub(in crate::report) fn flaky(&self, bar: Option<(Scale, f64)>) -> Option<usize> {
        let repeats = self.repeats(Some(bar?))?;
        repeats.is_flaky().then_some(repeats.passed)
    }
}
