//! Student's t: of paired differences, and Welch's of two groups.

use super::distribution::{t_above, t_quantile};
use super::sample::{is_zero, mean, variance};
use super::{Interval, float};

/// A t test's statistic, its degrees of freedom and its two-sided p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TTested {
    pub(crate) t: f64,
    pub(crate) df: f64,
    pub(crate) p: f64,
}

impl TTested {
    fn of(difference: f64, error: f64, df: f64) -> Option<Self> {
        let t = difference / error;
        (!is_zero(error)).then(|| Self { t, df, p: (2.0 * t_above(t.abs(), df)).min(1.0) })
    }

    /// The chance of a statistic at most this one.
    pub(super) fn p_below(self) -> f64 {
        t_above(-self.t, self.df)
    }
}

/// Whether the mean of differences is 0. `None` below two differences, or if all are equal.
pub(crate) fn paired_t_test(differences: &[f64]) -> Option<TTested> {
    let n = float(differences.len());
    TTested::of(mean(differences)?, (variance(differences)? / n).sqrt(), n - 1.0)
}

/// Whether two groups of unequal variance have one mean, by Welch's degrees of freedom. `None` below two values in a group,
/// or without variance in both.
pub(crate) fn welch_t_test(first: &[f64], second: &[f64]) -> Option<TTested> {
    let (one, two) = (variance(first)? / float(first.len()), variance(second)? / float(second.len()));
    let spread = one * one / float(first.len() - 1) + two * two / float(second.len() - 1);
    TTested::of(mean(first)? - mean(second)?, (one + two).sqrt(), (one + two).powi(2) / spread)
}

/// The mean's interval from its standard error and degrees of freedom.
pub(super) fn t_interval(center: f64, error: f64, df: f64, confidence: f64) -> Interval {
    Interval::around(center, error * t_quantile(0.5 + 0.5 * confidence, df))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_variance_are_not_tested() {
        assert_eq!(paired_t_test(&[0.5, 0.5, 0.5]), None);
        assert_eq!(paired_t_test(&[0.5]), None);
        assert_eq!(welch_t_test(&[1.0, 1.0], &[2.0, 2.0]), None);
    }
}
