//! The client against a scripted server: what is sent, what is tried again, and what a failed case says.

use super::*;
use crate::llm::providers::fixture;
use crate::llm::{Grounding, GroundingPassage, Message, Role};
use crate::test_support::http::{Scripted, Server};

const NO_WAIT: fn() -> f64 = || 0.0;

fn config(toml: &str, variables: &[(&str, &str)]) -> Config {
    let text = format!("{toml}\n[gate]\nlatency = \"1 s\"\n");
    Config::of_text(PathBuf::from("."), &text, variables).unwrap()
}

fn client(server: &Server, timeout: &str) -> Client {
    let variables = [("OPENAI_BASE_URL", server.url.as_str()), ("OPENAI_API_KEY", "sk-secret-key")];
    let config = config(&format!("[target]\ntimeout = \"{timeout}\""), &variables);
    Client::with_jitter(&config, NO_WAIT).unwrap()
}

fn model(name: &str) -> Model {
    name.parse().unwrap()
}

fn question() -> Request {
    Request { messages: vec![Message { role: Role::User, content: "Q".into() }], ..Request::default() }
}

async fn chat(server: &Server) -> std::result::Result<Reply, String> {
    let client = client(server, "20 s");
    client.chat(&model("openai/m"), &question()).await.map_err(|error| error.to_string())
}

fn success() -> Scripted {
    Scripted::json(fixture("openai/success.json"))
}

