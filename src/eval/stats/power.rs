//! How small a difference a number of cases can show: at tests with 5 % of false alarms, seen in 80 % of runs.

use super::clusters::Clustered;
use super::distribution::{beta_quantile, binomial_at_most, bisect, normal_quantile, t_quantile};
use super::estimate::{Estimate, Sample};
use super::sample::{are_binary, is_zero};
use super::{Interval, float};

const ERROR: f64 = 0.05;
const POWER: f64 = 0.80;

/// The test that a difference must be noticed by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noticing {
    /// The chance of a false alarm on one side.
    pub(crate) level: f64,
    /// The difference must also be seen as larger than this.
    pub(crate) allowed: f64,
}

impl Noticing {
    /// The one-sided test of the gate.
    pub(crate) fn drop(allowed: f64) -> Self {
        Self { level: ERROR, allowed }
    }

    /// One of so many two-sided tests, of which none may be a false alarm.
    pub(crate) fn either_way(tests: usize) -> Self {
        Self { level: ERROR / 2.0 / float(tests.max(1)), allowed: 0.0 }
    }
}

/// The smallest change of a mean that `n` values (or paired differences) with this standard deviation show. `width` is that
/// of the scale. Where no spread was seen, a change must come from cases that jump over the whole scale: as many as a test
/// would notice. `None` below two values, without spread on a scale without ends, or if the whole scale is not enough.
pub(super) fn detectable_difference(n: usize, sd: f64, width: Option<f64>, noticing: Noticing) -> Option<f64> {
    let Noticing { level, allowed } = noticing;
    let df = float(n.checked_sub(2)? + 1);
    let least = match width {
        Some(width) if is_zero(sd) => {
            width * (normal_quantile(1.0 - level) + normal_quantile(POWER)).powi(2) / float(n)
        }
        None if is_zero(sd) => return None,
        _ => (t_quantile(1.0 - level, df) + t_quantile(POWER, df)) * sd / float(n).sqrt(),
    };
    let beyond = allowed + t_quantile(POWER, df) * sd / float(n).sqrt();
    Some(least.max(beyond)).filter(|least| width.is_none_or(|width| *least <= width))
}

/// The smallest drop of a pass rate that `n` pairs show, of which a share is expected to differ between the versions
/// anyway, and that is then seen as larger than what is allowed. A drop makes at least as many pairs differ as it is large. `None`
/// if no drop is large enough.
///
/// Source: Connor 1987, "Sample size for testing differences in proportions for the paired-sample design".
pub(super) fn detectable_discordance(n: usize, discordant: f64, noticing: Noticing) -> Option<f64> {
    let Noticing { level, allowed } = noticing;
    let is_unseen = |drop: f64| {
        let differ = discordant.max(drop);
        let alternative = (differ - drop * drop).max(0.0).sqrt();
        let needed = normal_quantile(1.0 - level) * differ.sqrt() + normal_quantile(POWER) * alternative;
        let beyond = normal_quantile(POWER) * alternative;
        drop * float(n).sqrt() < needed || (drop - allowed) * float(n).sqrt() < beyond
    };
    (!is_unseen(1.0)).then(|| bisect(0.0, 1.0, is_unseen))
}

/// How far beyond its bar a metric would have to be for these cases to show it. `None` if they could not, however far it is.
pub(crate) fn detectable_miss(sample: Sample<'_>, estimate: &Estimate, bar: f64) -> Option<f64> {
    let alone = Noticing::drop(0.0);
    let width = sample.range.map(|range| range.high - range.low);
    let miss = match (sample.clusters, estimate.clusters) {
        (Some(ids), Some(clusters)) => {
            // So many independent values would have the same standard error.
            let sd = Clustered::new(sample.values, ids)?.corrected_error() * float(clusters).sqrt();
            detectable_difference(clusters, sd, width, alone)?
        }
        _ if sample.range == Some(Interval::UNIT) && are_binary(sample.values) => {
            bar - detectable_rate(estimate.n, bar)?
        }
        _ => detectable_difference(estimate.n, estimate.sd?, width, alone)?,
    };
    // A score cannot miss its bar by more than there is below it.
    sample.range.is_none_or(|range| miss <= bar - range.low).then_some(miss)
}

/// The highest true pass rate below `bar` that `n` cases show to be below it, by the exact binomial test. `None` if even no
/// pass at all would not.
fn detectable_rate(n: usize, bar: f64) -> Option<f64> {
    // The most passes that speak against the bar.
    let most = (0..n).take_while(|passes| binomial_at_most(*passes, n, bar) <= ERROR).last()?;
    Some(1.0 - beta_quantile(POWER, float(n - most), float(most) + 1.0))
}

#[cfg(test)]
mod tests {
    use super::super::estimate::estimate;
    use super::*;

    #[test]
    fn more_cases_show_smaller_drops() {
        let drop = |n, discordant| detectable_discordance(n, discordant, Noticing::drop(0.0)).unwrap();
        assert!((drop(240, 0.10) - 0.05).abs() < 0.002);
        assert!((drop(490, 0.20) - 0.05).abs() < 0.002);
        assert!(detectable_discordance(240, 0.10, Noticing::either_way(1)).unwrap() > drop(240, 0.10));
        assert!(drop(40, 0.0) > 0.14 && drop(40, 0.0) < 0.16, "{}", drop(40, 0.0));
        assert_eq!(detectable_discordance(2, 0.0, Noticing::drop(0.0)), None);
    }

    #[test]
    fn no_spread_does_not_show_everything() {
        assert!((detectable_difference(100, 0.2, Some(1.0), Noticing::drop(0.0)).unwrap() - 0.05).abs() < 0.001);
        assert!(detectable_difference(50, 0.0, Some(1.0), Noticing::drop(0.0)).unwrap() > 0.1);
        assert_eq!(detectable_difference(50, 0.0, None, Noticing::drop(0.0)), None);
        assert_eq!(detectable_difference(1, 0.2, None, Noticing::drop(0.0)), None);
    }

    #[test]
    fn a_rate_below_the_bar_is_seen_with_the_power() {
        // 80 % power: at the rate, the passes are few enough in 80 % of runs.
        let rate = detectable_rate(40, 0.8).unwrap();
        assert!((binomial_at_most(27, 40, rate) - 0.8).abs() < 1e-9, "{rate}");
        assert!(binomial_at_most(27, 40, 0.8) <= 0.05 && binomial_at_most(28, 40, 0.8) > 0.05);
        assert_eq!(detectable_rate(2, 0.5), None);
    }

    #[test]
    fn cases_in_clusters_show_less_of_a_miss() {
        let values: Vec<f64> = (0..40).map(|case| f64::from(u8::from(case >= 8))).collect();
        let miss = |clusters, bar| {
            let sample = Sample { values: &values, clusters, range: Some(Interval::UNIT) };
            detectable_miss(sample, &estimate(sample, 1).unwrap(), bar)
        };
        let ids: Vec<usize> = (0..40).map(|case| case / 4).collect();
        let alone: Vec<usize> = (0..40).collect();
        assert!(miss(Some(&ids), 0.8).unwrap() > 1.5 * miss(None, 0.8).unwrap());
        assert_eq!(miss(Some(&alone), 0.8), miss(None, 0.8));
        assert_eq!(miss(Some(&ids), 0.2), None);
        assert_eq!(miss(Some(&[0; 40]), 0.8), None);
    }
}
