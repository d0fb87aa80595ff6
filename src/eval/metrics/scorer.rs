//! A metric as a project uses it: under a name, with its options, perhaps negated.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::{Ask, METRICS, Measure, Metric, Options, Scale, Scored, Tools, find};
use crate::cost::Spent;
use crate::error::suggestion;
use crate::eval::judge::{Judged, Rubric};
use crate::eval::{Case, Outcome, Output};

/// Keys that every metric's options have beside its own.
const TYPE: &str = "type";
const NEGATE: &str = "negate";
const PASS_MARK: &str = "pass_mark";
const INTERNAL: &str = "internal error: the metric ended without an outcome";

/// Scores outputs by one metric.
pub(crate) struct Scorer {
    /// As users wrote it: `recall@5`, or a name of their own.
    pub(crate) name: Arc<str>,
    pub(crate) metric: &'static Metric,
    /// Turns 0 into 1 and 1 into 0.
    pub(crate) negate: bool,
    /// Makes 1 of a value of at least this, and 0 of any other: the mean is then the share of answers that pass.
    pub(crate) pass_mark: Option<f64>,
    measure: Measure,
    /// Everything that can change its values, for the identity of a run.
    pub(crate) definition: String,
}

/// What all metrics said of one row, and what asking a judge for it consumed.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    pub(crate) outcomes: Vec<(Arc<str>, Outcome)>,
    pub(crate) judge: Spent,
    /// How the judge came to outcomes, where there is something to say of it.
    pub(crate) judged: Vec<(Arc<str>, Judged)>,
    /// Why somebody who was asked, a judge or an embedder, gave no outcome.
    pub(crate) failure: Option<String>,
}

impl Scorer {
    /// A metric under its own name, without options: `refusal`, `recall@5`.
    pub(crate) fn plain(name: &str) -> Result<Self, String> {
        Self::new(name, name, Map::new())
    }

    /// A metric from a table of options, whose key `type` says which one.
    pub(crate) fn of_table(name: &str, mut table: Map<String, Value>) -> Result<Self, String> {
        match table.shift_remove(TYPE) {
            Some(Value::String(kind)) => Self::new(name, &kind, table),
            Some(_) => Err(format!("\"{TYPE}\" must be the name of a metric")),
            None => Err(format!("\"{TYPE}\" is missing: the name of a metric, such as \"contains\"")),
        }
    }

    fn new(name: &str, kind: &str, mut table: Map<String, Value>) -> Result<Self, String> {
        let (metric, rank) = find(kind).ok_or_else(|| unknown(kind))?;
        let definition = format!("{name}={kind}{}", Value::Object(table.clone()));
        let negate = match table.shift_remove(NEGATE) {
            None => false,
            Some(Value::Bool(negate)) => negate,
            Some(_) => return Err(format!("\"{NEGATE}\" must be true or false")),
        };
        if negate && metric.scale != Scale::Share {
            return Err(format!("{kind} has a unit and cannot be negated"));
        }
        let pass_mark = pass_mark(&mut table)?;
        if pass_mark.is_some() && metric.scale != Scale::Share {
            return Err(format!("{kind} has a unit; give it a bar in [gate] instead of a \"{PASS_MARK}\""));
        }
        let options = Options::new(table, rank, metric.options)?;
        let measure = (metric.build)(&options)?;
        Ok(Self { name: name.into(), metric, negate, pass_mark, measure, definition })
    }

    pub(crate) fn scale(&self) -> Scale {
        self.metric.scale
    }

    /// What it asks the judge, word for word.
    pub(crate) fn rubrics(&self) -> Vec<&Rubric> {
        match &self.measure {
            Measure::Asked(ask) => ask.rubrics(),
            Measure::Output(_) | Measure::Outcomes(_) => Vec::new(),
        }
    }

    /// What it says of one output, whoever gave it. Never panics: a bug in a metric costs its case.
    pub(crate) async fn score(&self, case: &Case, output: &Output, tools: &Tools) -> Scored {
        if let Some(reason) = (self.metric.skip)(case) {
            return Outcome::Skipped { reason: reason.to_owned() }.into();
        }
        match &self.measure {
            Measure::Output(measure) => {
                let outcome = catch_unwind(AssertUnwindSafe(|| measure(case, output)));
                self.finish(outcome.unwrap_or_else(|_| errored(INTERNAL))).into()
            }
            Measure::Asked(ask) => {
                let asked = AssertUnwindSafe(ask.ask(case, output, tools)).catch_unwind().await;
                let scored = asked.unwrap_or_else(|_| errored(INTERNAL).into());
                Scored { outcome: self.finish(scored.outcome), ..scored }
            }
            // Those are asked once the others are known.
            Measure::Outcomes(_) => errored("it is made of other metrics and cannot stand alone").into(),
        }
    }

