//! What is written, what is found again, and what a miss says.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::llm::endpoint::tests::endpoint;
use crate::llm::exchange::Exchange;
use crate::llm::exchange::tests::call;
use crate::llm::{Endpoint, HttpCall};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("calls.jsonl")
    }

    fn recorder(&self) -> Recorder {
        Recorder::open(&self.file(), vec![Secret::new("sk-of-another")]).unwrap()
    }

    fn replay(&self) -> Replay {
        Replay::read(&self.file(), Vec::new()).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }
}

fn vllm(base_url: &str) -> Endpoint {
    endpoint("vllm", &[("VLLM_BASE_URL", base_url), ("VLLM_API_KEY", "sk-secret-key")])
}

fn chat(endpoint: &Endpoint, question: &str, temperature: f64) -> HttpCall {
    let messages = json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": question }]);
    endpoint.post("/chat/completions", json!({ "model": "m", "messages": messages, "temperature": temperature }))
}

fn exchange<'a>(endpoint: &'a Endpoint, call: &'a HttpCall) -> Exchange<'a> {
    Exchange { endpoint: Some(endpoint), model: "m", call, repeat: 0 }
}

fn answered(body: Value) -> Answered {
    Answered { body, latency: Some(Duration::from_millis(12)), attempts: 1, cached: false }
}

/// A recording of these questions at temperature 0.
fn recorded(questions: &[&str]) -> Folder {
    let folder = Folder::new();
    let recorder = folder.recorder();
    let endpoint = vllm("http://localhost:1/v1");
    for question in questions {
        let call = chat(&endpoint, question, 0.0);
        recorder.record(&exchange(&endpoint, &call), &answered(json!({ "answer": question })));
    }
    recorder.finish().unwrap();
    folder
}

#[test]
fn a_recorded_call_is_answered_at_any_address_and_without_a_key() {
    let folder = recorded(&["What is a gate?", "What is a bar?"]);
    let elsewhere = endpoint("vllm", &[("VLLM_BASE_URL", "https://gateway.example.com/llm")]);
    let call = chat(&elsewhere, "What is a bar?", 0.0);
    let reply = folder.replay().answer(&exchange(&elsewhere, &call)).unwrap();
    assert_eq!((&reply.body["answer"], reply.latency, reply.attempts), (&json!("What is a bar?"), None, 0));
}

#[test]
fn a_line_is_readable_and_holds_no_secret() {
    let folder = Folder::new();
    let recorder = folder.recorder();
    let endpoint = vllm("http://localhost:1/v1");
    let call = chat(&endpoint, "My key is sk-secret-key.", 0.0);
    let body = json!({ "z": "sk-secret-key", "a": ["and sk-of-another"] });
    recorder.record(&exchange(&endpoint, &call), &answered(body));
    recorder.finish().unwrap();
    let text = folder.text();
    let line: Line = serde_json::from_str(&text).unwrap();
    let request = r#"{"messages":[{"content":"Be brief.","role":"system"},{"content":"My key is ***.","role":"user"}],"model":"m","temperature":0.0}"#;
    let expected = format!(
        r#"{{"schema":1,"key":"{}","provider":"vllm","method":"POST","path":"/chat/completions","request":{request},"repeat":0,"response":{{"a":["and ***"],"z":"***"}},"latency_ms":12}}"#,
        line.key
    );
    assert_eq!(text, format!("{expected}\n"));
    assert!(folder.replay().answer(&exchange(&endpoint, &call)).is_ok());
}

#[test]
fn the_order_of_calls_does_not_change_the_file() {
    let one = recorded(&["a", "b", "c", "a"]);
    assert_eq!(one.text(), recorded(&["c", "a", "b"]).text());
    assert_eq!(one.text().lines().count(), 3);
    assert_eq!(std::fs::read_dir(one.0.path()).unwrap().count(), 1);
}

#[test]
fn of_equal_requests_the_last_reply_counts() {
    let folder = Folder::new();
    let recorder = folder.recorder();
    let endpoint = vllm("http://localhost:1/v1");
    let call = chat(&endpoint, "a", 0.0);
    (1..=3).for_each(|number| recorder.record(&exchange(&endpoint, &call), &answered(json!(number))));
    recorder.finish().unwrap();
    assert_eq!(folder.replay().answer(&exchange(&endpoint, &call)).unwrap().body, json!(3));
}

#[test]
fn repeats_are_answered_each_on_its_own() {
    let folder = recorded(&["a"]);
    let endpoint = vllm("http://localhost:1/v1");
    let call = chat(&endpoint, "a", 0.0);
    let error = folder.replay().answer(&Exchange { repeat: 2, ..exchange(&endpoint, &call) }).unwrap_err();
    assert!(error.to_string().ends_with("asks \"a\"; it differs in the repeat: 2 here, 0 there"), "{error}");
}

