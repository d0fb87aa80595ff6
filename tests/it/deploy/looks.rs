//! What is looked at before a deployment counts: what runs, golden cases, and how it does for a while.

use super::setting::{OLD, Setting, by_api, identity};
use crate::support::platform::Fault;

#[test]
fn a_header_can_say_the_commit() {
    let setting = Setting::new(|url| {
        let hook = "driver = \"render-hook\"\nhook = \"env:DEPLOY_HOOK\"\n";
        format!("{hook}[deploy.identity]\nurl = \"{url}/version\"\nheader = \"X-Commit\"\nprobes = 5\n")
    });
    let ran = setting.deploy().ends(0);
    assert!(
        ran.stderr.contains(&format!("identity: {} runs (5 answers in a row)", &setting.commit()[..9])),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_deployment_that_is_ill_while_it_is_watched_is_undone() {
    let watched = |url: &str, page: &str| {
        format!("{}[deploy.watch]\ntime = \"60 ms\"\ninterval = \"5 ms\"\nurl = \"{url}/{page}\"\n", by_api(url))
    };
    let setting = Setting::new(|url| watched(url, "missing"));
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("while it was watched: 1 answer, 1 without success; the last: GET "), "{}", ran.stdout);
    assert_eq!(setting.platform.live().as_deref(), Some(OLD));
    let setting = Setting::new(|url| watched(url, "health"));
    let ran = setting.deploy().ends(0);
    assert!(ran.stderr.contains("watch: well for 60 ms: "), "{}", ran.stderr);
}

#[test]
fn another_deployment_while_it_is_watched_is_noticed() {
    let setting = Setting::new(|url| by_api(url) + "[deploy.watch]\ntime = \"60 s\"\ninterval = \"5 ms\"\n");
    let running = setting.command(&["deploy"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    crate::support::until("watching", || {
        let journal = setting.project.path(".llmops/deploy/production/journal.jsonl");
        std::fs::read_to_string(journal).unwrap_or_default().contains("\"begin\",\"step\":\"watch\"")
    });
    setting.platform.deployed(&"e".repeat(40));
    let ended = running.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("while it was watched: the platform says: deactivated"), "{stdout}");
    assert_eq!(setting.platform.live().as_deref(), Some(OLD));
}

#[test]
fn a_deployment_that_vercel_takes_out_of_production_is_not_put_back_while_it_is_watched() {
    let setting = Setting::new(|url| {
        let keys = "driver = \"vercel\"\ntoken = \"env:DEPLOY_TOKEN\"\nservice = \"prj_1\"\nrepository = \"1234\"\n";
        format!(
            "{keys}api = \"{url}\"\n{}[deploy.watch]\ntime = \"60 s\"\ninterval = \"5 ms\"\nurl = \"{url}/version\"\n",
            identity(url)
        )
    });
    let running = setting.command(&["deploy"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    crate::support::until("watching", || {
        let journal = setting.project.path(".llmops/deploy/production/journal.jsonl");
        std::fs::read_to_string(journal).unwrap_or_default().contains("\"begin\",\"step\":\"watch\"")
    });
    setting.platform.deployed(&"e".repeat(40));
    let ended = running.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stdout}");
    assert!(stdout.contains("while it was watched: it is not live any more"), "{stdout}");
    let asked = setting.platform.server.received();
    assert!(asked.iter().all(|request| !request.path.contains("/promote/")));
}

/// The last deployment is not taken for what runs because the application says nothing.
#[test]
fn an_application_that_names_no_commit_is_not_known() {
    let commit = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let said = std::sync::Arc::clone(&commit);
    let version = crate::support::http::Server::start(move |_| {
        crate::support::http::Scripted::json(serde_json::json!({"commit": *said.lock().unwrap()}).to_string())
    });
    let setting = Setting::new(|_| {
        format!("driver = \"command\"\ncommand = [\"true\"]\ntimeout = \"2 s\"\n{}", identity(&version.url))
    });
    commit.lock().unwrap().clone_from(&setting.commit());
    setting.deploy().ends(0);
    assert!(setting.deploy().ends(0).stdout.contains("there is nothing to do"));
    commit.lock().unwrap().clear();
    assert!(!setting.runs(&["deploy", "--dry-run"]).ends(0).stdout.contains("none: it is there"));
}

#[test]
fn golden_cases_are_chosen_by_number_name_or_category() {
    let chosen = |keys: &str| {
        let keys = keys.to_owned();
        Setting::new(move |url| format!("{}[deploy.smoke]\nurl = \"{url}/ask\"\n{keys}\n", by_api(url)))
    };
    let asked = |setting: &Setting| {
        let received = setting.platform.server.received();
        let mut asked: Vec<String> =
            received.iter().filter(|request| request.path == "/ask").map(|request| request.body.clone()).collect();
        asked.sort();
        asked
    };
    let setting = chosen("ids = [\"c2\", \"c0\"]");
    setting.deploy().ends(0);
    assert_eq!(asked(&setting), ["{\"question\":\"Is it 0?\"}", "{\"question\":\"Is it 2?\"}"]);
    let setting = chosen("ids = [\"c9\"]");
    let ran = setting.deploy().ends(3);
    assert!(ran.stderr.contains("the dataset has no case \"c9\""), "{}", ran.stderr);
    let setting = chosen("category = \"golden\"");
    let ran = setting.deploy().ends(3);
    assert!(ran.stderr.contains("[deploy.smoke] chooses no case of the dataset"), "{}", ran.stderr);
    assert_eq!(setting.platform.changes(), 0);
    let setting = chosen("");
    setting.deploy().ends(0);
    assert_eq!(asked(&setting).len(), 3);
}

#[test]
fn a_bar_that_needs_what_the_application_does_not_say_is_left_to_the_evaluation() {
    let setting = Setting::new(by_api);
    let config = setting.project.read("llmops.toml");
    let bars = "answer_relevancy = 0.5
latency = \"1 ms\"
refusal = 0.9
[gate.regression]
max_drop = 0.1
";
    setting.project.write(
        "llmops.toml",
        &config.replace(
            "answer_relevancy = 0.5
",
            bars,
        ),
    );
    setting.commit_all("more bars");
    setting.prove("1.0.1");
    setting.deploy().ends(0);
    let report: serde_json::Value = serde_json::from_str(&setting.project.read("llmops/smoke_report.json")).unwrap();
    assert_eq!(report["thresholds"], serde_json::json!({"answer_relevancy": 0.5}));
}

#[test]
fn without_golden_cases_that_is_said() {
    let setting = Setting::new(by_api);
    let config = setting.project.read("llmops.toml");
    let end = config.find("[deploy.smoke]").unwrap();
    setting.project.write("llmops.toml", &config[..end]);
    setting.commit_all("no smoke test");
    setting.prove("1.0.1");
    let ran = setting.deploy().ends(0);
    assert!(ran.stderr.contains("no smoke test is configured"), "{}", ran.stderr);
}

#[test]
fn an_application_that_answers_no_golden_case_is_undone() {
    let setting =
        Setting::new(|url| format!("{}{}[deploy.smoke]\nurl = \"{url}/nowhere\"\n", by_api(url), identity(url)));
    setting.platform.world().fault = Fault::None;
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("the smoke test failed: 3 of 3 cases failed with an error"), "{}", ran.stdout);
    assert_eq!(setting.platform.live().as_deref(), Some(OLD));
}
