//! Review and labels: who may let `production` mean what, and how it goes back.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Project;
use crate::support::team::{AUTHOR, OTHER, Person, REVIEWER, configure, git, ledger, release, repository};

const PROTECTED: &str = "[prompts.labels.production]\napprovals = 1\nevidence = true\n";

/// What `production` means, as a number.
fn production(project: &Project) -> Value {
    let list: Value = serde_json::from_str(&AUTHOR.prompt(project, &["list", "--json"]).ends(0).stdout).unwrap();
    list[0]["labels"]["production"].clone()
}

/// Puts the label there, with all that a protected one asks for.
fn promote(project: &Project, version: &str) {
    REVIEWER.prompt(project, &["approve", version]).ends(0);
    AUTHOR.runs(project, &["eval", "-q", "-p", version]).ends(0);
    AUTHOR.prompt(project, &["label", version, "production", "-m", "go"]).ends(0);
}

fn label(who: Person, project: &Project, version: &str, code: i32) -> String {
    who.prompt(project, &["label", version, "production", "-m", "go"]).ends(code).stderr
}

#[test]
fn an_approval_is_by_somebody_else_of_a_recorded_unedited_version_and_counts_once() {
    let project = repository("");
    let refused = |who: Person, which: &str, expected: &str| {
        let stderr = who.prompt(&project, &["approve", which]).ends(3).stderr;
        assert!(stderr.starts_with(expected), "{which}: {stderr}");
        assert!(stderr.contains("\nhint: "), "{which}: {stderr}");
    };
    refused(AUTHOR, "qa@1.0.0", "error: author@example.org released qa@1.0.0, and nobody approves their own work\n");
    refused(REVIEWER, "qa", "error: which version of qa?\n");
    refused(REVIEWER, "qa@draft", "error: qa@draft is no version: it may still change\n");
    refused(REVIEWER, "qa@9.0.0", "error: the prompt qa has no version \"9.0.0\"\n");
    project.write("prompts/qa/2.0.0.md", "Hi");
    refused(REVIEWER, "qa@2.0.0", "error: no ledger records qa@2.0.0\n");
    project.write("prompts/qa/1.0.1.md", "Hi");
    refused(REVIEWER, "qa@1.0.1", "error: prompts/qa/1.0.1.md: the file was edited after its release\n");
    let lines = ledger(&project).len();
    let approved = REVIEWER.prompt(&project, &["approve", "qa@1.0.0", "-m", "read it"]).ends(0).stdout;
    assert!(approved.starts_with("qa@1.0.0 is approved by reviewer@example.org: 1 approval of content "), "{approved}");
    let again = REVIEWER.prompt(&project, &["approve", "qa@1.0.0"]).ends(0).stdout;
    assert_eq!(again, "qa@1.0.0 is approved already by reviewer@example.org\n");
    assert_eq!(ledger(&project).len(), lines + 1);
    let history = AUTHOR.prompt(&project, &["history", "qa"]).ends(0).stdout;
    assert!(
        history.contains("approved 1.0.0 (") && history.contains("by reviewer <reviewer@example.org>\n    read it\n")
    );
}

