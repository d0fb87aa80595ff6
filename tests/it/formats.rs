//! One run, every format: files beside the report, annotations and the job's summary where they are read.

use serde_json::Value;

use crate::support::{CONFIG, Project, Ran, small_project};

/// A project with one case that retrieval fails, and these formats.
fn red_project(formats: &str) -> Project {
    let project = small_project();
    project.write("llmops.toml", &format!("{CONFIG}[target]\ntop_k = 1\n[report]\nformats = {formats}\n"));
    project.write(
        "evals/dataset.jsonl",
        "{\"id\": \"key\", \"question\": \"Where is the key?\", \"expected_docs\": [\"Keys\"]}\n\
         {\"id\": \"both\", \"question\": \"Where is the key, @all?\", \"expected_docs\": [\"Keys\", \"Hours\"], \
         \"expected_answer_keywords\": [\"::error::\"]}\n",
    );
    project
}

#[test]
fn a_run_writes_the_formats_that_it_is_asked_for() {
    let project = red_project(r#"["junit", "markdown", "sarif", "github"]"#);
    let ran = project.run(&["eval", "-q"]).ends(1);
    let files = "report: llmops/eval_report.json\n        llmops/eval_report.junit.xml\n        \
                 llmops/eval_report.md\n        llmops/eval_report.sarif\n";
    assert!(ran.stdout.ends_with(files), "{}", ran.stdout);
    assert!(!ran.stdout.lines().any(|line| line.starts_with("::")), "{}", ran.stdout);
    assert!(project.read("llmops/eval_report.junit.xml").contains("name=\"both\""));
    assert!(project.read("llmops/eval_report.md").contains("### llmops: Fail"));
    let sarif: Value = serde_json::from_str(&project.read("llmops/eval_report.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);

    // A run that asks nothing leaves no file of an earlier one.
    project.write("evals/dataset.jsonl", "\n");
    project.run(&["eval", "-q"]).ends(2);
    assert!(!project.path("llmops/eval_report.md").exists());
}

#[test]
fn a_job_of_github_actions_gets_annotations_and_a_summary() {
    let project = red_project(r#"["markdown", "github"]"#);
    project.write("summary.md", "earlier step\n");
    let run = |arguments: &[&str]| {
        let mut command = project.command(".", arguments);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", project.path("summary.md"));
        Ran::of(&mut command).ends(1)
    };
    let ran = run(&["eval", "-q"]);
    let commands: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(commands.len(), 2, "{}", ran.stdout);
    let expected = "::error file=evals/dataset.jsonl,line=2,title=both misses context_recall%2C answer_relevancy::";
    assert!(commands[1].starts_with(expected), "{}", commands[1]);
    let summary = project.read("summary.md");
    assert!(summary.starts_with("earlier step\n") && summary.contains("### llmops: Fail"), "{summary}");

    // Standard output stays JSON where it was asked for.
    let ran = run(&["eval", "-q", "--json"]);
    assert!(serde_json::from_str::<Value>(&ran.stdout).is_ok(), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("::error title="), "{}", ran.stderr);
}

#[test]
fn a_finished_run_is_shown_in_every_format_with_its_verdict_as_exit_code() {
    let project = red_project("[]");
    project.run(&["eval", "-q"]).ends(1);
    for (format, begin) in [
        ("terminal", "FAIL  "),
        ("json", "{\n  \"schema\": 1"),
        ("junit", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "),
        ("markdown", "<!-- llmops report -->\n"),
        ("sarif", "{\"$schema\":"),
        ("github", "::error title="),
    ] {
        let ran = project.run(&["report", "--format", format]).ends(1);
        assert!(ran.stdout.starts_with(begin), "{format}: {}", ran.stdout);
    }
    let ran = project.run(&["report", "--format", "xml"]).ends(3);
    assert!(ran.stderr.contains("invalid value 'xml'"), "{}", ran.stderr);
}

/// Every way in which a report is not what the published schema says.
pub(crate) fn problems(report: &Value) -> Vec<String> {
    let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn reports_are_what_their_schema_says() {
    let project = red_project("[]");
    let run = |arguments: &[&str], code| {
        project.run(arguments).ends(code);
        assert_eq!(problems(&project.report()), Vec::<String>::new(), "{arguments:?}");
    };
    run(&["eval", "-q"], 1);
    run(&["eval", "-q", "--repeats", "2"], 1);
    run(&["eval", "-q", "--shard", "1/2"], 0);
    // With a baseline, a target that brings its own prompt, and a case that fails.
    let project = small_project();
    project.run(&["eval", "-q"]).ends(0);
    project.run(&["baseline"]).ends(0);
    project.run(&["eval", "-q"]).ends(0);
    assert!(!project.report()["comparison"].is_null());
    assert_eq!(problems(&project.report()), Vec::<String>::new());
    project
        .write("llmops.toml", "[target]\nkind = \"command\"\ncommand = [\"false\"]\n[gate]\nanswer_relevancy = 0.5\n");
    project.run(&["eval", "-q"]).ends(2);
    assert_eq!(problems(&project.report()), Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let project = small_project();
    project.run(&["eval", "-q"]).ends(0);
    let changes: [(&str, Value); 4] = [
        ("/verdict", "maybe".into()),
        ("/results/0/outcomes/context_recall", serde_json::json!({"outcome": "skipped", "value": 0})),
        ("/metrics/context_recall", "high".into()),
        ("/cases", serde_json::json!({"total": -1})),
    ];
    for (place, value) in changes {
        let mut report = project.report();
        *report.pointer_mut(place).unwrap() = value;
        assert!(!problems(&report).is_empty(), "{place}");
    }
}
