//! Every way in which a gate could be fooled or stopped ends with the right exit code and one clear message.

use crate::support::{CONFIG, PROMPT, Project, small_project};

#[test]
fn an_empty_dataset_is_undecided() {
    let project = small_project();
    project.write("evals/dataset.jsonl", "\n");
    let ran = project.run(&["eval"]).ends(2);
    assert_eq!(
        ran.stderr,
        "error: evals/dataset.jsonl: the dataset has no cases, so there is nothing to decide\n\
         hint: a case is a line like {\"id\": \"a\", \"question\": \"...\", \"expected_docs\": [\"...\"]}\n"
    );
}

#[test]
fn duplicate_ids_are_a_configuration_error() {
    let project = small_project();
    let row = r#"{"id": "a", "question": "Where is the key?", "expected_docs": ["Keys"]}"#;
    project.write("evals/dataset.jsonl", &format!("{row}\n{row}\n"));
    let ran = project.run(&["eval"]).ends(3);
    assert_eq!(ran.stderr, "error: evals/dataset.jsonl:2: the id \"a\" is already used on line 1\n");
}

#[test]
fn an_expected_document_that_does_not_exist_is_an_error_with_a_suggestion() {
    let project = small_project();
    let rows = [
        r#"{"id": "a", "question": "Where is the key?", "expected_docs": ["Keys"], "expected_answer_keywords": ["key"]}"#,
        r#"{"id": "b", "question": "When is it open?", "expected_docs": ["Hours"]}"#,
        r#"{"id": "c", "question": "Where is the key?", "expected_docs": ["Keys"]}"#,
        r#"{"id": "d", "question": "When is it open?", "expected_docs": ["Hours"]}"#,
        r#"{"id": "e", "question": "When is it open?", "expected_docs": ["Houurs"]}"#,
        r#"{"id": "f", "question": "When is it open?", "expected_docs": ["Hours"]}"#,
    ];
    project.write("evals/dataset.jsonl", &rows.join("\n"));
    let ran = project.run(&["eval", "-q"]).ends(3);
    let expected = "error: evals/dataset.jsonl:5: the store holds no document named \"Houurs\"\n\
                    hint: did you mean \"Hours\"?\n";
    assert_eq!(ran.stderr, expected);
    assert!(!project.path("llmops/eval_report.json").exists());
}

