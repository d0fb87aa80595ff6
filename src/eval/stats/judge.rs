//! What a judge's grades say about the truth, from the cases that people graded too.

use super::estimate::{Padded, TWO_BOUNDS, joined_interval};
use super::proportion::critical;
use super::sample::{mean, variance};
use super::two_proportions::Count;
use super::{CONFIDENCE, Interval, float};

/// How often the judge is right, on cases that people graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calibration {
    /// Of the cases that fail, those that the judge fails.
    pub(crate) failing: Count,
    /// Of the cases that pass, those that the judge passes.
    pub(crate) passing: Count,
}

/// A figure corrected by labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Corrected {
    pub(crate) value: f64,
    /// Two-sided, at 95 %.
    pub(crate) interval: Interval,
    /// One-sided, each at 95 %.
    pub(crate) bounds: Interval,
}

/// Why a judge cannot be corrected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Refusal {
    /// No judged case, or no labelled case of one of the two kinds.
    Empty,
    /// The judge passes failing cases as often as passing ones, or more often; the sum of its specificity and sensitivity.
    Uninformative { sum: f64 },
}

/// The true pass rate from the judged one, after Rogan and Gladen: (p + q0 - 1) / (q0 + q1 - 1), with the judge's specificity
/// q0 and sensitivity q1. The interval carries the noise of the judged cases and of the labels, with adjusted counts.
///
/// Source: Lee et al. 2025, "How to Correctly Report LLM-as-a-Judge Evaluations" (arXiv 2511.21140).
pub(crate) fn corrected_rate(judged: Count, calibration: Calibration) -> Result<Corrected, Refusal> {
    let Calibration { failing, passing } = calibration;
    if [judged, failing, passing].iter().any(|count| count.n == 0) {
        return Err(Refusal::Empty);
    }
    let share = |count: Count| float(count.successes) / float(count.n);
    let (rate, specificity, sensitivity) = (share(judged), share(failing), share(passing));
    let interval = |z| adjusted_interval(judged, calibration, z);
    // Adding to the counts keeps which side of 1 the sum is on only for equal numbers of labels: ask both.
    let (Some(two_sided), Some(bounds), true) =
        (interval(critical(CONFIDENCE)), interval(critical(TWO_BOUNDS)), specificity + sensitivity > 1.0)
    else {
        return Err(Refusal::Uninformative { sum: specificity + sensitivity });
    };
    let value = ((rate + specificity - 1.0) / (specificity + sensitivity - 1.0)).clamp(0.0, 1.0);
    Ok(Corrected { value, interval: two_sided, bounds })
}

fn adjusted_interval(judged: Count, calibration: Calibration, z: f64) -> Option<Interval> {
    let adjusted = |count: Count, added: f64| {
        let n = float(count.n) + 2.0 * added;
        ((float(count.successes) + added) / n, n)
    };
    let (rate, n) = adjusted(judged, 0.5 * z * z);
    let (specificity, failing) = adjusted(calibration.failing, 1.0);
    let (sensitivity, passing) = adjusted(calibration.passing, 1.0);
    let informed = specificity + sensitivity - 1.0;
    let value = (rate + specificity - 1.0) / informed;
    let noise = |share: f64, n: f64| share * (1.0 - share) / n;
    let of_failing = noise(specificity, failing);
    let of_passing = noise(sensitivity, passing);
    let shift = 2.0 * z * z * (value * of_passing - (1.0 - value) * of_failing);
    let variance = noise(rate, n) + (1.0 - value).powi(2) * of_failing + value * value * of_passing;
    let interval = Interval::around(value + shift, z * variance.sqrt() / informed);
    (informed > 0.0).then(|| interval.within(Some(Interval::UNIT)))
}

/// A mean of scores in [0, 1] that people would have given, with the weight of the judge's scores in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Powered {
    pub(crate) mean: Corrected,
    /// 0: the labels alone; 1: the judge's mean, corrected by its mean error.
    pub(crate) lambda: f64,
}