#[test]
fn an_old_recording_is_lost_only_when_the_first_call_comes() {
    let folder = recorded(&["a"]);
    let before = folder.text();
    let recorder = folder.recorder();
    assert_eq!(folder.text(), before);
    let endpoint = vllm("http://localhost:1/v1");
    recorder.record(&exchange(&endpoint, &chat(&endpoint, "b", 0.0)), &answered(json!("B")));
    assert!(folder.text().contains("\"b\"") && folder.text().lines().count() == 1, "{}", folder.text());
}

#[test]
fn a_miss_names_the_nearest_request_and_what_differs() {
    let folder = recorded(&["What is the best gate of them all?", "Where is the key?"]);
    let replay = folder.replay();
    let endpoint = vllm("http://localhost:1/v1");
    let miss = |call: &HttpCall| {
        let error = replay.answer(&exchange(&endpoint, call)).unwrap_err().to_string();
        error.split_once(" has no reply to this request; ").unwrap().1.to_owned()
    };
    assert_eq!(
        miss(&chat(&endpoint, "What is the best gate of all?", 0.0)),
        "the nearest recorded one asks \"What is the best gate of them all?\""
    );
    assert_eq!(
        miss(&chat(&endpoint, "Where is the key?", 0.2)),
        "the nearest recorded one asks \"Where is the key?\"; it differs in /temperature: 0.2 here, 0.0 there"
    );
    let mut call = chat(&endpoint, "Where is a key?", 0.0);
    call.body.as_mut().unwrap()["model"] = "n".into();
    call.body.as_mut().unwrap()["seed"] = 7.into();
    assert_eq!(
        miss(&call),
        "the nearest recorded one asks \"Where is the key?\"; it differs in /model: \"n\" here, \"m\" there, in \
         /seed: 7 here, nothing there"
    );
    let other = endpoint.post("/embeddings", json!({ "input": ["Where is the key?"] }));
    assert!(miss(&other).contains("it differs in the path: /embeddings here, /chat/completions there"));
}

#[test]
fn a_provider_without_any_recorded_call_is_named() {
    let call = call("http://app/ask", &[], json!({ "question": "Q" }));
    let exchange = Exchange { endpoint: None, model: "", call: &call, repeat: 0 };
    let error = recorded(&["a"]).replay().answer(&exchange).unwrap_err().to_string();
    assert!(error.ends_with("has no reply to this request; nothing of http is recorded"), "{error}");
}

#[test]
fn services_behind_one_name_may_call_a_parameter_differently() {
    let (original, other) = (endpoint("openai", &[("OPENAI_API_KEY", "key")]), vllm("http://localhost:1/v1"));
    let key = |endpoint: &Endpoint, name: &str| {
        let call = endpoint.post("/chat/completions", json!({ "model": "m", name: 5 }));
        let asked = Asked::of(&exchange(endpoint, &call), &[]);
        Asked { provider: "openai".into(), ..asked }.key()
    };
    assert_eq!(key(&original, "max_completion_tokens"), key(&other, "max_tokens"));
    assert_ne!(key(&original, "max_completion_tokens"), key(&other, "top_k"));
}

#[test]
fn bad_lines_are_reported_all_at_once() {
    let folder = recorded(&["a"]);
    let good = folder.text();
    let newer = good.replace("\"schema\":1", "\"schema\":2");
    std::fs::write(folder.file(), format!("{good}\nnonsense\n{newer}{}", &good[..40])).unwrap();
    let error = Replay::read(&folder.file(), Vec::new()).err().unwrap();
    assert_eq!(error.kind, crate::error::ErrorKind::Config);
    let file = folder.file().display().to_string();
    let lines: Vec<String> = error.problems.iter().map(|problem| problem.to_string().replace(&file, "calls")).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("calls:3: expected ident"), "{lines:?}");
    assert_eq!(lines[1], "calls:4: a recording of schema 2; this program reads schema 1");
    assert!(lines[2].starts_with("calls:5: "), "{lines:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_said_at_once() {
    let folder = Folder::new();
    let error = Recorder::open(folder.0.path(), Vec::new()).err().unwrap();
    assert_eq!(error.kind, crate::error::ErrorKind::Unavailable);
    assert!(error.to_string().starts_with("cannot write the recording "), "{error}");
}

/// Thousands of misses among thousands of lines must not take longer than the run that they replace.
#[test]
fn the_nearest_is_found_among_many() {
    let questions: Vec<String> = (0..2000).map(|number| format!("What is the {number}th thing of many?")).collect();
    let folder = recorded(&questions.iter().map(String::as_str).collect::<Vec<_>>());
    let replay = folder.replay();
    let endpoint = vllm("http://localhost:1/v1");
    for number in [7, 777, 1999] {
        let call = chat(&endpoint, &format!("What is the {number}th thing of all?"), 0.0);
        let error = replay.answer(&exchange(&endpoint, &call)).unwrap_err().to_string();
        assert!(error.contains(&format!("asks \"What is the {number}th thing of many?\"")), "{error}");
    }
}
