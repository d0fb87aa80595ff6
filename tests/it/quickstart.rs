//! The README's first command, green and red.

use std::path::Path;

use crate::support::{Project, Ran};

const FOLDER: &str = "examples/quickstart";

fn run(project: &Project, arguments: &[&str]) -> Ran {
    Ran::of(&mut project.command(".", &[arguments, &["-C", FOLDER]].concat()))
}

fn report(project: &Project) -> serde_json::Value {
    serde_json::from_str(&project.read(&format!("{FOLDER}/llmops/eval_report.json"))).unwrap()
}

#[test]
fn the_quickstart_is_green_without_key_database_or_network() {
    let project = Project::example("quickstart");
    let ran = run(&project, &["ci"]).ends(0);
    assert!(ran.stdout.starts_with("PASS  quickstart · rag_answer@1.2.0 · local/extractive"), "{}", ran.stdout);
    let report = report(&project);
    assert_eq!(report["passed"], true);
    assert_eq!(report["verdict"], "pass");
    assert_eq!(report["prompt_version"], "1.2.0");
    assert_eq!(report["cases"]["errored"], 0);
    let cases = project.read(&format!("{FOLDER}/evals/dataset.jsonl")).lines().count();
    assert!(cases >= 20);
    assert_eq!(report["results"].as_array().unwrap().len(), cases);
    for result in report["results"].as_array().unwrap() {
        assert!(result["id"].is_string());
        for metric in ["context_recall", "answer_relevancy", "refusal", "overall"] {
            assert!(result[metric].is_number() || result[metric].is_null(), "{metric} in {result}");
        }
    }
}

#[test]
fn one_passage_is_too_few() {
    let project = Project::example("quickstart");
    let ran = run(&project, &["eval", "--top-k", "1"]).ends(1);
    assert!(ran.stdout.starts_with("FAIL  "), "{}", ran.stdout);
    assert!(ran.stdout.contains("context_recall is "), "{}", ran.stdout);
    assert_eq!(report(&project)["passed"], false);
}

/// Whichever fifth it is: five runs, each with another fifth of the pages removed that the dataset asks for.
#[test]
fn without_a_fifth_of_the_documents_the_gate_is_red() {
    for offset in 0..5 {
        let project = Project::example("quickstart");
        run(&project, &["ci"]).ends(0);
        let dataset = project.read("examples/quickstart/evals/dataset.jsonl");
        let is_expected = |path: &Path| {
            let page = std::fs::read_to_string(path).unwrap();
            page.lines()
                .next()
                .is_some_and(|title| dataset.contains(&format!("\"{}\"", title.trim_start_matches("# "))))
        };
        let mut pages: Vec<_> = ["docs", "docs/reference"]
            .iter()
            .flat_map(|folder| std::fs::read_dir(project.path(folder)).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file() && is_expected(path))
            .collect();
        assert!(pages.len() > 10, "{pages:?}");
        pages.sort();
        for page in pages.iter().skip(offset).step_by(5) {
            std::fs::remove_file(page).unwrap();
        }
        let ran = run(&project, &["ci"]).ends(1);
        assert!(ran.stderr.contains("warning: the store holds no document named"), "{}", ran.stderr);
        assert!(ran.stdout.contains("not retrieved: "), "{}", ran.stdout);
    }
}

#[test]
fn a_prompt_that_never_refuses_fails_the_refusal_bar() {
    let project = Project::example("quickstart");
    let ran = run(&project, &["eval", "-p", "rag_answer@1.0.0"]).ends(1);
    assert!(ran.stdout.contains("refusal is 0.") && ran.stdout.contains(", under its bar of 0.800"), "{}", ran.stdout);
    run(&project, &["eval", "-p", "@1.1.0"]).ends(0);
    assert_eq!(report(&project)["prompt_version"], "1.1.0");
}

#[test]
fn the_environment_chooses_a_prompt_version_and_the_flag_wins() {
    let project = Project::example("quickstart");
    let mut command = project.command(".", &["eval", "-C", FOLDER]);
    Ran::of(command.env("PROMPT_VERSION", "1.0.0")).ends(1);
    let mut command = project.command(".", &["eval", "-C", FOLDER, "-p", "@1.1.0"]);
    Ran::of(command.env("PROMPT_VERSION", "1.0.0")).ends(0);
}

#[test]
fn two_runs_measure_the_same() {
    let project = Project::example("quickstart");
    let measured = |project: &Project| {
        let report = report(project);
        let mut results = report["results"].clone();
        for result in results.as_array_mut().unwrap() {
            result.as_object_mut().unwrap().remove("latency_ms");
        }
        (report["metrics"].clone(), report["digests"].clone(), results)
    };
    run(&project, &["ci"]).ends(0);
    let first = measured(&project);
    run(&project, &["ci"]).ends(0);
    assert_eq!(first, measured(&project));
}

#[test]
fn a_finished_run_is_shown_again_with_its_verdict() {
    let project = Project::example("quickstart");
    let ran = run(&project, &["eval", "--top-k", "1"]).ends(1);
    let again = run(&project, &["report"]).ends(1);
    assert!(ran.stdout.starts_with(&again.stdout), "{}\n{}", ran.stdout, again.stdout);
    let json = run(&project, &["report", "--format", "json"]).ends(1);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap(), report(&project));
}
