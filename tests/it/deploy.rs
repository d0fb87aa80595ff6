//! `llmops deploy`: what may be deployed, what is checked, and that the way back is taken whatever goes wrong.

mod crash;
mod faults;
mod labels;
mod looks;
mod prompts;
mod push;
mod secrets;
mod setting;

use std::process::Stdio;

use serde_json::Value;

use crate::support::Ran;
use crate::support::http::{Scripted, Server};
use crate::support::otlp::Spans;
use crate::support::platform::Fault;
use setting::{Setting, by_api};

#[test]
fn what_was_evaluated_is_deployed_checked_and_gets_the_label() {
    let setting = Setting::new(by_api);
    let before = setting.production();
    let ran = setting.deploy().ends(0);
    assert!(ran.stdout.starts_with(&format!("production runs {}\n", &setting.commit()[..9])), "{}", ran.stdout);
    assert_eq!(setting.platform.live(), Some(setting.commit()));
    assert_eq!((before, setting.production()), (Value::Null, "1.0.1".into()));
    let entry = setting.last_entry();
    assert_eq!(entry["outcome"], "deployed");
    assert_eq!((&entry["commit"], &entry["deployment"]), (&setting.commit().into(), &"dep-1".into()));
    assert_eq!(entry["before"]["id"], "dep-0");
    for step in
        ["trigger: dep-1", "wait: ", "identity: ", "smoke: 2 golden cases passed", "labels: production means qa@1.0.1"]
    {
        assert!(ran.stderr.contains(step), "{step}: {}", ran.stderr);
    }
    let status = setting.runs(&["deploy", "status"]).ends(0).stdout;
    assert!(status.starts_with(&format!("production runs {} since ", setting.commit())), "{status}");
    // Again, there is nothing to do.
    let again = setting.deploy().ends(0);
    assert!(again.stdout.contains("there is nothing to do"), "{}", again.stdout);
    assert!(!again.stderr.contains("only prompts changed"), "{}", again.stderr);
    assert_eq!(setting.entries().len(), 1);
}

#[test]
fn without_evidence_of_exactly_this_commit_nothing_is_asked_of_the_platform() {
    let setting = Setting::new(by_api);
    std::fs::remove_file(setting.project.path("llmops/evidence.json")).unwrap();
    let ran = setting.deploy().ends(1);
    assert!(ran.stderr.starts_with("error: there is no evidence llmops/evidence.json\n"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("the deployment is refused; nothing was changed\n"), "{}", ran.stderr);
    setting.prove("1.0.1");
    setting.project.write("code.py", "print(2)\n");
    setting.commit_all("other code");
    setting.deploy().ends(1);
    assert_eq!(setting.platform.server.received().len(), 0);
    assert!(setting.entries().is_empty());
}

#[test]
fn the_pipeline_deploys_where_it_is_asked_to() {
    let setting = Setting::new(by_api);
    setting.runs(&["ci", "-p", "qa@1.0.1"]).ends(0);
    assert!(setting.entries().is_empty());
    // With the evidence that is there.
    let ran = setting.runs(&["ci", "--stage", "deploy"]).ends(0);
    assert!(
        ran.stdout.ends_with(&format!("deploy    pass       production runs {}\n", &setting.commit()[..9])),
        "{}",
        ran.stdout
    );
    // All in one, and only if the others pass.
    let all = ["ci", "--stage", "security,eval,deploy", "--json", "-p"];
    setting.project.write("code.py", "print(2)\n");
    setting.commit_all("other code");
    let ran = setting.runs(&[&all[..], &["qa@1.0.1"]].concat()).ends(0);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["stages"][2]["name"], &report["stages"][2]["verdict"]), (&"deploy".into(), &"pass".into()));
    assert_eq!(setting.platform.live(), Some(setting.commit()));
    setting.project.write("answers.jsonl", &setting.project.read("answers.jsonl").replace("\"yes\"", "\"no\""));
    setting.commit_all("worse");
    let ran = setting.runs(&[&all[..], &["qa@1.0.1"]].concat()).ends(1);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["stages"].as_array().unwrap().len(), 2);
    // What is undone fails the pipeline, and says why in its report.
    setting.project.write("answers.jsonl", &setting.project.read("answers.jsonl").replace("\"no\"", "\"yes\""));
    setting.commit_all("better");
    setting.reset();
    setting.platform.world().fault = Fault::BuildFails;
    setting.runs(&[&all[..], &["qa@1.0.1"]].concat()).ends(1);
    assert!(
        setting
            .project
            .read("llmops/ci_report.md")
            .contains("| deploy | fail | <code>the deployment failed on the platform")
    );
}

