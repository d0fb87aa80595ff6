//! The prompt registry, in real git repositories: nothing that was released changes unnoticed.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Project, Ran};

/// A project in a git repository, with a prompt of two releases that are committed.
fn repository() -> Project {
    let project = Project::new(&[("llmops.toml", "[project]\nname = \"p\"\n"), (".gitignore", ".llmops/\nllmops/\n")]);
    git(&project, &["init", "-q", "-b", "main"]);
    git(&project, &["config", "user.name", "Author"]);
    git(&project, &["config", "user.email", "author@example.org"]);
    draft(&project, "Answer: {{ question }}");
    prompt(&project, &["release", "qa", "-m", "begin"]).ends(0);
    draft(&project, "Answer briefly: {{ question }}");
    prompt(&project, &["release", "qa", "--bump", "patch", "-m", "shorter"]).ends(0);
    commit(&project, "two releases");
    project
}

fn git(project: &Project, arguments: &[&str]) -> String {
    let output = Command::new("git").current_dir(project.path(".")).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn commit(project: &Project, message: &str) {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-qm", message]);
}

fn draft(project: &Project, template: &str) {
    project.write("prompts/qa/draft.md", &format!("---\nvariables: [question]\n---\n{template}\n"));
}

fn prompt(project: &Project, arguments: &[&str]) -> Ran {
    project.run(&[&["prompt"], arguments].concat())
}

#[test]
fn a_draft_becomes_versions_that_are_found_by_number_and_as_the_latest() {
    let project = repository();
    let shown = |which: &str| prompt(&project, &["show", which]).ends(0).stdout;
    assert!(shown("qa@1.0.0").ends_with("Answer: {{ question }}\n"));
    assert!(shown("qa").ends_with("Answer briefly: {{ question }}\n"));
    let listed = prompt(&project, &["list"]).ends(0).stdout;
    assert!(listed.starts_with("qa  1.0.1        2 versions   a draft"), "{listed}");
    let history = prompt(&project, &["history", "qa"]).ends(0).stdout;
    assert!(
        history.contains("released 1.0.1 (") && history.contains("by Author <author@example.org>\n    shorter\n"),
        "{history}"
    );
    let verified = prompt(&project, &["verify"]).ends(0).stdout;
    assert_eq!(verified, "1 prompt, 2 versions, 2 ledger entries: whole\n");
    let json: Value = serde_json::from_str(&prompt(&project, &["show", "qa", "--json"]).ends(0).stdout).unwrap();
    assert_eq!((&json["version"], json["digest"].as_str().unwrap().len()), (&Value::from("1.0.1"), 64));
}

#[test]
fn a_bump_that_says_less_than_what_changed_is_refused() {
    let project = repository();
    project.write("prompts/qa/draft.md", "---\nvariables: [query]\n---\nAnswer: {{ query }}\n");
    let ran = prompt(&project, &["release", "qa", "--bump", "minor", "-m", "x"]).ends(3);
    let expected = "error: 1.1.0 after 1.0.1 is no major version: the variable \"question\" is gone, the variable \"query\" is new and has no default";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    prompt(&project, &["release", "qa", "--bump", "major", "-m", "x"]).ends(0);
    assert!(project.path("prompts/qa/2.0.0.md").exists());
    let ran = prompt(&project, &["release", "qa", "--bump", "patch", "-m", "again"]).ends(3);
    assert!(ran.stderr.starts_with("error: nothing changed that a model sees since qa@2.0.0"), "{}", ran.stderr);
    let ran = prompt(&project, &["release", "qa", "-m", "x"]).ends(3);
    assert!(ran.stderr.contains("which version is it to be?"), "{}", ran.stderr);
}

#[test]
fn a_release_holds_the_text_of_what_its_draft_includes() {
    let project = repository();
    project.write("prompts/partials/tone.md", "Be kind.\n");
    draft(&project, "{% include \"tone.md\" %} {{ question }}");
    prompt(&project, &["release", "qa", "--bump", "patch", "-m", "tone"]).ends(0);
    project.write("prompts/partials/tone.md", "Be rude.\n");
    assert!(project.read("prompts/qa/1.0.2.md").ends_with("Be kind. {{ question }}\n"));
    prompt(&project, &["verify"]).ends(0);
    draft(&project, "{% include question %}");
    let ran = prompt(&project, &["release", "qa", "--bump", "patch", "-m", "x"]).ends(3);
    assert!(
        ran.stderr.starts_with("error: prompts/qa/draft.md:4:1: an include names its partial in quotes"),
        "{}",
        ran.stderr
    );
}

/// Changes a file, and expects `verify` to say this, naming the file.
fn found(change: impl Fn(&Project), expected: &str) {
    let project = repository();
    change(&project);
    let ran = prompt(&project, &["verify"]).ends(1);
    assert!(ran.stdout.starts_with(expected), "{expected}\n{}", ran.stdout);
    assert!(ran.stdout.contains("\n    "), "it says what to do: {}", ran.stdout);
    assert_eq!(ran.stdout.matches(expected).count(), 1, "once: {}", ran.stdout);
}

fn lines(project: &Project, change: impl Fn(&mut Vec<String>)) {
    let mut lines: Vec<String> = project.read("prompts/qa/ledger.jsonl").lines().map(str::to_owned).collect();
    change(&mut lines);
    project.write("prompts/qa/ledger.jsonl", &(lines.join("\n") + "\n"));
}

#[test]
fn edited_missing_and_unrecorded_versions_are_found() {
    found(
        |project| project.write("prompts/qa/1.0.0.md", "Answer {{ question }} well"),
        "prompts/qa/1.0.0.md: the file was edited after its release",
    );
    found(
        |project| std::fs::remove_file(project.path("prompts/qa/1.0.0.md")).unwrap(),
        "prompts/qa/1.0.0.md: the file of a released version is missing",
    );
    found(|project| project.write("prompts/qa/9.0.0.md", "Hi"), "prompts/qa/9.0.0.md: no ledger records this version");
    found(
        |project| std::fs::remove_file(project.path("prompts/qa/ledger.jsonl")).unwrap(),
        "prompts/qa/1.0.0.md: no ledger records this version",
    );
}

#[test]
fn a_ledger_that_was_tampered_with_is_found() {
    found(
        |project| lines(project, |lines| lines[0] = lines[0].replace("begin", "began")),
        "prompts/qa/ledger.jsonl:1: the line was edited",
    );
    found(|project| lines(project, |lines| lines.swap(0, 1)), "prompts/qa/ledger.jsonl:1: this is entry 2");
    found(
        |project| lines(project, |lines| drop(lines.remove(0))),
        "prompts/qa/ledger.jsonl:1: this is entry 2: a line before it",
    );
    // The chain of the others is whole: git knows that there was one more.
    found(
        |project| {
            lines(project, |lines| lines.truncate(1));
            std::fs::remove_file(project.path("prompts/qa/1.0.1.md")).unwrap();
        },
        "prompts/qa/ledger.jsonl:2: lines were removed or changed that the ledger had in",
    );
    // Also if that was committed.
    found(
        |project| {
            lines(project, |lines| lines.truncate(1));
            std::fs::remove_file(project.path("prompts/qa/1.0.1.md")).unwrap();
            commit(project, "hide a release");
        },
        "prompts/qa/ledger.jsonl:2: lines were removed or changed that the ledger had in",
    );
}

#[test]
fn line_ends_of_another_system_are_no_edit() {
    let project = repository();
    let text = project.read("prompts/qa/1.0.0.md").replace('\n', "\r\n");
    project.write("prompts/qa/1.0.0.md", &text);
    prompt(&project, &["verify"]).ends(0);
}

#[test]
fn a_version_that_was_written_by_hand_is_recorded_as_it_is() {
    let project = repository();
    project.write("prompts/qa/1.1.0.md", "---\nvariables: [question]\n---\nBy hand: {{ question }}\n");
    prompt(&project, &["verify"]).ends(1);
    prompt(&project, &["release", "qa@1.1.0", "-m", "as it is"]).ends(0);
    prompt(&project, &["verify"]).ends(0);
    prompt(&project, &["release", "qa@1.1.0", "-m", "again"]).ends(3);
}

#[test]
fn two_branches_that_release_conflict_and_the_conflict_is_resolved_as_verify_says() {
    let project = repository();
    git(&project, &["checkout", "-qb", "work"]);
    draft(&project, "Ours: {{ question }}");
    prompt(&project, &["release", "qa", "--bump", "minor", "-m", "ours"]).ends(0);
    commit(&project, "ours");
    git(&project, &["checkout", "-q", "main"]);
    draft(&project, "Theirs: {{ question }}");
    prompt(&project, &["release", "qa", "--bump", "patch", "-m", "theirs"]).ends(0);
    commit(&project, "theirs");
    git(&project, &["checkout", "-q", "work"]);
    let merged = Command::new("git").current_dir(project.path(".")).args(["merge", "-q", "main"]).output().unwrap();
    assert!(!merged.status.success(), "the ledgers conflict");
    let ran = prompt(&project, &["verify"]).ends(1);
    assert!(ran.stdout.contains("two branches have written to the ledger"), "{}", ran.stdout);
    assert!(ran.stdout.contains("git checkout --theirs prompts/qa/ledger.jsonl"), "{}", ran.stdout);

    git(&project, &["checkout", "--theirs", "prompts/qa/ledger.jsonl"]);
    git(&project, &["checkout", "--ours", "prompts/qa/draft.md"]);
    prompt(&project, &["release", "qa@1.1.0", "-m", "ours"]).ends(0);
    commit(&project, "merge main");
    let verified = prompt(&project, &["verify"]).ends(0).stdout;
    assert_eq!(verified, "1 prompt, 4 versions, 4 ledger entries: whole\n");
    prompt(&project, &["verify", "--since", "main"]).ends(0);
}

#[test]
fn fifty_processes_at_once_lose_no_release() {
    let project = repository();
    for number in 0..50 {
        let text = format!("---\nvariables: [question]\n---\n{number}: {{{{ question }}}}\n");
        project.write(&format!("prompts/qa/2.{number}.0.md"), &text);
    }
    let children: Vec<_> = (0..50)
        .map(|number| {
            let version = format!("qa@2.{number}.0");
            let mut command = project.command(".", &["prompt", "release", &version, "-m", "at once"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let verified = prompt(&project, &["verify"]).ends(0).stdout;
    assert_eq!(verified, "1 prompt, 52 versions, 52 ledger entries: whole\n");
}

/// Processes that are killed at any moment leave a whole ledger, or a version that is there and not recorded yet.
#[test]
fn killed_releases_leave_a_ledger_that_is_whole() {
    let project = repository();
    for (recorded, number) in (2..).zip(0..40) {
        draft(&project, &format!("{number}: {{{{ question }}}}"));
        let version = format!("3.{number}.0");
        let mut command = project.command(".", &["prompt", "release", "qa", "--as", &version, "-m", "x"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the time that a release takes.
        let until = std::time::Instant::now() + std::time::Duration::from_micros(400 * number);
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let entries = prompt(&project, &["history", "qa", "--json"]).ends(0).stdout;
        let entries: Vec<Value> = serde_json::from_str(&entries).unwrap();
        assert!(entries.len() == recorded || entries.len() == recorded + 1, "{} {recorded}", entries.len());
        if entries.len() == recorded {
            // What was interrupted is done again in the same words.
            prompt(&project, &["release", "qa", "--as", &version, "-m", "x"]).ends(0);
        }
    }
    let verified = prompt(&project, &["verify"]).ends(0).stdout;
    assert_eq!(verified, "1 prompt, 42 versions, 42 ledger entries: whole\n");
}
