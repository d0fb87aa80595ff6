//! Several tests at once: p-values adjusted so that one of many metrics does not fail by chance alone.

use super::float;

/// Each p times the number of tests.
pub(crate) fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    p_values.iter().map(|p| (p * float(p_values.len())).min(1.0)).collect()
}

/// Holm's step-down adjustment: the chance of one false alarm in the whole family stays below the level, and no test is
/// weaker than by `bonferroni`. For the metrics of one gate.
///
/// Source: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
pub(crate) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, place) in ascending(p_values).into_iter().enumerate() {
        largest = largest.max(p_values[place] * float(p_values.len() - rank)).min(1.0);
        adjusted[place] = largest;
    }
    adjusted
}

/// Benjamini and Hochberg's adjustment: of the alarms, the share of false ones stays below the level. For looking over many
/// figures.
///
/// Source: Benjamini and Hochberg 1995, "Controlling the False Discovery Rate".
pub(crate) fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (rank, place) in ascending(p_values).into_iter().enumerate().rev() {
        smallest = smallest.min(p_values[place] * float(p_values.len()) / float(rank + 1));
        adjusted[place] = smallest;
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|left, right| p_values[*left].total_cmp(&p_values[*right]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_is_not_adjusted() {
        for adjust in [bonferroni, holm, benjamini_hochberg] {
            assert_eq!(adjust(&[0.04]), [0.04]);
            assert!(adjust(&[]).is_empty());
        }
    }
}