#[test]
fn a_label_is_moved_shown_followed_and_removed() {
    let project = repository("");
    let moved = AUTHOR.prompt(&project, &["label", "qa@1.0.0", "staging", "-m", "try it"]).ends(0).stdout;
    assert_eq!(moved, "staging means qa@1.0.0\ncommit the ledger: git add prompts/qa/ledger.jsonl\n");
    let lines = ledger(&project).len();
    let again = AUTHOR.prompt(&project, &["label", "qa@1.0.0", "staging", "-m", "try it"]).ends(0).stdout;
    assert_eq!(again, "staging means qa@1.0.0 already\n");
    assert_eq!(ledger(&project).len(), lines);
    // One label's version for another.
    AUTHOR.prompt(&project, &["label", "qa@staging", "production", "-m", "it held"]).ends(0);
    AUTHOR.prompt(&project, &["label", "qa@latest", "staging", "-m", "next"]).ends(0);
    assert!(AUTHOR.prompt(&project, &["show", "qa@production"]).ends(0).stdout.ends_with("Answer: {{ question }}\n"));
    let removed = AUTHOR.prompt(&project, &["label", "qa", "staging", "--remove", "-m", "done"]).ends(0).stdout;
    assert!(removed.starts_with("staging of qa means nothing now (was 1.0.1)\n"), "{removed}");
    AUTHOR.prompt(&project, &["show", "qa@staging"]).ends(3);
    for (arguments, expected) in [
        (["label", "qa@1.0.0", "latest", "-m", "x"], "error: \"latest\" cannot be the name of a label\n"),
        (["label", "qa@1.0.0", "v2", "-m", "x"], "error: \"v2\" cannot be the name of a label\n"),
        (["label", "qa@1.0.0", "staging", "-m", " "], "error: --message is empty\n"),
        (["label", "qa@draft", "staging", "-m", "x"], "error: qa@draft is no version"),
        (["rollback", "qa", "nowhere", "-m", "x"], "error: the prompt qa has no label \"nowhere\"\n"),
    ] {
        let stderr = AUTHOR.prompt(&project, &arguments).ends(3).stderr;
        assert!(stderr.starts_with(expected), "{stderr}");
    }
    AUTHOR.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn a_label_chooses_the_version_that_is_evaluated() {
    let project = repository("");
    AUTHOR.prompt(&project, &["label", "qa@1.0.0", "production", "-m", "go"]).ends(0);
    let tested = |arguments: &[&str], variable: Option<&str>| {
        let mut command = AUTHOR.command(&project, &[&["eval", "-q"], arguments].concat());
        variable.map(|value| command.env("PROMPT_VERSION", value));
        crate::support::Ran::of(&mut command).ends(0);
        project.report()["prompt"].clone()
    };
    let digest = |version: &str| {
        let shown = AUTHOR.prompt(&project, &["show", version, "--json"]).ends(0).stdout;
        serde_json::from_str::<Value>(&shown).unwrap()["digest"].clone()
    };
    let (first, second) = (digest("qa@1.0.0"), digest("qa@1.0.1"));
    let first = json!({"name": "qa", "version": "1.0.0", "digest": first});
    assert_eq!(tested(&["-p", "@production"], None), first);
    assert_eq!(tested(&["-p", "production"], None), first);
    assert_eq!(tested(&["-p", "qa@production"], None), first);
    assert_eq!(tested(&[], Some("production")), first);
    assert_eq!(tested(&[], None)["version"], "1.0.1");
    let config = project.read("llmops.toml").replace("prompt = \"qa\"", "prompt = \"qa@production\"");
    project.write("llmops.toml", &config);
    assert_eq!(tested(&[], None), first);
    AUTHOR.prompt(&project, &["label", "qa@1.0.1", "production", "-m", "next"]).ends(0);
    assert_eq!(tested(&[], None), json!({"name": "qa", "version": "1.0.1", "digest": second}));
    let stderr = AUTHOR.runs(&project, &["eval", "-q", "-p", "@nowhere"]).ends(3).stderr;
    assert!(
        stderr.starts_with("error: the prompt qa has no version \"nowhere\"\nhint: labels: production"),
        "{stderr}"
    );
    // A prompt of that name comes first.
    project.write("prompts/production/1.0.0.md", "---\nvariables: [question]\n---\n{{ question }}\n");
    assert_eq!(tested(&["-p", "production"], None)["name"], "production");
}

#[test]
fn a_protected_label_says_all_that_is_missing_and_moves_when_it_is_there() {
    let project = repository(PROTECTED);
    let stderr = label(AUTHOR, &project, "qa@1.0.0", 3);
    let approval = "error: production is protected: qa@1.0.0 has 0 of 1 approvals by people other than its author, author@example.org\n\
         hint: somebody else approves it: llmops prompt approve qa@1.0.0\n";
    let evidence = "error: production is protected: there is no evaluation of qa@1.0.0 (content ";
    assert!(stderr.starts_with(approval) && stderr.contains(evidence), "{stderr}");
    assert!(stderr.contains("hint: llmops eval -p qa@1.0.0, or name the report of a run in CI: --evidence REPORT"));
    // Of another content, neither counts.
    REVIEWER.prompt(&project, &["approve", "qa@1.0.1"]).ends(0);
    AUTHOR.runs(&project, &["eval", "-q", "-p", "qa@1.0.1"]).ends(0);
    assert_eq!(label(AUTHOR, &project, "qa@1.0.0", 3), stderr);
    REVIEWER.prompt(&project, &["approve", "qa@1.0.0"]).ends(0);
    assert!(label(AUTHOR, &project, "qa@1.0.0", 3).starts_with(evidence));
    AUTHOR.runs(&project, &["eval", "-q", "-p", "qa@1.0.0"]).ends(0);
    label(AUTHOR, &project, "qa@1.0.0", 0);
    let last: Value = serde_json::from_str(ledger(&project).last().unwrap()).unwrap();
    assert_eq!((&last["evidence"]["verdict"], &last["evidence"]["cases"]), (&json!("pass"), &json!(3)));
    assert_eq!(last["evidence"]["metrics"]["answer_relevancy"], 1.0);
    AUTHOR.prompt(&project, &["verify"]).ends(0);
    let listed = AUTHOR.prompt(&project, &["list", "qa"]).ends(0).stdout;
    assert!(listed.contains("production       pass overall 1.000"), "{listed}");
}

#[test]
fn an_evaluation_that_fails_is_no_evidence_and_neither_is_a_shard() {
    let project = repository("[prompts.labels.production]\napprovals = 0\n");
    AUTHOR.runs(&project, &["eval", "-q", "-p", "qa@1.0.0", "--shard", "1/3"]).ends(0);
    let missing = label(AUTHOR, &project, "qa@1.0.0", 3);
    assert!(missing.starts_with("error: production is protected: there is no evaluation of qa@1.0.0"), "{missing}");
    let answers = project.read("answers.jsonl");
    project.write("answers.jsonl", &answers.replace("yes", "no"));
    AUTHOR.runs(&project, &["eval", "-q", "-p", "qa@1.0.0"]).ends(1);
    let failed = label(AUTHOR, &project, "qa@1.0.0", 3);
    assert!(failed.starts_with("error: production is protected: the evaluation of qa@1.0.0 at "), "{failed}");
    assert!(failed.contains("says \"fail\"\n"), "{failed}");
    let listed = AUTHOR.prompt(&project, &["list", "qa"]).ends(0).stdout;
    assert!(listed.contains("fail overall 0.000") && listed.contains("not evaluated"), "{listed}");
    // Joined shards are a whole run.
    project.write("answers.jsonl", &answers);
    for shard in ["1/2", "2/2"] {
        let file = format!("shards/{}.json", &shard[..1]);
        AUTHOR.runs(&project, &["eval", "-q", "-p", "qa@1.0.0", "--shard", shard, "--report", &file]).ends(0);
    }
    AUTHOR.runs(&project, &["merge", "shards"]).ends(0);
    label(AUTHOR, &project, "qa@1.0.0", 0);
}

#[test]
fn a_report_of_ci_is_evidence_if_it_is_of_this_content_and_passes_todays_gate() {
    let project = repository("[prompts.labels.production]\napprovals = 0\n");
    AUTHOR.runs(&project, &["eval", "-q", "-p", "qa@1.0.0", "--report", "ci.json"]).ends(0);
    std::fs::remove_dir_all(project.path(".llmops/evaluations")).unwrap();
    let with = |version: &str, code: i32| {
        let arguments = ["label", version, "production", "-m", "go", "--evidence", "ci.json"];
        AUTHOR.prompt(&project, &arguments).ends(code).stderr
    };
    let other = with("qa@1.0.1", 3);
    assert!(other.starts_with("error: ./ci.json: the report is of qa@1.0.0, content "), "{other}");
    // The file says that it passed; what was measured does not.
    let report = project.read("ci.json");
    let mut edited: Value = serde_json::from_str(&report).unwrap();
    edited["estimates"]["answer_relevancy"]["mean"] = json!(0.1);
    edited["thresholds"]["answer_relevancy"] = json!(0.0);
    project.write("ci.json", &edited.to_string());
    let failed = with("qa@1.0.0", 3);
    assert!(
        failed.starts_with("error: ./ci.json: the report does not pass the gate: answer_relevancy is 0.100"),
        "{failed}"
    );
    project.write("ci.json", &report);
    with("qa@1.0.0", 0);
    let last: Value = serde_json::from_str(ledger(&project).last().unwrap()).unwrap();
    assert_eq!(last["evidence"]["report"].as_str().unwrap().len(), 64);
}

#[test]
fn a_rollback_goes_back_without_a_new_review_and_again_further() {
    let project = repository(PROTECTED);
    release(&project, AUTHOR, "Answer well: {{ question }}").ends(0);
    let nothing = AUTHOR.prompt(&project, &["rollback", "qa", "-m", "x"]).ends(3).stderr;
    assert!(nothing.starts_with("error: the prompt qa has no label \"production\"\n"), "{nothing}");
    promote(&project, "qa@1.0.0");
    let first = AUTHOR.prompt(&project, &["rollback", "qa", "-m", "x"]).ends(3).stderr;
    assert!(
        first.starts_with("error: production of qa meant no version before 1.0.0\nhint: it has meant no other version")
    );
    promote(&project, "qa@1.0.1");
    promote(&project, "qa@1.0.2");
    std::fs::remove_dir_all(project.path(".llmops")).unwrap();
    let back = OTHER.prompt(&project, &["rollback", "qa", "-m", "answers were rude"]).ends(0).stdout;
    assert!(back.starts_with("production is rolled back to qa@1.0.1 (was 1.0.2)\n"), "{back}");
    OTHER.prompt(&project, &["rollback", "qa", "-m", "still"]).ends(0);
    assert_eq!(production(&project), "1.0.0");
    let never = OTHER.prompt(&project, &["rollback", "qa", "--to", "3.0.0", "-m", "x"]).ends(3).stderr;
    let expected =
        "error: production has never meant qa@3.0.0\nhint: it has meant: 1.0.1, 1.0.2; --to takes one of them\n";
    assert_eq!(never, expected);
    OTHER.prompt(&project, &["rollback", "qa", "production", "--to", "1.0.2", "-m", "it was the data"]).ends(0);
    assert_eq!(production(&project), "1.0.2");
    let history = AUTHOR.prompt(&project, &["history", "qa"]).ends(0).stdout;
    assert!(history.contains("rolled production back to 1.0.1 (was 1.0.2)"), "{history}");
    assert!(history.contains("    by other <other@example.org>\n    answers were rude\n"), "{history}");
    AUTHOR.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn a_rollback_is_no_way_around_the_protection() {
    // It meant 1.0.0 before anybody asked for approvals.
    let project = repository("");
    label(AUTHOR, &project, "qa@1.0.0", 0);
    label(AUTHOR, &project, "qa@1.0.1", 0);
    configure(&project, PROTECTED);
    let stderr = AUTHOR.prompt(&project, &["rollback", "qa", "-m", "x"]).ends(3).stderr;
    assert!(stderr.starts_with("error: production is protected: qa@1.0.0 has 0 of 1 approvals"), "{stderr}");
    // What it means now has to be granted too, and then is.
    let verified = AUTHOR.prompt(&project, &["verify"]).ends(1).stdout;
    let expected = "prompts/qa/ledger.jsonl:4: the move of production to qa@1.0.1 by author <author@example.org> was not granted: \
         production is protected: qa@1.0.1 has 0 of 1 approvals";
    assert!(verified.starts_with(expected), "{verified}");
    promote(&project, "qa@1.0.1");
    AUTHOR.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn a_move_that_was_appended_by_hand_with_the_right_hash_is_found() {
    // Somebody who has the program and another configuration has all hashes right.
    let project = repository(PROTECTED);
    promote(&project, "qa@1.0.0");
    configure(&project, "");
    label(OTHER, &project, "qa@1.0.1", 0);
    configure(&project, PROTECTED);
    let verified = AUTHOR.prompt(&project, &["verify"]).ends(1).stdout;
    let by =
        "prompts/qa/ledger.jsonl:5: the move of production to qa@1.0.1 by other <other@example.org> was not granted: ";
    assert_eq!(verified.matches(by).count(), 2, "{verified}");
    assert!(verified.contains("    return it: llmops prompt rollback qa production -m \"...\""), "{verified}");
    AUTHOR.prompt(&project, &["rollback", "qa", "-m", "forged"]).ends(0);
    assert_eq!(production(&project), "1.0.0");
    AUTHOR.prompt(&project, &["verify"]).ends(0);
}

#[test]
fn fifty_processes_at_once_lose_no_move_and_killed_ones_leave_a_whole_ledger() {
    let project = repository("");
    let spawn = |number: usize| {
        let version = format!("qa@1.0.{}", number % 2);
        let mut command =
            AUTHOR.command(&project, &["prompt", "label", &version, &format!("l{number}"), "-m", "at once"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..50).map(spawn).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let verified = AUTHOR.prompt(&project, &["verify"]).ends(0).stdout;
    assert_eq!(verified, "1 prompt, 2 versions, 52 ledger entries: whole\n");
    for number in 50..70 {
        let mut child = spawn(number);
        let until = std::time::Instant::now() + std::time::Duration::from_micros(800 * (number as u64 - 50));
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        AUTHOR.prompt(&project, &["verify"]).ends(0);
    }
    assert!(ledger(&project).len() >= 52);
    git(&project, &["status"]);
}
