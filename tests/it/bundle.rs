//! What a prompt becomes: the messages for one case, and the file that the running application reads.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::team::{AUTHOR, repository};
use crate::support::{CONFIG, Project, Ran};

/// A project with two labelled prompts and one that is not.
fn labelled() -> Project {
    let project = repository("");
    AUTHOR.prompt(&project, &["label", "qa@1.0.0", "production", "-m", "begin"]).ends(0);
    let greet = "---\nparameters: { temperature: 0.2 }\nvariables:\n  name: { type: string }\n  times: { type: integer, default: 2 }\n---\nsystem:\nBe kind.\n\nuser:\n{% for time in range(times) %}Hello {{ name }}! {% endfor %}\n";
    project.write("prompts/greet/draft.md", greet);
    AUTHOR.prompt(&project, &["release", "greet", "-m", "begin"]).ends(0);
    AUTHOR.prompt(&project, &["label", "greet@1.0.0", "production", "-m", "begin"]).ends(0);
    project.write("prompts/other/draft.md", "Hi\n");
    AUTHOR.prompt(&project, &["release", "other", "-m", "begin"]).ends(0);
    project
}

#[test]
fn a_bundle_holds_what_a_label_means_and_nothing_that_changes_by_itself() {
    let project = labelled();
    let ran = project.run(&["prompt", "export", "--label", "production", "--out", "prompts.json"]).ends(0);
    assert_eq!(ran.stdout, "prompts.json holds 2 prompts with the label production\n");
    let text = project.read("prompts.json");
    let bundle: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&String> = bundle["prompts"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["greet", "qa"]);
    let shown = project.run(&["prompt", "show", "qa@1.0.0", "--json"]).ends(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(bundle["prompts"]["qa"]["digest"], shown["digest"]);
    assert_eq!(bundle["prompts"]["qa"]["messages"], shown["content"]["messages"]);

    assert_eq!(project.run(&["prompt", "export"]).ends(0).stdout, text);
    let ran = project.run(&["prompt", "export", "--out", "prompts.json"]).ends(0);
    assert_eq!(ran.stdout, "prompts.json holds already 2 prompts with the label production\n");
    project.run(&["prompt", "export", "--out", "prompts.json", "--check"]).ends(0);
}

#[test]
fn a_bundle_that_is_behind_its_label_fails_the_check() {
    let project = labelled();
    let check = || project.run(&["prompt", "export", "--out", "prompts.json", "--check"]).ends(1).stdout;
    let write = "    write it: llmops prompt export --label production --out prompts.json\n";
    assert_eq!(check(), format!("prompts.json is not there\n{write}"));
    project.run(&["prompt", "export", "--out", "prompts.json"]).ends(0);
    AUTHOR.prompt(&project, &["label", "qa@1.0.1", "production", "-m", "shorter"]).ends(0);
    assert_eq!(check(), format!("prompts.json is not what the label means now\n{write}"));
}

#[test]
fn a_bundle_of_nothing_and_of_an_edited_file_is_refused() {
    let project = labelled();
    let ran = project.run(&["prompt", "export", "--label", "staging"]).ends(3);
    let expected = "error: no prompt has the label \"staging\"\nhint: give it to one: llmops prompt label NAME@VERSION staging -m \"...\"\n";
    assert_eq!(ran.stderr, expected);
    let ran = project.run(&["prompt", "export", "other"]).ends(3);
    assert!(ran.stderr.starts_with("error: the prompt other has no version \"production\""), "{}", ran.stderr);
    project.write("prompts/qa/1.0.0.md", "---\nvariables: [question]\n---\nAnswer wrongly: {{ question }}\n");
    let ran = project.run(&["prompt", "export", "--out", "prompts.json"]).ends(3);
    assert!(ran.stderr.starts_with("error: production means qa@1.0.0, whose file was edited since"), "{}", ran.stderr);
    assert!(!project.path("prompts.json").exists());
}

/// Where the template engine for Python and Node.js is, as variables of the environment.
fn engines() -> Vec<(String, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/bundle.sh");
    let ran = Ran::of(&mut Command::new(script)).ends(0);
    ran.stdout
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

#[test]
fn applications_get_the_messages_that_were_evaluated() {
    let project = labelled();
    project.run(&["prompt", "export", "--out", "prompts.json"]).ends(0);
    let value = "name={{ times }} <b> & ü";
    let ours = project.run(&["prompt", "render", "greet@production", "--json", "--set", value]).ends(0).stdout;
    let ours: Value = serde_json::from_str(&ours).unwrap();
    assert_eq!(ours["messages"][1]["content"], "Hello {{ times }} <b> & ü! Hello {{ times }} <b> & ü!");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/bundle");
    let engines = engines();
    let app = |program: &str, file: &str, value: &[&str]| {
        let mut command = Command::new(program);
        command.arg(examples.join(file)).arg(project.path("prompts.json")).arg("greet").args(value);
        Ran::of(command.envs(engines.clone()))
    };
    for (program, file) in [("python3", "load.py"), ("node", "load.mjs")] {
        let theirs: Value = serde_json::from_str(&app(program, file, &[value]).ends(0).stdout).unwrap();
        assert_eq!(theirs, ours["messages"], "{program}");
        // A variable that was forgotten is an error there too.
        assert_ne!(app(program, file, &[]).code, 0, "{program}");
    }
}

#[test]
fn a_version_is_rendered_from_a_case_from_values_and_from_examples() {
    let project = labelled();
    let ran = project.run(&["prompt", "render", "qa@1.0.0", "--case", "c1"]).ends(0);
    assert_eq!(ran.stdout, "user:\nAnswer: Is it 1?\n");
    let ran = project.run(&["prompt", "render", "1.0.1", "--set", "question=Why {{ x }}?"]).ends(0);
    assert_eq!(ran.stdout, "user:\nAnswer briefly: Why {{ x }}?\n");
    project.write(
        "prompts/qa/draft.md",
        "---\nvariables:\n  question: { type: string, example: \"What now?\" }\n---\nsystem:\nBe brief.\n\nuser:\n{{ question }}\n",
    );
    let ran = project.run(&["prompt", "render", "qa@draft"]).ends(0);
    assert_eq!(ran.stdout, "system:\nBe brief.\n\nuser:\nWhat now?\n");
}

#[test]
fn what_cannot_be_rendered_says_what_is_missing() {
    let project = labelled();
    let said = |arguments: &[&str]| project.run(&[&["prompt", "render"], arguments].concat()).ends(3).stderr;
    assert_eq!(
        said(&["qa"]),
        "error: qa@1.0.1 needs a value for: question\nhint: --set question=\"...\" gives one, --case ID takes them from the dataset, and an example in the front matter stands in\n"
    );
    assert_eq!(
        said(&["greet", "--set", "name=x", "--set", "times=often"]),
        "error: --set times: the variable \"times\" takes an integer, not a string\nhint: write it as JSON, for example --set 'items=[1, 2]'\n"
    );
    let ran = said(&["qa", "--set", "questoin=x"]);
    assert!(ran.starts_with("error: qa@1.0.1 has no variable \"questoin\"\nhint: did you mean \"question\"?"), "{ran}");
    let ran = said(&["qa", "--case", "c9"]);
    assert!(ran.starts_with("error: evals/dataset.jsonl: the dataset has no case \"c9\"\nhint: "), "{ran}");
}

#[test]
fn a_rag_prompt_is_rendered_with_the_passages_that_are_found() {
    let project = Project::new(&[
        ("llmops.toml", CONFIG),
        ("documents/refunds.md", "# Refunds\n\nRefunds take nine days.\n"),
        ("evals/dataset.jsonl", "{\"id\": \"a\", \"question\": \"How long do refunds take?\"}\n"),
        ("prompts/rag_answer/1.0.0.md", crate::support::PROMPT),
    ]);
    let ran = project.run(&["prompt", "render", "rag_answer", "--case", "a", "-q"]).ends(0);
    assert!(ran.stdout.contains("Refunds take nine days.\n\nQuestion: How long do refunds take?\n"), "{}", ran.stdout);
    // An escape from a document does not reach the terminal.
    project.write("documents/refunds.md", "# Refunds\n\nRefunds take \u{1b}[31mnine days.\n");
    let ran = project.run(&["prompt", "render", "rag_answer", "--case", "a", "-q"]).ends(0);
    assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.contains("nine days"), "{}", ran.stdout);
}
