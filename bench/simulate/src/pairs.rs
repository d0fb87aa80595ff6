//! Two versions on the same cases, whose answers vary from run to run, and what the regression gate makes of them.

use fastrand::Rng;

use crate::cases::pass;
use crate::eval::stats::{self, Comparison, Drop, Interval, Pairs, compare, holm, judge_drop};

/// What is drawn: how noisy the answers are, and how much worse the current version is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versions {
    pub(crate) n: usize,
    pub(crate) metrics: usize,
    /// The share of cases in which two draws of one version differ.
    pub(crate) discordance: f64,
    /// Judged in five grades instead of passed or failed.
    pub(crate) graded: bool,
    /// The true drop of the first metric.
    pub(crate) drop: f64,
}

/// The two versions' values of a metric.
pub(crate) struct Drawn {
    baseline: Vec<f64>,
    current: Vec<f64>,
}

/// Of the cases that always go the same way, the share that passes.
const SURE_PASSES: f64 = 0.9;

impl Versions {
    /// Cases that go either way have a chance of their own, drawn evenly: two draws then differ in one of three.
    fn unsure(self) -> f64 {
        3.0 * self.discordance
    }

    /// The mean of the baseline over all cases.
    fn mean(self) -> f64 {
        0.5 * self.unsure() + SURE_PASSES * (1.0 - self.unsure())
    }

    /// How the noise is named in a table.
    pub(crate) fn noise(self) -> String {
        format!("{:.0} %{}", 100.0 * self.discordance, if self.graded { ", grades" } else { "" })
    }

    pub(crate) fn draw(self, metric: usize, random: &mut Rng) -> Drawn {
        let breaks = if metric == 0 { self.drop / self.mean() } else { 0.0 };
        let (mut baseline, mut current) = (Vec::with_capacity(self.n), Vec::with_capacity(self.n));
        for _ in 0..self.n {
            let is_unsure = random.f64() < self.unsure();
            let chance = if is_unsure { random.f64() } else { pass(random, SURE_PASSES) };
            baseline.push(self.answer(chance, random));
            // A drop breaks a share of the answers whatever the case.
            current.push(if random.f64() < breaks { 0.0 } else { self.answer(chance, random) });
        }
        Drawn { baseline, current }
    }

    /// Four criteria make a grade, each met with the case's chance.
    fn answer(self, chance: f64, random: &mut Rng) -> f64 {
        if self.graded { (0..4).map(|_| 0.25 * pass(random, chance)).sum() } else { pass(random, chance) }
    }
}

impl Drawn {
    fn pairs(&self) -> Pairs<'_> {
        Pairs { baseline: &self.baseline, current: &self.current, clusters: None, range: Some(Interval::UNIT) }
    }

    /// The change and the drop that the report would print as visible.
    pub(crate) fn compare(&self, max_drop: f64) -> Option<(Comparison, Option<f64>)> {
        let compared = compare(self.pairs(), stats::SEED)?;
        Some((compared, self.pairs().detectable(&compared, stats::Noticing::drop(max_drop))))
    }
}

/// What the gate says of several metrics together, as a report does: Holm's correction, then one judgement each.
pub(crate) fn judge(compared: &[Comparison], max_drop: f64) -> Vec<Drop> {
    let tested: Vec<f64> = compared.iter().map(|comparison| comparison.p_drop.unwrap_or(1.0)).collect();
    let adjusted = holm(&tested);
    compared.iter().zip(adjusted).map(|(comparison, p)| judge_drop(comparison, Some(p), max_drop)).collect()
}
