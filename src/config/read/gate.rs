//! `[metrics.NAME]` and `[gate]`: metrics of the project's own, and the bars of all.

use super::super::document::{Document, Section};
use super::super::{Gate, Located, MetricUnit, OwnMetric, Regression, Rule, Vocabulary};
use super::Context;
use crate::error::suggestion;

/// The unit of a metric's threshold; a problem if there is no such metric.
pub(super) fn metric_unit(context: &Context, name: &str, line: Option<usize>) -> Option<MetricUnit> {
    let own = context.own_metrics.iter().find(|own| own.name == name);
    if let Some(own) = own {
        // What is wrong with its type is said where it is built.
        let kind = own.table.get("type").and_then(serde_json::Value::as_str).unwrap_or_default();
        return Some((context.metric_unit)(kind).unwrap_or(MetricUnit::Share));
    }
    let found = (context.metric_unit)(name);
    if found.is_none() {
        let hint = suggestion(name, context.metrics.iter().copied());
        let hint = format!("{hint}; `llmops explain` lists all metrics");
        context.document.report(line, format!("unknown metric \"{name}\""), Some(hint));
    }
    found
}

/// Names that mean something else in a report's rows or under `[gate]`.
const TAKEN: [&str; 23] = [
    "id",
    "question",
    "category",
    "line",
    "index",
    "repeat",
    "answer",
    "error",
    "expected_docs",
    "passages",
    "outcomes",
    "latency_ms",
    "finish",
    "attempts",
    "cached",
    "usage",
    "judge_usage",
    "judge_cost",
    "judged",
    "cost",
    "cost_usd",
    "rule",
    "regression",
];

pub(super) fn read_metrics(section: &Section, document: &Document, vocabulary: &Vocabulary) -> Vec<OwnMetric> {
    let mut metrics = Vec::new();
    for (name, table) in section.sections() {
        let line = section.line_of(&name);
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.chars().all(is_word) || name.starts_with("max_") || TAKEN.contains(&name.as_str()) {
            let message = format!("\"{name}\" cannot be the name of a metric");
            let hint = "take small letters, digits and _; not a word that reports or [gate] use, and not max_...";
            document.report(line, message, Some(hint.into()));
        } else if (vocabulary.metric_unit)(&name).is_some() {
            let message = format!("there is a metric \"{name}\" already");
            document.report(line, message, Some("take another name for your own".into()));
        }
        metrics.push(OwnMetric { name, line, table: table.json() });
        table.finish();
    }
    metrics
}

pub(super) fn read_gate(section: &Section, context: &Context) -> Option<Gate> {
    const OTHER_KEYS: [&str; 4] = ["max_error_rate", "max_not_applicable", "rule", "regression"];
    let max_error_rate = section.number("max_error_rate", 0.0..=1.0);
    let max_not_applicable = section.number("max_not_applicable", 0.0..=1.0);
    let rule = section.choice("rule", &[("point", Rule::Point), ("strict", Rule::Strict)]);
    let regression = read_regression(&section.section("regression"));
    let mut thresholds = Vec::new();
    let keys = section.user_keys();
    let named = keys.iter().filter(|key| !OTHER_KEYS.contains(&key.as_str()));
    for key in named {
        let line = section.line_of(key);
        let value = match metric_unit(context, key, line) {
            Some(MetricUnit::Time) => section.duration(key).map(|limit| limit.value.as_secs_f64() * 1000.0),
            Some(MetricUnit::Share) => section.number(key, 0.0..=1.0).map(|bar| bar.value),
            Some(MetricUnit::Dollars) => section.dollars(key).map(|bar| bar.value.to_f64()),
            None => None,
        };
        thresholds.extend(value.map(|value| (Located { value: key.clone(), line }, value)));
    }
    Some(Gate {
        thresholds,
        max_error_rate: max_error_rate?.value,
        max_not_applicable: max_not_applicable?.value,
        rule: rule?,
        regression: regression?,
    })
}

fn read_regression(section: &Section) -> Option<Regression> {
    let baseline = section.string("baseline");
    let max_drop = section.number("max_drop", 0.0..=1.0).map(|drop| drop.value);
    section.finish();
    Some(Regression { baseline: baseline?, max_drop })
}
