//! Who judged, by what, and how far it can be relied on.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::calibration::{Calibration, CalibrationFile, JudgedMetric};
use crate::eval::judge::{Agreement, Judge, Judged, Mode, Rubric};
use crate::eval::metrics::Scorer;

/// The judge of a run. Values of other judges or rubrics are not comparable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JudgeFacts {
    /// `provider/model`, one or a panel.
    pub(crate) models: Vec<String>,
    /// The same with the parameters that they were asked with.
    pub(crate) settings: String,
    /// By metric: what the judge was asked.
    pub(crate) rubrics: BTreeMap<String, Vec<RubricFacts>>,
    /// The least kappa of a gated metric, if the project asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min_kappa: Option<f64>,
    /// By metric: what labels say of this judge.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) calibrations: BTreeMap<String, Calibration>,
    /// By metric: why the calibration that the project has is not used.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) outdated: BTreeMap<String, Outdated>,
}

/// A calibration of something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outdated {
    /// What it is of.
    pub(crate) why: String,
    /// The file of its labels.
    pub(crate) labels: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RubricFacts {
    pub(crate) name: String,
    pub(crate) version: u32,
    /// SHA-256 of its instructions and its schema.
    pub(crate) sha256: String,
}

impl JudgeFacts {
    /// `kept` are the calibrations that the project has; those of another judge or metric are not used.
    pub(crate) fn of(
        judge: &Judge,
        scorers: &[Arc<Scorer>],
        min_kappa: Option<f64>,
        mut kept: CalibrationFile,
    ) -> Self {
        let mut found = Self {
            models: judge.models(),
            settings: judge.definition(),
            rubrics: BTreeMap::new(),
            min_kappa,
            calibrations: BTreeMap::new(),
            outdated: BTreeMap::new(),
        };
        for scorer in scorers.iter().filter(|scorer| !scorer.rubrics().is_empty()) {
            let name = scorer.name.to_string();
            found.rubrics.insert(name.clone(), facts(scorer.rubrics()));
            let Some(calibration) = kept.metrics.remove(&name) else { continue };
            match calibration.outdated(&JudgedMetric::of(scorer, judge)) {
                None => drop(found.calibrations.insert(name, calibration)),
                Some(why) => {
                    let outdated = Outdated { why: why.to_owned(), labels: calibration.labels.file };
                    found.outdated.insert(name, outdated);
                }
            }
        }
        found
    }

    /// Everything of it that can change a value, for the identity of a run.
    pub(crate) fn definition(&self) -> String {
        let rubrics = self.rubrics.values().flatten().map(|rubric| rubric.sha256.as_str());
        [self.settings.as_str()].into_iter().chain(rubrics).collect::<Vec<_>>().join(" ")
    }
}

/// Whether a metric was judged by the same judge and rubrics in both runs, or by none in both.
pub(super) fn is_alike(metric: &str, first: Option<&JudgeFacts>, second: Option<&JudgeFacts>) -> bool {
    let of = |facts: Option<&JudgeFacts>| {
        let facts = facts?;
        Some((facts.settings.clone(), facts.rubrics.get(metric)?.clone()))
    };
    of(first) == of(second)
}

pub(super) fn facts(rubrics: Vec<&Rubric>) -> Vec<RubricFacts> {
    let fact = |rubric: &Rubric| RubricFacts {
        name: rubric.name.to_owned(),
        version: rubric.version,
        sha256: rubric.digest(),
    };
    rubrics.into_iter().map(fact).collect()
}

/// How the outcomes of a metric came about, over all rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Judgements {
    /// Grades by mode.
    #[serde(skip_serializing_if = "is_zero")]
    logprob: usize,
    #[serde(skip_serializing_if = "is_zero")]
    greedy: usize,
    #[serde(skip_serializing_if = "is_zero")]
    sampled: usize,
    /// How often all judges of a panel said the same.
    #[serde(skip_serializing_if = "Agreement::is_unknown")]
    judges: Agreement,
    /// How often a verdict on a pair was the same in both orders.
    #[serde(skip_serializing_if = "Agreement::is_unknown")]
    orders: Agreement,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Judgements {
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(in crate::report) fn add(&mut self, judged: Judged) {
        match judged.mode {
            None => {}
            Some(Mode::Logprob) => self.logprob += 1,
            Some(Mode::Greedy) => self.greedy += 1,
            Some(Mode::Sampled) => self.sampled += 1,
        }
        self.judges += judged.judges;
        self.orders += judged.orders;
    }

    /// What people should know beside the number: `weighed by log probabilities`, `judges agree in 90 of 100`.
    pub(in crate::report) fn about(&self) -> Vec<String> {
        let modes = [("logprob", self.logprob), ("greedy", self.greedy), ("sampled", self.sampled)];
        let modes = modes.iter().filter(|(_, count)| *count > 0).map(|(mode, count)| format!("{count} {mode}"));
        let agreements = [("judges agree", self.judges), ("orders agree", self.orders)];
        let agreements = agreements.iter().filter(|(_, agreement)| !agreement.is_unknown());
        modes
            .chain(agreements.map(|(who, Agreement { compared, agreed })| format!("{who} {agreed} of {compared}")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_judge_makes_only_judged_metrics_incomparable() {
        let facts = |settings: &str| {
            let rubric = RubricFacts { name: "tone".into(), version: 1, sha256: "00".into() };
            let rubrics = BTreeMap::from([("tone".to_owned(), vec![rubric])]);
            JudgeFacts {
                models: Vec::new(),
                settings: settings.into(),
                rubrics,
                min_kappa: None,
                calibrations: BTreeMap::new(),
                outdated: BTreeMap::new(),
            }
        };
        let (first, second) = (facts("a"), facts("b"));
        assert!(is_alike("tone", Some(&first), Some(&first)));
        assert!(!is_alike("tone", Some(&first), Some(&second)));
        assert!(!is_alike("tone", Some(&first), None));
        assert!(is_alike("latency", Some(&first), Some(&second)));
        assert!(is_alike("latency", Some(&first), None));
    }

    #[test]
    fn judgements_add_up_and_are_told() {
        let mut sum = Judgements::default();
        assert!(sum.is_empty());
        let judges = Agreement { compared: 3, agreed: 2 };
        sum.add(Judged { mode: Some(Mode::Logprob), judges, ..Judged::default() });
        sum.add(Judged { mode: Some(Mode::Greedy), judges, ..Judged::default() });
        sum.add(Judged { orders: Agreement { compared: 1, agreed: 0 }, ..Judged::default() });
        assert_eq!(sum.about(), ["1 logprob", "1 greedy", "judges agree 4 of 6", "orders agree 0 of 1"]);
        let text = serde_json::to_string(&sum).unwrap();
        assert_eq!(serde_json::from_str::<Judgements>(&text).unwrap(), sum);
        assert!(!text.contains("sampled"), "{text}");
    }
}
