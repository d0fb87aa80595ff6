//! Correlation of two measurements of the same cases.

use super::distribution::t_above;
use super::float;
use super::sample::{mean, midranks, squares};

/// A correlation from -1 to 1, with the two-sided p of none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Correlation {
    pub(crate) value: f64,
    /// `None` below three pairs.
    pub(crate) p: Option<f64>,
}

/// Pearson's linear correlation. `None` if the two differ in length, or one has no variance.
pub(crate) fn pearson(first: &[f64], second: &[f64]) -> Option<Correlation> {
    if first.len() != second.len() {
        return None;
    }
    let (one, two) = (mean(first)?, mean(second)?);
    let spread = (squares(first, one) * squares(second, two)).sqrt();
    let together: f64 = first.iter().zip(second).map(|(left, right)| (left - one) * (right - two)).sum();
    let value = (together / spread).clamp(-1.0, 1.0);
    let df = float(first.len()) - 2.0;
    let p = || {
        let t = value.abs() * (df / (1.0 - value * value)).sqrt();
        if t.is_finite() { 2.0 * t_above(t, df) } else { 0.0 }
    };
    (spread > 0.0).then(|| Correlation { value, p: (df > 0.0).then(p) })
}

/// Spearman's rank correlation: Pearson's of the ranks, ties with the mean of theirs.
pub(crate) fn spearman(first: &[f64], second: &[f64]) -> Option<Correlation> {
    pearson(&midranks(first).0, &midranks(second).0)
}

/// Kendall's tau-b: pairs of cases in one order less pairs in opposite order, corrected for ties. Takes time with the square
/// of the number of cases. `None` if the two differ in length, or all values of one are equal.
pub(crate) fn kendall_tau_b(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.len() != second.len() {
        return None;
    }
    let order = |values: &[f64], left: usize, right: usize| match values[left].partial_cmp(&values[right]) {
        Some(std::cmp::Ordering::Less) => 1.0,
        Some(std::cmp::Ordering::Greater) => -1.0,
        _ => 0.0,
    };
    let mut balance = 0.0;
    for right in 0..first.len() {
        balance += (0..right).map(|left| order(first, left, right) * order(second, left, right)).sum::<f64>();
    }
    let n = float(first.len());
    let untied = |values: &[f64]| {
        let sizes = midranks(values).1;
        0.5 * (n * (n - 1.0) - sizes.iter().map(|size| float(*size) * (float(*size) - 1.0)).sum::<f64>())
    };
    let pairs = (untied(first) * untied(second)).sqrt();
    (pairs > 0.0).then(|| (balance / pairs).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variance_has_no_correlation() {
        let (flat, rising) = ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]);
        assert_eq!(pearson(&flat, &rising), None);
        assert_eq!(spearman(&rising, &flat), None);
        assert_eq!(kendall_tau_b(&flat, &rising), None);
        assert_eq!(kendall_tau_b(&rising, &rising[..2]), None);
    }

    #[test]
    fn perfect_correlation_is_finite() {
        let rising = [1.0, 2.0, 3.0];
        assert_eq!(pearson(&rising, &rising), Some(Correlation { value: 1.0, p: Some(0.0) }));
        assert_eq!(pearson(&rising[..2], &rising[..2]).unwrap().p, None);
    }
}
