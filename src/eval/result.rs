//! One finished case: what the journal keeps of it and every report shows.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use super::judge::Judged;
use super::metrics::Measurements;
use super::{Case, Outcome, Output};
use crate::cost::{Cost, Costs, Usage};
use crate::llm::Finish;
use crate::rag::Passage;

/// One case's answer, or why there is none, and what every metric said of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CaseResult {
    id: String,
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Line of the dataset.
    line: usize,
    /// `Case::content`.
    content: String,
    /// The value of the field by which cases belong together, where the project names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<String>,
    #[serde(flatten)]
    place: Place,
    answer: Option<String>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    expected_docs: Vec<String>,
    passages: Option<Vec<Passage>>,
    /// Every metric is errored if there is no answer.
    outcomes: BTreeMap<String, Outcome>,
    latency_ms: Option<f64>,
    finish: Option<Finish>,
    attempts: u32,
    /// From the response cache: nothing was sent.
    #[serde(skip_serializing_if = "is_false")]
    cached: bool,
    usage: Usage,
    /// The answer's list price, also if it came from the cache; `None` if it is not known.
    cost_usd: Option<Cost>,
    /// What asking the judge for this row consumed.
    #[serde(skip_serializing_if = "Usage::is_zero")]
    judge_usage: Usage,
    /// What that cost.
    #[serde(skip_serializing_if = "Costs::is_none")]
    judge_cost: Costs,
    /// By metric: how the judge came to its outcome.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    judged: BTreeMap<String, Judged>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Which row of the report this is; rows stand in this order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Of the case in the dataset, from 0.
    pub(crate) index: usize,
    /// Which of the case's repeats, from 0; left out if cases are asked once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<u32>,
}

impl CaseResult {
    pub(super) fn new(case: Case, place: Place, output: Result<Output, String>, measured: Measurements) -> Self {
        let result = Self {
            content: case.content(),
            cluster: None,
            id: case.id,
            question: case.question,
            category: case.category,
            line: case.line,
            place,
            answer: None,
            error: None,
            expected_docs: case.expected_docs,
            passages: None,
            outcomes: measured.outcomes.into_iter().map(|(name, outcome)| (name.to_string(), outcome)).collect(),
            latency_ms: None,
            finish: None,
            attempts: 0,
            cached: false,
            usage: Usage::default(),
            cost_usd: None,
            judge_usage: measured.judge.usage,
            judge_cost: measured.judge.costs,
            judged: measured.judged.into_iter().map(|(name, judged)| (name.to_string(), judged)).collect(),
        };
        match output {
            Err(error) => Self { error: Some(error), ..result },
            Ok(output) => Self {
                answer: Some(output.answer),
                passages: output.passages,
                latency_ms: output.latency.map(|latency| latency.as_secs_f64() * 1000.0),
                finish: output.finish,
                attempts: output.attempts,
                cached: output.cached,
                usage: output.usage,
                cost_usd: output.cost.and_then(Result::ok),
                ..result
            },
        }
    }

    pub(super) fn in_cluster(self, cluster: Option<String>) -> Self {
        Self { cluster, ..self }
    }

    /// The result as one line of JSON. Beside `outcomes`, every metric is a key of its own, as existing consumers read
    /// it: a number, or `null` where it was not measured.
    pub(super) fn to_row(&self) -> serde_json::Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Row<'a> {
            #[serde(flatten)]
            result: &'a CaseResult,
            #[serde(flatten)]
            values: Values<'a>,
        }
        serde_json::to_vec(&Row { result: self, values: Values(&self.outcomes) })
    }
}

struct Values<'a>(&'a BTreeMap<String, Outcome>);

impl Serialize for Values<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, outcome) in self.0 {
            map.serialize_entry(name, &outcome.value())?;
        }
        map.end()
    }
}

/// What a report's numbers are made of: a row without its answer and passages, which may be long.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Measured {
    pub(crate) id: String,
    pub(crate) question: String,
    #[serde(default)]
    pub(crate) category: Option<String>,
    pub(crate) line: usize,
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) cluster: Option<String>,
    #[serde(default)]
    pub(crate) error: Option<String>,
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    #[serde(default)]
    pub(crate) latency_ms: Option<f64>,
    #[serde(default)]
    pub(crate) finish: Option<Finish>,
    #[serde(default)]
    pub(crate) cached: bool,
    /// Requests that were sent for the answer.
    #[serde(default)]
    pub(crate) attempts: u32,
    #[serde(default)]
    pub(crate) usage: Usage,
    #[serde(default)]
    pub(crate) cost_usd: Option<Cost>,
    #[serde(default)]
    pub(crate) judge_usage: Usage,
    #[serde(default)]
    pub(crate) judge_cost: Costs,
    #[serde(default)]
    pub(crate) judged: BTreeMap<String, Judged>,
}

impl Measured {
    pub(crate) fn of_row(row: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(row)
    }

    /// Why the case has no answer, or why a metric could not be measured.
    pub(crate) fn failure(&self) -> Option<&str> {
        let errored = self.outcomes.values().find_map(|outcome| match outcome {
            Outcome::Errored { message } => Some(message.as_str()),
            Outcome::Scored { .. } | Outcome::Skipped { .. } | Outcome::NotApplicable { .. } => None,
        });
        self.error.as_deref().or(errored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_a_key_for_each_metric_and_is_read_back() {
        let outcomes = vec![
            ("refusal".into(), Outcome::Scored { value: 0.5, reason: Some("half".into()) }),
            ("latency".into(), Outcome::Skipped { reason: "replayed".into() }),
        ];
        let case = Case { id: "a".into(), question: "Q".into(), line: 3, ..Case::default() };
        let cost = Cost::parse("0.0000025").unwrap();
        let output = Output { answer: "A".into(), attempts: 2, cost: Some(Ok(cost)), ..Output::default() };
        let measurements = Measurements { outcomes: outcomes.clone(), ..Measurements::default() };
        let row = CaseResult::new(case, Place::default(), Ok(output), measurements).to_row().unwrap();
        let value: serde_json::Value = serde_json::from_slice(&row).unwrap();
        assert_eq!((&value["refusal"], &value["latency"]), (&0.5.into(), &serde_json::Value::Null));
        assert_eq!((&value["answer"], &value["attempts"], &value["index"]), (&"A".into(), &2.into(), &0.into()));
        assert_eq!(value.get("repeat"), None);
        let measured = Measured::of_row(&row).unwrap();
        assert_eq!((measured.id.as_str(), measured.line, measured.failure()), ("a", 3, None));
        assert_eq!((measured.attempts, measured.cost_usd), (2, Some(cost)));
        assert_eq!(measured.outcomes["refusal"], outcomes[0].1);
    }

    #[test]
    fn a_failure_is_the_cases_own_or_a_metrics() {
        let failed = |output| {
            let outcomes = vec![("refusal".into(), Outcome::Errored { message: "no verdict".into() })];
            let measured = Measurements { outcomes, ..Measurements::default() };
            let place = Place { index: 4, repeat: Some(1) };
            let row = CaseResult::new(Case::default(), place, output, measured).to_row().unwrap();
            Measured::of_row(&row).unwrap().failure().map(str::to_owned)
        };
        assert_eq!(failed(Err("down".into())).as_deref(), Some("down"));
        assert_eq!(failed(Ok(Output::default())).as_deref(), Some("no verdict"));
    }
}
