//! A judged mean as it would be if people had judged, by what the calibration says of the judge.

use serde::{Deserialize, Serialize};

use super::{Calibration, Evidence};
use crate::eval::stats::{self, Corrected, JudgedRate, Refusal, corrected_rate, powered_mean};
use crate::report::Estimate;

/// A judged mean, corrected for the judge's errors. What it rests on is in the report's `judge.calibrations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Correction {
    pub(crate) method: CorrectionMethod,
    /// Of judge and people; `None` if it has none.
    pub(crate) kappa: Option<f64>,
    /// Labelled answers.
    pub(crate) n_labels: usize,
    /// `None` if the judge's values say nothing of people's.
    pub(crate) value: Option<f64>,
    /// Where the mean is that people would give, with 95 % confidence: the noise of the run and of the labels.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    /// The one-sided 95 % bound that the rule "strict" looks at.
    pub(crate) bound: Option<f64>,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CorrectionMethod {
    /// For metrics of passes and failures.
    RoganGladen,
    /// For grades.
    PredictionPowered,
}

impl Calibration {
    pub(crate) fn method(&self) -> CorrectionMethod {
        match self.evidence {
            Evidence::Counts { .. } => CorrectionMethod::RoganGladen,
            Evidence::Pairs(_) => CorrectionMethod::PredictionPowered,
        }
    }

    /// Corrects the mean of a run's judged `values`, one a case, whose estimate is `estimate`.
    pub(crate) fn correct(&self, values: &[f64], estimate: &Estimate) -> Correction {
        let spread = spread(values, estimate);
        let corrected = match &self.evidence {
            Evidence::Counts { failing, passing } => {
                let judged = JudgedRate { share: estimate.mean.unwrap_or_default(), cases: values.len(), spread };
                corrected_rate(judged, stats::Calibration { failing: (*failing).into(), passing: (*passing).into() })
            }
            Evidence::Pairs(pairs) => powered_mean(pairs, values, spread),
        };
        let refused = corrected.err().map(refusal);
        let corrected = corrected.ok();
        let of = |figure: fn(&Corrected) -> f64| corrected.as_ref().map(figure);
        Correction {
            method: self.method(),
            kappa: self.kappa.map(|kappa| kappa.value),
            n_labels: self.labels.n,
            value: of(|corrected| corrected.value),
            low: of(|corrected| corrected.interval.low),
            high: of(|corrected| corrected.interval.high),
            // Of judged metrics, higher is better.
            bound: of(|corrected| corrected.bounds.low),
            refused,
        }
    }
}

/// How many times wider the interval is for cases that belong together.
fn spread(values: &[f64], estimate: &Estimate) -> f64 {
    let (Some(low), Some(high), Some(_)) = (estimate.low, estimate.high, estimate.clusters) else { return 1.0 };
    let sample = stats::Sample { values, clusters: None, range: Some(stats::Interval::UNIT) };
    let alone = stats::estimate(sample, stats::SEED).and_then(|alone| alone.interval);
    alone.map_or(1.0, |alone| (high - low) / (alone.high - alone.low)).max(1.0)
}

fn refusal(refusal: Refusal) -> String {
    match refusal {
        Refusal::Empty => "there are too few judged cases or too few labels of a kind".to_owned(),
        Refusal::Uninformative { .. } => {
            "the judge passes answers that people fail as often as those that they pass".to_owned()
        }
        Refusal::Unrelated => "the judge's grades do not rise with people's".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::calibration::{Hits, calibration_for_tests};

    fn counts(failing: (usize, usize), passing: (usize, usize)) -> Evidence {
        let hits = |(right, of)| Hits { right, of };
        Evidence::Counts { failing: hits(failing), passing: hits(passing) }
    }

    fn estimate(mean: f64) -> Estimate {
        Estimate { mean: Some(mean), ..Estimate::default() }
    }

    #[test]
    fn passes_are_corrected_by_how_often_the_judge_is_right() {
        let calibration = calibration_for_tests(0.7, counts((34, 40), (54, 60)));
        let values = [[1.0; 160].as_slice(), &[0.0; 40]].concat();
        let corrected = calibration.correct(&values, &estimate(0.8));
        // (0.8 + 0.85 - 1) / (0.85 + 0.9 - 1)
        assert!((corrected.value.unwrap() - 0.65 / 0.75).abs() < 1e-12);
        assert_eq!(
            (corrected.method, corrected.kappa, corrected.refused),
            (CorrectionMethod::RoganGladen, Some(0.7), None)
        );
        assert!(corrected.bound > corrected.low && corrected.bound < corrected.value);
    }

    #[test]
    fn clusters_widen_the_interval() {
        let calibration = calibration_for_tests(0.7, counts((34, 40), (54, 60)));
        let values = [[1.0; 160].as_slice(), &[0.0; 40]].concat();
        let clustered = Estimate { low: Some(0.6), high: Some(0.95), clusters: Some(20), ..estimate(0.8) };
        let (alone, together) =
            (calibration.correct(&values, &estimate(0.8)), calibration.correct(&values, &clustered));
        assert!(together.low < alone.low && together.high >= alone.high);
        assert_eq!(together.value, alone.value);
    }

    #[test]
    fn a_judge_that_says_nothing_corrects_nothing() {
        let cases = [
            (counts((5, 10), (5, 10)), "the judge passes answers that people fail as often as those that they pass"),
            (counts((0, 0), (5, 10)), "there are too few judged cases or too few labels of a kind"),
            (Evidence::Pairs(vec![(1.0, 0.0), (0.0, 1.0)]), "the judge's grades do not rise with people's"),
        ];
        for (evidence, expected) in cases {
            let corrected = calibration_for_tests(0.1, evidence).correct(&[1.0, 0.5], &estimate(0.75));
            assert_eq!((corrected.value, corrected.bound), (None, None));
            assert_eq!(corrected.refused.as_deref(), Some(expected));
        }
    }
}
