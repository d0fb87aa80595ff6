//! May a run stop early? By arithmetic, if the rest can change nothing; or by a wager that stays valid however often it is
//! looked at.

use super::{Interval, SIGNIFICANCE, float};

/// A mean beside a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// At least the bar.
    Above,
    Below,
    Open,
}

/// Where the mean of all cases stands whatever the remaining ones score: `sum` is that of the `done` ones, the scale ends at
/// `range`. A mean closer to the bar than rounding is open until nothing remains.
pub(crate) fn settled(sum: f64, done: usize, remaining: usize, range: Interval, bar: f64) -> Standing {
    const ROUNDING: f64 = 1e-9;
    let all = float(done + remaining);
    let rounding = if remaining == 0 { 0.0 } else { ROUNDING * (range.high - range.low) };
    let (low, high) = ((sum + float(remaining) * range.low) / all, (sum + float(remaining) * range.high) / all);
    if low >= bar + rounding {
        Standing::Above
    } else if high < bar - rounding {
        Standing::Below
    } else {
        Standing::Open
    }
}

/// A wager on the mean of a finite list of cases that come in random order, none twice. A bar is bet against as the supposed
/// mean, with one capital that grows if the true mean is above it and one if it is below. If the supposed mean is the true one,
/// its capital ever grows by 1 / alpha in a share alpha of orders at most: so it may be looked at after each case.
///
/// The order must be random: take the cases shuffled.
///
/// Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting", section 5; the bets are
/// their approximate GRAPA.
#[derive(Debug, Clone)]
pub(crate) struct Wager {
    population: usize,
    range: Interval,
    /// The logarithm that a capital must reach.
    goal: f64,
    supposed: Supposed,
    seen: usize,
    sum: f64,
    squares: f64,
}

/// One supposed mean, on the scale from 0 to 1, and the logarithms of the two capitals against it.
#[derive(Debug, Clone, Copy)]
struct Supposed {
    mean: f64,
    above: f64,
    below: f64,
    is_above: bool,
    is_below: bool,
}

impl Wager {
    /// Bets against one bar; a case costs the same however many came before. `alpha` is the chance of being wrong on either
    /// side. `range` holds the ends of the scale, also of differences such as -1 to 1.
    pub(crate) fn against(bar: f64, population: usize, range: Interval, alpha: f64) -> Self {
        let mean = (bar - range.low) / (range.high - range.low);
        let supposed = Supposed { mean, above: 0.0, below: 0.0, is_above: false, is_below: false };
        Self { population, range, goal: -alpha.ln(), supposed, seen: 0, sum: 0.0, squares: 0.0 }
    }

    /// Takes the next case's value. What comes after the last case of the list is ignored.
    pub(crate) fn push(&mut self, value: f64) {
        let value = ((value - self.range.low) / (self.range.high - self.range.low)).clamp(0.0, 1.0);
        let Some(left) = self.population.checked_sub(self.seen).filter(|left| *left > 0) else { return };
        // As if two halves of a case had come before, at both ends.
        let prior = float(self.seen) + 1.0;
        let center = (self.sum + 0.5) / prior;
        let spread = ((self.squares + 0.5) / prior - center * center).max(1e-4);
        let expected = ((float(self.population) * center - self.sum) / float(left)).clamp(0.0, 1.0);
        let supposed = &mut self.supposed;
        // The mean of the cases that are left, if the supposed mean is the true one.
        let rest = (float(self.population) * supposed.mean - self.sum) / float(left);
        supposed.bet(value, rest, expected, spread);
        supposed.is_above |= supposed.above >= self.goal;
        supposed.is_below |= supposed.below >= self.goal;
        self.seen += 1;
        self.sum += value;
        self.squares += value * value;
    }

    /// Where the mean stands to the bar.
    pub(crate) fn standing(&self) -> Standing {
        match self.supposed {
            Supposed { is_above: true, .. } => Standing::Above,
            Supposed { is_below: true, .. } => Standing::Below,
            Supposed { .. } => Standing::Open,
        }
    }
}

