//! The label of every prompt, or of none: only what its protection allows, and found out before anything is begun.

use serde_json::Value;

use super::setting::{OLD, Setting, by_api};
use crate::support::platform::Fault;
use crate::support::team::REVIEWER;

/// A second prompt beside `qa`.
fn two_prompts(deploy: impl Fn(&str) -> String) -> Setting {
    let setting = Setting::new(&deploy);
    setting.project.write("prompts/tone/draft.md", "---\nvariables: [question]\n---\nBe kind: {{ question }}\n");
    setting.runs(&["prompt", "release", "tone", "-m", "begin"]).ends(0);
    setting.commit_all("another prompt");
    setting.prove_all(&[("qa", "1.0.1"), ("tone", "1.0.0")], &Value::Null);
    setting
}

#[test]
fn all_prompts_get_the_label() {
    let setting = two_prompts(by_api);
    setting.deploy().ends(0);
    assert_eq!(
        (setting.label_of("qa", "production"), setting.label_of("tone", "production")),
        ("1.0.1".into(), "1.0.0".into())
    );
    setting.runs(&["prompt", "verify"]).ends(0);
}

#[test]
fn what_a_protection_lacks_is_said_before_anything_is_asked_of_the_platform() {
    let protected = |url: &str| by_api(url) + "[prompts.labels.production]\napprovals = 1\nevidence = true\n";
    let setting = two_prompts(protected);
    let ran = setting.deploy().ends(1);
    for expected in [
        "production is protected: qa@1.0.1 has 0 of 1 approvals",
        "production is protected: tone@1.0.0 has 0 of 1 approvals",
        "production is protected: there is no evaluation of tone@1.0.0",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("no evaluation of qa@1.0.1"), "{}", ran.stderr);
    assert_eq!(setting.platform.server.received().len(), 0);
    assert!(setting.entries().is_empty() && setting.is_at_rest());
    // With what was missing it goes.
    REVIEWER.prompt(&setting.project, &["approve", "qa@1.0.1"]).ends(0);
    REVIEWER.prompt(&setting.project, &["approve", "tone@1.0.0"]).ends(0);
    setting.runs(&["eval", "-q", "-p", "tone@1.0.0"]).ends(0);
    setting.deploy().ends(0);
    assert_eq!(setting.label_of("tone", "production"), "1.0.0");
    setting.runs(&["prompt", "verify"]).ends(0);
}

#[test]
fn a_draft_is_released_first() {
    let setting = Setting::new(by_api);
    setting.project.write("prompts/qa/draft.md", "---\nvariables: [question]\n---\nHm: {{ question }}\n");
    setting.commit_all("a draft");
    setting.prove("draft");
    let ran = setting.deploy().ends(1);
    assert!(ran.stderr.starts_with("error: qa@draft is no version: it may still change\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: release it first"), "{}", ran.stderr);
    assert_eq!(setting.platform.server.received().len(), 0);
}

#[test]
fn a_version_that_holds_something_else_than_was_evaluated_is_refused() {
    let setting = Setting::new(by_api);
    let other = setting.digest("qa", "1.0.0");
    setting.prove_contents(&[("qa", "1.0.1", other)], &Value::Null);
    let ran = setting.deploy().ends(1);
    assert!(ran.stderr.contains("evidence.json: it is of qa@1.0.1 with content "), "{}", ran.stderr);
    assert_eq!(setting.platform.server.received().len(), 0);
}

/// When the second label cannot be moved, the first is moved back, and the platform too.
#[test]
fn labels_are_moved_all_or_none() {
    let setting = two_prompts(|url| {
        by_api(url)
            + "[deploy.identity]\nurl = \"URL/version\"\ncommit = \"/commit\"\n".replace("URL", url).as_str()
            + "[deploy.watch]\ntime = \"3 s\"\ninterval = \"10 ms\"\n"
    });
    let mut running = setting.command(&["deploy"]).spawn().unwrap();
    crate::support::until("watching", || {
        let journal = setting.project.path(".llmops/deploy/production/journal.jsonl");
        std::fs::read_to_string(journal).unwrap_or_default().contains("\"begin\",\"step\":\"watch\"")
    });
    // Somebody edits the second prompt while it is watched.
    setting.project.write("prompts/tone/1.0.0.md", "---\nvariables: [question]\n---\nBe rude: {{ question }}\n");
    assert_eq!(running.wait().unwrap().code(), Some(1));
    let entry = setting.last_entry();
    assert!(entry["reason"].as_str().unwrap().contains("the file was edited after its release"), "{entry}");
    let moved: Vec<Value> = std::fs::read_to_string(setting.project.path("prompts/qa/ledger.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["label"] == "production")
        .map(|line| line["version"].clone())
        .collect();
    assert_eq!(moved, [Value::from("1.0.1"), Value::Null]);
    assert_eq!(setting.label_of("tone", "production"), Value::Null);
    assert_eq!(setting.platform.live().as_deref(), Some(OLD));
}

#[test]
fn a_label_that_somebody_moved_meanwhile_is_left_where_it_is() {
    let setting = Setting::new(by_api);
    setting.prove("1.0.0");
    setting.deploy().ends(0);
    setting.runs(&["prompt", "label", "qa@1.0.1", "production", "-m", "by hand"]).ends(0);
    setting.platform.world().fault = Fault::None;
    setting.runs(&["deploy", "rollback", "-m", "back"]).ends(0);
    assert_eq!(setting.production(), "1.0.1");
}
