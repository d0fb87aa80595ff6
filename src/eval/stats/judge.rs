//! What a judge's grades say about the truth, from the cases that people graded too.

use super::estimate::{Padded, TWO_BOUNDS, joined_interval};
use super::proportion::critical;
use super::sample::mean;
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
    /// Too few judged cases, or too few labelled ones, or none of one of the two kinds.
    Empty,
    /// The judge passes failing cases as often as passing ones, or more often; the sum of its specificity and sensitivity.
    Uninformative { sum: f64 },
    /// The judge's grades do not rise with people's.
    Unrelated,
}

/// The pass rate that the judge gives a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct JudgedRate {
    /// From 0 to 1; of cases that were judged several times, the mean over the cases.
    pub(crate) share: f64,
    pub(crate) cases: usize,
    /// How many times the standard error is that of independent cases: 1 unless cases belong together.
    pub(crate) spread: f64,
}

/// The true pass rate from the judged one, after Rogan and Gladen: (p + q0 - 1) / (q0 + q1 - 1), with the judge's specificity
/// q0 and sensitivity q1. The interval carries the noise of the judged cases and of the labels, with adjusted counts.
///
/// Source: Lee et al. 2025, "How to Correctly Report LLM-as-a-Judge Evaluations" (arXiv 2511.21140).
pub(crate) fn corrected_rate(judged: JudgedRate, calibration: Calibration) -> Result<Corrected, Refusal> {
    let Calibration { failing, passing } = calibration;
    if [judged.cases, failing.n, passing.n].contains(&0) {
        return Err(Refusal::Empty);
    }
    let share = |count: Count| float(count.successes) / float(count.n);
    let (specificity, sensitivity) = (share(failing), share(passing));
    let interval = |z| adjusted_interval(judged, calibration, z);
    // Adding to the counts keeps which side of 1 the sum is on only for equal numbers of labels: ask both.
    let (Some(two_sided), Some(bounds), true) =
        (interval(critical(CONFIDENCE)), interval(critical(TWO_BOUNDS)), specificity + sensitivity > 1.0)
    else {
        return Err(Refusal::Uninformative { sum: specificity + sensitivity });
    };
    let value = ((judged.share + specificity - 1.0) / (specificity + sensitivity - 1.0)).clamp(0.0, 1.0);
    Ok(Corrected { value, interval: two_sided, bounds })
}