    /// The outcome as the gate is to see it. A value that is no number was not measured.
    fn finish(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Scored { value, .. } if !value.is_finite() => errored("the value is not a number"),
            Outcome::Scored { value, reason } if self.negate => {
                let reason = reason.or_else(|| (value > 0.0).then(|| "it holds, but must not".to_owned()));
                self.marked(1.0 - value, reason)
            }
            Outcome::Scored { value, reason } => self.marked(value, reason),
            other => other,
        }
    }

    fn marked(&self, value: f64, reason: Option<String>) -> Outcome {
        let Some(mark) = self.pass_mark else { return Outcome::Scored { value, reason } };
        if self.metric.scale.meets(value, mark) {
            return Outcome::Scored { value: 1.0, reason };
        }
        let short = format!("{value:.3}, under the pass mark of {mark}");
        let reason = reason.map_or_else(|| short.clone(), |reason| format!("{short}: {reason}"));
        Outcome::Scored { value: 0.0, reason: Some(reason) }
    }
}

fn pass_mark(table: &mut Map<String, Value>) -> Result<Option<f64>, String> {
    let Some(value) = table.shift_remove(PASS_MARK) else { return Ok(None) };
    // Every value would pass a mark of 0.
    let mark = value.as_f64().filter(|mark| *mark > 0.0 && *mark <= 1.0);
    mark.map(Some).ok_or_else(|| format!("\"{PASS_MARK}\" must be a number above 0 and up to 1"))
}

fn errored(message: &str) -> Outcome {
    Outcome::Errored { message: message.to_owned() }
}

fn unknown(kind: &str) -> String {
    if METRICS.iter().any(|metric| metric.name == kind) {
        let base = kind.trim_end_matches("@k");
        return format!("\"{kind}\" needs a number, such as \"{base}@5\"");
    }
    let hint = suggestion(kind, METRICS.iter().map(|metric| metric.name));
    format!("unknown metric \"{kind}\"; {hint}; `llmops explain` lists all metrics")
}

/// What every scorer says of one case. Without an output, what would have been measured is errored, never a score.
pub(crate) async fn measure(
    scorers: &[Arc<Scorer>],
    case: &Case,
    output: &Result<Output, String>,
    tools: &Tools,
) -> Measurements {
    let output = match output {
        Ok(output) => output,
        Err(message) => return without_output(scorers, case, message),
    };
    let mut asked = ask(scorers, case, output, tools).await.into_iter();
    let mut measured: Vec<(&Scorer, Outcome)> = Vec::with_capacity(scorers.len());
    let (mut judge, mut judged, mut failure) = (Spent::default(), Vec::new(), None);
    for scorer in scorers {
        let outcome = match (&scorer.measure, (scorer.metric.skip)(case)) {
            (_, Some(reason)) => Outcome::Skipped { reason: reason.to_owned() },
            (Measure::Outcomes(measure), None) => scorer.finish(measure(&measured)),
            (Measure::Output(measure), None) => {
                let outcome = catch_unwind(AssertUnwindSafe(|| measure(case, output)));
                scorer.finish(outcome.unwrap_or_else(|_| errored(INTERNAL)))
            }
            (Measure::Asked(_), None) => match asked.next() {
                Some(scored) => {
                    judge += scored.judge;
                    if scored.judged != Judged::default() {
                        judged.push((Arc::clone(&scorer.name), scored.judged));
                    }
                    if let Outcome::Errored { message } = &scored.outcome {
                        failure.get_or_insert_with(|| message.clone());
                    }
                    scored.outcome
                }
                None => errored(INTERNAL),
            },
        };
        measured.push((scorer, outcome));
    }
    let outcomes = measured.into_iter().map(|(scorer, outcome)| (Arc::clone(&scorer.name), outcome)).collect();
    Measurements { outcomes, judge, judged, failure }
}

/// Those that ask somebody, all at once: a judge takes seconds, and one does not wait for the other.
async fn ask(scorers: &[Arc<Scorer>], case: &Case, output: &Output, tools: &Tools) -> Vec<Scored> {
    let asks =
        |scorer: &&Arc<Scorer>| matches!(scorer.measure, Measure::Asked(_)) && (scorer.metric.skip)(case).is_none();
    join_all(scorers.iter().filter(asks).map(|scorer| scorer.score(case, output, tools))).await
}

/// What every scorer says of a case that has no output, and why it has none.
pub(crate) fn without_output(scorers: &[Arc<Scorer>], case: &Case, message: &str) -> Measurements {
    let outcome = |scorer: &Arc<Scorer>| {
        let outcome = match (scorer.metric.skip)(case) {
            Some(reason) => Outcome::Skipped { reason: reason.to_owned() },
            None => errored(message),
        };
        (Arc::clone(&scorer.name), outcome)
    };
    Measurements { outcomes: scorers.iter().map(outcome).collect(), ..Measurements::default() }
}

