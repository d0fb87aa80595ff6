//! How far a judge agrees with people, as `llmops judge calibrate` keeps it in `evals/calibration.json`, one entry a metric.
//!
//! ```text
//! labels -> judge calibrate -> CalibrationFile -> of the same judge? -> Report -> Correction of an Estimate -> gate
//! ```

mod correction;
mod figures;
mod trust;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::ser::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::judged::{RubricFacts, facts};
use crate::error::{Error, Result};
use crate::eval::judge::Judge;
use crate::eval::metrics::Scorer;
use crate::eval::stats;
use crate::file::replace;

pub(crate) use correction::{Correction, CorrectionMethod};
pub(crate) use figures::{Figures, Rate, evidence};
pub(crate) use trust::Compared;

/// Raised when a reader of the old file would misunderstand a new one.
const SCHEMA: u32 = 1;

/// All calibrations of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CalibrationFile {
    schema: u32,
    /// By the metric's name in the project.
    pub(crate) metrics: BTreeMap<String, Calibration>,
}

/// What the labels say of the judge of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    /// The metric with its options.
    pub(crate) metric: String,
    /// Models and the parameters that they were asked with.
    pub(crate) judge: String,
    pub(crate) rubrics: Vec<RubricFacts>,
    pub(crate) labels: LabelsFacts,
    /// When it was made, UTC.
    pub(crate) date: String,
    /// `None` if chance alone agrees on everything.
    pub(crate) kappa: Option<Agreed>,
    pub(crate) evidence: Evidence,
}

/// The labels that a calibration rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LabelsFacts {
    /// From the project's folder, as the command was given it.
    pub(crate) file: String,
    pub(crate) sha256: String,
    /// Labelled answers that were judged.
    pub(crate) n: usize,
}

/// Cohen's kappa with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Agreed {
    pub(crate) value: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
}

/// What values are corrected by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Evidence {
    /// For metrics of passes and failures: of the answers that people failed those that the judge failed, and of those that people
    /// passed those that it passed.
    Counts { failing: Hits, passing: Hits },
    /// For grades: what people gave, and what the judge gave the same answer.
    Pairs(#[serde(serialize_with = "one_a_line")] Vec<(f64, f64)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hits {
    pub(crate) right: usize,
    pub(crate) of: usize,
}

/// A pair stands on one line also where everything else is spread out.
fn one_a_line<S: Serializer>(pairs: &[(f64, f64)], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let raw = |(truth, judged): &(f64, f64)| {
        let text = serde_json::to_string(&(truth, judged))?;
        RawValue::from_string(text)
    };
    let pairs = pairs.iter().map(raw).collect::<serde_json::Result<Vec<_>>>().map_err(S::Error::custom)?;
    pairs.serialize(serializer)
}

/// Who judges a metric now, to be held against a calibration.
pub(crate) struct JudgedMetric {
    metric: String,
    judge: String,
    rubrics: Vec<RubricFacts>,
}

impl JudgedMetric {
    pub(crate) fn of(scorer: &Scorer, judge: &Judge) -> Self {
        Self { metric: scorer.definition.clone(), judge: judge.definition(), rubrics: facts(scorer.rubrics()) }
    }

    pub(crate) fn calibrated(
        self,
        labels: LabelsFacts,
        date: String,
        kappa: Option<Agreed>,
        evidence: Evidence,
    ) -> Calibration {
        let Self { metric, judge, rubrics } = self;
        Calibration { metric, judge, rubrics, labels, date, kappa, evidence }
    }
}

impl Calibration {
    /// What has changed of the metric or its judge; `None` if the calibration still holds.
    pub(crate) fn outdated(&self, now: &JudgedMetric) -> Option<&'static str> {
        let changes = [
            (self.judge != now.judge, "another judge, or one that is asked in another way"),
            (self.rubrics != now.rubrics, "other instructions to the judge"),
            (self.metric != now.metric, "other options of the metric"),
        ];
        changes.into_iter().find_map(|(is_other, what)| is_other.then_some(what))
    }

    fn check(&self) -> std::result::Result<(), &'static str> {
        let is_share = |value: &f64| (0.0..=1.0).contains(value);
        match &self.evidence {
            Evidence::Counts { failing, passing } if failing.right > failing.of || passing.right > passing.of => {
                Err("more answers were judged right than there are")
            }
            Evidence::Pairs(pairs) if !pairs.iter().all(|(truth, judged)| is_share(truth) && is_share(judged)) => {
                Err("a grade is not from 0 to 1")
            }
            _ if self.kappa.is_some_and(|kappa| !(-1.0..=1.0).contains(&kappa.value)) => {
                Err("kappa is not from -1 to 1")
            }
            Evidence::Counts { .. } | Evidence::Pairs(_) => Ok(()),
        }
    }
}

