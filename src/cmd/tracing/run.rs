//! A run's span: what was evaluated, the verdict, and an evaluation event for every bar.

use crate::cost::Cost;
use crate::report::{Decision, Estimate, Report};
use crate::trace::{Active, Value};

type Attributes = Vec<(&'static str, Value)>;

/// Says of a decided report what traces are searched for.
pub(in crate::cmd) fn decided(span: Option<&mut Active>, report: &Report) {
    let Some(span) = span else { return };
    described(span, report);
    span.set("verdict", word(report.verdict.decision));
    // Other reasons quote errors, and those what was answered.
    if report.verdict.decision == Decision::Fail || span.takes_content() {
        span.set("verdict.reasons", Value::Texts(report.verdict.reasons.clone()));
    }
    for (name, attributes) in bars(report) {
        let mut all = vec![("evaluation_name", name.into())];
        all.extend(attributes);
        span.event("evaluation", all);
    }
}

fn described(span: &mut Active, report: &Report) {
    if let Some(prompt) = &report.prompt {
        span.set("prompt_name", prompt.name.as_str());
        span.set("prompt.version", prompt.version.as_str());
        span.set("prompt.digest", prompt.digest.as_str());
    }
    span.set("target.kind", report.target.kind.as_str());
    span.set_known("target.model", report.target.model.as_deref());
    span.set("dataset", report.dataset.as_str());
    span.set("dataset.digest", report.digests.dataset.as_str());
    span.set("configuration.digest", report.digests.configuration.as_str());
    span.set_known("documents.digest", report.digests.documents.as_deref());
    if let Some(commit) = &report.git {
        span.set("commit", commit.sha.as_str());
        span.set_known("branch", commit.branch.as_deref());
    }
    span.set("cases", report.cases.total);
    span.set("cases.finished", report.cases.finished);
    span.set("cases.errored", report.cases.errored);
    let costs = &report.cost;
    let known = [
        ("cost.target_usd", costs.target_usd),
        ("cost.judge_usd", costs.judge_usd),
        ("cost.embedder_usd", costs.embedder_usd),
        ("cost.answer_usd", costs.answer_usd),
    ];
    for (concept, cost) in known {
        span.set_known(concept, cost.map(Cost::to_f64));
    }
}

/// The gate itself, each bar, and what failed beside the bars.
fn bars(report: &Report) -> Vec<(String, Attributes)> {
    let decision = report.verdict.decision;
    let mut events = vec![("gate".to_owned(), vec![("evaluation_label", Value::from(word(decision)))])];
    let breached = |metric: &str| report.verdict.breaches.iter().any(|b| b.metric == metric && b.baseline.is_none());
    for (metric, bar) in &report.thresholds {
        let estimate = report.estimates.get(metric);
        // Of a run that decides nothing, no bar is decided either.
        let label = match decision {
            Decision::Undecided => "undecided",
            Decision::Fail if breached(metric) => "fail",
            Decision::Fail | Decision::Pass => "pass",
        };
        let mut attributes = vec![("evaluation_label", Value::from(label)), ("evaluation.bar", Value::from(*bar))];
        let compared = estimate.and_then(Estimate::compared);
        attributes.extend(compared.map(|compared| ("evaluation_value", Value::from(compared.value))));
        attributes.extend(estimate.map(|estimate| ("evaluation.n", Value::from(estimate.n))));
        events.push((metric.clone(), attributes));
    }
    let others = report.verdict.breaches.iter().filter(|breach| {
        decision == Decision::Fail && (breach.baseline.is_some() || !report.thresholds.contains_key(&breach.metric))
    });
    events.extend(others.map(|breach| {
        let mut attributes = vec![
            ("evaluation_label", Value::from("fail")),
            ("evaluation.bar", Value::from(breach.threshold)),
            ("evaluation_value", Value::from(breach.value)),
            ("evaluation.n", Value::from(breach.n)),
        ];
        attributes.extend(breach.baseline.map(|before| ("evaluation.baseline", Value::from(before))));
        (breach.metric.clone(), attributes)
    }));
    events
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Fail => "fail",
        Decision::Undecided => "undecided",
    }
}