/// For metrics that need nothing but the case and its output.
pub(super) fn of_output(measure: fn(&Case, &Output) -> Outcome) -> Measure {
    Measure::Output(Box::new(measure))
}

/// For metrics that ask a judge, an embedder, or other metrics.
pub(super) fn asked(ask: impl Ask + 'static) -> Measure {
    Measure::Asked(Box::new(ask))
}

/// For tests: what a metric with these options says of one output.
#[cfg(test)]
pub(super) fn measured(kind: &str, options: &Value, case: &Case, output: &Output) -> Outcome {
    let options = options.as_object().expect("options are an object").clone();
    let scorer = Scorer::new(kind, kind, options).expect("the options are right");
    scorer.score(case, output, &Tools::default()).now_or_never().expect("it asks nobody").outcome
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use serde_json::json;

    use super::*;

    fn scorers(names: &[&str]) -> Vec<Arc<Scorer>> {
        names.iter().map(|name| Arc::new(Scorer::plain(name).unwrap())).collect()
    }

    fn all_measured(scorers: &[Arc<Scorer>], case: &Case, output: &Result<Output, String>) -> Vec<(String, Outcome)> {
        let measured = measure(scorers, case, output, &Tools::default()).now_or_never().unwrap();
        measured.outcomes.into_iter().map(|(name, outcome)| (name.to_string(), outcome)).collect()
    }

    #[test]
    fn without_an_output_what_would_have_been_measured_is_errored_and_the_rest_skipped() {
        let scorers = scorers(&["context_recall", "answer_relevancy", "refusal", "latency", "overall"]);
        let case = Case { expected_docs: vec!["A".into()], ..Case::default() };
        let kinds: Vec<String> = all_measured(&scorers, &case, &Err("down".into()))
            .into_iter()
            .map(|(name, outcome)| match outcome {
                Outcome::Errored { .. } => name,
                other => format!("{name}: {other:?}").chars().take(name.len() + 9).collect(),
            })
            .collect();
        let expected = ["context_recall", "answer_relevancy: Skipped", "refusal: Skipped", "latency", "overall"];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_negated_metric_turns_its_value_round_and_says_why() {
        let table = json!({"type": "refusal", "negate": true}).as_object().unwrap().clone();
        let scorer = [Arc::new(Scorer::of_table("answers", table).unwrap())];
        let case = Case { answerable: Some(false), ..Case::default() };
        let outcome = |answer: &str| {
            all_measured(&scorer, &case, &Ok(Output { answer: answer.into(), ..Output::default() })).remove(0)
        };
        let refused =
            ("answers".to_owned(), Outcome::Scored { value: 0.0, reason: Some("it holds, but must not".into()) });
        assert_eq!(outcome("I don't know."), refused);
        assert_eq!(outcome("Paris.").1.value(), Some(1.0));
    }

    #[test]
    fn a_pass_mark_makes_passes_and_failures_of_values() {
        let table = json!({"type": "answer_relevancy", "pass_mark": 0.5}).as_object().unwrap().clone();
        let scorer = [Arc::new(Scorer::of_table("passes", table).unwrap())];
        let case = Case { expected_answer_keywords: vec!["a1".into(), "b2".into(), "c3".into()], ..Case::default() };
        let outcome = |answer: &str| {
            all_measured(&scorer, &case, &Ok(Output { answer: answer.into(), ..Output::default() })).remove(0).1
        };
        assert_eq!(outcome("a1 b2").value(), Some(1.0));
        let reason = "0.333, under the pass mark of 0.5: not in the answer: b2, c3".to_owned();
        assert_eq!(outcome("a1"), Outcome::Scored { value: 0.0, reason: Some(reason) });
    }

    #[test]
    fn what_cannot_be_built_says_why() {
        let cases = [
            (json!({}), "\"type\" is missing: the name of a metric, such as \"contains\""),
            (json!({"type": 3}), "\"type\" must be the name of a metric"),
            (
                json!({"type": "refussal"}),
                "unknown metric \"refussal\"; did you mean \"refusal\"?; `llmops explain` lists all metrics",
            ),
            (json!({"type": "refusal", "negate": 1}), "\"negate\" must be true or false"),
            (json!({"type": "latency", "negate": true}), "latency has a unit and cannot be negated"),
            (
                json!({"type": "latency", "pass_mark": 0.5}),
                "latency has a unit; give it a bar in [gate] instead of a \"pass_mark\"",
            ),
            (json!({"type": "refusal", "pass_mark": 0}), "\"pass_mark\" must be a number above 0 and up to 1"),
        ];
        for (table, expected) in cases {
            let found = Scorer::of_table("x", table.as_object().unwrap().clone()).err();
            assert_eq!(found.as_deref(), Some(expected));
        }
    }
}
