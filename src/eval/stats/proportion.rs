//! A share of successes: intervals, one-sided bounds, and the exact test against a given share.

use super::distribution::{beta_quantile, binomial_at_least, binomial_at_most, binomial_exactly, normal_quantile};
use super::{Alternative, Interval, float};

/// The two-sided critical value of the normal distribution, such as 1.96 for 0.95.
pub(super) fn critical(confidence: f64) -> f64 {
    normal_quantile(0.5 + 0.5 * confidence)
}

/// Wilson's score interval; near its nominal coverage from a handful of cases on, also near 0 and 1. `n` is above 0.
///
/// Source: Wilson 1927; Brown, Cai and Das Gupta 2001, "Interval Estimation for a Binomial Proportion".
pub(crate) fn wilson(successes: usize, n: usize, confidence: f64) -> Interval {
    let (n, share, z) = (float(n), float(successes) / float(n), critical(confidence));
    let scale = 1.0 + z * z / n;
    let center = (share + 0.5 * z * z / n) / scale;
    let half_width = z * (share * (1.0 - share) / n + 0.25 * (z / n).powi(2)).sqrt() / scale;
    Interval::around(center, half_width).within(Some(Interval::UNIT))
}

/// Clopper and Pearson's interval: each end is the exact one-sided bound of half the error. Covers at least as often as it
/// says for every true share. `n` is above 0.
///
/// Source: Clopper and Pearson 1934.
pub(crate) fn clopper_pearson(successes: usize, n: usize, confidence: f64) -> Interval {
    let error = 0.5 * (1.0 - confidence);
    Interval { low: share_at_least(successes, n, error), high: share_at_most(successes, n, error) }
}

/// The exact one-sided lower bound of a share, wrong with probability `error` at most.
pub(super) fn share_at_least(successes: usize, n: usize, error: f64) -> f64 {
    if successes == 0 { 0.0 } else { beta_quantile(error, float(successes), float(n - successes) + 1.0) }
}

/// The exact one-sided upper bound of a share, wrong with probability `error` at most.
pub(super) fn share_at_most(successes: usize, n: usize, error: f64) -> f64 {
    if successes == n { 1.0 } else { beta_quantile(1.0 - error, float(successes) + 1.0, float(n - successes)) }
}

/// Agresti and Coull's interval: the plain one after two successes and two failures are added, for 0.95. `n` is above 0.
pub(crate) fn agresti_coull(successes: usize, n: usize, confidence: f64) -> Interval {
    let z = critical(confidence);
    let cases = float(n) + z * z;
    let share = (float(successes) + 0.5 * z * z) / cases;
    Interval::around(share, z * (share * (1.0 - share) / cases).sqrt()).within(Some(Interval::UNIT))
}

/// Jeffreys' interval: the middle of the posterior under a Beta(1/2, 1/2) prior. `n` is above 0.
pub(crate) fn jeffreys(successes: usize, n: usize, confidence: f64) -> Interval {
    let error = 0.5 * (1.0 - confidence);
    let quantile = |p| beta_quantile(p, float(successes) + 0.5, float(n - successes) + 0.5);
    Interval { low: quantile(error), high: quantile(1.0 - error) }
}

/// The exact binomial test: the chance of a result as extreme as `successes` of `n` if the share were `share`. Two-sided,
/// it adds up all results that are no more likely than this one.
pub(crate) fn binomial_test(successes: usize, n: usize, share: f64, alternative: Alternative) -> f64 {
    // Results as likely as this one but for rounding are as extreme.
    const ROUNDING: f64 = 1.0 + 1e-7;
    match alternative {
        Alternative::Less => binomial_at_most(successes, n, share),
        Alternative::Greater => binomial_at_least(successes, n, share),
        Alternative::TwoSided => {
            let limit = binomial_exactly(successes, n, share) * ROUNDING;
            let chances = (0..=n).map(|count| binomial_exactly(count, n, share));
            chances.filter(|chance| *chance <= limit).sum::<f64>().min(1.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_successes_do_not_make_certain() {
        // The rule of three: no failure in 30 says fewer than about 10 % at 95 %.
        assert!((share_at_least(30, 30, 0.05) - 0.05_f64.powf(1.0 / 30.0)).abs() < 1e-12);
        let interval = wilson(20, 20, 0.95);
        assert!((interval.low - 20.0 / (20.0 + 3.841_458_820_694_124)).abs() < 1e-12);
        assert!(interval.high > 1.0 - 1e-12);
        assert!(clopper_pearson(0, 5, 0.95).low <= 0.0);
    }
}
