//! Tests on ranks: Wilcoxon's signed ranks for pairs, Mann and Whitney's U for two groups.

use super::distribution::normal_above;
use super::sample::{is_zero, midranks, tie_term};
use super::{Tested, float};

/// Wilcoxon's signed-rank test, two-sided; the statistic is the smaller of the two rank sums. Differences of zero are dropped;
/// `None` if none is left.
pub(crate) struct SignedRanks {
    /// Twice the rank of each difference, a whole number also for ties.
    doubled: Vec<usize>,
    positive: f64,
    negative: f64,
    tie_term: f64,
}

impl SignedRanks {
    /// Pairs of the exact test; above it the normal distribution is as good.
    const MOST_EXACT: usize = 200;

    pub(crate) fn new(differences: &[f64]) -> Option<Self> {
        let kept: Vec<f64> = differences.iter().copied().filter(|difference| !is_zero(*difference)).collect();
        let sizes: Vec<f64> = kept.iter().map(|difference| difference.abs()).collect();
        let (ranks, ties) = midranks(&sizes);
        let sum = |sign: f64| {
            let of_sign = kept.iter().zip(&ranks).filter(|(difference, _)| **difference * sign > 0.0);
            of_sign.map(|(_, rank)| rank).sum()
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "twice a mean of ranks is a count")]
        let doubled = ranks.iter().map(|rank| (2.0 * rank).round() as usize).collect();
        (!kept.is_empty()).then(|| Self { doubled, positive: sum(1.0), negative: sum(-1.0), tie_term: tie_term(&ties) })
    }

    fn statistic(&self) -> f64 {
        self.positive.min(self.negative)
    }

    /// Over all signs of the differences; exact also with ties. `None` above 200 pairs.
    pub(crate) fn exact(&self) -> Option<Tested> {
        if self.doubled.len() > Self::MOST_EXACT {
            return None;
        }
        // The chance of each sum of doubled positive ranks.
        let total: usize = self.doubled.iter().sum();
        let mut chances = vec![0.0; total + 1];
        chances[0] = 1.0;
        for rank in &self.doubled {
            for sum in (0..=total).rev() {
                let with = if sum >= *rank { chances[sum - rank] } else { 0.0 };
                chances[sum] = 0.5 * (chances[sum] + with);
            }
        }
        let limit = 2.0 * self.statistic();
        let below: f64 =
            (0..).zip(&chances).take_while(|(sum, _)| float(*sum) <= limit).map(|(_, chance)| chance).sum();
        Some(Tested { statistic: self.statistic(), p: (2.0 * below).min(1.0) })
    }

    /// By the normal distribution, with the variance that ties leave, optionally with the continuity correction.
    pub(crate) fn asymptotic(&self, corrected: bool) -> Tested {
        let n = float(self.doubled.len());
        let expected = 0.25 * n * (n + 1.0);
        let error = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - self.tie_term / 48.0).sqrt();
        let correction = if corrected { 0.5 } else { 0.0 };
        let z = ((expected - self.statistic() - correction) / error).max(0.0);
        Tested { statistic: self.statistic(), p: (2.0 * normal_above(z)).min(1.0) }
    }
}

/// Mann and Whitney's test, two-sided, by the normal distribution with continuity correction; the statistic is U of the first
/// group. `None` for an empty group, or if all values are equal.
pub(crate) fn mann_whitney_u(first: &[f64], second: &[f64]) -> Option<Tested> {
    let values = [first, second].concat();
    let (ranks, sizes) = midranks(&values);
    let (one, two, all) = (float(first.len()), float(second.len()), float(values.len()));
    let u = ranks[..first.len()].iter().sum::<f64>() - 0.5 * one * (one + 1.0);
    let expected = 0.5 * one * two;
    let variance = one * two / 12.0 * (all + 1.0 - tie_term(&sizes) / (all * (all - 1.0)));
    let z = ((u - expected).abs() - 0.5) / variance.sqrt();
    let tested = || Tested { statistic: u, p: (2.0 * normal_above(z)).min(1.0) };
    (expected > 0.0 && variance > 0.0).then(tested)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_cannot_differ_are_not_tested() {
        assert!(SignedRanks::new(&[0.0, 0.0]).is_none());
        assert_eq!(mann_whitney_u(&[], &[1.0]), None);
        assert_eq!(mann_whitney_u(&[2.0, 2.0], &[2.0]), None);
    }

    #[test]
    fn the_exact_test_counts_the_signs_of_ties() {
        // Of the eight signs of (1, 1, 1), two are as extreme as none negative.
        let tested = SignedRanks::new(&[1.0, 1.0, 1.0]).unwrap().exact().unwrap();
        assert!((tested.p - 0.25).abs() < 1e-15 && tested.statistic < 1e-15);
    }
}
