//! Two runs beside each other, and runs that end early: a gate that compares can be fooled in no way that is tried here.

use std::fmt::Write as _;

use crate::support::Project;

/// A project whose model answers `answers[i]` to the question of case i; right is "yes".
fn project(answers: &[&str], config: &str) -> Project {
    let project = Project::new(&[
        ("prompts/ask/1.0.0.md", "---\nvariables: [question]\n---\n{{ question }}\n"),
        ("llmops.toml", ""),
    ]);
    configure(&project, config);
    dataset(&project, 0..answers.len());
    answer(&project, answers);
    project
}

fn configure(project: &Project, config: &str) {
    let target = "[target]\nkind = \"prompt\"\nprompt = \"ask\"\nmodel = \"recorded/answers.jsonl\"\n";
    project.write("llmops.toml", &format!("{target}[eval]\nmetrics = [\"answer_relevancy\"]\n{config}"));
}

fn dataset(project: &Project, cases: impl IntoIterator<Item = usize>) {
    let mut rows = String::new();
    for case in cases {
        let topic = case / 5;
        let fields =
            format!(r#""question": "Is it {case}?", "expected_answer_keywords": ["yes"], "topic": "t{topic}""#);
        writeln!(rows, r#"{{"id": "c{case}", {fields}}}"#).unwrap();
    }
    project.write("evals/dataset.jsonl", &rows);
}

fn answer(project: &Project, answers: &[&str]) {
    let mut rows = String::new();
    for (case, answer) in answers.iter().enumerate() {
        writeln!(rows, r#"{{"question": "Is it {case}?", "answer": "{answer}"}}"#).unwrap();
    }
    project.write("answers.jsonl", &rows);
}

/// So many right answers, the others wrong.
fn right(right: usize, of: usize) -> Vec<&'static str> {
    (0..of).map(|case| if case < right { "yes" } else { "no" }).collect()
}

const GATE: &str = "[gate]\nanswer_relevancy = 0.5\n[gate.regression]\nmax_drop = 0.03\n";

/// A project whose baseline has `before` right answers of 40.
fn with_baseline(before: usize) -> Project {
    let project = project(&right(before, 40), GATE);
    project.run(&["eval", "-q"]).ends(2);
    project.run(&["baseline"]).ends(0);
    project
}

#[test]
fn without_a_baseline_nothing_is_decided_and_the_first_run_can_become_it() {
    let project = project(&right(36, 40), GATE);
    let ran = project.run(&["eval", "-q"]).ends(2);
    let reason = "there is no baseline evals/baseline.json; `llmops baseline` accepts this run as the baseline";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    let ran = project.run(&["baseline"]).ends(0);
    assert!(ran.stdout.contains("evals/baseline.json is now the baseline: 40 cases"), "{}", ran.stdout);
    assert!(!project.read("evals/baseline.json").contains("\"passages\""));
    let ran = project.run(&["eval", "-q"]).ends(0);
    let note = "answer_relevancy changed by +0.000: a drop of more than 0.030 is neither shown nor excluded";
    assert!(ran.stdout.contains(note), "{}", ran.stdout);
}

#[test]
fn a_drop_that_is_no_chance_fails_although_every_bar_is_met() {
    let project = with_baseline(36);
    answer(&project, &right(26, 40));
    let ran = project.run(&["eval", "-q"]).ends(1);
    let reason = "answer_relevancy dropped from 0.900 to 0.650, more than the 0.030 allowed (n = 40)";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    let report = project.report();
    let change = &report["comparison"]["metrics"]["answer_relevancy"];
    assert_eq!((change["losses"].as_u64(), change["ties"].as_u64()), (Some(10), Some(30)));
    // Ten of ten coins fall so once in 1024.
    assert!((change["p"].as_f64().unwrap() - 1.0 / 1024.0).abs() < 1e-12);
    assert_eq!((report["comparison"]["fell"].as_u64(), report["comparison"]["rose"].as_u64()), (Some(10), Some(0)));
    // The verdict is made of the numbers in the file.
    project.run(&["report"]).ends(1);
}

#[test]
fn a_metric_that_dropped_under_its_bar_is_said_to_have_done_both_and_its_cases_come_once() {
    let project = with_baseline(36);
    answer(&project, &right(10, 40));
    let ran = project.run(&["eval", "-q"]).ends(1);
    for reason in ["answer_relevancy is 0.250, under its bar of 0.500", "answer_relevancy dropped from 0.900 to 0.250"]
    {
        assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches("missed answer_relevancy").count(), 1, "{}", ran.stdout);
}

#[test]
fn a_drop_that_may_be_chance_passes_with_a_note_or_is_undecided_where_the_rule_is_strict() {
    let project = with_baseline(36);
    answer(&project, &right(34, 40));
    let ran = project.run(&["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("answer_relevancy changed by -0.050"), "{}", ran.stdout);
    configure(&project, &GATE.replace("[gate]", "[gate]\nrule = \"strict\""));
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("is neither shown nor excluded; 40 cases show drops over"), "{}", ran.stdout);
}

#[test]
fn cases_that_vanished_or_were_changed_do_not_make_a_gate_pass() {
    let project = with_baseline(36);
    // Without the four that fail, everything would be right.
    dataset(&project, 0..36);
    let ran = project.run(&["eval", "-q"]).ends(2);
    let reason = "of the baseline's cases 4 are gone and 0 were changed (c36, c37, c38, c39); restore them";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    dataset(&project, 0..40);
    let rows = project.read("evals/dataset.jsonl").replace("\"topic\": \"t7\"", "\"topic\": \"easy\"");
    project.write("evals/dataset.jsonl", &rows);
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("0 are gone and 5 were changed"), "{}", ran.stdout);
    dataset(&project, 0..41);
    answer(&project, &right(41, 41));
    let ran = project.run(&["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("40 cases paired, 1 new"), "{}", ran.stdout);
}

#[test]
fn an_empty_or_foreign_baseline_passes_nothing() {
    let project = with_baseline(36);
    let baseline = project.read("evals/baseline.json");
    let (head, _) = baseline.split_once("\"results\": [").unwrap();
    project.write("evals/baseline.json", &format!("{head}\"results\": []}}"));
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("the baseline has no cases"), "{}", ran.stdout);
    project.write("evals/baseline.json", "{\"schema\": 1}");
    project.run(&["eval", "-q"]).ends(3);
    project.write("evals/baseline.json", &baseline.replace("answer_relevancy", "refusal"));
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("answer_relevancy is not in the baseline"), "{}", ran.stdout);
}

#[test]
fn a_run_that_misses_its_bars_becomes_the_baseline_only_by_force() {
    let project = project(&right(10, 40), GATE);
    project.run(&["eval", "-q"]).ends(2);
    let ran = project.run(&["baseline"]).ends(3);
    assert!(ran.stderr.contains("this run does not meet its own bars: answer_relevancy is 0.250"), "{}", ran.stderr);
    project.run(&["baseline", "--force"]).ends(0);
}

#[test]
fn the_strict_rule_asks_the_bound_to_clear_the_bar() {
    let strict = "[gate]\nrule = \"strict\"\nanswer_relevancy = 0.8\n";
    let project = project(&right(34, 40), strict);
    let ran = project.run(&["eval", "-q"]).ends(2);
    let reason =
        "answer_relevancy is 0.850, but its 95 % bound is 0.725, on the wrong side of the bar of 0.800 (n = 40)";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    answer(&project, &right(39, 40));
    project.run(&["eval", "-q"]).ends(0);
    answer(&project, &right(31, 40));
    project.run(&["eval", "-q"]).ends(1);
}

#[test]
fn clusters_widen_the_interval_and_show_less() {
    let answers: Vec<&str> = (0..40).map(|case| if case / 5 < 6 { "yes" } else { "no" }).collect();
    let figures = |config: &str| {
        let project = project(&answers, config);
        project.run(&["eval", "-q"]).ends(0);
        let estimate = project.report()["estimates"]["answer_relevancy"].clone();
        let figure = |name: &str| estimate[name].as_f64().unwrap();
        (figure("high") - figure("low"), figure("detectable"))
    };
    let gate = "[gate]\nanswer_relevancy = 0.5\n";
    let ((width, miss), (alone, miss_alone)) = (figures(&format!("cluster = \"topic\"\n{gate}")), figures(gate));
    assert!(width > 1.5 * alone && miss > 1.5 * miss_alone, "{miss} {miss_alone}");
    let project = project(&answers, &format!("cluster = \"topik\"\n{gate}"));
    let ran = project.run(&["eval", "-q"]).ends(3);
    let expected = "error: llmops.toml:7: no case of the dataset has the field \"topik\" that eval.cluster names\n";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
}

/// How many cases a run asked, and its exit code.
fn asked(answers: &[&str], stop: &str, exit: i32) -> u64 {
    let config = format!("stop = \"{stop}\"\nconcurrency = 1\n[gate]\nanswer_relevancy = 0.8\n");
    let project = project(answers, &config);
    project.run(&["eval", "-q"]).ends(exit);
    let report = project.report();
    assert_eq!(report["cases"]["total"].as_u64(), Some(answers.len() as u64));
    report["cases"]["finished"].as_u64().unwrap()
}

#[test]
fn a_run_ends_when_the_verdict_cannot_change() {
    // 80 would do but for rounding.
    assert_eq!(asked(&right(100, 100), "decided", 0), 81);
    assert_eq!(asked(&right(0, 100), "decided", 1), 21);
    assert_eq!(asked(&right(100, 100), "never", 0), 100);
}

#[test]
fn a_run_ends_when_the_verdict_is_known_with_confidence() {
    let good = asked(&right(300, 300), "confident", 0);
    let bad = asked(&right(120, 300), "confident", 1);
    assert!(good < 60 && bad < 60, "{good} {bad}");
    // A mean of 0.807 is too close to the bar to be told from fewer cases.
    assert!(asked(&right(242, 300), "confident", 0) > 200);
}

#[test]
fn a_run_that_was_stopped_is_no_baseline() {
    let project = project(&right(100, 100), "stop = \"decided\"\n[gate]\nanswer_relevancy = 0.8\n");
    let ran = project.run(&["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("(the rest could not change the verdict)"), "{}", ran.stdout);
    let ran = project.run(&["baseline"]).ends(3);
    assert!(ran.stderr.contains("was stopped before its last case"), "{}", ran.stderr);
}

#[test]
fn a_limit_that_nothing_was_measured_for_is_not_met() {
    // Recorded answers took no time. Where "nothing" counts as 0, every limit is met.
    let project = project(&right(40, 40), "[gate]\nanswer_relevancy = 0.5\nlatency = \"2 s\"\n");
    let ran = project.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("latency has a threshold, but no case measures it"), "{}", ran.stdout);
}

#[test]
fn one_case_has_no_interval_and_twenty_equal_ones_an_honest_one() {
    let gate = "[gate]\nanswer_relevancy = 0.5\n";
    let estimate = |cases: usize| {
        let project = project(&right(cases, cases), gate);
        project.run(&["eval", "-q"]).ends(0);
        project.report()["estimates"]["answer_relevancy"].clone()
    };
    let one = estimate(1);
    assert!(one["low"].is_null() && one["high"].is_null() && one["bound"].is_null(), "{one}");
    // Wilson's bound of 20 of 20.
    assert!((estimate(20)["low"].as_f64().unwrap() - 0.838_875).abs() < 1e-5);
    let strict = project(&right(1, 1), &gate.replace("[gate]", "[gate]\nrule = \"strict\""));
    let ran = strict.run(&["eval", "-q"]).ends(2);
    assert!(ran.stdout.contains("there are too few cases for a bound (n = 1)"), "{}", ran.stdout);
}
