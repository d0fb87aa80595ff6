//! What follows from the pairs: which variant to take, or that these cases cannot tell.

use serde::Serialize;

use super::values::{COST, LATENCY};
use super::{Contrast, Pair, Variant};
use crate::eval::metrics::Scale;
use crate::eval::stats::share_of;
use crate::report::Difference;
use crate::report::words::{range_of_change, show_p};

/// What to do, with its reasons as sentences.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Recommendation {
    pub(crate) conclusion: Conclusion,
    /// The variant to take; `None` unless it is better than every other beyond chance.
    pub(crate) variant: Option<String>,
    /// The best variants that cannot be told apart; one or none where they can.
    pub(crate) alike: Vec<String>,
    pub(crate) reasons: Vec<String>,
    /// What else should be known before it is followed.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Conclusion {
    /// One is better than every other.
    Better,
    /// The best cannot be told apart.
    Alike,
    /// Too little was measured.
    Undecided,
}

/// A difference of time or money below this share is no reason to choose.
const MATERIAL: f64 = 0.1;

impl Recommendation {
    pub(super) fn new(metric: &str, variants: &[Variant], pairs: &[Pair]) -> Self {
        let weighing = Weighing { metric, variants, pairs };
        let mut problems: Vec<String> = variants
            .iter()
            .filter_map(|variant| Some(format!("{}: {}", variant.name, variant.problem.as_ref()?)))
            .collect();
        if problems.is_empty()
            && pairs.iter().any(|pair| weighing.deciding(pair).is_none_or(|found| found.difference.p.is_none()))
        {
            problems.push(format!("too few cases have {metric} in both variants"));
        }
        if !problems.is_empty() {
            return Self {
                conclusion: Conclusion::Undecided,
                variant: None,
                alike: Vec::new(),
                reasons: problems,
                notes: Vec::new(),
            };
        }
        weighing.conclude()
    }

    pub(crate) fn is_undecided(&self) -> bool {
        self.conclusion == Conclusion::Undecided
    }
}

struct Weighing<'a> {
    metric: &'a str,
    variants: &'a [Variant],
    pairs: &'a [Pair],
}

/// One variant seen from another.
struct Seen<'a> {
    contrast: &'a Contrast,
    /// 1 if the contrast is of the one less the other, else -1.
    sign: f64,
}

impl Seen<'_> {
    fn is_better(&self) -> bool {
        self.contrast.difference.change != 0.0 && (self.contrast.is_better() == (self.sign > 0.0))
    }

    fn is_significantly_better(&self) -> bool {
        self.contrast.is_significant() && self.is_better()
    }

    fn is_significantly_worse(&self) -> bool {
        self.contrast.is_significant() && !self.is_better()
    }

    fn show(&self) -> String {
        let Difference { scale, change, low, high, .. } = &self.contrast.difference;
        let turned = |value: &Option<f64>| value.map(|value| value * self.sign);
        let (low, high) = if self.sign > 0.0 { (*low, *high) } else { (turned(high), turned(low)) };
        let shown = format!("{} {}", scale.show_change(change * self.sign), range_of_change(*scale, low, high));
        shown.trim_end().to_owned()
    }

    /// How much lower the one is, as a share of the other; 0 if it is not.
    fn saving(&self) -> f64 {
        let Difference { baseline, current, .. } = &self.contrast.difference;
        let (one, other) = if self.sign > 0.0 { (current, baseline) } else { (baseline, current) };
        if *other > 0.0 { (1.0 - one / other).max(0.0) } else { 0.0 }
    }
}

impl<'a> Weighing<'a> {
    fn deciding(&self, pair: &'a Pair) -> Option<&'a Contrast> {
        pair.metrics.get(self.metric)
    }

    /// The metric of `one` as seen from `other`.
    fn seen(&self, metric: &str, one: usize, other: usize) -> Option<Seen<'a>> {
        let sign = if one > other { 1.0 } else { -1.0 };
        let is_it = |pair: &&Pair| (pair.first, pair.second) == (one.min(other), one.max(other));
        let contrast = self.pairs.iter().find(is_it)?.metrics.get(metric)?;
        Some(Seen { contrast, sign })
    }

    fn others(&self, one: usize) -> impl Iterator<Item = usize> + use<> {
        (0..self.variants.len()).filter(move |other| *other != one)
    }

    /// The one that is better as measured than most others; of equals the first.
    fn best(&self) -> usize {
        let better_than = |one: usize| {
            self.others(one)
                .filter(|other| self.seen(self.metric, one, *other).is_some_and(|seen| seen.is_better()))
                .count()
        };
        (0..self.variants.len()).rev().max_by_key(|one| better_than(*one)).unwrap_or_default()
    }

