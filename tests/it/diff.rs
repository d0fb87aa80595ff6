//! What `llmops prompt diff` says of two versions.

use serde_json::Value;

use crate::support::Project;
use crate::support::team::{AUTHOR, git, release, repository};

const MODEL: &str = "[target]\nkind = \"prompt\"\nprompt = \"qa\"\nmodel = \"openai/gpt-4o-mini\"\n";

/// A repository with the version 1.0.0 of `qa`, and a draft that changes all that can be changed.
fn changed() -> Project {
    let project = Project::new(&[("llmops.toml", MODEL), (".gitignore", ".llmops/\n")]);
    git(&project, &["init", "-q", "-b", "main"]);
    let first = "---\nparameters: { temperature: 0 }\nvariables: [question]\n---\nsystem:\nAnswer questions. Say so if you do not know.\n\nuser:\n{{ question }}\n";
    project.write("prompts/qa/draft.md", first);
    AUTHOR.prompt(&project, &["release", "qa", "-m", "begin"]).ends(0);
    git(&project, &["add", "-A"]);
    git(&project, &["-c", "user.name=author", "-c", "user.email=author@example.org", "commit", "-qm", "begin"]);
    let second = "---\ndescription: kinder\nparameters: { temperature: 0.2 }\nvariables: { question: {}, tone: { default: friendly } }\n---\nsystem:\nAnswer questions in a {{ tone }} voice. Say so if you do not know.\nNever use ``` in answers.\n\nuser:\n{{ question }}\n";
    project.write("prompts/qa/draft.md", second);
    project
}

#[test]
fn a_draft_is_compared_with_the_latest_version() {
    let ran = changed().run(&["prompt", "diff", "qa"]).ends(0);
    let expected = "\
qa@1.0.0 -> qa@draft

 system:
-Answer questions. Say so if you do not know.
+Answer questions in a {{ tone }} voice. Say so if you do not know.
+Never use ``` in answers.
 
 user:
 {{ question }}

description    - -> kinder
temperature    0 -> 0.2
variable tone  - -> any type, default \"friendly\"
tokens         about 11 -> 21 (+10)
input cost     $0.00000165 -> $0.00000315
a minor version: the variable \"tone\" is new
tokens and input cost are of a call to openai/gpt-4o-mini, without question
";
    assert_eq!(ran.stdout, expected);
}

#[test]
fn changed_words_stand_out_in_colour() {
    let ran = changed().run(&["prompt", "diff", "qa", "--color", "always"]).ends(0);
    assert!(ran.stdout.contains("\u{1b}[1m\u{1b}[4m\u{1b}[32m in a {{ tone }} voice\u{1b}[0m"), "{}", ran.stdout);
}

#[test]
fn two_columns_show_what_was_beside_what_is() {
    let ran = changed().run(&["prompt", "diff", "qa", "--format", "side-by-side"]).ends(0);
    let row = format!("{:<68} | +{}", "-Answer questions. Say so if you do not know.", "Answer questions in a");
    assert!(ran.stdout.contains(&row), "{}", ran.stdout);
}

#[test]
fn a_pull_request_shows_the_prompts_that_the_branch_changes() {
    let project = changed();
    project.write("prompts/new/draft.md", "Hi\n");
    let ran = project.run(&["prompt", "diff", "--since", "HEAD", "--format", "markdown"]).ends(0);
    let expected = "\
<!-- llmops prompt diff -->
### <code>qa&#64;1.0.0</code> → <code>qa&#64;draft</code>

````diff
 system:
-Answer questions. Say so if you do not know.
";
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("| <code>temperature</code> | <code>0</code> | <code>0.2</code> |\n"),
        "{}",
        ran.stdout
    );
    let note = "- <code>new is new&#58; there is nothing to compare it with</code>\n";
    assert!(ran.stdout.ends_with(note), "{}", ran.stdout);
    let ran = project.run(&["prompt", "diff", "qa", "--since", "HEAD", "--json"]).ends(0);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let change = &json["changes"][0];
    assert_eq!(
        (&change["diff"]["bump"], &change["estimate"]["new"]["cost_usd"]),
        (&"minor".into(), &"0.00000315".into())
    );
}

#[test]
fn labels_and_numbers_name_versions_and_equal_ones_do_not_differ() {
    let project = repository("");
    AUTHOR.prompt(&project, &["label", "qa@1.0.0", "production", "-m", "begin"]).ends(0);
    let ran = project.run(&["prompt", "diff", "qa@production", "1.0.1"]).ends(0);
    let expected = "\
qa@1.0.0 -> qa@1.0.1

 user:
-Answer: {{ question }}
+Answer briefly: {{ question }}

tokens  about 2 -> 3 (+1)
callers need no change: a patch version
tokens and input cost are of a call to recorded/answers.jsonl, without question
";
    assert_eq!(ran.stdout, expected);
    let ran = project.run(&["prompt", "diff", "qa@1.0.1", "qa@v1.0.1"]).ends(0);
    assert_eq!(ran.stdout, "qa@1.0.1 -> qa@1.0.1\n\nnothing changed\n");
    let ran = project.run(&["prompt", "diff", "qa@1.0.0", "2.0.0"]).ends(3);
    assert_eq!(ran.stderr, "error: the prompt qa has no version \"2.0.0\"\nhint: releases: 1.0.0, 1.0.1\n");
    let ran = project.run(&["prompt", "diff"]).ends(3);
    assert!(ran.stderr.starts_with("error: which version is compared?\nhint: "), "{}", ran.stderr);
    release(&project, AUTHOR, "Answer: \u{1b}[31m{{ question }}").ends(0);
    let ran = project.run(&["prompt", "diff", "qa@1.0.1", "1.0.2"]).ends(0);
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
}