/// Prediction-powered inference (PPI++): the mean of the truth over all cases, from few labelled and many judged ones:
/// mean(Y - lambda f) over the labelled plus lambda times mean(f) over the others. `lambda` as given, or the one with the least
/// variance. `labelled` holds pairs of the truth and the judge's score; all scores lie in [0, 1]. The variances are padded as
/// `estimate` has it, and t has the degrees of the labels. `None` below two labelled or two other cases.
///
/// Source: Angelopoulos, Duchi and Zrnic 2023, "PPI++: Efficient Prediction-Powered Inference" (arXiv 2311.01453).
pub(crate) fn powered_mean(labelled: &[(f64, f64)], others: &[f64], lambda: Option<f64>) -> Option<Powered> {
    if labelled.len() < 2 || others.len() < 2 {
        return None;
    }
    let lambda = lambda.or_else(|| best_lambda(labelled, others)).unwrap_or(0.0).clamp(0.0, 1.0);
    let errors: Vec<f64> = labelled.iter().map(|(truth, judged)| truth - lambda * judged).collect();
    let value = mean(&errors)? + lambda * mean(others)?;
    // Errors lie in [-lambda, 1].
    let of_errors = Padded::new(&errors, Interval { low: -lambda, high: 1.0 });
    let of_others = Padded::new(others, Interval::UNIT);
    let noise = [of_errors.error(), lambda * of_others.error()];
    let center = of_errors.mean + lambda * of_others.mean;
    let limits = |confidence| {
        let interval = joined_interval(center, noise, float(labelled.len() - 1), confidence);
        interval.within(Some(Interval::UNIT))
    };
    let mean = Corrected { value: value.clamp(0.0, 1.0), interval: limits(CONFIDENCE), bounds: limits(TWO_BOUNDS) };
    Some(Powered { mean, lambda })
}

/// Cov(Y, f) / ((1 + n / N) Var(f)); `None` if the judge always gives one score.
fn best_lambda(labelled: &[(f64, f64)], others: &[f64]) -> Option<f64> {
    let (truth, judged): (Vec<f64>, Vec<f64>) = labelled.iter().copied().unzip();
    let (true_mean, judged_mean) = (mean(&truth)?, mean(&judged)?);
    let together: f64 = labelled.iter().map(|(truth, judged)| (truth - true_mean) * (judged - judged_mean)).sum();
    let covariance = together / float(labelled.len() - 1);
    let spread = variance(&[judged.as_slice(), others].concat())?;
    (spread > 0.0).then(|| covariance / ((1.0 + float(labelled.len()) / float(others.len())) * spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(successes: usize, n: usize) -> Count {
        Count { successes, n }
    }

    #[test]
    fn a_corrected_rate_agrees_with_the_papers_code() {
        // github.com/UW-Madison-Lee-Lab/LLM-judge-reporting, calibration.py.
        let calibration = Calibration { failing: count(34, 40), passing: count(54, 60) };
        let corrected = corrected_rate(count(160, 200), calibration).unwrap();
        assert!((corrected.value - 0.866_666_666_666_666_6).abs() < 1e-12);
        assert!((corrected.interval.low - 0.754_649_758_347_525_5).abs() < 1e-12, "{corrected:?}");
        let calibration = Calibration { failing: count(18, 20), passing: count(38, 40) };
        let corrected = corrected_rate(count(98, 100), calibration).unwrap();
        assert!((corrected.interval.low - 0.944_178_892_574_121_4).abs() < 1e-12);
        assert!(corrected.value >= 1.0 && corrected.interval.high >= 1.0);
    }

    #[test]
    fn a_judge_that_knows_nothing_is_refused() {
        let coin = Calibration { failing: count(10, 20), passing: count(10, 20) };
        assert_eq!(corrected_rate(count(5, 10), coin), Err(Refusal::Uninformative { sum: 1.0 }));
        let unlabelled = Calibration { failing: count(0, 0), passing: count(9, 10) };
        assert_eq!(corrected_rate(count(5, 10), unlabelled), Err(Refusal::Empty));
    }

    const LABELLED: [(f64, f64); 8] =
        [(0.9, 0.8), (0.4, 0.5), (0.7, 0.6), (1.0, 0.9), (0.2, 0.4), (0.6, 0.6), (0.8, 0.9), (0.5, 0.4)];
    const OTHERS: [f64; 12] = [0.7, 0.8, 0.3, 0.9, 0.6, 0.5, 0.95, 0.4, 0.65, 0.75, 0.85, 0.2];

    #[test]
    fn a_powered_mean_agrees_with_ppi_python() {
        // ppi-python 0.2.3, `ppi_mean_pointestimate`.
        let fixed = powered_mean(&LABELLED, &OTHERS, Some(1.0)).unwrap();
        assert!((fixed.mean.value - 0.633_333_33).abs() < 1e-8);
        let tuned = powered_mean(&LABELLED, &OTHERS, None).unwrap();
        assert!((tuned.mean.value - 0.635_286_53).abs() < 5e-4, "{tuned:?}");
        // Its interval, from the normal distribution and without padding, is 0.503 to 0.768.
        assert!(tuned.mean.interval.low < 0.503 && tuned.mean.interval.high > 0.76, "{tuned:?}");
        assert!(tuned.mean.interval.low > 0.3);
    }

    #[test]
    fn a_judge_without_variance_adds_nothing() {
        let constant: Vec<(f64, f64)> = LABELLED.iter().map(|(truth, _)| (*truth, 0.5)).collect();
        assert!(powered_mean(&constant, &[0.5; 9], None).unwrap().lambda <= 0.0);
        assert_eq!(powered_mean(&constant[..1], &OTHERS, None), None);
    }
}