#[test]
fn a_trace_has_the_deployment_as_an_annotation_whatever_came_of_it() {
    let collector = Server::start(|_| Scripted::json("{}"));
    let setting = Setting::new(|url| by_api(url) + "\n[trace]\nto = \"otlp\"\n");
    let deploy = |code: i32| {
        let mut command = setting.command(&["deploy"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url).env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ran::of(&mut command).ends(code);
        Spans::received(&collector)
    };
    setting.platform.world().fault = Fault::BadAnswers;
    let spans = deploy(1);
    let failed = spans.one("deployment production");
    assert_eq!(failed["attributes"]["deployment.status"], "failed");
    assert!(failed["attributes"]["llmops.deployment.reason"].as_str().unwrap().contains("smoke"), "{failed}");
    assert_eq!(failed["status"]["code"], 2);
    setting.reset();
    let spans = deploy(0);
    let good = *spans.named("deployment production").last().unwrap();
    assert_eq!(good["attributes"]["deployment.status"], "succeeded");
    assert_eq!(good["attributes"]["deployment.target.name"], "render");
    assert_eq!(good["attributes"]["vcs.ref.head.revision"], setting.commit().as_str());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_begins_nothing() {
    let setting = Setting::new(by_api);
    let ran = setting.runs(&["deploy", "--dry-run"]).ends(0);
    for line in [
        "would deploy ",
        "live now  dep-0 ",
        "label     production of qa: nothing -> 1.0.1\n",
        "steps     trigger, wait, identity, smoke, labels\n",
        "nothing was begun\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert_eq!(setting.platform.changes(), 0);
    assert!(setting.entries().is_empty());
    assert!(!setting.project.path(".llmops/deploy/production/journal.jsonl").exists());
    assert_eq!(setting.production(), Value::Null);
}

#[test]
fn a_platform_that_deploys_by_itself_is_refused_unless_that_is_allowed() {
    let setting = Setting::new(by_api);
    setting.platform.world().auto_deploy = true;
    let ran = setting.deploy().ends(3);
    assert!(ran.stderr.contains("Render deploys every push to this service by itself"), "{}", ran.stderr);
    setting.configure(|url| by_api(url) + "\nallow_auto_deploy = true\n");
    setting.prove("1.0.1");
    setting.deploy().ends(0);
}

#[test]
fn a_driver_that_cannot_tell_needs_an_application_that_can() {
    let setting = Setting::new(|_| "driver = \"render-hook\"\nhook = \"env:DEPLOY_HOOK\"\n".to_owned());
    let ran = setting.deploy().ends(3);
    assert!(ran.stderr.contains("the driver render-hook cannot tell what runs"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: let the application say its commit"), "{}", ran.stderr);
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_with_its_line() {
    let cases = [
        ("driver = \"rendr\"\n", "there is no driver \"rendr\""),
        ("driver = \"render\"\nservice = \"srv-1\"\n", "deploy.token is missing"),
        (
            "driver = \"render-hook\"\nhook = \"https://x.example/deploy?key=abcdefgh\"\n",
            "deploy.hook is a secret and may not stand here",
        ),
        (
            "driver = \"webhook\"\nurl = \"env:DEPLOY_WEBHOOK\"\nsecret = \"env:DEPLOY_SECRET\"\nservice = \"x\"\n",
            "deploy.service has no meaning for the driver webhook",
        ),
        (
            "driver = \"webhook\"\nurl = \"env:NOWHERE\"\nsecret = \"env:DEPLOY_SECRET\"\n",
            "the environment variable NOWHERE is not set",
        ),
        ("", "no platform to deploy to is configured"),
    ];
    let setting = Setting::new(by_api);
    for (config, expected) in cases {
        setting.configure(|_| config.to_owned());
        let ran = setting.deploy().ends(3);
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        assert!(!ran.stderr.contains("abcdefgh"), "{}", ran.stderr);
    }
}

#[test]
fn environments_differ_in_what_they_say() {
    let setting =
        Setting::new(|url| by_api(url) + "[deploy.environments.staging]\nlabel = \"staging\"\nservice = \"srv-2\"\n");
    setting.runs(&["deploy", "--environment", "staging"]).ends(0);
    let asked: Vec<String> = setting.platform.server.received().iter().map(|request| request.path.clone()).collect();
    assert!(asked.iter().any(|path| path == "/v1/services/srv-2/deploys"), "{asked:?}");
    assert!(!asked.iter().any(|path| path.contains("srv-1")), "{asked:?}");
    assert_eq!(setting.label("staging"), "1.0.1");
    assert_eq!(setting.production(), Value::Null);
    let ran = setting.runs(&["deploy", "--environment", "stagin"]).ends(3);
    assert!(ran.stderr.contains("hint: did you mean \"staging\"?"), "{}", ran.stderr);
}

#[test]
fn two_deployments_at_once_are_one_and_a_refusal() {
    let setting = Setting::new(by_api);
    setting.platform.world().fault = Fault::NeverLive;
    let mut first = setting.command(&["deploy"]).spawn().unwrap();
    crate::support::until("trigger", || setting.platform.begun() == 2);
    let second = setting.deploy().ends(2);
    let expected = format!("error: a deployment of production is under way: process {}, commit ", first.id());
    assert!(second.stderr.starts_with(&expected), "{}", second.stderr);
    let status = setting.runs(&["deploy", "status"]).ends(0).stdout;
    assert!(status.contains("under way: "), "{status}");
    setting.platform.world().fault = Fault::None;
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn a_deployment_is_returned_from_with_its_labels_and_that_is_recorded() {
    let setting = Setting::new(by_api);
    let first = setting.commit();
    setting.prove("1.0.0");
    setting.deploy().ends(0);
    setting.project.write("code.py", "print(2)\n");
    setting.commit_all("other code");
    setting.prove("1.0.1");
    setting.deploy().ends(0);
    assert_eq!(setting.production(), "1.0.1");
    let ran = setting.runs(&["deploy", "rollback", "-m", "users complain"]).ends(0);
    assert!(ran.stdout.starts_with(&format!("production is back at {}\n", &first[..9])), "{}", ran.stdout);
    assert_eq!(setting.platform.live(), Some(first.clone()));
    assert_eq!(setting.production(), "1.0.0");
    let entry = setting.last_entry();
    assert_eq!((&entry["outcome"], &entry["reason"]), (&"returned".into(), &"users complain".into()));
    // What is in effect now is the first again.
    let status = setting.runs(&["deploy", "status"]).ends(0).stdout;
    assert!(status.starts_with(&format!("production runs {first} since ")), "{status}");
    setting.runs(&["prompt", "verify"]).ends(0);
}

#[test]
fn a_return_that_fails_says_what_has_gone_back_and_what_has_not() {
    let setting = Setting::new(by_api);
    setting.deploy().ends(0);
    setting.platform.world().fault = Fault::NoWayBack;
    let ran = setting.runs(&["deploy", "rollback", "-m", "users complain"]).ends(2);
    assert!(
        ran.stdout.contains("look at the platform\n  production has gone back before the platform was asked\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(setting.platform.live(), Some(setting.commit()));
    assert_eq!(setting.production(), serde_json::Value::Null);
}

#[test]
fn a_record_that_was_edited_is_refused() {
    let setting = Setting::new(by_api);
    setting.deploy().ends(0);
    let record = setting.project.read("deployments/production.jsonl").replace("\"deployed\"", "\"failed\"");
    setting.project.write("deployments/production.jsonl", &record);
    let ran: Ran = setting.runs(&["deploy", "status"]).ends(3);
    assert!(ran.stderr.starts_with("error: deployments/production.jsonl:1: the line was edited"), "{}", ran.stderr);
}