    fn conclude(&self) -> Recommendation {
        let best = self.best();
        let beaten =
            |other: &usize| self.seen(self.metric, best, *other).is_some_and(|seen| seen.is_significantly_better());
        let (worse, open): (Vec<usize>, Vec<usize>) = self.others(best).partition(beaten);
        let mut alike: Vec<usize> = open.iter().copied().chain([best]).collect();
        alike.sort_unstable();
        let mut reasons: Vec<String> = worse.iter().map(|other| self.better_reason(best, *other)).collect();
        reasons.extend(open.iter().map(|other| self.open_reason(best, *other)));
        let is_better = open.is_empty();
        let mut notes = self.caveats(&alike);
        if is_better {
            notes.extend(self.price_of(best, &worse));
        } else {
            notes.extend(self.tie_breakers(&alike));
        }
        Recommendation {
            conclusion: if is_better { Conclusion::Better } else { Conclusion::Alike },
            variant: is_better.then(|| self.variants[best].name.clone()),
            alike: alike.iter().map(|one| self.variants[*one].name.clone()).collect(),
            reasons,
            notes,
        }
    }

    fn better_reason(&self, best: usize, other: usize) -> String {
        let seen = self.seen(self.metric, best, other);
        let (shown, p) = seen.map_or_else(Default::default, |seen| (seen.show(), seen.contrast.difference.p_adjusted));
        let (best, other) = (&self.variants[best].name, &self.variants[other].name);
        format!("{best} is better than {other}: {} {shown}, {}", self.metric, show_p(p))
    }

    fn open_reason(&self, best: usize, other: usize) -> String {
        // Said from the first of the two, as they were named.
        let (first, second) = (best.min(other), best.max(other));
        let Some(seen) = self.seen(self.metric, second, first) else { return String::new() };
        let Difference { scale, n, detectable, .. } = &seen.contrast.difference;
        let least = match detectable {
            Some(least) => format!("; {n} cases show differences over {}", scale.show(*least)),
            None => String::new(),
        };
        let (first, second) = (&self.variants[first].name, &self.variants[second].name);
        format!("these cases cannot tell {first} and {second} apart ({} {}{least})", self.metric, seen.show())
    }

    /// Bars that are missed, and metrics in which one of them is worse than the reference.
    fn caveats(&self, of: &[usize]) -> Vec<String> {
        let mut notes = Vec::new();
        for one in of {
            let Variant { name, report, .. } = &self.variants[*one];
            for breach in &report.verdict.breaches {
                let scale = report.scale(&breach.metric);
                let (value, bar) = (scale.show(breach.value), scale.show(breach.threshold));
                let corrected = breach.judged.map_or("", |_| " corrected for the judge's errors");
                notes.push(format!("{name} misses the bar of {}: {value}{corrected}, not {bar}", breach.metric));
            }
            let metrics = report.estimates.keys().filter(|metric| *metric != self.metric);
            for metric in metrics.filter(|metric| report.scale(metric) == Scale::Share) {
                if let Some(seen) = self.seen(metric, *one, 0).filter(|_| *one > 0).filter(Seen::is_significantly_worse)
                {
                    let reference = &self.variants[0].name;
                    notes.push(format!("{name} is worse than {reference} in {metric}: {}", seen.show()));
                }
            }
        }
        notes
    }

    /// What the better one costs more than the others.
    fn price_of(&self, best: usize, others: &[usize]) -> Vec<String> {
        let mut notes = Vec::new();
        for (metric, word) in [(COST, "dearer"), (LATENCY, "slower")] {
            for other in others {
                let clearly = self.clearly_lower(metric, *other, best);
                if let (true, Some(seen)) = (clearly, self.seen(metric, best, *other)) {
                    let (best, other) = (&self.variants[best].name, &self.variants[*other].name);
                    notes.push(format!("{best} is {word} than {other}: {} a case", seen.show()));
                }
            }
        }
        notes
    }

    /// The one that is clearly cheaper, or faster, than all that it cannot be told apart from.
    fn tie_breakers(&self, alike: &[usize]) -> Vec<String> {
        let mut notes = Vec::new();
        for (metric, word) in [(COST, "cheaper"), (LATENCY, "faster")] {
            let wins = |one: &&usize| {
                alike.iter().filter(|other| other != one).all(|other| self.clearly_lower(metric, **one, *other))
            };
            let Some(one) = alike.iter().find(wins) else { continue };
            let savings =
                alike.iter().filter(|other| *other != one).filter_map(|other| self.seen(metric, *one, *other));
            let least = savings.map(|seen| seen.saving()).fold(f64::INFINITY, f64::min);
            notes.push(format!("{} is {word}, by {:.0} %", self.variants[*one].name, least * 100.0));
        }
        notes
    }

    /// Beyond chance, by a share that matters, and measured of at least half of the cases.
    fn clearly_lower(&self, metric: &str, one: usize, other: usize) -> bool {
        self.seen(metric, one, other).is_some_and(|seen| {
            let total = self.variants[one].report.cases.total;
            seen.is_significantly_better()
                && seen.saving() >= MATERIAL
                && share_of(seen.contrast.difference.n, total) >= 0.5
        })
    }
}
