//! Two independent groups of 0/1 results: tests, the interval of their difference, and how many cases a test needs.

use super::distribution::{bisect, hypergeometric_exactly, normal_above, normal_below, normal_quantile};
use super::proportion::wilson;
use super::sample::is_zero;
use super::{Interval, Tested, float};

/// Successes of a number of cases above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) successes: usize,
    pub(crate) n: usize,
}

impl Count {
    fn share(self) -> f64 {
        float(self.successes) / float(self.n)
    }
}

/// The two-sided z test with the pooled variance; `None` if all or no cases succeed in both groups, where it has no variance.
pub(crate) fn two_proportion_z_test(first: Count, second: Count) -> Option<Tested> {
    let pooled = float(first.successes + second.successes) / float(first.n + second.n);
    let error = (pooled * (1.0 - pooled) * (1.0 / float(first.n) + 1.0 / float(second.n))).sqrt();
    let z = (first.share() - second.share()) / error;
    (!is_zero(error)).then(|| Tested { statistic: z, p: 2.0 * normal_above(z.abs()) })
}

/// Newcombe's hybrid score interval of the first share less the second.
///
/// Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10.
pub(crate) fn newcombe_difference(first: Count, second: Count, confidence: f64) -> Interval {
    let (one, two) = (first.share(), second.share());
    let (first, second) =
        (wilson(first.successes, first.n, confidence), wilson(second.successes, second.n, confidence));
    let difference = one - two;
    Interval {
        low: difference - (one - first.low).hypot(second.high - two),
        high: difference + (first.high - one).hypot(two - second.low),
    }
}

/// Fisher's exact test, two-sided: the chance of all tables with these margins that are no more likely than this one.
pub(crate) fn fisher_exact(table: [[usize; 2]; 2]) -> f64 {
    const ROUNDING: f64 = 1.0 + 1e-7;
    let [first, second] = table;
    let (row, column) = (first[0] + first[1], first[0] + second[0]);
    let n = row + second[0] + second[1];
    let chance = |k| hypergeometric_exactly(k, row, column, n);
    let limit = chance(first[0]) * ROUNDING;
    let possible = (row + column).saturating_sub(n)..=row.min(column);
    possible.map(chance).filter(|chance| *chance <= limit).sum::<f64>().min(1.0)
}

/// Cases per group for a two-sided z test to see the difference of two shares with the given power, by Cohen's arcsine
/// effect size. `None` if the shares are equal.
///
/// Source: Cohen 1988, "Statistical Power Analysis for the Behavioral Sciences", chapter 6.
pub(crate) fn sample_size(first: f64, second: f64, alpha: f64, power: f64) -> Option<f64> {
    const MOST: f64 = 1e12;
    let effect = 2.0 * (first.sqrt().asin() - second.sqrt().asin()).abs();
    let critical = normal_quantile(1.0 - 0.5 * alpha);
    let reached = |n: f64| {
        let shift = effect * (0.5 * n).sqrt();
        normal_above(critical - shift) + normal_below(-critical - shift)
    };
    (!is_zero(effect)).then(|| bisect(0.0, MOST, |n| reached(n) < power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_without_variance_are_not_tested() {
        let all = Count { successes: 4, n: 4 };
        assert_eq!(two_proportion_z_test(all, all), None);
        assert_eq!(sample_size(0.8, 0.8, 0.05, 0.8), None);
        assert!(newcombe_difference(all, all, 0.95).low < -0.3);
    }
}
