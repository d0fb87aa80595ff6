//! Runs that are recorded and replayed: without a key, without a network, and without a secret in the file.

use serde_json::{Value, json};

use crate::support::chat::{KEY, answer, command, config, project, reply, run};
use crate::support::http::{Received, Scripted, Server};
use crate::support::{CONFIG, Project, Ran, small_project};

/// Everything below the project's folder that holds these bytes.
fn files_with(project: &Project, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![project.path(".")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if std::fs::read(entry.path()).unwrap().windows(needle.len()).any(|part| part == needle.as_bytes()) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_recorded_run_is_replayed_without_key_and_network() {
    let project = project(6);
    let first = {
        let server = Server::start(answer);
        run(&project, &server, &["eval", "--record", "evals/recorded.jsonl"]).ends(0);
        project.read("evals/recorded.jsonl")
    };
    assert_eq!(first.lines().count(), 6);
    // Nobody listens at the usual address, and there is no key.
    let ran = project.run(&["eval", "--replay", "evals/recorded.jsonl"]).ends(0);
    assert!(ran.stdout.starts_with("PASS  "), "{}", ran.stdout);
    let report = project.report();
    assert_eq!(report["estimates"]["answer_relevancy"]["mean"], 0.5);
    assert_eq!(report["results"][0]["latency_ms"], serde_json::Value::Null);
    // The file does not depend on the order of the answers or on the server's address, and cached answers are in it.
    let server = Server::start(answer);
    run(&project, &server, &["eval", "--record", "again.jsonl", "--concurrency", "1"]).ends(0);
    let without_times = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(",\"latency_ms\"").next().unwrap().to_owned()).collect()
    };
    assert_eq!(without_times(&first), without_times(&project.read("again.jsonl")));
}

