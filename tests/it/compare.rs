//! Several prompts and models on the same cases: what is better is recommended, and what cannot be told apart is not.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::http::{Scripted, Server};
use crate::support::{Project, Ran, chat};

const CASES: usize = 40;

/// Each case asks "Is it N?"; right is "yes". Prompts differ by a word.
fn project(words: &[(&str, &str)]) -> Project {
    let project = Project::new(&[("llmops.toml", "")]);
    configure(&project, "answer_relevancy = 0.3\n");
    for (version, word) in words {
        prompt(&project, version, word);
    }
    let mut rows = String::new();
    for case in 0..CASES {
        writeln!(rows, r#"{{"id": "c{case}", "question": "Is it {case}?", "expected_answer_keywords": ["yes"]}}"#)
            .unwrap();
    }
    project.write("evals/dataset.jsonl", &rows);
    project
}

fn configure(project: &Project, gate: &str) {
    let target = "[target]\nkind = \"prompt\"\nprompt = \"ask\"\nmodel = \"openai/gpt-4o-mini\"\n";
    project.write("llmops.toml", &format!("{target}[eval]\nmetrics = [\"answer_relevancy\"]\n[gate]\n{gate}"));
}

fn prompt(project: &Project, version: &str, word: &str) {
    let text = format!("---\nvariables: [question]\n---\n{word} {{{{ question }}}}\n");
    project.write(&format!("prompts/ask/{version}.md"), &text);
}

fn server() -> Server {
    Server::start(|request| answer(&request.body))
}

/// A model that answers so many of the cases rightly as the word in the prompt says, and fails those of "broken".
fn answer(body: &str) -> Scripted {
    let case = case_of(body);
    let right = match () {
        () if body.contains("broken") && case.is_multiple_of(2) => {
            return Scripted::status(400, r#"{"error": {"message": "no"}}"#);
        }
        () if body.contains("clever") || body.contains("gpt-4o\"") => 38,
        () if body.contains("smart") => 37,
        () => 20,
    };
    chat::reply(if case < right { "yes" } else { "no" })
}

fn case_of(body: &str) -> usize {
    body.split("Is it ").nth(1).unwrap().split('?').next().unwrap().parse().unwrap()
}

fn comparison(project: &Project) -> Value {
    let file: Value = serde_json::from_str(&project.read("llmops/comparison.json")).unwrap();
    assert_eq!(file["schema"], 1);
    file["comparisons"][0].clone()
}

fn compare(project: &Project, server: &Server, arguments: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["compare", "-q"].into_iter().chain(arguments.iter().copied()).collect();
    chat::run(project, server, &arguments)
}

#[test]
fn a_prompt_that_is_better_beyond_chance_is_recommended() {
    let (project, server) = (project(&[("1.0.0", "plain"), ("1.1.0", "clever")]), server());
    let ran = compare(&project, &server, &["1.0.0", "1.1.0"]).ends(0);
    assert!(ran.stdout.starts_with("BETTER  ask@1.1.0\n"), "{}", ran.stdout);
    let reason = "ask@1.1.0 is better than ask@1.0.0: overall +0.450";
    assert!(ran.stdout.contains(reason), "{}", ran.stdout);
    assert!(ran.stdout.contains("0 fail in B only, 18 in A only"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("evals/dataset.jsonl:21 c20  answer_relevancy 0.000 -> 1.000  Is it 20?"),
        "{}",
        ran.stdout
    );
    let found = comparison(&project);
    let contrast = &found["pairs"][0]["metrics"]["overall"];
    assert_eq!((contrast["wins"].as_u64(), contrast["ties"].as_u64()), (Some(18), Some(22)));
    // Two of 2^18 sets of signs.
    assert!((contrast["p"].as_f64().unwrap() - 2.0_f64.powi(-17)).abs() < 1e-12);
    assert_eq!(found["recommendation"]["variant"], "ask@1.1.0");
    assert!(found["variants"][0]["report"]["digests"]["prompt"].is_string());
}

#[test]
fn what_the_cases_cannot_tell_apart_is_said_with_what_they_could_show() {
    let (project, server) = (project(&[("1.0.0", "smart"), ("1.1.0", "clever")]), server());
    let ran = compare(&project, &server, &["1.0.0", "1.1.0"]).ends(0);
    assert!(ran.stdout.starts_with("NO DIFFERENCE SHOWN  ask@1.0.0, ask@1.1.0\n"), "{}", ran.stdout);
    let reason = "these cases cannot tell ask@1.0.0 and ask@1.1.0 apart (overall +0.025 [";
    assert!(
        ran.stdout.contains(reason) && ran.stdout.contains("; 40 cases show differences over 0."),
        "{}",
        ran.stdout
    );
    assert_eq!(comparison(&project)["recommendation"]["variant"], Value::Null);
}

#[test]
fn of_three_the_worse_is_named_and_the_best_two_are_not_told_apart() {
    let (project, server) = (project(&[("1.0.0", "plain"), ("1.1.0", "smart"), ("1.2.0", "clever")]), server());
    let ran = compare(&project, &server, &["1.0.0", "1.1.0", "1.2.0", "--json"]).ends(0);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = &printed["comparisons"][0];
    assert_eq!(found["recommendation"]["conclusion"], "alike");
    assert_eq!(found["recommendation"]["alike"], serde_json::json!(["ask@1.1.0", "ask@1.2.0"]));
    assert_eq!(found["pairs"].as_array().unwrap().len(), 3);
    let reasons = found["recommendation"]["reasons"].to_string();
    assert!(reasons.contains("ask@1.2.0 is better than ask@1.0.0"), "{reasons}");
}

#[test]
fn models_are_compared_on_one_prompt_with_what_they_cost() {
    let (project, server) = (project(&[("1.0.0", "plain")]), server());
    configure(&project, "answer_relevancy = 0.99\n");
    let ran = compare(&project, &server, &["openai/gpt-4o-mini", "ask@1.0.0+openai/gpt-4o"]).ends(0);
    assert!(ran.stdout.starts_with("BETTER  openai/gpt-4o\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("openai/gpt-4o is dearer than openai/gpt-4o-mini: +$0.0000"), "{}", ran.stdout);
    assert!(ran.stdout.contains("misses the bar of answer_relevancy: 0.950, not 0.990"), "{}", ran.stdout);
}

#[test]
fn a_variant_with_errors_makes_nothing_recommended() {
    let (project, server) = (project(&[("1.0.0", "plain"), ("1.1.0", "broken")]), server());
    let ran = compare(&project, &server, &["1.0.0", "1.1.0"]).ends(2);
    assert!(ran.stdout.starts_with("UNDECIDED\n  ask@1.1.0: 20 of 40 cases failed (allowed: 0 %)"), "{}", ran.stdout);
    let found = comparison(&project);
    // What failed counts as 0 in the pairs, and is counted.
    assert_eq!(found["pairs"][0]["metrics"]["overall"]["lost"], 20);
    assert_eq!(found["pairs"][0]["metrics"]["overall"]["n"], 40);
    assert_eq!(found["recommendation"]["variant"], Value::Null);
}

#[test]
fn a_comparison_whose_time_is_up_goes_on_where_it_was() {
    let project = project(&[("1.0.0", "plain"), ("1.1.0", "clever")]);
    let hangs = Arc::new(AtomicBool::new(true));
    let still_hangs = Arc::clone(&hangs);
    let server = Server::start(move |request| {
        let is_late = request.body.contains("clever") && case_of(&request.body) >= 10;
        if is_late && still_hangs.load(Ordering::Relaxed) { Scripted::Hang } else { answer(&request.body) }
    });
    let arguments = ["1.0.0", "1.1.0", "--no-cache", "--concurrency", "4"];
    let ran = compare(&project, &server, &[&arguments[..], &["--max-time", "2 s"]].concat()).ends(2);
    let reason = "UNDECIDED\n  ask@1.1.0: it ended after 10 of 40 cases: the run's time of ";
    assert!(ran.stdout.starts_with(reason) && !ran.stdout.contains("B against A"), "{}", ran.stdout);
    hangs.store(false, Ordering::Relaxed);
    let before = server.received().len();
    let ran = compare(&project, &server, &[&arguments[..], &["--resume"]].concat()).ends(0);
    assert!(ran.stdout.starts_with("BETTER  ask@1.1.0\n"), "{}", ran.stdout);
    assert_eq!(server.received().len() - before, 30);
}

#[test]
fn what_cannot_be_compared_is_said_before_any_call() {
    let (project, server) = (project(&[("1.0.0", "plain"), ("1.1.0", "clever")]), server());
    let cases: [(&[&str], &str); 5] = [
        (&["1.0.0"], "error: one variant alone is compared with nothing"),
        (&["1.1.0", "latest"], "error: ask@1.1.0 and ask@1.1.0 have the same prompt and model"),
        (&["1.0.0", "9.0.0"], "error: the prompt ask has no version \"9.0.0\""),
        (&["1.0.0", "1.1.0", "--metric", "overal"], "error: --metric: this project does not measure \"overal\""),
        (&["--since", "main"], "error: the project is in no git repository"),
    ];
    for (arguments, expected) in cases {
        let ran = compare(&project, &server, arguments).ends(3);
        assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    }
    assert!(server.received().is_empty());
}

#[test]
fn a_recorded_comparison_is_replayed_without_a_key() {
    let (project, server) = (project(&[("1.0.0", "plain"), ("1.1.0", "clever")]), server());
    compare(&project, &server, &["1.0.0", "1.1.0", "--record", "calls.jsonl"]).ends(0);
    let ran = project.run(&["compare", "-q", "1.0.0", "1.1.0", "--replay", "calls.jsonl"]).ends(0);
    assert!(ran.stdout.starts_with("BETTER  ask@1.1.0\n"), "{}", ran.stdout);
}

fn git(project: &Project, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(project.path(".")).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "T").env(format!("GIT_{role}_EMAIL"), "t@example.org");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository in which the versions are released, by somebody else than who promotes.
fn released(words: &[(&str, &str)]) -> Project {
    let project = project(words);
    git(&project, &["init", "-q", "-b", "main"]);
    git(&project, &["config", "user.name", "T"]);
    git(&project, &["config", "user.email", "t@example.org"]);
    for (version, _) in words {
        project.run(&["prompt", "release", &format!("ask@{version}"), "-m", "x"]).ends(0);
    }
    project
}

fn label(project: &Project) -> Value {
    let list: Value = serde_json::from_str(&project.run(&["prompt", "list", "--json"]).ends(0).stdout).unwrap();
    list[0]["labels"]["production"].clone()
}

#[test]
fn the_better_version_is_promoted_with_the_comparison_as_its_reason() {
    let (project, server) = (released(&[("1.0.0", "plain"), ("1.1.0", "clever"), ("1.2.0", "smart")]), server());
    let ran = compare(&project, &server, &["1.0.0", "1.1.0", "--promote", "production"]).ends(0);
    assert!(ran.stdout.contains("\nproduction means ask@1.1.0\ncommit the ledger: "), "{}", ran.stdout);
    let history = project.run(&["prompt", "history", "ask"]).ends(0).stdout;
    let reason = "    llmops compare: ask@1.1.0 is better than ask@1.0.0: overall +0.450 [";
    assert!(history.contains(reason), "{history}");
    assert!(history.contains("p < 0.001 (n = 40)\n"), "{history}");
    // What cannot be told apart moves nothing, and neither does another model.
    let ran = compare(&project, &server, &["1.1.0", "1.2.0", "--promote", "production"]).ends(0);
    assert!(ran.stderr.contains("production is not moved: these cases cannot tell which is better"), "{}", ran.stderr);
    let ran = compare(&project, &server, &["1.0.0", "1.0.0+openai/gpt-4o", "--promote", "production"]).ends(0);
    assert!(ran.stderr.contains("production is not moved: the variants differ in their models"), "{}", ran.stderr);
    prompt(&project, "draft", "very clever");
    let ran = compare(&project, &server, &["1.0.0", "draft", "--promote", "production"]).ends(0);
    assert!(ran.stderr.contains("production is not moved: ask@draft is better and no release"), "{}", ran.stderr);
    assert_eq!(label(&project), "1.1.0");
    let before = server.received().len();
    let ran = compare(&project, &server, &["1.0.0", "1.1.0", "--promote", "latest"]).ends(3);
    assert!(ran.stderr.starts_with("error: \"latest\" cannot be the name of a label"), "{}", ran.stderr);
    assert_eq!(server.received().len(), before);
}

#[test]
fn a_protected_label_is_promoted_only_with_approvals_and_met_bars() {
    let (project, server) = (released(&[("1.0.0", "plain"), ("1.1.0", "clever")]), server());
    configure(&project, "answer_relevancy = 0.99\n[prompts.labels.production]\napprovals = 1\n");
    let ran = compare(&project, &server, &["1.0.0", "1.1.0", "--promote", "production"]).ends(3);
    assert!(ran.stdout.starts_with("BETTER  ask@1.1.0\n"), "{}", ran.stdout);
    let expected = "error: production is protected: ask@1.1.0 has 0 of 1 approvals by people other than its author, t@example.org\n";
    assert!(ran.stderr.contains(expected) && ran.stderr.contains("says \"fail\""), "{}", ran.stderr);
    configure(&project, "answer_relevancy = 0.9\n[prompts.labels.production]\napprovals = 1\n");
    let mut approve = project.command(".", &["prompt", "approve", "ask@1.1.0"]);
    Ran::of(approve.env("GIT_AUTHOR_NAME", "B").env("GIT_AUTHOR_EMAIL", "b@example.org")).ends(0);
    compare(&project, &server, &["1.0.0", "1.1.0", "--promote", "production"]).ends(0);
    assert_eq!(label(&project), "1.1.0");
    project.run(&["prompt", "verify"]).ends(0);
}

/// A repository whose branch `work` begins where `main` is.
fn repository() -> Project {
    let project = project(&[("1.0.0", "plain")]);
    project.write(".gitignore", ".llmops/\nllmops/\n");
    git(&project, &["init", "-q", "-b", "main"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "begin"]);
    git(&project, &["checkout", "-qb", "work"]);
    project
}

#[test]
fn the_prompts_of_a_branch_are_compared_with_what_they_were() {
    let (project, server) = (repository(), server());
    let ran = compare(&project, &server, &["--since", "main"]).ends(0);
    assert_eq!(ran.stdout, "no prompt differs from what it was in main\n");
    assert!(server.received().is_empty());
    // A new release that git does not know yet, and the old one gone from the work tree.
    prompt(&project, "1.1.0", "clever");
    std::fs::remove_file(project.path("prompts/ask/1.0.0.md")).unwrap();
    let ran = compare(&project, &server, &["--since", "main"]).ends(0);
    assert!(ran.stdout.starts_with("BETTER  ask@1.1.0\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("A  ask@1.0.0 (main)  (reference)"), "{}", ran.stdout);
    assert!(!project.path("prompts/ask/1.0.0.md").exists());
}

#[test]
fn a_changed_draft_is_compared_and_a_new_prompt_is_only_named() {
    let (project, server) = (repository(), server());
    prompt(&project, "draft", "clever");
    project.write("prompts/other/1.0.0.md", "Hello.");
    let ran = compare(&project, &server, &["--since", "main"]).ends(0);
    assert!(ran.stdout.starts_with("BETTER  ask@draft\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("other is new: there is nothing to compare it with"), "{}", ran.stderr);
    let ran = compare(&project, &server, &["--since", "nowhere"]).ends(3);
    assert!(ran.stderr.starts_with("error: git knows no \"nowhere\""), "{}", ran.stderr);
}
