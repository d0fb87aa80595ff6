//! A sample's own figures: mean, spread, percentiles, ranks.

use super::float;

/// `None` without values.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / float(values.len()))
}

/// The sum of squared distances from `center`.
pub(super) fn squares(values: &[f64], center: f64) -> f64 {
    values.iter().map(|value| (value - center).powi(2)).sum()
}

/// The variance with n - 1; `None` below two values.
pub(super) fn variance(values: &[f64]) -> Option<f64> {
    let center = mean(values)?;
    (values.len() > 1).then(|| squares(values, center) / float(values.len() - 1))
}

/// The standard deviation with n - 1; `None` below two values.
pub(super) fn standard_deviation(values: &[f64]) -> Option<f64> {
    variance(values).map(f64::sqrt)
}

/// Whether every value is 0 or 1.
pub(super) fn are_binary(values: &[f64]) -> bool {
    values.iter().all(|value| is_zero(*value) || is_zero(*value - 1.0))
}

/// Exactly zero: for values that were never computed with, and for differences of such.
pub(super) fn is_zero(value: f64) -> bool {
    value.abs() < f64::MIN_POSITIVE
}

/// Percentile, linear between the two nearest values (`numpy.percentile`'s default). `percent` is 0 to 100; `None` without
/// values.
pub(crate) fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile_of_sorted(&sorted, percent)
}

pub(super) fn percentile_of_sorted(sorted: &[f64], percent: f64) -> Option<f64> {
    let place = percent.clamp(0.0, 100.0) / 100.0 * float(sorted.len().checked_sub(1)?);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place inside the slice")]
    let below = place.floor() as usize;
    let low = *sorted.get(below)?;
    let high = *sorted.get(below + 1).unwrap_or(&low);
    Some(low + (high - low) * (place - place.floor()))
}

/// The rank of each value from 1, and the size of each group of equal values. Equal values share the mean of their ranks.
pub(super) fn midranks(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut sizes = Vec::new();
    let mut first = 0;
    for group in order.chunk_by(|left, right| is_zero(values[*left] - values[*right])) {
        let rank = float(first) + 0.5 * (float(group.len()) + 1.0);
        for place in group {
            ranks[*place] = rank;
        }
        sizes.push(group.len());
        first += group.len();
    }
    (ranks, sizes)
}

/// The sum of t^3 - t over groups of t equal values: what ties take from the variance of a rank sum.
pub(super) fn tie_term(sizes: &[usize]) -> f64 {
    sizes.iter().map(|size| float(*size).powi(3) - float(*size)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_values_have_no_figures() {
        assert_eq!(mean(&[]), None);
        assert_eq!(standard_deviation(&[1.0]), None);
        assert_eq!(percentile(&[], 50.0), None);
        assert_eq!(percentile(&[3.0], 99.0), Some(3.0));
    }

    #[test]
    fn equal_values_share_a_rank() {
        assert_eq!(midranks(&[2.0, 1.0, 2.0, 5.0]), (vec![2.5, 1.0, 2.5, 4.0], vec![1, 2, 1]));
        assert!((tie_term(&[1, 2, 1]) - 6.0).abs() < 1e-12);
        assert_eq!(midranks(&[0.0, -0.0]).0, [1.5, 1.5]);
    }
}
