//! Recorded errors of providers, and the line that each becomes.

use super::*;
use crate::config::Secret;
use crate::llm::endpoint::tests::endpoint;
use crate::llm::providers::fixture;

fn gave_up(status: u16, body: &str, attempts: u32) -> GaveUp {
    GaveUp { attempts, cause: Cause::Final(Failure::Status { status, headers: HeaderMap::new(), body: body.into() }) }
}

fn call() -> HttpCall {
    let headers = vec![("authorization".to_owned(), Secret::new("Bearer sk-123456789"))];
    HttpCall { method: "POST", url: "http://u:p@localhost:8000/ask?token=t#f".into(), headers, body: None }
}

#[test]
fn recorded_errors_of_providers_are_one_clear_line() {
    let overloaded = "The model is overloaded. Please try again later.";
    let cases = [
        (
            "openai",
            401,
            "unauthorized",
            "openai refused the key in OPENAI_API_KEY: Incorrect API key provided: sk-abcde***vwxy. You can find your API key at https://platform.openai.com/account/api-keys.",
        ),
        (
            "openai",
            404,
            "not_found",
            "openai does not know the model \"m\": The model `gpt-9` does not exist or you do not have access to it.",
        ),
        (
            "openai",
            400,
            "bad_request_llama",
            "openai answered 400 Bad Request: request (6031 tokens) exceeds the available context size (4096 tokens), try increasing it",
        ),
        (
            "openai",
            500,
            "server_error",
            "openai answered 500 Internal Server Error: The server had an error while processing your request. Sorry about that!",
        ),
        (
            "openai",
            429,
            "quota",
            "openai answered 429 Too Many Requests: You exceeded your current quota, please check your plan and billing details.",
        ),
        ("anthropic", 401, "unauthorized", "anthropic refused the key in ANTHROPIC_API_KEY: invalid x-api-key"),
        ("anthropic", 404, "not_found", "anthropic does not know the model \"m\": model: claude-9"),
        ("anthropic", 529, "server_error", "anthropic answered 529: Overloaded"),
        (
            "gemini",
            400,
            "unauthorized",
            "gemini refused the key in GEMINI_API_KEY: API key not valid. Please pass a valid API key.",
        ),
        ("gemini", 503, "server_error", &format!("gemini answered 503 Service Unavailable: {overloaded}")),
        (
            "ollama",
            404,
            "not_found",
            "ollama does not know the model \"m\": model \"llama9\" not found, try pulling it first",
        ),
        (
            "ollama",
            500,
            "server_error",
            "ollama answered 500 Internal Server Error: model runner has unexpectedly stopped",
        ),
    ];
    let keys = [("OPENAI_API_KEY", "k"), ("ANTHROPIC_API_KEY", "k"), ("GEMINI_API_KEY", "k")];
    for (provider, status, name, expected) in cases {
        let gave_up = gave_up(status, &fixture(&format!("{provider}/{name}.json")), 1);
        assert_eq!(gave_up.of_model(&endpoint(provider, &keys), "m", &call()).to_string(), expected, "{name}");
    }
}

#[test]
fn bodies_of_other_shapes_are_understood() {
    let cases = [
        (r#"{"message":"Unauthorized","request_id":"1"}"#, ": Unauthorized"),
        (r#"{"detail":[{"loc":["body"],"msg":"Extra inputs are not permitted"}]}"#, ": Extra inputs are not permitted"),
        (r#"{"detail":"Not found"}"#, ": Not found"),
        (r#"{"error":"bad"}"#, ": bad"),
        (r#"[{"error":{"message":"in a list"}}]"#, ": in a list"),
        ("<html><h1>Bad Gateway</h1></html>", ""),
        ("upstream\n  timed out", ": upstream timed out"),
        ("", ""),
    ];
    for (body, expected) in cases {
        let line = gave_up(502, body, 1).of_server(&call()).to_string();
        assert_eq!(line, format!("http://localhost:8000/ask answered 502 Bad Gateway{expected}"), "{body}");
    }
}

#[test]
fn secrets_are_taken_out_and_long_messages_cut() {
    let line = gave_up(400, &format!("key sk-123456789 is {}", "bad ".repeat(200)), 1).of_server(&call()).to_string();
    assert!(line.contains("key *** is bad"), "{line}");
    assert!(line.ends_with("bad..."), "{line}");
    assert!(line.len() < 400, "{line}");
}

#[test]
fn the_line_says_how_often_it_was_tried() {
    let limit = Duration::from_secs(60);
    let broken = || Failure::Broken("connection refused".into());
    let cases = [
        (6, Cause::Final(broken()), "cannot reach http://localhost:8000/ask: connection refused (6 attempts)"),
        (3, Cause::TimeLimit(limit), "no complete answer within 60 s (3 attempts)"),
        (
            1,
            Cause::WaitTooLong { failure: broken(), wait: Duration::from_secs(120), limit },
            "cannot reach http://localhost:8000/ask: connection refused (1 attempt; the next is due in 120 s, the limit is 60 s)",
        ),
    ];
    for (attempts, cause, expected) in cases {
        assert_eq!(GaveUp { attempts, cause }.of_server(&call()).to_string(), expected);
    }
    assert_eq!(span(Duration::from_millis(200)), "200 ms");
    assert_eq!(span(Duration::from_millis(1540)), "1.5 s");
}

#[test]
fn a_missing_key_is_asked_for_by_its_variable() {
    let endpoint = endpoint("vllm", &[]);
    let line = gave_up(401, r#"{"error":"Unauthorized"}"#, 1).of_model(&endpoint, "m", &call()).to_string();
    assert_eq!(line, "vllm wants a key in VLLM_API_KEY: Unauthorized");
}