/// What a run that may stop early wagers beside one of its bars: that the metric clears it, and that it misses it.
#[derive(Debug, Clone)]
pub(crate) struct BarWagers {
    pass: Wager,
    fail: Wager,
}

impl BarWagers {
    /// Of a metric from 0 to 1 over `population` cases, in a gate with so many `bars`. The verdict of the gate is then wrong
    /// in a share `SIGNIFICANCE` of orders at most: one bar that is wrongly thought missed is enough to fail; to pass
    /// wrongly, the one that is missed must be thought met.
    pub(crate) fn new(bar: f64, population: usize, bars: usize) -> Self {
        let wager = |alpha| Wager::against(bar, population, Interval::UNIT, alpha);
        Self { pass: wager(SIGNIFICANCE), fail: wager(SIGNIFICANCE / float(bars)) }
    }

    /// Takes the next case's value; what could not be measured counts against each of the two.
    pub(crate) fn push(&mut self, value: Option<f64>) {
        self.pass.push(value.unwrap_or(0.0));
        self.fail.push(value.unwrap_or(1.0));
    }

    pub(crate) fn standing(&self) -> Standing {
        if self.fail.standing() == Standing::Below {
            Standing::Below
        } else if self.pass.standing() == Standing::Above {
            Standing::Above
        } else {
            Standing::Open
        }
    }
}

impl Supposed {
    fn bet(&mut self, value: f64, rest: f64, expected: f64, spread: f64) {
        /// The part of the capital that a bet can lose, so that none loses everything.
        const STAKE: f64 = 0.75;
        // The cases that were seen alone exclude the supposed mean.
        if !(0.0..=1.0).contains(&rest) {
            self.above = if rest < -1e-9 { f64::INFINITY } else { self.above };
            self.below = if rest > 1.0 + 1e-9 { f64::INFINITY } else { self.below };
            return;
        }
        let wish = (expected - rest) / (spread + (expected - rest).powi(2));
        let gain = value - rest;
        // A bet is limited by the most that it can lose: the whole way down to 0, or up to 1.
        let up = wish.clamp(0.0, STAKE / rest.max(1e-12));
        let down = (-wish).clamp(0.0, STAKE / (1.0 - rest).max(1e-12));
        self.above += (up * gain).ln_1p();
        self.below += (-down * gain).ln_1p();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFFERENCES: Interval = Interval { low: -1.0, high: 1.0 };

    #[test]
    fn arithmetic_settles_what_the_rest_cannot_change() {
        let standing = |sum, done, remaining| settled(sum, done, remaining, Interval::UNIT, 0.8);
        assert_eq!(standing(8.0, 8, 2), Standing::Open);
        assert_eq!(standing(8.1, 9, 1), Standing::Above);
        assert_eq!(standing(5.0, 8, 2), Standing::Below);
        assert_eq!(standing(8.0, 10, 0), Standing::Above);
        assert_eq!(settled(-3.0, 4, 1, DIFFERENCES, -0.3), Standing::Below);
        assert_eq!(standing(0.0, 0, 0), Standing::Open);
    }

    #[test]
    fn a_clear_run_is_decided_early() {
        let count = |value: f64| {
            let mut wager = Wager::against(0.8, 500, Interval::UNIT, 0.05);
            (1..=500).find(|_| {
                wager.push(value);
                wager.standing() != Standing::Open
            })
        };
        assert!(count(1.0).unwrap() < 60, "{:?}", count(1.0));
        assert!(count(0.2).unwrap() < 20, "{:?}", count(0.2));
    }

    #[test]
    fn differences_are_told_apart_from_a_drop() {
        let mut wager = Wager::against(-0.1, 400, DIFFERENCES, 0.05);
        (0..300).for_each(|_| wager.push(0.0));
        assert_eq!(wager.standing(), Standing::Above);
    }
}
