//! What a case of the dataset itself asserts of its answer.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::scorer::asked;
use super::{Ask, Metric, Scale, Scored, Scorer, Tools, share};
use crate::cost::Spent;
use crate::eval::{Case, Outcome, Output};

pub(crate) const METRIC: Metric = Metric {
    name: "assertions",
    summary: "share of the case's own assertions that hold",
    documentation: "    |assertions that hold| / |assertions of the case|

A case's field `assert` is a list of metrics with their options, as `[metrics.NAME]` has them:

    {\"id\": \"returns\", \"question\": \"...\", \"assert\": [
      {\"type\": \"contains\", \"value\": \"30 days\"},
      {\"type\": \"regex\", \"value\": \"(?i)guarantee\", \"negate\": true},
      {\"type\": \"rouge_l\", \"min\": 0.4},
      {\"type\": \"latency\", \"max\": 2000}]}

Any metric can stand there but `overall` and `assertions` itself. It holds if its value is at least `min`, which is 1
if left out; of a metric with a unit, such as `latency`, if its value is at most `max`.

0 worst, 1 best. It is measured whenever the dataset has assertions, and its bar is 1 unless `[gate]` sets another.

Skipped for cases without assertions. Not applicable if none of them has anything to measure in the answer. Errored if
one of them is.

Source: own definition; a case passes if all that it asserts holds.",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(asked(Assertions)),
};

fn skip(case: &Case) -> Option<&'static str> {
    case.assertions.is_empty().then_some("the case asserts nothing")
}

/// One assertion, ready to look at answers.
pub(crate) struct Assertion {
    pub(crate) scorer: Scorer,
    limit: f64,
}

impl Assertion {
    /// The assertion that a table of the dataset means, or what is wrong with it.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let Value::Object(table) = value else { return Err("an assertion must be an object".to_owned()) };
        let mut table = table.clone();
        let (min, max) = (limit(&mut table, "min")?, limit(&mut table, "max")?);
        let kind = table.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if kind == METRIC.name || kind == super::overall::METRIC.name {
            return Err(format!("{kind} cannot be asserted of a single case"));
        }
        let scorer = Scorer::of_table(&kind, table)?;
        let limit = match (scorer.scale().lower_is_better(), min, max) {
            (false, min, None) => min.unwrap_or(1.0),
            (true, None, Some(max)) => max,
            (true, _, None) => return Err(format!("{kind} needs \"max\", the most that it may be")),
            (true, Some(_), _) => return Err(format!("{kind} has no \"min\": lower is better")),
            (false, _, Some(_)) => return Err(format!("{kind} has no \"max\"; use \"min\", perhaps with \"negate\"")),
        };
        if scorer.scale() == Scale::Share && !(limit > 0.0 && limit <= 1.0) {
            return Err(format!("min is {limit}, but must be above 0, which always holds, and at most 1"));
        }
        Ok(Self { scorer, limit })
    }

    fn holds(&self, value: f64) -> bool {
        self.scorer.scale().meets(value, self.limit)
    }
}

fn limit(table: &mut Map<String, Value>, key: &str) -> Result<Option<f64>, String> {
    match table.shift_remove(key) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| format!("\"{key}\" must be a number")),
    }
}

struct Assertions;

impl Ask for Assertions {
    fn ask<'a>(&'a self, case: &'a Case, output: &'a Output, tools: &'a Tools) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            let mut judge = Spent::default();
            let (mut held, mut failed) = (0, Vec::new());
            for value in &case.assertions {
                // The dataset was checked, but a worker gets its cases from elsewhere.
                let assertion = match Assertion::parse(value) {
                    Ok(assertion) => assertion,
                    Err(message) => return Outcome::Errored { message }.into(),
                };
                let scored = assertion.scorer.score(case, output, tools).await;
                judge += scored.judge;
                match scored.outcome {
                    Outcome::Errored { message } => {
                        let message = format!("{}: {message}", assertion.scorer.name);
                        return Scored { judge, ..Outcome::Errored { message }.into() };
                    }
                    Outcome::Scored { value, .. } if assertion.holds(value) => held += 1,
                    Outcome::Scored { value: score, reason } => failed.push(failure(value, score, reason)),
                    Outcome::Skipped { .. } | Outcome::NotApplicable { .. } => {}
                }
            }
            Scored { judge, ..outcome(held, &failed).into() }
        })
    }
}

fn outcome(held: usize, failed: &[String]) -> Outcome {
    match held + failed.len() {
        0 => Outcome::NotApplicable { reason: "none of the assertions has anything to measure".to_owned() },
        of => {
            let reason = (!failed.is_empty()).then(|| failed.join("; "));
            Outcome::Scored { value: share(held, of), reason }
        }
    }
}

/// The assertion as the dataset has it, and what was found instead.
fn failure(assertion: &Value, score: f64, reason: Option<String>) -> String {
    let found = reason.unwrap_or_else(|| format!("{score:.3}"));
    format!("{assertion}: {found}")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use serde_json::json;

    use super::*;

    fn measured(assertions: &Value, answer: &str) -> Outcome {
        let case = Case {
            assertions: assertions.as_array().unwrap().clone(),
            expected_answer_keywords: vec!["Paris".into(), "Seine".into()],
            ..Case::default()
        };
        let output = Output { answer: answer.into(), ..Output::default() };
        Assertions.ask(&case, &output, &Tools::default()).now_or_never().unwrap().outcome
    }

    #[test]
    fn the_share_of_assertions_that_hold_is_measured() {
        let half = json!({"type": "answer_relevancy", "min": 0.5});
        let all = json!({"type": "answer_relevancy"});
        let none = json!({"type": "answer_relevancy", "negate": true, "min": 1});
        assert_eq!(measured(&json!([half, all, none]), "Paris").value(), Some(1.0 / 3.0));
        assert_eq!(measured(&json!([half, all]), "Paris, on the Seine").value(), Some(1.0));
        let Outcome::Scored { reason: Some(reason), .. } = measured(&json!([all]), "Paris") else { panic!() };
        assert_eq!(reason, "{\"type\":\"answer_relevancy\"}: not in the answer: Seine");
    }

    #[test]
    fn what_has_nothing_to_measure_does_not_hold_by_that() {
        let skipped = json!([{"type": "refusal"}]);
        assert!(matches!(measured(&skipped, "Paris"), Outcome::NotApplicable { .. }));
        let hidden = json!([{"type": "context_recall"}]);
        assert!(matches!(measured(&hidden, "Paris"), Outcome::NotApplicable { .. }));
    }

    #[test]
    fn a_wrong_assertion_is_refused() {
        let cases = [
            (json!(3), "an assertion must be an object"),
            (json!({"type": "overall"}), "overall cannot be asserted of a single case"),
            (json!({"type": "latency"}), "latency needs \"max\", the most that it may be"),
            (json!({"type": "refusal", "max": 1}), "refusal has no \"max\"; use \"min\", perhaps with \"negate\""),
            (json!({"type": "refusal", "min": 2}), "min is 2, but must be above 0, which always holds, and at most 1"),
            (json!({"type": "refusal", "min": 0}), "min is 0, but must be above 0, which always holds, and at most 1"),
            (json!({"type": "refusal", "min": "x"}), "\"min\" must be a number"),
        ];
        for (value, expected) in cases {
            assert_eq!(Assertion::parse(&value).err().as_deref(), Some(expected));
        }
    }
}
