//! The span of a case: what it is, how its answer came out, and what every metric said of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Item;
use crate::error::ErrorKind;
use crate::eval::metrics::{Measurements, Scorer};
use crate::eval::{Outcome, Output};
use crate::trace::{Active, Context, Kind, Scope, Value};

/// What the spans of all cases have in common.
pub(super) struct CaseTrace {
    run: Scope,
    /// By metric.
    bars: BTreeMap<String, f64>,
}

impl CaseTrace {
    pub(super) fn new(run: Scope, bars: &BTreeMap<String, f64>) -> Self {
        Self { run, bars: bars.clone() }
    }

    /// The run's span, for processes that measure for it.
    pub(super) fn header(&self) -> String {
        self.run.context().header()
    }

    pub(super) fn begin(&self, item: &Item) -> Active {
        let Item { repeat, case, traceparent, .. } = item;
        let asked_by = traceparent.as_deref().and_then(Context::parse).map(|run| self.run.tracer().below(run));
        let mut span = asked_by.as_ref().unwrap_or(&self.run).begin(format!("case {}", case.id), Kind::Internal);
        span.set("case.id", case.id.as_str());
        span.set("case.line", case.line);
        if *repeat > 0 {
            span.set("case.repeat", *repeat);
        }
        span.set_known("case.category", case.category.as_deref());
        span.set("question", case.question.as_str());
        span
    }

    /// `kind` is that of the error, if there is no output.
    pub(super) fn end(
        &self,
        mut span: Active,
        (output, kind): (&Result<Output, String>, Option<ErrorKind>),
        measured: &Measurements,
        scorers: &[Arc<Scorer>],
    ) {
        match output {
            Err(message) => span.fail(kind.map_or("_OTHER", ErrorKind::name), message),
            Ok(output) => {
                span.set("answer.characters", output.answer.chars().count());
                span.set("answer", output.answer.as_str());
                span.set_known("passages", output.passages.as_ref().map(Vec::len));
                span.set("cached", output.cached);
                span.set_known("latency_ms", output.latency.map(|latency| latency.as_secs_f64() * 1000.0));
                span.set_known("answer.abstained", output.abstained);
            }
        }
        for ((name, outcome), scorer) in measured.outcomes.iter().zip(scorers) {
            let bar = self.bars.get(&**name);
            let passes = outcome.value().zip(bar).map(|(value, bar)| scorer.scale().meets(value, *bar));
            span.event("evaluation", evaluation(name, outcome, passes));
        }
    }
}

/// What one metric said. Not measured has no value.
fn evaluation(name: &str, outcome: &Outcome, passes: Option<bool>) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![("evaluation_name", Value::from(name))];
    let words = match outcome {
        Outcome::Scored { value, reason } => {
            attributes.push(("evaluation_value", (*value).into()));
            let label = passes.map(|passes| if passes { "pass" } else { "fail" });
            attributes.extend(label.map(|label| ("evaluation_label", label.into())));
            reason.as_deref()
        }
        Outcome::Skipped { reason } => {
            attributes.push(("evaluation_label", "skipped".into()));
            Some(reason.as_str())
        }
        Outcome::NotApplicable { reason } => {
            attributes.push(("evaluation_label", "not_applicable".into()));
            Some(reason.as_str())
        }
        Outcome::Errored { message } => {
            attributes.push(("evaluation_label", "error".into()));
            attributes.push(("error_type", "_OTHER".into()));
            Some(message.as_str())
        }
    };
    attributes.extend(words.map(|words| ("evaluation_explanation", words.into())));
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_has_no_value() {
        let shown = |outcome: Outcome, passes| {
            let attributes = evaluation("m", &outcome, passes).into_iter().map(|(concept, value)| match value {
                Value::Text(text) => format!("{concept}={text}"),
                Value::Number(number) => format!("{concept}={number}"),
                other => panic!("{other:?}"),
            });
            attributes.skip(1).collect::<Vec<_>>().join(" ")
        };
        let scored = |value| Outcome::Scored { value, reason: None };
        assert_eq!(shown(scored(0.5), None), "evaluation_value=0.5");
        assert_eq!(shown(scored(0.5), Some(true)), "evaluation_value=0.5 evaluation_label=pass");
        assert_eq!(shown(scored(0.0), Some(false)), "evaluation_value=0 evaluation_label=fail");
        let (reason, message) = ("why".to_owned(), "down".to_owned());
        let skipped = shown(Outcome::Skipped { reason: reason.clone() }, None);
        assert_eq!(skipped, "evaluation_label=skipped evaluation_explanation=why");
        let not_applicable = shown(Outcome::NotApplicable { reason }, None);
        assert_eq!(not_applicable, "evaluation_label=not_applicable evaluation_explanation=why");
        let errored = shown(Outcome::Errored { message }, None);
        assert_eq!(errored, "evaluation_label=error error_type=_OTHER evaluation_explanation=down");
    }
}
