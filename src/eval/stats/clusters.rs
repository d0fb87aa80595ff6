//! Cases that belong together: paraphrases of a question, questions on one document. They err together, so that they say less
//! than as many independent cases.

use std::collections::HashMap;
use std::hash::Hash;

use super::float;
use super::sample::{mean, squares};

/// Numbers clusters from 0 in the order of their first key.
pub(crate) fn cluster_ids<K: Eq + Hash>(keys: impl IntoIterator<Item = K>) -> Vec<usize> {
    let mut known = HashMap::new();
    let mut number = |key| {
        let next = known.len();
        *known.entry(key).or_insert(next)
    };
    keys.into_iter().map(&mut number).collect()
}

/// The sum of the values of each cluster. Ids count from 0, as `cluster_ids` gives them.
pub(super) fn cluster_sums(values: &[f64], ids: &[usize]) -> Vec<f64> {
    let mut sums = vec![0.0; ids.iter().max().map_or(0, |last| last + 1)];
    for (value, id) in values.iter().zip(ids) {
        sums[*id] += value;
    }
    sums
}

/// A mean with its standard error from clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Clustered {
    pub(crate) mean: f64,
    pub(crate) clusters: usize,
    /// CR0: the root of the summed squares of each cluster's sum of residuals, over n.
    pub(crate) error: f64,
    /// The standard error if all cases were independent.
    pub(crate) naive_error: f64,
}

impl Clustered {
    /// `None` below two values or two clusters.
    ///
    /// Source: Liang and Zeger 1986; Miller 2024, "Adding Error Bars to Evals" (arXiv 2411.00640).
    pub(crate) fn new(values: &[f64], ids: &[usize]) -> Option<Self> {
        let center = mean(values)?;
        let n = float(values.len());
        let residuals: Vec<f64> = values.iter().map(|value| value - center).collect();
        let sums = cluster_sums(&residuals, ids);
        let error = squares(&sums, 0.0).sqrt() / n;
        let naive_error = (squares(values, center) / (n * (n - 1.0))).sqrt();
        (sums.len() > 1).then_some(Self { mean: center, clusters: sums.len(), error, naive_error })
    }

    /// CR1: larger by the root of G / (G - 1), for the mean that the residuals were taken from.
    pub(crate) fn corrected_error(&self) -> f64 {
        let clusters = float(self.clusters);
        self.error * (clusters / (clusters - 1.0)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_numbered_by_first_appearance() {
        assert_eq!(cluster_ids(["b", "a", "b", "c"]), [0, 1, 0, 2]);
        assert_eq!(cluster_sums(&[1.0, 2.0, 4.0], &[0, 1, 0]), [5.0, 2.0]);
    }

    #[test]
    fn one_cluster_has_no_error() {
        assert_eq!(Clustered::new(&[0.1, 0.2], &[0, 0]), None);
        assert_eq!(Clustered::new(&[], &[]), None);
    }

    #[test]
    fn copies_of_a_case_add_nothing() {
        let copied = Clustered::new(&[1.0, 1.0, 0.0, 0.0, 1.0, 1.0], &[0, 0, 1, 1, 2, 2]).unwrap();
        let once = Clustered::new(&[1.0, 0.0, 1.0], &[0, 1, 2]).unwrap();
        assert!((copied.corrected_error() - once.naive_error).abs() < 1e-15);
    }
}