#[test]
fn all_problems_of_a_project_come_at_once() {
    let project = small_project();
    project.write("prompts/rag_answer/1.0.0.md", "{{ contxt }}");
    project.write("evals/dataset.jsonl", r#"{"id": "a", "question": ""}"#);
    let ran = project.run(&["eval"]).ends(3);
    let expected = "\
error: prompts/rag_answer/1.0.0.md:1:4: the template uses \"contxt\", which `variables` does not declare
hint: add it to the front matter: variables: [contxt]
error: evals/dataset.jsonl:1: the question is empty
";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn a_metric_that_no_case_can_be_measured_by_is_an_error_before_any_call() {
    let project = small_project();
    project.write("llmops.toml", &format!("{CONFIG}refusal = 0.5\n"));
    let ran = project.run(&["eval"]).ends(3);
    let expected = "error: llmops.toml:4: refusal measures no case of the dataset: for all of them, the case does not say \
                    that it is unanswerable\n\
                    hint: add to the cases what it needs, or leave it out of eval.metrics and [gate]\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn what_a_case_asserts_must_hold() {
    let project = small_project();
    let case = |assertion: &str| {
        let fields =
            r#""question": "Where is the key?", "expected_docs": ["Keys"], "expected_answer_keywords": ["key"]"#;
        project.write("evals/dataset.jsonl", &format!("{{\"id\": \"key\", {fields}, \"assert\": [{assertion}]}}\n"));
    };
    case(r#"{"type": "context_recall", "min": 0.5}"#);
    let ran = project.run(&["eval"]).ends(0);
    assert!(ran.stdout.contains("assertions                1.000 ≥ 1.000    n = 1"), "{}", ran.stdout);
    case(r#"{"type": "context_recall", "negate": true}"#);
    let ran = project.run(&["eval"]).ends(1);
    assert!(ran.stdout.contains("assertions is 0.000, under its bar of 1.000 (n = 1)"), "{}", ran.stdout);
    case(r#"{"type": "refusal"}, {"type": "contians"}"#);
    let ran = project.run(&["eval"]).ends(3);
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error: evals/dataset.jsonl:1")).collect();
    assert_eq!(lines.len(), 2, "{}", ran.stderr);
    assert!(lines[0].contains("refusal cannot be asserted: the case does not say that it is unanswerable"));
}

#[test]
fn a_gate_needs_a_bar_or_cases_that_assert() {
    let project = small_project();
    project.write("llmops.toml", "[gate]\nmax_error_rate = 0.1\n");
    let ran = project.run(&["eval", "-q"]).ends(3);
    let expected =
        "error: llmops.toml: [gate] has no threshold, so it could never fail\nhint: give at least one metric";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    let row = |holds| {
        let value = if holds { "flowerpot" } else { "doormat" };
        format!(
            r#"{{"id": "key", "question": "Where is the key?", "assert": [{{"type": "contains", "value": "{value}"}}]}}"#
        )
    };
    for (holds, code) in [(true, 0), (false, 1)] {
        project.write("evals/dataset.jsonl", &row(holds));
        project.run(&["eval", "-q"]).ends(code);
    }
}

#[test]
fn a_prompt_variable_that_a_case_lacks_is_said_before_any_call() {
    let project = small_project();
    let prompt =
        PROMPT.replace("[context, question]", "[context, question, language]").replace("Question:", "{{ language }}");
    project.write("prompts/rag_answer/1.0.0.md", &prompt);
    let ran = project.run(&["eval", "-q"]).ends(3);
    let first = ran.stderr.lines().next().unwrap();
    let expected = "error: evals/dataset.jsonl:1: the case \"key\" has no field \"language\", which the prompt rag_answer@1.0.0 needs";
    assert_eq!(first, expected);
}

#[test]
fn a_prompt_that_cannot_render_is_said_before_any_call() {
    let cases = [
        ("{{ context | nosuch }}", "error: prompts/rag_answer/1.0.0.md:4:14: template: unknown filter"),
        (
            "{% for p in passages %}{{ p.titel.x }}{% endfor %}",
            "error: prompts/rag_answer/1.0.0.md:4:28: template: undefined value",
        ),
    ];
    for (template, expected) in cases {
        let project = small_project();
        let variable = if template.contains("passages") { "passages" } else { "context" };
        let prompt = format!("---\nvariables: [{variable}]\n---\n{template}\n");
        project.write("prompts/rag_answer/1.0.0.md", &prompt);
        let ran = project.run(&["eval", "-q"]).ends(3);
        assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("error: ").count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn outside_a_project_the_message_says_what_to_do() {
    let project = Project::new(&[]);
    let ran = project.run(&["eval"]).ends(3);
    assert!(ran.stderr.starts_with("error: no llmops.toml in "), "{}", ran.stderr);
    assert!(
        ran.stderr.ends_with(
            "hint: go to the project's folder, or name it with -C DIR; a new project begins with `llmops init`\n"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn every_command_works_from_a_sub_folder() {
    let project = small_project();
    let ran = crate::support::Ran::of(&mut project.command("prompts/rag_answer", &["eval"])).ends(0);
    assert!(ran.stdout.starts_with("PASS"), "{}", ran.stdout);
    assert!(project.path("llmops/eval_report.json").exists());
}

#[test]
fn a_wrong_command_line_is_usage() {
    let project = small_project();
    project.run(&["evil"]).ends(3);
    project.run(&["eval", "--top-k", "0"]).ends(3);
    project.run(&["explain", "recall"]).ends(3);
    project.run(&["--version"]).ends(0);
    project.run(&["help"]).ends(0);
}

#[cfg(unix)]
#[test]
fn a_report_that_cannot_be_written_is_no_pass() {
    let project = small_project();
    // A file where the folder should be: also root cannot write through it.
    project.write("llmops", "in the way");
    let ran = project.run(&["eval"]).ends(2);
    assert!(ran.stderr.contains("error: cannot write the report ./llmops/eval_report.json"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: nothing was run"), "{}", ran.stderr);
}

#[test]
fn a_run_that_ends_early_leaves_no_report_of_an_earlier_one() {
    let project = small_project();
    project.run(&["eval"]).ends(0);
    project.write("evals/dataset.jsonl", "{}\n");
    project.run(&["eval"]).ends(3);
    let ran = project.run(&["report"]).ends(3);
    assert!(ran.stderr.contains("cannot read the report"), "{}", ran.stderr);
    project.run(&["report", "llmops/eval_report.previous.json"]).ends(0);
}

#[test]
fn a_report_that_was_edited_is_judged_by_its_numbers() {
    let project = small_project();
    project.run(&["eval"]).ends(0);
    let edited = project.read("llmops/eval_report.json").replace("\"mean\": 1.0", "\"mean\": 0.0");
    project.write("llmops/eval_report.json", &edited);
    let ran = project.run(&["report"]).ends(1);
    assert!(ran.stdout.starts_with("FAIL  "), "{}", ran.stdout);
}

#[test]
fn a_flag_that_the_target_does_not_look_at_is_refused() {
    let project = small_project();
    let config = format!("[target]\nkind = \"command\"\ncommand = [\"true\"]\n{CONFIG}");
    project.write("llmops.toml", &config);
    for flags in [["--model", "local/extractive"], ["--top-k", "2"], ["-p", "1.0.0"]] {
        let ran = project.run(&[&["eval"], flags.as_slice()].concat()).ends(3);
        assert!(ran.stderr.contains("has no meaning for this project's kind of target"), "{}", ran.stderr);
    }
}

#[test]
fn a_wrong_flag_is_not_blamed_on_the_file() {
    let project = small_project();
    let ran = project.run(&["eval", "-p", "rag_anwser"]).ends(3);
    let expected = "error: there is no prompt \"rag_anwser\" in prompts/\nhint: did you mean \"rag_answer\"?\n";
    assert_eq!(ran.stderr, expected);
    let ran = project.run(&["eval", "--model", "opnai/gpt"]).ends(3);
    assert!(ran.stderr.starts_with("error: unknown provider \"opnai\"\n"), "{}", ran.stderr);
}

#[test]
fn a_default_metric_that_the_target_cannot_serve_is_left_out() {
    let project = small_project();
    let config = "[target]\nkind = \"prompt\"\n[gate]\noverall = 0.0\nlatency = \"1 min\"\n";
    project.write("llmops.toml", config);
    project.write("prompts/rag_answer/1.0.0.md", "---\nvariables: [question]\n---\n{{ question }}\n");
    project.run(&["eval"]).ends(0);
    assert!(project.report()["metrics"].get("context_recall").is_none());
}

#[test]
fn hostile_text_does_not_reach_the_terminal_as_control_characters() {
    let project = small_project();
    let hostile = "\\u001b[2J\\u0007\\n::error::\\u202e";
    let row = format!(
        r#"{{"id": "i{hostile}", "question": "q{hostile}", "expected_docs": ["Keys"], "expected_answer_keywords": ["k{hostile}"]}}"#
    );
    project.write("evals/dataset.jsonl", &format!("{row}\n"));
    project.write("documents/keys.md", "# Keys \u{1b}[2J\n\nThe key \u{1b}]0;x\u{7} is here.\n");
    let shown = project.run(&["eval", "--color", "always"]);
    let found = project.run(&["search", "key", "--color", "always"]).ends(0);
    project.write("evals/dataset.jsonl", &row.replace("\"id\"", &format!("\"questio{hostile}\"")));
    let refused = project.run(&["eval", "--color", "always"]).ends(3);
    for text in [shown.stdout, shown.stderr, found.stdout, refused.stderr] {
        // Our own colours are all that may be there.
        let plain =
            text.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "").replace("\u{1b}[2m", "").replace("\u{1b}[31m", "");
        assert!(!plain.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{plain:?}");
        assert!(!plain.contains("\n::error::"), "{plain:?}");
    }
}
