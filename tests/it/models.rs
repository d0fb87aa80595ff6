//! Models that misbehave, and a real one.

use serde_json::{Value, json};

use crate::support::http::{Received, Scripted, Server};
use crate::support::{CONFIG, PROMPT, Project, Ran, llama, small_project};

const KEY: &str = "sk-test-0123456789";

/// The small project with an OpenAI-compatible model at `server`, and one second for each answer.
fn project(model: &str) -> Project {
    let project = small_project();
    project.write("llmops.toml", &format!("[target]\nmodel = \"{model}\"\ntimeout = \"1 s\"\n{CONFIG}"));
    project
}

fn run(project: &Project, server: &Server, arguments: &[&str]) -> Ran {
    let mut command = project.command(".", arguments);
    command.env("OPENAI_BASE_URL", format!("{}/v1", server.url)).env("OPENAI_API_KEY", KEY);
    Ran::of(&mut command)
}

type Failure = fn(&Received) -> Scripted;

/// Announced whole, sent in part.
const BODY: &str = r#"{"choices": [{"message": {"content": "Under the flowerpot."}}]}"#;

fn says(text: &str) -> Scripted {
    let choice = json!({ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 });
    Scripted::json(json!({ "choices": [choice], "usage": usage }).to_string())
}

#[test]
fn when_every_call_fails_the_gate_is_undecided() {
    let failures: [(&str, Failure); 9] = [
        ("refused the key in OPENAI_API_KEY", |_| {
            Scripted::status(401, r#"{"error": {"message": "Incorrect API key"}}"#)
        }),
        ("overloaded", |_| Scripted::status(500, r#"{"error": {"message": "overloaded"}}"#)),
        ("not JSON", |_| Scripted::json("<html>")),
        ("no complete answer within 1 s", |_| Scripted::Hang),
        ("no complete answer within 1 s", |_| Scripted::Stall(10, BODY.to_owned())),
        ("cannot reach http://127.0.0.1", |_| Scripted::Break(10, BODY.to_owned())),
        ("cannot reach http://127.0.0.1", |_| Scripted::Close),
        ("choices", |_| Scripted::json(r#"{"object": "chat.completion"}"#)),
        ("no text", |_| says("")),
    ];
    for (message, failure) in failures {
        let server = Server::start(failure);
        let project = project("openai/gpt-test");
        let ran = run(&project, &server, &["eval", "-q"]).ends(2);
        assert!(ran.stdout.starts_with("UNDECIDED  "), "{}", ran.stdout);
        assert!(ran.stdout.contains(message), "{message} not in {}", ran.stdout);
        let report = project.report();
        assert_eq!(report["metrics"]["answer_relevancy"], Value::Null);
        assert_eq!(report["cases"]["errored"], 2);
        assert!(!format!("{}{}{report}", ran.stdout, ran.stderr).contains(KEY));
    }
}

#[test]
fn one_failed_case_is_an_error_and_not_a_score() {
    let server = Server::start(|request| {
        if request.body.contains("Where is the key?") {
            says("Under the flowerpot.")
        } else {
            Scripted::json("nonsense")
        }
    });
    let project = project("openai/gpt-test");
    run(&project, &server, &["eval", "-q"]).ends(2);
    let report = project.report();
    assert_eq!(project.relevancy(), (Some(1.0), 1, 0, 1));
    assert_eq!(report["results"][1]["answer_relevancy"], Value::Null);
    assert_eq!(report["results"][1]["outcomes"]["answer_relevancy"]["outcome"], "errored");

    project.write("llmops.toml", &format!("{}max_error_rate = 0.5\n", project.read("llmops.toml")));
    run(&project, &server, &["eval", "-q"]).ends(0);
}

#[test]
fn a_rate_limit_is_waited_for() {
    let server =
        Server::sequence(vec![|| Scripted::Answer(429, vec![("retry-after", "0".into())], "{}".into()), || {
            says("Under the flowerpot, from nine to five.")
        }]);
    let project = project("openai/gpt-test");
    run(&project, &server, &["eval", "-q"]).ends(0);
    let attempts: u64 =
        project.report()["results"].as_array().unwrap().iter().map(|r| r["attempts"].as_u64().unwrap()).sum();
    assert_eq!(attempts, 3);
}

#[test]
fn a_key_that_a_server_repeats_does_not_reach_the_report() {
    let server = Server::start(|_| says(&format!("Under the flowerpot, from nine to five. {KEY}")));
    let project = project("openai/gpt-test");
    run(&project, &server, &["eval", "-q"]).ends(0);
    let answer = project.report()["results"][0]["answer"].to_string();
    assert!(answer.contains("flowerpot") && answer.contains("***") && !answer.contains(KEY), "{answer}");
}

#[test]
fn an_answer_cut_off_by_the_model_is_scored_and_said() {
    let server = Server::start(|_| {
        let message = json!({ "role": "assistant", "content": "Under the flowerpot, from nine to five" });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "length" });
        Scripted::json(json!({ "choices": [choice] }).to_string())
    });
    let ran = run(&project("openai/gpt-test"), &server, &["eval", "-q"]).ends(0);
    assert!(ran.stdout.contains("answers cut off    2 at the model's token limit"), "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn an_interrupted_ingest_is_undecided() {
    let server = Server::start(|_| Scripted::Hang);
    let project = small_project();
    project.write("llmops.toml", &format!("[retrieval]\nembedder = \"openai/e\"\n{CONFIG}"));
    project.record("rag_answer@1.0.0");
    let mut command = project.command(".", &["ci", "-q"]);
    command.env("OPENAI_BASE_URL", format!("{}/v1", server.url));
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while server.received().is_empty() {
        std::thread::yield_now();
    }
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: interrupted\n");
}

#[test]
fn connections_are_used_again() {
    let server = Server::start(|_| says("Under the flowerpot, from nine to five."));
    run(&project("openai/gpt-test"), &server, &["eval", "--concurrency", "1"]).ends(0);
    assert_eq!((server.received().len(), server.connections()), (2, 1));
}

#[test]
fn an_unknown_provider_or_model_name_is_a_configuration_error() {
    let cases = [
        ("opnai/gpt", "llmops.toml:2: unknown model provider \"opnai\"", "did you mean \"openai\"?"),
        ("gpt-5", "llmops.toml:2: \"gpt-5\" is not a model", "write provider/model"),
        ("local/extractiv", "llmops.toml:2: unknown local model \"extractiv\"", "did you mean \"extractive\"?"),
    ];
    for (model, message, hint) in cases {
        let ran = project(model).run(&["eval"]).ends(3);
        assert!(ran.stderr.contains(message) && ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn an_own_provider_is_a_row_of_the_configuration() {
    let server = Server::start(|_| says("Under the flowerpot, from nine to five."));
    let project = project("inhouse/qwen");
    let own = format!("[providers.inhouse]\nbase_url = \"{}/v1\"\napi_key = \"env:INHOUSE_KEY\"\n", server.url);
    project.write("llmops.toml", &format!("{}{own}", project.read("llmops.toml")));
    Ran::of(project.command(".", &["eval"]).env("INHOUSE_KEY", KEY)).ends(0);
    assert_eq!(server.received()[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let ran = project.run(&["eval"]).ends(3);
    assert!(ran.stderr.contains("the environment variable INHOUSE_KEY is not set"), "{}", ran.stderr);
    // A key that is not needed is not asked for.
    project.run(&["eval", "--model", "local/extractive"]).ends(0);
}

#[test]
fn a_prompt_may_name_its_model_and_the_configuration_wins() {
    let server = Server::start(|_| says("Under the flowerpot, from nine to five."));
    let project = small_project();
    project.write("prompts/rag_answer/1.0.0.md", &PROMPT.replacen("---", "---\nmodel: openai/gpt-test", 1));
    run(&project, &server, &["eval"]).ends(0);
    assert_eq!(project.report()["target"]["model"], "openai/gpt-test");
    let config = format!("[target]\nmodel = \"local/extractive\"\n{CONFIG}");
    project.write("llmops.toml", &config);
    run(&project, &server, &["eval"]).ends(0);
    assert_eq!(project.report()["target"]["model"], "local/extractive");
    run(&project, &server, &["eval", "--model", "openai/gpt-test"]).ends(0);
    assert_eq!(project.report()["target"]["model"], "openai/gpt-test");
}

#[test]
fn a_key_may_stand_in_dotenv() {
    let server = Server::start(|_| says("Under the flowerpot, from nine to five."));
    let project = project("openai/gpt-test");
    project.write(".env", &format!("OPENAI_BASE_URL={}/v1\nOPENAI_API_KEY='{KEY}'\n", server.url));
    project.run(&["eval"]).ends(0);
}

#[test]
fn recorded_answers_replay_a_run_and_an_unknown_question_is_an_error() {
    let server = Server::start(|_| says("Under the flowerpot, from nine to five."));
    let project = project("openai/gpt-test");
    run(&project, &server, &["eval", "-q"]).ends(0);
    std::fs::rename(project.path("llmops/eval_report.json"), project.path("evals/recorded.json")).unwrap();
    project.run(&["eval", "-q", "--model", "recorded/evals/recorded.json"]).ends(0);
    // What was replayed took no time that could be gated.
    let config = project.read("llmops.toml");
    project.write("llmops.toml", &format!("{config}latency = \"1 min\"\n"));
    let ran = project.run(&["eval", "-q", "--model", "recorded/evals/recorded.json"]).ends(2);
    assert!(ran.stdout.contains("latency has a threshold, but no case measures it"), "{}", ran.stdout);
    project.write("llmops.toml", &config);
    let dataset = project.read("evals/dataset.jsonl").replace("Where is the key?", "Where is the spare key?");
    project.write("evals/dataset.jsonl", &dataset);
    let ran = project.run(&["eval", "-q", "--model", "recorded/evals/recorded.json"]).ends(2);
    assert!(ran.stdout.contains("Where is the key?"), "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_is_done_and_is_undecided() {
    for signal in ["-INT", "-TERM"] {
        interrupt(signal);
    }
}

#[cfg(unix)]
fn interrupt(signal: &str) {
    let server = Server::start(|request| {
        if request.body.contains("Where is the key?") { says("Under the flowerpot.") } else { Scripted::Hang }
    });
    let project = project("openai/gpt-test");
    project.write("llmops.toml", &project.read("llmops.toml").replace("\"1 s\"", "\"10 min\""));
    let mut command = project.command(".", &["eval", "-q", "--concurrency", "1"]);
    command.env("OPENAI_BASE_URL", format!("{}/v1", server.url)).env("OPENAI_API_KEY", KEY);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // The second question arrives only when the first case is finished.
    while server.received().len() < 2 {
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stdout}");
    assert!(stdout.contains("the run ended after 1 of 2 cases"), "{stdout}");
    assert_eq!(project.report()["results"].as_array().unwrap().len(), 1);
}

#[test]
fn a_real_model_server_answers_in_three_dialects() {
    let base_url = llama::base_url();
    for (model, variable) in [
        ("openai/smollm2-135m-instruct", "OPENAI"),
        ("openai-responses/smollm2-135m-instruct", "OPENAI"),
        ("anthropic/smollm2-135m-instruct", "ANTHROPIC"),
    ] {
        let project = project(model);
        let config = project.read("llmops.toml").replace("\"1 s\"", "\"2 min\"").replace("= 0.8", "= 0.0");
        project.write("llmops.toml", &config);
        project.write(
            "prompts/rag_answer/1.0.0.md",
            "---\nparameters: { temperature: 0, max_tokens: 40 }\nvariables: [context, question]\n---\n\
             {{ context }}\n\nAnswer in one sentence: {{ question }}\n",
        );
        let mut command = project.command(".", &["eval", "-q"]);
        command.env(format!("{variable}_BASE_URL"), &base_url).env(format!("{variable}_API_KEY"), KEY);
        Ran::of(&mut command).ends(0);
        let report = project.report();
        assert_eq!(report["metrics"]["context_recall"], 1.0, "{model}");
        for result in report["results"].as_array().unwrap() {
            assert!(!result["answer"].as_str().unwrap().is_empty(), "{model}");
            assert!(result["usage"]["output"].as_u64().unwrap() > 0, "{model}: {result}");
            assert!(result["latency_ms"].as_f64().unwrap() > 1.0, "{model}");
        }
    }
}
