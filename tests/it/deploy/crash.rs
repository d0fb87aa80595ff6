//! Killed at any moment, a deployment is gone on with or undone by the next call.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::setting::{OLD, Setting, by_api, identity};
use crate::support::platform::{Fault, Moment};

type Config = fn(&str) -> String;

fn render(url: &str) -> String {
    by_api(url) + &identity(url) + "[deploy.watch]\ntime = \"10 ms\"\ninterval = \"5 ms\"\n"
}

fn webhook(url: &str) -> String {
    format!("driver = \"webhook\"\nurl = \"env:DEPLOY_WEBHOOK\"\nsecret = \"env:DEPLOY_SECRET\"\n{}", identity(url))
}

const DRIVERS: [Config; 2] = [render, webhook];

/// Kills the program at each request, after the platform has acted on it and, where it changes something, also before; then
/// looks at what is left.
fn kill_everywhere(config: Config, fault: Fault, look: impl Fn(&Setting, &str)) {
    let setting = Setting::new(config);
    let begin = || {
        setting.reset();
        setting.prove("1.0.1");
        setting.platform.world().fault = fault;
    };
    begin();
    setting.deploy();
    let requests = setting.platform.server.received();
    let mut killed = 0;
    for (number, request) in requests.iter().enumerate() {
        let is_change = request.method != "GET" && request.path != "/ask";
        let moments = if is_change { &[Moment::After, Moment::Before][..] } else { &[Moment::After] };
        for moment in moments {
            begin();
            // While it is watched, it is asked now and then, and not always equally often.
            if !setting.platform.kill_at(number, *moment, &mut setting.command(&["deploy"])) {
                continue;
            }
            killed += 1;
            look(&setting, &format!("killed {moment:?} request {number}, {}", request.path));
        }
    }
    assert!(killed > 6, "{killed} of {requests:?}");
}

