use serde_json::{Value, json};

use super::*;
use crate::error::Error;
use crate::eval::metrics;
use crate::report::formats::{Failed, Source};
use crate::report::json::empty_for_tests;
use crate::report::{Breach, Estimate};

/// A failed report with bars of 0.5 for these metrics, all of them missed by the run as well.
pub(in crate::report) fn report(metrics: &[&str]) -> Report {
    let mut report = empty_for_tests();
    report.dataset = "evals/d.jsonl".into();
    report.passed = false;
    report.verdict.decision = Decision::Fail;
    for metric in metrics {
        report.verdict.reasons.push(format!("{metric} is low\nthe second reason"));
        report.verdict.breaches.push(Breach {
            metric: (*metric).into(),
            value: 0.1,
            threshold: 0.5,
            n: 3,
            judged: None,
            baseline: None,
        });
        report.thresholds.insert((*metric).into(), 0.5);
        let (kind, scale) = ((*metric).into(), metrics::find(metric).map(|(found, _)| found.scale).unwrap_or_default());
        let estimate = Estimate { kind, scale, mean: Some(0.1), n: 3, ..Estimate::default() };
        report.estimates.insert((*metric).into(), estimate);
    }
    report
}

/// A row for each text: the value of each metric, `null` for a skipped one, a text for an error; `error` is the case's own
/// and `id` its id.
pub(in crate::report) fn rows(cases: &[&str]) -> Vec<String> {
    let row = |(index, case): (usize, &&str)| {
        let mut row = json!({
            "id": format!("c{index}"), "question": format!("Q{index}"), "line": index + 1, "index": index,
            "answer": format!("A{index}"), "outcomes": {}, "passages": [], "expected_docs": [],
        });
        for (name, value) in serde_json::from_str::<serde_json::Map<String, Value>>(case).unwrap() {
            let outcome = match &value {
                _ if ["id", "error", "question", "category", "latency_ms", "answer"].contains(&name.as_str()) => {
                    row[name.as_str()] = value;
                    continue;
                }
                Value::Number(_) => json!({"outcome": "scored", "value": value, "reason": "because"}),
                Value::String(message) => json!({"outcome": "errored", "message": message}),
                _ => json!({"outcome": "skipped", "reason": "nothing to measure"}),
            };
            row["outcomes"][name] = outcome;
        }
        row.to_string()
    };
    cases.iter().enumerate().map(row).collect()
}

type WriteFormat = fn(&Source<'_>, &mut dyn std::io::Write, Failed<'_>) -> Result<()>;

/// What a format makes of a report.
pub(in crate::report) fn written(write: WriteFormat, report: &Report, rows: &[String]) -> String {
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| rows.iter().try_for_each(|row| take(row.as_bytes()));
    let mut text = Vec::new();
    write(&Source { report, rows: &rows, baseline: None }, &mut text, &|error| Error::unavailable(error.to_string()))
        .unwrap();
    String::from_utf8(text).unwrap()
}

fn cases(report: &Report, rows: &[String]) -> Vec<ReportedCase> {
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| rows.iter().try_for_each(|row| take(row.as_bytes()));
    let mut found = Vec::new();
    let mut take = |case: &ReportedCase| {
        found.push(case.clone());
        Ok(())
    };
    each_case(report, &rows, &mut take).unwrap();
    found
}

#[test]
fn a_case_is_what_its_outcomes_and_bars_make_of_it() {
    let report = report(&["refusal", "latency"]);
    let found = cases(
        &report,
        &rows(&[
            r#"{"refusal": 0.5, "latency": 0.5}"#,
            r#"{"refusal": 0.25, "latency": 9}"#,
            r#"{"refusal": null}"#,
            r#"{"refusal": 0.1, "latency": "no clock"}"#,
            r#"{"error": "down", "refusal": "down"}"#,
        ]),
    );
    let complaints: Vec<Vec<String>> = found.iter().map(ReportedCase::complaints).collect();
    let missed =
        ["refusal is 0.250, under its bar of 0.500: because", "latency is 9 ms, above its limit of 0 ms: because"];
    assert_eq!(
        complaints,
        [vec![], missed.map(String::from).to_vec(), vec![], vec!["no clock".into()], vec!["down".into()]]
    );
    assert_eq!((&found[0].state, &found[2].state), (&State::Met, &State::NotMeasured));
    assert!(found[4].badness() > found[1].badness() && found[1].badness() > found[0].badness());
}

#[test]
fn repeats_are_one_case_with_the_mean_of_its_values() {
    let report = report(&["refusal"]);
    let found = cases(
        &report,
        &rows(&[
            r#"{"id": "a", "refusal": 1, "latency_ms": 10}"#,
            r#"{"id": "a", "refusal": 0.5, "latency_ms": 30}"#,
            r#"{"id": "b", "refusal": 0.5}"#,
            r#"{"id": "b", "refusal": 0.25}"#,
        ]),
    );
    let states: Vec<(&str, Option<f64>, usize)> =
        found.iter().map(|case| (case.id.as_str(), case.latency_ms, case.complaints().len())).collect();
    assert_eq!(states, [("a", Some(10.0), 0), ("b", None, 1)]);
}

#[test]
fn context_recall_tells_whether_retrieval_or_the_answer_is_wrong() {
    let report = report(&["answer_relevancy", "latency"]);
    let found = cases(
        &report,
        &rows(&[
            r#"{"answer_relevancy": 0, "context_recall": 0.5}"#,
            r#"{"answer_relevancy": 0, "context_recall": 1}"#,
            r#"{"answer_relevancy": 0, "context_recall": null}"#,
            r#"{"answer_relevancy": 1, "context_recall": 0.5}"#,
            r#"{"latency": 5, "context_recall": 0.5}"#,
        ]),
    );
    let faults: Vec<Option<Fault>> = found.iter().map(|case| case.fault).collect();
    assert_eq!(faults, [Some(Fault::Retrieval), Some(Fault::Answer), None, None, None]);
}

#[test]
fn a_case_is_to_blame_only_if_the_gate_is_not_green_because_of_it() {
    let mut report = report(&["refusal"]);
    let rows = rows(&[r#"{"refusal": 0}"#, r#"{"error": "down"}"#]);
    let blamed =
        |report: &Report| -> Vec<bool> { cases(report, &rows).iter().map(|case| case.is_to_blame(report)).collect() };
    assert_eq!(blamed(&report), [true, true]);
    report.verdict.breaches.clear();
    assert_eq!(blamed(&report), [false, true]);
    report.verdict.decision = Decision::Pass;
    assert_eq!(blamed(&report), [false, false]);
}

#[test]
fn the_worst_are_kept_and_the_first_of_equal_ones() {
    let mut worst = Worst::new(3);
    for (name, badness) in [("a", 1.0), ("b", 3.0), ("c", 1.0), ("d", f64::INFINITY), ("e", 3.0)] {
        worst.push(badness, name);
    }
    assert_eq!(worst.iter().copied().collect::<Vec<_>>(), ["d", "b", "e"]);
    assert_eq!((worst.count, worst.left_out()), (5, 2));
}