impl CalibrationFile {
    /// The calibrations that a project has kept, none if there is no such file; `shown` is what messages call it.
    pub(crate) fn read(path: &Path, shown: &str) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { schema: SCHEMA, metrics: BTreeMap::new() });
            }
            Err(error) => return Err(Error::config(format!("cannot read the calibration {shown}")).source(error)),
            Ok(text) => text,
        };
        let unusable = |message: String| {
            let hint = "restore it, or remove it and run `llmops judge calibrate` again";
            Error::config(format!("not a calibration: {message}")).at(shown, None).hint(hint)
        };
        let found: Self = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        if found.schema != SCHEMA {
            return Err(unusable(format!("it has schema {}, this program reads {SCHEMA}", found.schema)));
        }
        for (name, calibration) in &found.metrics {
            calibration.check().map_err(|message| unusable(format!("{name}: {message}")))?;
        }
        Ok(found)
    }

    /// Replaces the file; a reader sees the old one or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::unavailable("cannot write the calibration as JSON").source(error))?;
        replace(path, format!("{text}\n").as_bytes()).map_err(|error| Error::io("write the calibration", path, error))
    }
}

impl From<stats::Kappa> for Agreed {
    fn from(kappa: stats::Kappa) -> Self {
        let limits = kappa.interval;
        Self { value: kappa.value, low: limits.map(|limits| limits.low), high: limits.map(|limits| limits.high) }
    }
}

impl From<Hits> for stats::Count {
    fn from(hits: Hits) -> Self {
        Self { successes: hits.right, n: hits.of }
    }
}

/// For tests: a calibration by this evidence.
#[cfg(test)]
pub(crate) fn calibration_for_tests(kappa: f64, evidence: Evidence) -> Calibration {
    let labels = LabelsFacts { file: "labels.jsonl".into(), sha256: "00".into(), n: 100 };
    let now = JudgedMetric { metric: "tone=rubric{}".into(), judge: "a/b".into(), rubrics: Vec::new() };
    now.calibrated(labels, String::new(), Some(Agreed { value: kappa, low: None, high: None }), evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(evidence: Evidence) -> CalibrationFile {
        let metrics = BTreeMap::from([("tone".to_owned(), calibration_for_tests(0.7, evidence))]);
        CalibrationFile { schema: SCHEMA, metrics }
    }

    #[test]
    fn calibrations_go_through_their_file_a_pair_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evals/calibration.json");
        assert!(CalibrationFile::read(&path, "c").unwrap().metrics.is_empty());
        for evidence in [
            Evidence::Pairs(vec![(1.0, 0.75), (0.0, 0.25)]),
            Evidence::Counts { failing: Hits { right: 3, of: 4 }, passing: Hits { right: 5, of: 6 } },
        ] {
            file(evidence.clone()).write(&path).unwrap();
            assert_eq!(CalibrationFile::read(&path, "c").unwrap(), file(evidence));
        }
        file(Evidence::Pairs(vec![(1.0, 0.75), (0.0, 0.25)])).write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("          [1.0,0.75],\n          [0.0,0.25]\n"), "{text}");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_calibration_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.json");
        let write = |value: CalibrationFile| serde_json::to_string(&value).unwrap();
        let hits = |right, of| Hits { right, of };
        let cases = [
            ("{".to_owned(), "c: not a calibration: EOF"),
            ("{\"schema\": 2, \"metrics\": {}}".to_owned(), "it has schema 2, this program reads 1"),
            (
                write(file(Evidence::Counts { failing: hits(5, 4), passing: hits(1, 1) })),
                "more answers were judged right",
            ),
            (write(file(Evidence::Pairs(vec![(2.0, 0.5)]))), "tone: a grade is not from 0 to 1"),
        ];
        for (text, expected) in cases {
            std::fs::write(&path, text).unwrap();
            let error = CalibrationFile::read(&path, "c").unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.kind, crate::error::ErrorKind::Config);
        }
    }

    #[test]
    fn a_calibration_holds_for_the_same_judge_and_metric_only() {
        let calibration = calibration_for_tests(0.7, Evidence::Pairs(Vec::new()));
        let now = |metric: &str, judge: &str, rubrics: Vec<RubricFacts>| JudgedMetric {
            metric: metric.into(),
            judge: judge.into(),
            rubrics,
        };
        let rubric = || vec![RubricFacts { name: "tone".into(), version: 1, sha256: "11".into() }];
        assert_eq!(calibration.outdated(&now("tone=rubric{}", "a/b", Vec::new())), None);
        let cases = [
            (now("tone=rubric{}", "a/c", Vec::new()), "another judge, or one that is asked in another way"),
            (now("tone=rubric{}", "a/b", rubric()), "other instructions to the judge"),
            (now("tone=rubric{\"pass_mark\":0.5}", "a/b", Vec::new()), "other options of the metric"),
        ];
        for (now, expected) in cases {
            assert_eq!(calibration.outdated(&now), Some(expected));
        }
    }
}