#[test]
fn a_deployment_that_is_killed_at_any_request_is_gone_on_with() {
    for config in DRIVERS {
        kill_everywhere(config, Fault::None, |setting, when| {
            let ran = setting.deploy();
            assert_eq!(ran.code, 0, "{when}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(setting.platform.live(), Some(setting.commit()), "{when}");
            assert_eq!(setting.platform.begun(), 2, "{when}: it was begun twice");
            assert_eq!(setting.production(), "1.0.1", "{when}");
            assert_eq!(setting.entries().len(), 1, "{when}");
            assert!(setting.is_at_rest(), "{when}");
        });
    }
}

#[test]
fn a_rollback_that_is_killed_at_any_request_is_gone_on_with() {
    for config in DRIVERS {
        kill_everywhere(config, Fault::BadAnswers, |setting, when| {
            let ran = setting.deploy();
            assert_eq!(ran.code, 1, "{when}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(setting.platform.live().as_deref(), Some(OLD), "{when}");
            assert_eq!(setting.production(), Value::Null, "{when}");
            assert_eq!(setting.last_entry()["outcome"], "rolled_back", "{when}");
            assert!(setting.is_at_rest(), "{when}");
        });
    }
}

#[test]
fn one_that_was_killed_is_undone_before_another_begins() {
    for config in DRIVERS {
        kill_everywhere(config, Fault::None, |setting, when| {
            setting.prove("1.0.0");
            let ran = setting.deploy();
            assert_eq!(ran.code, 0, "{when}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(setting.platform.live(), Some(setting.commit()), "{when}");
            assert_eq!(setting.production(), "1.0.0", "{when}");
            let outcomes: Vec<Value> = setting.entries().iter().map(|entry| entry["outcome"].clone()).collect();
            let begun_before = [json!("rolled_back"), json!("deployed")];
            let not_begun = [json!("deployed")];
            assert!(outcomes == begun_before || outcomes == not_begun, "{when}: {outcomes:?}");
            assert!(setting.is_at_rest(), "{when}");
        });
    }
}

#[test]
fn one_that_was_killed_is_undone_even_if_nothing_may_be_deployed_now() {
    let setting = Setting::new(render);
    assert!(setting.platform.kill_at(9, Moment::After, &mut setting.command(&["deploy"])));
    std::fs::remove_file(setting.project.path("llmops/evidence.json")).unwrap();
    let ran = setting.deploy().ends(1);
    assert!(ran.stderr.contains("error: there is no evidence"), "{}", ran.stderr);
    assert_eq!(setting.last_entry()["outcome"], "rolled_back");
    assert_eq!(setting.platform.live().as_deref(), Some(OLD));
    assert!(setting.is_at_rest());
}

#[test]
fn a_return_that_was_killed_is_gone_on_with() {
    for config in DRIVERS {
        let setting = Setting::new(config);
        let back = ["deploy", "rollback", "-m", "back"];
        for number in 0.. {
            setting.reset();
            setting.deploy().ends(0);
            if !setting.platform.kill_at(number, Moment::After, &mut setting.command(&back)) {
                assert!(number > 3, "{number} requests");
                break;
            }
            // Whatever is asked for next, it comes to its end first.
            setting.runs(&back).ends(0);
            assert_eq!(setting.platform.live().as_deref(), Some(OLD), "request {number}");
            assert_eq!(setting.production(), Value::Null, "request {number}");
            assert_eq!(setting.entries().len(), 2, "request {number}");
            assert!(setting.is_at_rest(), "request {number}");
        }
    }
}

#[test]
fn one_that_is_asked_to_end_is_gone_on_with() {
    let setting = Setting::new(render);
    setting.platform.world().fault = Fault::NeverLive;
    let running = setting.command(&["deploy"]).stderr(Stdio::piped()).spawn().unwrap();
    crate::support::until("trigger", || setting.platform.begun() == 2);
    let asked = Command::new("kill").arg(running.id().to_string()).status().unwrap();
    assert!(asked.success());
    let ended = running.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8(ended.stderr).unwrap().ends_with("error: interrupted\n"));
    setting.platform.world().fault = Fault::None;
    std::fs::rename(setting.project.path("llmops/evidence.json"), setting.project.path("llmops/other.json")).unwrap();
    let ran = setting.runs(&["deploy", "--evidence", "llmops/other.json"]).ends(0);
    assert!(ran.stderr.starts_with("going on with the deployment of "), "{}", ran.stderr);
    assert_eq!(setting.platform.begun(), 2);
}

/// The files that a deployment changes, as they were at some time.
struct Left {
    ledger: String,
    record: Option<String>,
}

impl Left {
    fn of(setting: &Setting) -> Self {
        let record = std::fs::read_to_string(setting.project.path("deployments/production.jsonl")).ok();
        Self { ledger: setting.project.read("prompts/qa/ledger.jsonl"), record }
    }

    fn restore(&self, setting: &Setting) {
        setting.project.write("prompts/qa/ledger.jsonl", &self.ledger);
        if let Some(record) = &self.record {
            setting.project.write("deployments/production.jsonl", record);
        }
    }
}

#[test]
fn every_part_of_a_journal_is_gone_on_with_from_where_it_ends() {
    let setting = Setting::new(render);
    let before = Left::of(&setting);
    setting.deploy().ends(0);
    let after = Left::of(&setting);
    let journal = setting.project.read(".llmops/deploy/production/last.jsonl");
    let lines: Vec<&str> = journal.lines().collect();
    assert!(lines.len() > 12, "{journal}");
    for count in 0..=lines.len() {
        let part = lines[..count].concat();
        let is_begun = part.contains("\"end\",\"step\":\"trigger\"");
        // A line that was being written when the machine stopped.
        let half = lines.get(count).map_or("", |line| &line[..line.len() / 2]);
        // What a step does may be done already when its end is not written down yet.
        for done in [false, true] {
            let labels = part.contains("\"end\",\"step\":\"labels\"")
                || (done && part.contains("\"begin\",\"step\":\"labels\""));
            setting.reset();
            let left = if labels && count == lines.len() && done { &after } else { &before };
            left.restore(&setting);
            if labels {
                setting.project.write("prompts/qa/ledger.jsonl", &after.ledger);
            }
            if is_begun || (done && part.contains("\"begin\",\"step\":\"trigger\"")) {
                setting.platform.deployed(&setting.commit());
            }
            let whole = lines[..count].join("\n") + if count > 0 { "\n" } else { "" };
            setting.project.write(".llmops/deploy/production/journal.jsonl", &(whole + half));
            let ran = setting.deploy();
            let when = format!("after {count} lines, {done}");
            assert_eq!(ran.code, 0, "{when}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(setting.platform.live(), Some(setting.commit()), "{when}");
            assert_eq!(setting.platform.begun(), 2, "{when}");
            assert_eq!(setting.production(), "1.0.1", "{when}");
            assert_eq!(setting.entries().len(), 1, "{when}");
            assert!(setting.is_at_rest(), "{when}");
            assert_eq!(setting.project.read("prompts/qa/ledger.jsonl").lines().count(), after.ledger.lines().count());
        }
    }
}

#[test]
fn a_journal_that_was_damaged_is_not_guessed_at() {
    let setting = Setting::new(render);
    setting.deploy().ends(0);
    let journal = setting.project.read(".llmops/deploy/production/last.jsonl").replace("\"begin\"", "\"bgin\"");
    setting.project.write(".llmops/deploy/production/journal.jsonl", &journal);
    let ran = setting.deploy().ends(2);
    assert!(ran.stderr.contains("the journal of an unfinished deployment cannot be read"), "{}", ran.stderr);
}
