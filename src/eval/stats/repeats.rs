//! One case asked several times.

use super::float;
use super::sample::{mean, standard_deviation};

/// What the repeats of one case say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Repeats {
    pub(crate) n: usize,
    /// How many reach the bar.
    pub(crate) passed: usize,
    pub(crate) mean: f64,
    /// `None` for one repeat.
    pub(crate) sd: Option<f64>,
}

impl Repeats {
    /// `None` without values.
    pub(crate) fn new(values: &[f64], bar: f64) -> Option<Self> {
        let passed = values.iter().filter(|value| **value >= bar).count();
        Some(Self { n: values.len(), passed, mean: mean(values)?, sd: standard_deviation(values) })
    }

    /// A case is flaky if it passes in some repeats and fails in others.
    pub(crate) fn is_flaky(&self) -> bool {
        self.passed > 0 && self.passed < self.n
    }
}

/// pass@k: the chance that at least one of `k` repeats passes, estimated without bias from `passed` of `n`. `None` unless
/// 1 <= k <= n.
///
/// Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374).
pub(crate) fn pass_at(k: usize, passed: usize, n: usize) -> Option<f64> {
    pass_all(k, n.checked_sub(passed)?, n).map(|all_fail| 1.0 - all_fail)
}

/// pass^k: the chance that all of `k` repeats pass, estimated without bias from `passed` of `n` as C(passed, k) / C(n, k).
/// `None` unless 1 <= k <= n and passed <= n.
///
/// Source: Yao et al. 2024, "tau-bench" (arXiv 2406.12045).
pub(crate) fn pass_all(k: usize, passed: usize, n: usize) -> Option<f64> {
    if k == 0 || k > n || passed > n {
        return None;
    }
    Some((0..k).map(|drawn| float(passed.saturating_sub(drawn)) / float(n - drawn)).product())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_count_the_draws_of_k_repeats() {
        // Of the ten pairs out of five repeats with three passes, three pass twice and one never.
        assert!((pass_all(2, 3, 5).unwrap() - 0.3).abs() < 1e-12);
        assert!((pass_at(2, 3, 5).unwrap() - 0.9).abs() < 1e-12);
        assert_eq!(pass_at(1, 3, 4), Some(0.75));
        assert_eq!((pass_all(3, 2, 4), pass_at(3, 2, 4)), (Some(0.0), Some(1.0)));
        assert_eq!((pass_at(0, 1, 1), pass_at(2, 1, 1), pass_at(1, 2, 1), pass_all(1, 2, 1)), (None, None, None, None));
    }

    #[test]
    fn a_case_that_sometimes_passes_is_flaky() {
        let flaky = |values: &[f64]| Repeats::new(values, 0.5).map(|repeats| repeats.is_flaky());
        assert_eq!(flaky(&[0.4, 0.6]), Some(true));
        assert_eq!([flaky(&[0.5, 0.9]), flaky(&[0.1, 0.2]), flaky(&[])], [Some(false), Some(false), None]);
    }
}