fn adjusted_interval(judged: JudgedRate, calibration: Calibration, z: f64) -> Option<Interval> {
    let adjusted = |share: f64, n: f64, added: f64| ((share * n + added) / (n + 2.0 * added), n + 2.0 * added);
    let of_labels = |count: Count| {
        let n = float(count.n);
        adjusted(float(count.successes) / n, n, 1.0)
    };
    // As many independent cases as would be so sure.
    let (rate, n) = adjusted(judged.share, float(judged.cases) / judged.spread.powi(2), 0.5 * z * z);
    let (specificity, failing) = of_labels(calibration.failing);
    let (sensitivity, passing) = of_labels(calibration.passing);
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

/// Prediction-powered inference: the mean that people would have given all cases, from few labelled and many judged ones:
/// mean(f) over the others, plus the mean of Y - f over the labelled. `labelled` holds pairs of the truth Y and the judge's score
/// f; all scores lie in [0, 1]. `spread` is how many times the standard error of the others is that of independent cases. The
/// variances are padded as `estimate` has it, and t has the degrees of the labels.
///
/// PPI++ would weigh f by a factor of least variance. This factor below 1 leans on the mean of the labels, which are of earlier
/// answers: an application that has become worse would be held up by what it was. So it stays 1, and all that must hold still
/// is the judge's mean error.
///
/// Source: Angelopoulos et al. 2023, "Prediction-powered inference" (arXiv 2301.09633).
pub(crate) fn powered_mean(labelled: &[(f64, f64)], others: &[f64], spread: f64) -> Result<Corrected, Refusal> {
    let errors: Vec<f64> = labelled.iter().map(|(truth, judged)| truth - judged).collect();
    let (Some(error), Some(judged), true) = (mean(&errors), mean(others), labelled.len() > 1 && others.len() > 1)
    else {
        return Err(Refusal::Empty);
    };
    if !rise_together(labelled) {
        return Err(Refusal::Unrelated);
    }
    let of_errors = Padded::new(&errors, Interval { low: -1.0, high: 1.0 });
    let of_others = Padded::new(others, Interval::UNIT);
    let noise = [of_errors.error(), spread * of_others.error()];
    let limits = |confidence| {
        let center = of_errors.mean + of_others.mean;
        let interval = joined_interval(center, noise, float(labelled.len() - 1), confidence);
        interval.within(Some(Interval::UNIT))
    };
    let value = (error + judged).clamp(0.0, 1.0);
    Ok(Corrected { value, interval: limits(CONFIDENCE), bounds: limits(TWO_BOUNDS) })
}

/// Whether the covariance of truth and judgement is above 0.
fn rise_together(labelled: &[(f64, f64)]) -> bool {
    let (truth, judged): (Vec<f64>, Vec<f64>) = labelled.iter().copied().unzip();
    let (Some(true_mean), Some(judged_mean)) = (mean(&truth), mean(&judged)) else { return false };
    let together: f64 = labelled.iter().map(|(truth, judged)| (truth - true_mean) * (judged - judged_mean)).sum();
    together > 1e-12
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(successes: usize, n: usize) -> Count {
        Count { successes, n }
    }

    fn judged(passed: u32, cases: u32) -> JudgedRate {
        JudgedRate { share: f64::from(passed) / f64::from(cases), cases: cases as usize, spread: 1.0 }
    }

    #[test]
    fn a_corrected_rate_agrees_with_the_papers_code() {
        // github.com/UW-Madison-Lee-Lab/LLM-judge-reporting, calibration.py.
        let calibration = Calibration { failing: count(34, 40), passing: count(54, 60) };
        let corrected = corrected_rate(judged(160, 200), calibration).unwrap();
        assert!((corrected.value - 0.866_666_666_666_666_6).abs() < 1e-12);
        assert!((corrected.interval.low - 0.754_649_758_347_525_5).abs() < 1e-12, "{corrected:?}");
        let calibration = Calibration { failing: count(18, 20), passing: count(38, 40) };
        let corrected = corrected_rate(judged(98, 100), calibration).unwrap();
        assert!((corrected.interval.low - 0.944_178_892_574_121_4).abs() < 1e-12);
        assert!(corrected.value >= 1.0 && corrected.interval.high >= 1.0);
    }

    #[test]
    fn cases_that_belong_together_are_fewer() {
        let calibration = Calibration { failing: count(34, 40), passing: count(54, 60) };
        let alone = corrected_rate(judged(160, 200), calibration).unwrap();
        let together = corrected_rate(JudgedRate { spread: 2.0, ..judged(160, 200) }, calibration).unwrap();
        let fewer = corrected_rate(judged(40, 50), calibration).unwrap();
        assert_eq!((together.value, together.interval), (fewer.value, fewer.interval));
        assert!(together.interval.low < alone.interval.low);
    }

    #[test]
    fn a_judge_that_knows_nothing_is_refused() {
        let coin = Calibration { failing: count(10, 20), passing: count(10, 20) };
        assert_eq!(corrected_rate(judged(5, 10), coin), Err(Refusal::Uninformative { sum: 1.0 }));
        let unlabelled = Calibration { failing: count(0, 0), passing: count(9, 10) };
        assert_eq!(corrected_rate(judged(5, 10), unlabelled), Err(Refusal::Empty));
        let constant: Vec<(f64, f64)> = LABELLED.iter().map(|(truth, _)| (*truth, 0.5)).collect();
        assert_eq!(powered_mean(&constant, &OTHERS, 1.0), Err(Refusal::Unrelated));
        let turned: Vec<(f64, f64)> = LABELLED.iter().map(|(truth, judged)| (*truth, 1.0 - judged)).collect();
        assert_eq!(powered_mean(&turned, &OTHERS, 1.0), Err(Refusal::Unrelated));
        assert_eq!(powered_mean(&LABELLED[..1], &OTHERS, 1.0), Err(Refusal::Empty));
    }

    const LABELLED: [(f64, f64); 8] =
        [(0.9, 0.8), (0.4, 0.5), (0.7, 0.6), (1.0, 0.9), (0.2, 0.4), (0.6, 0.6), (0.8, 0.9), (0.5, 0.4)];
    const OTHERS: [f64; 12] = [0.7, 0.8, 0.3, 0.9, 0.6, 0.5, 0.95, 0.4, 0.65, 0.75, 0.85, 0.2];

    #[test]
    fn a_powered_mean_agrees_with_ppi_python() {
        // ppi-python 0.2.3, `ppi_mean_pointestimate` with `lhat` 1.
        let powered = powered_mean(&LABELLED, &OTHERS, 1.0).unwrap();
        assert!((powered.value - 0.633_333_33).abs() < 1e-8);
        let wider = powered_mean(&LABELLED, &OTHERS, 3.0).unwrap();
        assert!(wider.interval.low < powered.interval.low && powered.interval.low > 0.2, "{powered:?}");
        assert!(powered.bounds.low > powered.interval.low);
    }

    #[test]
    fn a_version_that_became_worse_is_not_held_up_by_its_labels() {
        let worse: Vec<f64> = OTHERS.iter().map(|score| score - 0.2).collect();
        let [before, after] = [&OTHERS[..], &worse].map(|others| powered_mean(&LABELLED, others, 1.0).unwrap().value);
        assert!((before - after - 0.2).abs() < 1e-12, "{before} {after}");
    }
}
