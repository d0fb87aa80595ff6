//! Is a version worse than the one before by more than may be? What the regression gate makes of a comparison.

use super::comparison::Comparison;

/// A drop is taken for real if chance alone would show one so large in fewer of so many runs.
pub(crate) const SIGNIFICANCE: f64 = 0.05;

/// What a comparison says of a drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drop {
    /// It is larger than allowed, and no chance.
    Shown,
    /// It is smaller than allowed, with 95 % confidence.
    Excluded,
    /// The cases cannot tell.
    Open,
}

/// Judges a comparison of a metric from 0 to 1. `p` is that of a drop, corrected for the metrics that are tested beside it;
/// `max_drop`, at least 0, is what is allowed.
///
/// Two conditions make a drop: that there is one at all beyond chance, which keeps the rate of false alarms of two equal
/// versions at 5 % whatever the number of cases; and that it is larger than allowed as measured, so that thousands of cases
/// do not make a harmless drop a failure. What is excluded is excluded by the one-sided bound (non-inferiority).
pub(crate) fn judge_drop(compared: &Comparison, p: Option<f64>, max_drop: f64) -> Drop {
    const ROUNDING: f64 = 1e-9;
    let is_larger = compared.difference < -max_drop - ROUNDING;
    if is_larger && p.is_some_and(|p| p <= SIGNIFICANCE) {
        return Drop::Shown;
    }
    match compared.is_not_inferior(max_drop) {
        Some(true) if !is_larger => Drop::Excluded,
        _ => Drop::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Interval, Pairs, compare};
    use super::*;

    fn judged(lost: usize, won: usize, n: usize, max_drop: f64) -> Drop {
        let baseline: Vec<f64> = (0..n).map(|case| if case < won { 0.0 } else { 1.0 }).collect();
        let current: Vec<f64> = (0..n).map(|case| if case >= n - lost { 0.0 } else { 1.0 }).collect();
        let pairs = Pairs { baseline: &baseline, current: &current, clusters: None, range: Some(Interval::UNIT) };
        let compared = compare(pairs, 1).unwrap();
        judge_drop(&compared, compared.p_drop, max_drop)
    }

    #[test]
    fn a_drop_must_be_larger_than_allowed_and_no_chance() {
        assert_eq!(judged(12, 1, 100, 0.03), Drop::Shown);
        // Larger than allowed, but six of ten coins fall so too.
        assert_eq!(judged(6, 2, 100, 0.03), Drop::Open);
        // No chance, but allowed.
        assert_eq!(judged(20, 1, 1000, 0.03), Drop::Excluded);
        assert_eq!(judged(0, 0, 1000, 0.03), Drop::Excluded);
        assert_eq!(judged(0, 0, 20, 0.03), Drop::Open);
        assert_eq!(judged(8, 0, 20, 0.0), Drop::Shown);
    }
}
