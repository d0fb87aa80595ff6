//! Intervals of a mean from resampling its values.

use fastrand::Rng;

use super::distribution::{normal_below, normal_quantile};
use super::sample::{mean, percentile_of_sorted};
use super::{Interval, float};

/// Means of resamples of the values, sorted, with what `BCa` needs to know of them.
pub(crate) struct Resampled {
    sorted: Vec<f64>,
    /// The normal quantile of the share of resamples below the mean.
    bias: f64,
    /// A sixth of the skewness of the mean's jackknife.
    acceleration: f64,
}

impl Resampled {
    /// `None` without values.
    pub(crate) fn new(values: &[f64], resamples: usize, seed: u64) -> Option<Self> {
        let center = mean(values)?;
        let mut random = Rng::with_seed(seed);
        let n = values.len();
        let mut draw = |_| (0..n).map(|_| values[random.usize(..n)]).sum::<f64>() / float(n);
        let mut sorted: Vec<f64> = (0..resamples).map(&mut draw).collect();
        sorted.sort_by(f64::total_cmp);
        let below = sorted.partition_point(|mean| *mean < center);
        let up_to = sorted.partition_point(|mean| *mean <= center);
        let share = 0.5 * float(below + up_to) / float(resamples);
        let bias = normal_quantile(share.clamp(0.5 / float(resamples), 1.0 - 0.5 / float(resamples)));
        Some(Self { sorted, bias, acceleration: acceleration(values, center) })
    }

    /// The percentile interval: the middle part of the resamples.
    pub(crate) fn percentile(&self, confidence: f64) -> Option<Interval> {
        let error = 50.0 * (1.0 - confidence);
        let at = |percent| percentile_of_sorted(&self.sorted, percent);
        Some(Interval { low: at(error)?, high: at(100.0 - error)? })
    }

    /// The bias-corrected and accelerated interval.
    ///
    /// Source: Efron 1987, "Better Bootstrap Confidence Intervals".
    pub(crate) fn bca(&self, confidence: f64) -> Option<Interval> {
        let z = normal_quantile(0.5 + 0.5 * confidence);
        let at = |z: f64| {
            let moved = self.bias + z;
            let place = normal_below(self.bias + moved / (1.0 - self.acceleration * moved));
            percentile_of_sorted(&self.sorted, 100.0 * place)
        };
        Some(Interval { low: at(-z)?, high: at(z)? })
    }
}

fn acceleration(values: &[f64], center: f64) -> f64 {
    // Leaving one value out of a mean moves it in proportion to that value's distance from the mean.
    let distances = values.iter().map(|value| value - center);
    let (squares, cubes) = distances.fold((0.0, 0.0), |(squares, cubes), distance| {
        (squares + distance * distance, cubes + distance * distance * distance)
    });
    if squares > 0.0 { cubes / (6.0 * f64::powf(squares, 1.5)) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_intervals() {
        let values = [0.1, 0.9, 0.4, 0.7];
        let intervals = |seed| Resampled::new(&values, 200, seed).unwrap().bca(0.95);
        assert_eq!(intervals(5), intervals(5));
        assert!(Resampled::new(&[], 10, 1).is_none());
    }
}