#[test]
fn a_miss_is_an_error_of_its_case_and_names_the_nearest_request() {
    let server = Server::start(answer);
    let project = project(3);
    run(&project, &server, &["eval", "--record", "recorded.jsonl"]).ends(0);
    let rows = project.read("evals/dataset.jsonl").replace("Say 2.", "Say 22.");
    project.write("evals/dataset.jsonl", &rows);
    project.run(&["eval", "--replay", "recorded.jsonl"]).ends(2);
    let error = project.report()["results"][2]["error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("recorded.jsonl has no reply to this request"), "{error}");
    assert!(error.contains("Say 2."), "{error}");
    let before = server.received().len();
    run(&project, &server, &["eval", "--replay", "recorded.jsonl"]).ends(2);
    assert_eq!(server.received().len(), before, "a replay sends nothing, even if it could");
}

#[test]
fn no_secret_is_recorded() {
    // A server that repeats everything it gets, the key included.
    let server = Server::start(|request| {
        let key = request.header("authorization").unwrap_or_default().to_owned();
        let Scripted::Answer(status, headers, body) = answer(request) else { unreachable!() };
        Scripted::Answer(status, headers, body.replace("stop", &format!("stop {key}")))
    });
    let project = project(2);
    run(&project, &server, &["eval", "--record", "recorded.jsonl"]).ends(0);
    assert!(project.read("recorded.jsonl").contains("***"), "{}", project.read("recorded.jsonl"));
    assert_eq!(files_with(&project, KEY), [] as [&str; 0]);
}

#[test]
fn applications_behind_a_url_are_recorded_too() {
    let server = Server::start(|_| Scripted::json(r#"{"answer": "<0> <1> never"}"#));
    let project = project(2);
    let http = |port: &str| {
        config("").replace(
            "kind = \"prompt\"\nprompt = \"qa\"\nmodel = \"openai/m\"",
            &format!("kind = \"http\"\nurl = \"{port}/ask\"\nheaders = {{ Authorization = \"env:APP_TOKEN\" }}"),
        )
    };
    project.write("llmops.toml", &http(&server.url));
    let token = "t-0123456789";
    let ran = Ran::of(command(&project, &server, &["eval", "--record", "app.jsonl"]).env("APP_TOKEN", token));
    ran.ends(0);
    assert_eq!(files_with(&project, token), [] as [&str; 0]);
    project.write("llmops.toml", &http("http://127.0.0.1:9"));
    project.run(&["eval", "--replay", "app.jsonl"]).ends(0);
}

#[test]
fn a_broken_recording_is_a_configuration_error_with_its_lines() {
    let project = project(1);
    project.write("broken.jsonl", "{\"schema\": 1}\nnonsense\n");
    let ran = project.run(&["eval", "--replay", "broken.jsonl"]).ends(3);
    assert!(ran.stderr.contains("broken.jsonl:1: ") && ran.stderr.contains("broken.jsonl:2: "), "{}", ran.stderr);
    project.run(&["eval", "--replay", "missing.jsonl"]).ends(3);
    project.run(&["eval", "--replay", "a", "--record", "b"]).ends(3);
    let server = Server::start(answer);
    let before = server.received().len();
    let ran = run(&project, &server, &["eval", "--record", "llmops.toml/file.jsonl"]);
    assert!(ran.code >= 2, "{}", ran.stderr);
    assert_eq!(server.received().len(), before);
}

/// Embeds texts, and answers what the small project asks.
fn embed_or_answer(request: &Received) -> Scripted {
    if !request.path.ends_with("/embeddings") {
        return reply("Under the flowerpot, from nine to five.");
    }
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let texts = body["input"].as_array().unwrap().iter().enumerate();
    let data: Vec<Value> = texts
        .map(|(index, text)| json!({ "index": index, "embedding": [1.0, text.as_str().unwrap().len()] }))
        .collect();
    Scripted::json(json!({ "data": data, "usage": { "prompt_tokens": 3 } }).to_string())
}

#[test]
fn a_recording_is_whole_even_where_everything_is_kept_already() {
    let server = Server::start(embed_or_answer);
    let project = small_project();
    let config = "[target]\nmodel = \"openai/m\"\n[retrieval]\nembedder = \"openai/e\"\n";
    project.write("llmops.toml", &format!("{config}{CONFIG}"));
    project.record("rag_answer@1.0.0");
    // Fills the store and the cache.
    run(&project, &server, &["ci", "-q"]).ends(0);
    run(&project, &server, &["ci", "-q", "--record", "one.jsonl"]).ends(0);
    let sent = server.received().len();
    run(&project, &server, &["ci", "-q", "--record", "two.jsonl"]).ends(0);
    assert_eq!(server.received().len(), sent);
    // Two documents and two questions to embed, each on its own, and two to answer.
    assert_eq!(project.read("two.jsonl").lines().count(), 6);
    let recorded = project.report();
    // As in a fresh checkout.
    std::fs::remove_dir_all(project.path(".llmops")).unwrap();
    project.run(&["ci", "-q", "--replay", "two.jsonl"]).ends(0);
    assert_eq!(project.report()["estimates"], recorded["estimates"]);
}

#[test]
fn a_provider_that_needs_an_address_and_a_key_is_replayed_without_both() {
    let server = Server::start(embed_or_answer);
    let project = small_project();
    project.write("llmops.toml", &format!("[target]\nmodel = \"azure/my-deployment\"\n{CONFIG}"));
    let mut command = project.command(".", &["eval", "-q", "--record", "calls.jsonl"]);
    command.env("AZURE_OPENAI_BASE_URL", &server.url).env("AZURE_OPENAI_API_KEY", KEY);
    Ran::of(&mut command).ends(0);
    project.run(&["eval", "-q", "--replay", "calls.jsonl"]).ends(0);
}

/// A name does not always tell what a header holds; that its value comes from the environment does.
#[test]
fn what_the_environment_gives_is_a_secret_whatever_its_name() {
    let server = Server::start(|request| {
        let tenant = request.header("x-tenant").unwrap_or_default();
        Scripted::json(json!({ "answer": format!("<0> <1> never {tenant}") }).to_string())
    });
    let project = project(2);
    let http = format!(
        "kind = \"http\"\nurl = \"{}/ask?lang=en&api_key=q-0123456789\"\nheaders = {{ X-Tenant = \"env:TENANT\" }}",
        server.url
    );
    let config = config("").replace("kind = \"prompt\"\nprompt = \"qa\"\nmodel = \"openai/m\"", &http);
    project.write("llmops.toml", &config);
    Ran::of(command(&project, &server, &["eval", "--record", "app.jsonl"]).env("TENANT", "t-9876543210")).ends(0);
    let recorded = project.read("app.jsonl");
    assert!(recorded.contains("\"path\":\"/ask?lang=en&api_key=***\"") && recorded.contains("never ***"), "{recorded}");
    assert!(!recorded.contains("t-9876543210") && !recorded.contains("q-0123456789"), "{recorded}");
    project.run(&["eval", "-q", "--replay", "app.jsonl"]).ends(0);
    let ran = project.run(&["eval", "-q"]).ends(3);
    assert!(ran.stderr.contains("the environment variable TENANT is not set"), "{}", ran.stderr);
}
