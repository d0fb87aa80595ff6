//! Two versions on the same cases, passed or failed: only the cases on which they differ can say which is better.

use super::distribution::{binomial_at_least, binomial_at_most, bisect, chi_squared_above, normal_quantile};
use super::{Interval, Tested, float};

/// The cases on which two versions differ, of `n` pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Discordant {
    /// Passed now, failed before.
    pub(crate) won: usize,
    /// Failed now, passed before.
    pub(crate) lost: usize,
}

impl Discordant {
    fn count(self) -> usize {
        self.won + self.lost
    }

    /// The exact two-sided test; its statistic is the smaller count.
    pub(crate) fn exact(self) -> Tested {
        let fewer = self.won.min(self.lost);
        Tested { statistic: float(fewer), p: (2.0 * binomial_at_most(fewer, self.count(), 0.5)).min(1.0) }
    }

    /// The exact chance of at least as many losses if losses were as likely as wins. 1 without a loss.
    pub(crate) fn p_of_drop(self) -> f64 {
        binomial_at_least(self.lost, self.count(), 0.5)
    }

    /// The chi-squared test, optionally with the continuity correction; `None` without a discordant pair.
    pub(crate) fn chi_squared(self, corrected: bool) -> Option<Tested> {
        let correction = if corrected { 1.0 } else { 0.0 };
        let statistic = (float(self.won.abs_diff(self.lost)) - correction).powi(2) / float(self.count());
        (self.count() > 0).then(|| Tested { statistic, p: chi_squared_above(statistic) })
    }

    /// Tango's score interval of the share now less the share before. Unlike the plain interval it does not shrink to
    /// nothing where no pair differs.
    ///
    /// Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the
    /// paired-sample design".
    pub(crate) fn interval(self, n: usize, confidence: f64) -> Interval {
        let z = normal_quantile(0.5 + 0.5 * confidence);
        Interval { low: self.least_difference(n, z, 0.0), high: -self.turned().least_difference(n, z, 0.0) }
    }

    /// One-sided bounds, each with the given confidence: Tango's with a continuity correction of half a pair, without
    /// which the bound is passed twice as often as it says where few pairs differ.
    pub(crate) fn bounds(self, n: usize, confidence: f64) -> Interval {
        let z = normal_quantile(confidence);
        Interval { low: self.least_difference(n, z, 0.5), high: -self.turned().least_difference(n, z, 0.5) }
    }

    fn turned(self) -> Self {
        Self { won: self.lost, lost: self.won }
    }

    /// The smallest difference whose score statistic is at most `z`.
    fn least_difference(self, n: usize, z: f64, correction: f64) -> f64 {
        let observed = float(self.won) - float(self.lost);
        let excluded = |difference: f64| {
            let above = observed - float(n) * difference - correction;
            above > 0.0 && above > z * self.spread(n, difference)
        };
        bisect(-1.0, observed / float(n), excluded)
    }

    /// The standard error of the number of wins less losses, if the true difference were the given one: from the share of
    /// losses that is then most likely.
    fn spread(self, n: usize, difference: f64) -> f64 {
        let (n, won, lost) = (float(n), float(self.won), float(self.lost));
        let linear = -won - lost + (2.0 * n - won + lost) * difference;
        let constant = -lost * difference * (1.0 - difference);
        let losses = ((linear * linear - 8.0 * n * constant).max(0.0).sqrt() - linear) / (4.0 * n);
        (n * (2.0 * losses + difference * (1.0 - difference))).max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tangos_interval_agrees_with_a_numerical_maximisation() {
        // The score statistic with the likelihood maximised numerically by scipy 1.17.1.
        let expected = [
            (12, 2, 50, 0.061_112_407_24, 0.344_708_748_05),
            (0, 5, 40, -0.261_121_204_19, -0.026_425_696_45),
            (3, 9, 200, -0.070_509_534_58, 0.004_614_125_71),
            (1, 0, 30, -0.083_963_838_69, 0.166_703_909_91),
        ];
        for (won, lost, n, low, high) in expected {
            let interval = Discordant { won, lost }.interval(n, 0.95);
            assert!((interval.low - low).abs() < 1e-6 && (interval.high - high).abs() < 1e-6, "{interval:?}");
        }
    }

    #[test]
    fn pairs_that_agree_leave_the_difference_open() {
        let none = Discordant { won: 0, lost: 0 };
        let interval = none.interval(20, 0.95);
        let expected = 3.841_458_820_694_124 / (20.0 + 3.841_458_820_694_124);
        assert!((interval.high - expected).abs() < 1e-9 && (interval.low + expected).abs() < 1e-9, "{interval:?}");
        // With certainty of 95 %, fewer than this share of cases differ.
        assert!(none.bounds(20, 0.95).low < 0.05_f64.powf(1.0 / 20.0) - 1.0);
        assert_eq!(none.chi_squared(true), None);
        assert!(none.p_of_drop() >= 1.0 && none.exact().p >= 1.0);
    }
}
