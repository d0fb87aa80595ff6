use super::*;
use crate::report::cases::tests::{report, rows, written};

fn sarif(report: &Report, cases: &[&str]) -> Value {
    serde_json::from_str(&written(write, report, &rows(cases))).unwrap()
}

#[test]
fn a_finding_has_its_rule_its_level_its_line_and_a_fingerprint() {
    let mut report = report(&["refusal", "answer_relevancy"]);
    report.dataset = "evals/my data.jsonl".into();
    report.verdict.breaches.retain(|breach| breach.metric == "refusal");
    let sarif = sarif(
        &report,
        &[r#"{"refusal": 1}"#, r#"{"refusal": 0, "answer_relevancy": 0, "context_recall": 1}"#, r#"{"error": "down"}"#],
    );
    let run = &sarif["runs"][0];
    let found: Vec<(&str, &str, u64)> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let line = &result["locations"][0]["physicalLocation"]["region"]["startLine"];
            (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap(), line.as_u64().unwrap())
        })
        .collect();
    assert_eq!(found, [("answer_relevancy", "warning", 2), ("refusal", "error", 2), ("case-error", "error", 3)]);
    let first = &run["results"][0];
    let expected = "c1: answer_relevancy is 0.000, under its bar of 0.500: because (the documents were retrieved, but \
                    the answer does not use them)\nQuestion: Q1";
    assert_eq!(first["message"]["text"], expected);
    assert_eq!(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "evals/my%20data.jsonl");
    let rules: Vec<&str> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(rules, ["answer_relevancy", "refusal", "case-error"]);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn a_fingerprint_stays_when_lines_and_scores_change() {
    let report = report(&["refusal"]);
    let fingerprint = |cases: &[&str], place: usize| {
        sarif(&report, cases)["runs"][0]["results"][place]["partialFingerprints"]["case/v1"].clone()
    };
    let first = fingerprint(&[r#"{"id": "a", "refusal": 0}"#], 0);
    assert_eq!(first, fingerprint(&[r#"{"id": "b", "refusal": 0}"#, r#"{"id": "a", "refusal": 0.2}"#], 1));
    assert_ne!(first, fingerprint(&[r#"{"id": "b", "refusal": 0}"#], 0));
}

#[test]
fn without_a_finding_it_is_still_a_run_and_an_undecided_gate_is_said() {
    let mut report = report(&["refusal"]);
    report.verdict.decision = Decision::Undecided;
    let sarif = sarif(&report, &[]);
    let run = &sarif["runs"][0];
    assert_eq!((&run["results"], &run["invocations"][0]["executionSuccessful"]), (&json!([]), &json!(false)));
    let said = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(said, "refusal is low\nthe second reason");
}

#[test]
fn no_more_results_than_are_accepted() {
    let up_to_three =
        |source: &Source<'_>, out: &mut dyn io::Write, failed: Failed<'_>| write_up_to(3, source, out, failed);
    let text = written(up_to_three, &report(&["refusal"]), &rows(&[r#"{"refusal": 0}"#; 5]));
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 3);
    let said = &run["invocations"][0]["toolExecutionNotifications"][1]["message"]["text"];
    assert_eq!(said, "2 more findings are in the report only");
}
