//! SARIF 2.1.0, which code scanning shows: a result for each bar that a case misses and for each case that failed with
//! an error, at the case's line of the dataset. The rules are the metrics, with their documentation as help.
//!
//! Level `error` is a reason that the gate is not green, `warning` is not. Fingerprints are of the case's id and the rule, so
//! that a finding stays the same one when lines move.

use std::io;

use serde_json::{Value, json};

use super::{Failed, Source};
use crate::digest::sha256_parts;
use crate::error::{Error, Result};
use crate::eval::metrics;
use crate::report::cases::{Miss, ReportedCase, State, each_case};
use crate::report::sarif::{MOST_RESULTS, SCHEMA, cut, uri};
use crate::report::{Decision, Report};

/// The rule of cases that failed with an error.
const ERROR_RULE: &str = "case-error";

pub(super) fn write(source: &Source<'_>, out: &mut dyn io::Write, failed: Failed<'_>) -> Result<()> {
    write_up_to(MOST_RESULTS, source, out, failed)
}

fn write_up_to(most: usize, source: &Source<'_>, out: &mut dyn io::Write, failed: Failed<'_>) -> Result<()> {
    let report = source.report;
    // The results are written one by one between the run's head and its end.
    let head = json!({"$schema": SCHEMA, "version": "2.1.0"}).to_string();
    let run =
        json!({"tool": tool(report), "automationDetails": {"id": format!("llmops/{}/", report.project)}}).to_string();
    let (head, run) = (head.trim_end_matches('}'), run.trim_end_matches('}'));
    // What was trimmed of the run is more than its own end: its last object is closed again.
    write!(out, "{head},\"runs\":[{run}}},\"columnKind\":\"unicodeCodePoints\",\"results\":[").map_err(failed)?;
    let mut found = 0;
    each_case(report, source.rows, &mut |case| {
        for result in results(report, case) {
            if found < most {
                let line = serde_json::to_string(&result)
                    .map_err(|error| Error::unavailable("cannot write a finding as JSON").source(error))?;
                let separator = if found == 0 { "\n" } else { ",\n" };
                out.write_all(separator.as_bytes()).and_then(|()| out.write_all(line.as_bytes())).map_err(failed)?;
            }
            found += 1;
        }
        Ok(())
    })?;
    let invocation = invocation(report, found.saturating_sub(most));
    write!(out, "\n],\"invocations\":[{invocation}]}}]}}\n").map_err(failed)
}

fn tool(report: &Report) -> Value {
    let gated = report.in_order().into_iter().filter(|(name, _)| report.thresholds.contains_key(*name));
    let mut rules: Vec<Value> = gated
        .map(|(name, estimate)| {
            let (summary, manual) = match metrics::find(&estimate.kind) {
                Some((metric, _)) => (metric.summary.to_owned(), metric.manual()),
                None => (name.clone(), name.clone()),
            };
            json!({"id": name, "shortDescription": {"text": summary}, "help": {"text": manual, "markdown": manual}})
        })
        .collect();
    rules.push(json!({
        "id": ERROR_RULE,
        "shortDescription": {"text": "the case has no answer, or a metric could not be measured"},
        "help": {"text": "An error is not a score: with more errors than max_error_rate allows, the gate is undecided."},
    }));
    json!({"driver": {"name": "llmops", "semanticVersion": report.tool_version, "rules": rules}})
}

fn invocation(report: &Report, left_out: usize) -> Value {
    let mut notifications: Vec<Value> = report
        .verdict
        .reasons
        .iter()
        .map(|reason| json!({"level": "error", "message": {"text": cut(reason)}}))
        .collect();
    if left_out > 0 {
        let text = format!("{left_out} more findings are in the report only");
        notifications.push(json!({"level": "warning", "message": {"text": text}}));
    }
    json!({
        "executionSuccessful": report.verdict.decision != Decision::Undecided,
        "toolExecutionNotifications": notifications,
        "properties": {"verdict": report.verdict.decision},
    })
}

fn results(report: &Report, case: &ReportedCase) -> Vec<Value> {
    let level = |is_to_blame| if is_to_blame { "error" } else { "warning" };
    match &case.state {
        State::Errored(message) => {
            vec![result(report, case, ERROR_RULE, (level(case.is_to_blame(report)), message.clone()))]
        }
        State::Missed(misses) => misses
            .iter()
            .map(|miss| result(report, case, &miss.metric, (level(miss.breached), message(miss, case))))
            .collect(),
        State::NotMeasured | State::Met => Vec::new(),
    }
}

fn message(miss: &Miss, case: &ReportedCase) -> String {
    let fault = case.fault.map_or_else(String::new, |fault| format!(" ({})", fault.text()));
    format!("{}{fault}", miss.text())
}

fn result(report: &Report, case: &ReportedCase, rule: &str, (level, message): (&str, String)) -> Value {
    let text = cut(&format!("{}: {message}\nQuestion: {}", case.id, case.question));
    let place = json!({
        "artifactLocation": {"uri": uri(&report.dataset_in_repository())},
        "region": {"startLine": case.line.max(1)},
    });
    json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"case/v1": sha256_parts([report.dataset.as_str(), case.id.as_str(), rule])},
    })
}

#[cfg(test)]
mod tests;
