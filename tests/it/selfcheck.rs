//! The program's numbers against golden rows.

use crate::support::Project;

const ROW: &str = r#"{"id": "w", "metric": "wilson_interval", "input": {"successes": 9, "n": 10, "confidence": 0.95}, "expected": {"low": 0.5958, "high": 0.9821}, "tolerance": 0.001}"#;

#[test]
fn the_rows_that_ship_agree() {
    let project = Project::new(&[]);
    let ran = project.run(&["selfcheck"]).ends(0);
    let last = ran.stdout.lines().last().unwrap();
    let (agree, all) = last.split_once(" of ").unwrap();
    assert_eq!(format!("{agree} rows agree"), all, "{last}");
}

#[test]
fn a_number_that_is_not_met_is_said_and_fails() {
    let project = Project::new(&[("rows.jsonl", ROW)]);
    project.run(&["selfcheck", "rows.jsonl"]).ends(0);
    project.write("rows.jsonl", &ROW.replace("0.5958", "0.6"));
    let ran = project.run(&["selfcheck", "rows.jsonl"]).ends(1);
    assert!(ran.stdout.contains("w (wilson_interval) disagrees\n  expected {\"low\":0.6,"), "{}", ran.stdout);
    // What cannot be computed agrees with nothing.
    project.write("rows.jsonl", &ROW.replace("\"n\": 10, ", ""));
    project.run(&["selfcheck", "rows.jsonl"]).ends(1);
}

#[test]
fn rows_that_nobody_can_check_are_an_error() {
    let project = Project::new(&[("rows.jsonl", &ROW.replace("wilson", "willson"))]);
    let ran = project.run(&["selfcheck", "rows.jsonl"]).ends(3);
    let expected =
        "error: ./rows.jsonl:1: unknown metric \"willson_interval\"\nhint: did you mean \"wilson_interval\"?\n";
    assert_eq!(ran.stderr, expected);
    project.write("rows.jsonl", "{}\n");
    project.run(&["selfcheck", "rows.jsonl"]).ends(3);
    project.write("rows.jsonl", "");
    project.run(&["selfcheck", "rows.jsonl"]).ends(3);
}
