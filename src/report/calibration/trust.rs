//! What of a metric is held against its bar, and why a judged one is not decided on.

use crate::report::{Estimate, Outdated, Report};

/// What is held against a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Compared {
    pub(crate) value: f64,
    /// The one-sided 95 % bound of it.
    pub(crate) bound: Option<f64>,
    /// The judged mean, if the value is corrected for the judge's errors.
    pub(crate) judged: Option<f64>,
}

impl Estimate {
    /// `None` if nothing was measured, or what was measured cannot be corrected.
    pub(crate) fn compared(&self) -> Option<Compared> {
        let mean = self.mean.filter(|mean| mean.is_finite())?;
        match &self.calibration {
            None => Some(Compared { value: mean, bound: self.bound, judged: None }),
            Some(known) => Some(Compared { value: known.value?, bound: known.bound, judged: Some(mean) }),
        }
    }
}

impl Report {
    /// Why the values of a judged metric decide nothing, whatever they are; `None` if they do, or nobody judges them.
    pub(crate) fn distrust(&self, name: &str) -> Option<String> {
        let judge = self.judge.as_ref().filter(|judge| judge.rubrics.contains_key(name))?;
        let estimate = self.estimates.get(name)?;
        let Some(known) = &estimate.calibration else {
            let least = judge.min_kappa?;
            let why = match judge.outdated.get(name) {
                Some(outdated) => format!("its calibration is of {}", outdated.why),
                None => "it was never calibrated".to_owned(),
            };
            return Some(format!(
                "{name} is judged, judge.min_kappa is {least}, and {why}; run `{}`",
                self.command(name)
            ));
        };
        let labels = known.n_labels;
        match (judge.min_kappa, known.kappa) {
            (Some(least), Some(kappa)) if kappa < least => Some(format!(
                "the judge of {name} agrees with people at a kappa of {kappa:.3}, below judge.min_kappa {least} ({labels} labels)"
            )),
            (Some(least), None) => Some(format!(
                "the judge of {name} has no kappa to hold against judge.min_kappa {least}: chance alone agrees with the labels"
            )),
            // Where nothing was measured, that is what must be said.
            _ => known
                .refused
                .as_ref()
                .filter(|_| estimate.mean.is_some())
                .map(|why| format!("{name} cannot be corrected for the judge's errors: {why}")),
        }
    }

    /// Calibrations that could have been used and are not, but for those that a reason to distrust names already.
    pub(crate) fn unused_calibrations(&self) -> Vec<String> {
        let Some(judge) = &self.judge else { return Vec::new() };
        let is_said = |name: &str| judge.min_kappa.is_some() && self.thresholds.contains_key(name);
        let unused = judge.outdated.iter().filter(|(name, _)| !is_said(name));
        let note = |(name, outdated): (&String, &Outdated)| {
            let command = self.command(name);
            format!("{name} is not corrected: its calibration is of {}; `{command}` renews it", outdated.why)
        };
        unused.map(note).collect()
    }

    fn command(&self, name: &str) -> String {
        let outdated = self.judge.as_ref().and_then(|judge| judge.outdated.get(name));
        let labels = outdated.map_or("LABELS.jsonl", |outdated| outdated.labels.as_str());
        format!("llmops judge calibrate {labels} --metric {name}")
    }
}
