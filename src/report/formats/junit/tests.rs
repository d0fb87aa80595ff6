use quick_xml::Reader;

use super::*;
use crate::report::cases::tests::{report, rows, written};

#[test]
fn a_failed_gate_is_a_suite_of_its_own_beside_the_cases() {
    let text = written(
        write,
        &report(&["refusal"]),
        &rows(&[
            r#"{"refusal": 1, "category": "easy", "latency_ms": 1500}"#,
            r#"{"refusal": 0.25, "context_recall": 0.5}"#,
            r#"{"error": "down"}"#,
            r#"{"refusal": null}"#,
        ]),
    );
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="p" tests="6" failures="3" errors="1" time="0.000">
  <testsuite name="p gate" tests="2" failures="2" errors="0" skipped="0" timestamp="">
    <testcase classname="p.gate" name="verdict">
      <failure type="missed" message="refusal is low&#10;the second reason">refusal is low
the second reason</failure>
    </testcase>
    <testcase classname="p.gate" name="refusal at least 0.500">
      <failure type="missed" message="refusal is 0.100, n = 3">
      </failure>
    </testcase>
  </testsuite>
  <testsuite name="p cases" tests="4" failures="1" errors="1" skipped="1" timestamp="">
    <testcase classname="p.easy" name="c0" time="1.500">
    </testcase>
    <testcase classname="p.cases" name="c1">
      <failure type="missed" message="refusal is 0.250, under its bar of 0.500: because">refusal is 0.250, under its bar of 0.500: because
retrieval missed a document that holds the answer
question: Q1
evals/d.jsonl:2</failure>
    </testcase>
    <testcase classname="p.cases" name="c2">
      <error type="error" message="down">down
question: Q2
evals/d.jsonl:3</error>
    </testcase>
    <testcase classname="p.cases" name="c3">
      <skipped message="no metric has anything to measure in this case">
      </skipped>
    </testcase>
  </testsuite>
</testsuites>
"#;
    assert_eq!(text, expected);
}

#[test]
fn it_is_red_exactly_if_the_gate_is_not_green() {
    let red = |report: &Report, cases: &[&str]| {
        let text = written(write, report, &rows(cases));
        (text.matches("<failure ").count(), text.matches("<error ").count())
    };
    let mut report = report(&["refusal"]);
    let cases = [r#"{"refusal": 0}"#, r#"{"error": "down"}"#, r#"{"refusal": 1}"#];
    report.verdict.breaches.clear();
    report.verdict.decision = Decision::Pass;
    assert_eq!(red(&report, &cases), (0, 0));
    report.verdict.decision = Decision::Undecided;
    assert_eq!(red(&report, &cases[2..]), (0, 1), "an undecided gate is red even if every case passes");
    report.verdict.decision = Decision::Fail;
    assert_eq!(red(&report, &cases[2..]), (1, 0), "a failed gate is red even if every case passes");
}

#[test]
fn hostile_text_stays_text_and_the_file_stays_xml() {
    let question = "</failure><testcase name=\\\"x\\\"/>]]>&amp; \\u0000\\u0008\\u001b[31m\\ufffe\\uffff 😀\\u2028";
    let case = format!(r#"{{"refusal": 0, "id": "<a\"b'\n>", "question": "{question}"}}"#);
    let text = written(write, &report(&["refusal"]), &rows(&[&case]));
    assert_eq!(text.matches("<testcase ").count(), 3, "{text}");
    assert!(!text.contains(['\0', '\u{8}', '\u{1b}', '\u{fffe}', '\u{ffff}']), "{text}");
    assert!(text.contains("&lt;/failure&gt;") && text.contains('😀'), "{text}");
    let mut reader = Reader::from_str(&text);
    while reader.read_event().unwrap() != Event::Eof {}
}
