//! One question of the dataset, and what the application answered to it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cost::{Cost, Usage};
use crate::digest::sha256;
use crate::llm::Finish;
use crate::rag::Passage;

/// One question and what a good answer looks like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    /// Unique within the dataset.
    pub(crate) id: String,
    pub(crate) question: String,
    /// Titles or ids of the documents that hold the answer.
    pub(crate) expected_docs: Vec<String>,
    /// Words or phrases that a good answer contains.
    pub(crate) expected_answer_keywords: Vec<String>,
    pub(crate) reference_answer: Option<String>,
    pub(crate) category: Option<String>,
    /// False if the documents do not hold the answer and the application should say so. `None`: not known.
    pub(crate) answerable: Option<bool>,
    /// What the case itself asserts of its answer, as the dataset has it; see `metrics::Assertion`.
    #[serde(default)]
    pub(crate) assertions: Vec<Value>,
    /// Every other field of the row, for templates and reports.
    pub(crate) metadata: Map<String, Value>,
    /// Line of the dataset file, for messages.
    pub(crate) line: usize,
}

impl Case {
    /// SHA-256 of all that is asked and expected, shortened: two runs are compared on a case only if it is the same.
    pub(crate) fn content(&self) -> String {
        let content = (
            (&self.question, &self.expected_docs, &self.expected_answer_keywords),
            (&self.reference_answer, &self.category, self.answerable),
            (&self.assertions, &self.metadata),
        );
        let text = serde_json::to_vec(&content).expect("strings and JSON values can be written");
        let mut digest = sha256(&text);
        digest.truncate(16);
        digest
    }

    /// What a field of the dataset says of the case, as text; `None` if the case has no such field.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        match (name, self.metadata.get(name)) {
            ("category", _) => self.category.clone(),
            (_, None | Some(Value::Null)) => None,
            (_, Some(Value::String(text))) => Some(text.clone()),
            (_, Some(other)) => Some(other.to_string()),
        }
    }

    /// The case as prompt templates and command targets see it: one flat object.
    /// A field that the case leaves out or sets to null is not there, so that a template that needs it says so.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = self.metadata.clone();
        fields.retain(|_, value| !value.is_null());
        fields.insert("id".into(), self.id.clone().into());
        fields.insert("question".into(), self.question.clone().into());
        if let Some(category) = &self.category {
            fields.insert("category".into(), category.clone().into());
        }
        fields
    }
}

/// What the target returned for one case.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Output {
    pub(crate) answer: String,
    /// What was retrieved, best first. `None`: this target does not say, which is not the same as nothing found.
    pub(crate) passages: Option<Vec<Passage>>,
    pub(crate) usage: Usage,
    /// The list price of the model's call, or why it is not known. `None`: it was not ours to make.
    pub(crate) cost: Option<Result<Cost, String>>,
    /// Whether the target declared that it cannot answer; `None`: judge from the text.
    pub(crate) abstained: Option<bool>,
    pub(crate) finish: Option<Finish>,
    /// Retrieval and the model's successful attempt, without waiting for retries; `None` if the answer was replayed.
    pub(crate) latency: Option<Duration>,
    pub(crate) attempts: u32,
    /// From the response cache.
    pub(crate) cached: bool,
}

/// What one metric said of one case. Not measured is never a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Scored {
        value: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The case has nothing to measure here; it counts neither way.
    Skipped { reason: String },
    /// The case has something to measure, but this answer has not, such as claims in a refusal. It does not count into the
    /// mean, and too many of them leave the gate undecided.
    NotApplicable { reason: String },
    /// It should have been measured and could not be.
    Errored { message: String },
}

impl Outcome {
    pub(crate) fn value(&self) -> Option<f64> {
        match self {
            Self::Scored { value, .. } => Some(*value),
            Self::Skipped { .. } | Self::NotApplicable { .. } | Self::Errored { .. } => None,
        }
    }
}