#[tokio::test]
async fn an_answer_comes_with_what_it_took() {
    let server = Server::start(|_| success());
    let reply = chat(&server).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.attempts, reply.abstained), ("Quality never rests.", 1, None));
    let received = &server.received()[0];
    assert_eq!((received.method.as_str(), received.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(received.header("authorization"), Some("Bearer sk-secret-key"));
    assert_eq!(received.body, r#"{"model":"m","messages":[{"role":"user","content":"Q"}]}"#);
}

#[tokio::test]
async fn passing_trouble_is_tried_again() {
    let troubles: [fn() -> Scripted; 6] = [
        || Scripted::Answer(429, vec![("retry-after", "0".into())], fixture("openai/rate_limited.json")),
        || Scripted::status(503, "<html>"),
        || Scripted::status(529, ""),
        || Scripted::Close,
        || Scripted::Break(40, fixture("openai/success.json")),
        || Scripted::status(408, ""),
    ];
    for (index, trouble) in troubles.into_iter().enumerate() {
        let server = Server::sequence(vec![trouble, success]);
        assert_eq!(chat(&server).await.unwrap().attempts, 2, "{index}");
    }
}

#[tokio::test]
async fn lasting_trouble_is_not() {
    type Trouble = fn() -> Scripted;
    let troubles: [(Trouble, &str); 5] = [
        (|| Scripted::status(400, r#"{"error":{"message":"no"}}"#), "openai answered 400 Bad Request: no"),
        (
            || Scripted::status(401, r#"{"error":{"message":"wrong: sk-secret-key"}}"#),
            "openai refused the key in OPENAI_API_KEY: wrong: ***",
        ),
        (
            || Scripted::status(429, fixture("openai/quota.json")),
            "openai answered 429 Too Many Requests: You exceeded your current quota, please check your plan and billing details.",
        ),
        (|| Scripted::json(""), "the reply is not JSON: EOF while parsing a value at line 1 column 0"),
        (
            || Scripted::json("<html>Login</html>"),
            "the reply is not JSON: expected value at line 1 column 1; it begins with \"<html>Login</html>\"",
        ),
    ];
    for (trouble, expected) in troubles {
        let server = Server::sequence(vec![trouble, success]);
        assert_eq!(chat(&server).await.unwrap_err(), expected);
        assert_eq!(server.received().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn malformed_replies_of_every_dialect_are_errors() {
    for dialect in ["openai", "openai-responses", "anthropic", "gemini", "ollama"] {
        let body = fixture(&format!("{dialect}/malformed.json")).trim_end().to_owned();
        let server = Server::start(move |_| Scripted::json(body.clone()));
        let provider = format!("[providers.mock]\ndialect = \"{dialect}\"\nbase_url = \"{}\"", server.url);
        let client = Client::with_jitter(&config(&provider, &[]), NO_WAIT).unwrap();
        let error = client.chat(&model("mock/m"), &question()).await.unwrap_err().to_string();
        assert!(error.starts_with("the reply is not JSON: EOF while parsing"), "{dialect}: {error}");
    }
}

#[tokio::test]
async fn the_attempts_are_counted_and_limited() {
    let server = Server::start(|_| Scripted::status(500, ""));
    assert_eq!(chat(&server).await.unwrap_err(), "openai answered 500 Internal Server Error (6 attempts)");
    assert_eq!(server.received().len(), 6);
}

#[tokio::test]
async fn a_wait_beyond_the_limit_ends_the_call_at_once() {
    let server = Server::start(|_| Scripted::Answer(429, vec![("retry-after", "120".into())], String::new()));
    let expected = "openai answered 429 Too Many Requests (1 attempt; the next is due in 120 s, the limit is 20 s)";
    assert_eq!(chat(&server).await.unwrap_err(), expected);
}

#[tokio::test]
async fn a_silent_server_ends_the_call_at_the_limit() {
    let silences: [fn() -> Scripted; 2] = [|| Scripted::Hang, || Scripted::Stall(5, fixture("openai/success.json"))];
    for silence in silences {
        let server = Server::sequence(vec![|| Scripted::status(500, ""), silence]);
        let client = client(&server, "300 ms");
        let error = client.chat(&model("openai/m"), &question()).await.unwrap_err();
        assert_eq!(error.to_string(), "no complete answer within 300 ms (2 attempts)");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // Nothing listens on a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = config("", &[("OLLAMA_BASE_URL", &format!("http://127.0.0.1:{port}"))]);
    let client = Client::with_jitter(&config, NO_WAIT).unwrap();
    let error = client.chat(&model("ollama/m"), &question()).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot reach http://127.0.0.1:{port}/api/chat: ")), "{error}");
    assert!(error.ends_with(" (6 attempts)"), "{error}");
}

#[tokio::test]
async fn a_key_never_follows_a_redirect_to_another_server() {
    let other = Server::start(|_| success());
    let location = format!("{}/v1/chat/completions?token=x", other.url);
    let expected = format!(
        "openai answered 307 Temporary Redirect: a redirect to {}/v1/chat/completions, which is not followed",
        other.url
    );
    let server = Server::start(move |_| Scripted::Answer(307, vec![("location", location.clone())], String::new()));
    assert_eq!(chat(&server).await.unwrap_err(), expected);
    assert!(other.received().is_empty());

    let server = Server::start(|request| match request.path.as_str() {
        "/moved" => success(),
        _ => Scripted::Answer(307, vec![("location", "/moved".into())], String::new()),
    });
    assert!(chat(&server).await.is_ok());
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start(|_| success());
    let client = client(&server, "20 s");
    for _ in 0..3 {
        client.chat(&model("openai/m"), &question()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn any_server_can_be_called() {
    let server =
        Server::sequence(vec![|| Scripted::json(r#"{"answer":"A"}"#), || Scripted::status(404, "no such page")]);
    let client = client(&server, "20 s");
    let call = HttpCall { method: "GET", url: format!("{}/ask?q=1", server.url), headers: Vec::new(), body: None };
    assert_eq!(client.send(&call).await.unwrap().body["answer"], "A");
    let error = client.send(&call).await.unwrap_err().to_string();
    assert_eq!(error, format!("{}/ask answered 404 Not Found: no such page", server.url));
    assert_eq!(server.received()[0].path, "/ask?q=1");
}

#[tokio::test]
async fn a_parameter_that_would_be_lost_is_an_error() {
    let client = Client::new(&config("", &[("OPENAI_API_KEY", "k")])).unwrap();
    let parameters = crate::llm::Parameters { stop: vec!["END".into()], ..Default::default() };
    let request = Request { parameters, ..question() };
    let error = client.chat(&model("openai-responses/m"), &request).await.unwrap_err();
    assert_eq!(error.to_string(), "openai-responses has no stop sequences");
}

#[test]
fn models_are_checked_before_anything_runs() {
    let own = "[providers.inhouse]\nbase_url = \"http://10.0.0.5:8000\"";
    let client = Client::new(&config(own, &[("OPENAI_API_KEY", "k")])).unwrap();
    for fine in ["openai/gpt-5-mini", "inhouse/m", "ollama/llama3.2", "local/extractive", "vllm/org/model"] {
        assert!(client.check(&model(fine)).is_ok(), "{fine}");
    }
    let cases = [
        ("opnai/m", "unknown provider \"opnai\"", "did you mean \"openai\"?"),
        ("inhous/m", "unknown provider \"inhous\"", "did you mean \"inhouse\"?"),
        ("local/extractiv", "unknown local model \"extractiv\"", "did you mean \"extractive\"?"),
        (
            "gemini/m",
            "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY",
            "export GEMINI_API_KEY=..., or put it into the file .env",
        ),
    ];
    for (name, message, hint) in cases {
        let error = client.check(&model(name)).unwrap_err();
        assert_eq!(error.kind, crate::error::ErrorKind::Config);
        assert_eq!((error.to_string().as_str(), error.problems[0].hint.as_deref()), (message, Some(hint)));
    }
    let hint = client.check(&model("xyz/m")).unwrap_err().problems.remove(0).hint.unwrap();
    assert!(hint.starts_with("known: inhouse, openai, ") && hint.ends_with("local, recorded"), "{hint}");
    let error = client.check(&model("recorded/no-such-file.jsonl")).unwrap_err().to_string();
    assert!(error.starts_with("cannot read the recorded answers no-such-file.jsonl: "), "{error}");
}

#[tokio::test]
async fn local_models_send_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("answers.jsonl"), r#"{"question": "Q", "answer": "A"}"#).unwrap();
    let text = "[gate]\nlatency = \"1 s\"";
    let config = Config::of_text(folder.path().to_owned(), text, &[]).unwrap();
    let client = Client::new(&config).unwrap();
    client.check(&model("recorded/answers.jsonl")).unwrap();
    let reply = client.chat(&model("recorded/answers.jsonl"), &question()).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.attempts), ("A", 0));

    let passage = GroundingPassage { title: "Gate".into(), text: "A gate is a bar.".into() };
    let grounding = Grounding { question: "What is a gate?".into(), passages: vec![passage] };
    let reply = client.chat(&model("local/extractive"), &Request { grounding, ..question() }).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.abstained, reply.attempts), ("A gate is a bar.", Some(false), 0));
}
