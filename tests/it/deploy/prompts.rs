//! Where only prompts changed, the platform is not deployed: the label moves behind the same gate.

use serde_json::{Value, json};

use super::setting::{Setting, by_api, hasty, identity};
use crate::support::platform::Fault;

/// What was deployed once, and then got another prompt.
fn with_another_prompt(deploy: impl Fn(&str) -> String) -> Setting {
    let setting = Setting::new(deploy);
    setting.prove("1.0.0");
    setting.deploy().ends(0);
    setting.project.write("evals/notes.md", "more cases to come\n");
    setting.commit_all("record and prompts");
    setting.prove("1.0.1");
    setting
}

#[test]
fn only_the_label_moves_and_what_runs_is_checked() {
    let setting = with_another_prompt(by_api);
    let (first, changes) = (setting.last_entry()["commit"].clone(), setting.platform.changes());
    let ran = setting.deploy().ends(0);
    let said = format!("only prompts changed since {}: the platform is not deployed\n", &first.as_str().unwrap()[..9]);
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    assert!(ran.stderr.contains("smoke: 2 golden cases passed"), "{}", ran.stderr);
    assert_eq!(setting.platform.changes(), changes, "the platform was asked");
    assert_eq!(setting.production(), "1.0.1");
    let entry = setting.last_entry();
    assert_eq!(
        (&entry["kind"], &entry["runs"], &entry["commit"]),
        (&"prompts".into(), &first, &setting.commit().into())
    );
    // And back.
    setting.runs(&["deploy", "rollback", "-m", "worse"]).ends(0);
    assert_eq!(setting.production(), "1.0.0");
    assert_eq!(setting.platform.changes(), changes);
}

#[test]
fn a_smoke_test_that_fails_returns_the_label() {
    let setting = with_another_prompt(by_api);
    setting.platform.world().fault = Fault::BadAnswers;
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("because the smoke test failed: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("production is rolled back to qa@1.0.0 (was 1.0.1)"), "{}", ran.stdout);
    assert_eq!(setting.production(), "1.0.0");
    assert_eq!(setting.last_entry()["outcome"], "rolled_back");
}

#[test]
fn any_other_file_needs_the_platform() {
    for file in ["code.py", "llmops.toml", "docs/page.md", "documents/a.md"] {
        let setting = with_another_prompt(by_api);
        let old = std::fs::read_to_string(setting.project.path(file)).unwrap_or_default();
        setting.project.write(file, &format!("{old}\n# changed\n"));
        setting.commit_all("change");
        setting.prove("1.0.1");
        setting.deploy().ends(0);
        assert_eq!(setting.last_entry()["kind"], "platform", "{file}");
        assert_eq!(setting.platform.live(), Some(setting.commit()), "{file}");
    }
}

#[test]
fn prompts_that_travel_with_the_code_need_the_platform() {
    let setting = with_another_prompt(|url| by_api(url) + "prompts = \"bundled\"\n");
    setting.deploy().ends(0);
    assert_eq!(setting.last_entry()["kind"], "platform");
}

#[test]
fn a_platform_that_runs_something_else_than_was_recorded_is_deployed_to() {
    let setting = with_another_prompt(by_api);
    setting.platform.deployed(&"e".repeat(40));
    setting.deploy().ends(0);
    assert_eq!(setting.last_entry()["kind"], "platform");
}

#[test]
fn the_application_must_have_read_the_new_prompts() {
    let config = |url: &str| hasty(&by_api(url)) + &identity(url) + "prompts = \"/prompts\"\n";
    let setting = Setting::new(config);
    setting.platform.world().prompts = Some(json!({"qa": "1.0.0"}));
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("the running application has qa 1.0.0, not 1.0.1"), "{}", ran.stdout);
    assert_eq!(setting.production(), Value::Null);
    setting.platform.world().prompts = Some(json!({"qa": {"version": "1.0.1"}}));
    setting.deploy().ends(0);
    // Bundled prompts are looked at before the label moves.
    setting.configure(|url| config(url).replace("driver", "prompts = \"bundled\"\ndriver"));
    setting.prove("1.0.1");
    setting.platform.world().prompts = Some(json!({}));
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("the running application does not name the prompt qa"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("labels: "), "{}", ran.stderr);
}
