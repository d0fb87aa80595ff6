//! The client against a scripted server: what is sent, what is tried again, and what a failed case says.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, stream};

use super::*;
use crate::llm::providers::fixture;
use crate::llm::{Grounding, GroundingPassage, Message, Role};
use crate::test_support::http::{Scripted, Server};

fn config(toml: &str, variables: &[(&str, &str)]) -> Config {
    let text = format!("{toml}\n[gate]\nlatency = \"1 s\"\n");
    Config::of_text(PathBuf::from("."), &text, variables).unwrap()
}

fn client(server: &Server, timeout: &str) -> Client {
    let variables = [("OPENAI_BASE_URL", server.url.as_str()), ("OPENAI_API_KEY", "sk-secret-key")];
    let config = config(&format!("[target]\ntimeout = \"{timeout}\""), &variables);
    timed(&config).unwrap()
}

/// Retries without waiting; an attempt may be thought to hang soon.
fn timed(config: &Config) -> Result<Client> {
    Client::timed(config, || 0.0, Duration::from_millis(100))
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
    let troubles: [(Trouble, &str); 3] = [
        (|| Scripted::status(400, r#"{"error":{"message":"no"}}"#), "openai answered 400 Bad Request: no"),
        (
            || Scripted::status(401, r#"{"error":{"message":"wrong: sk-secret-key"}}"#),
            "openai refused the key in OPENAI_API_KEY: wrong: ***",
        ),
        (
            || Scripted::status(429, fixture("openai/quota.json")),
            "openai answered 429 Too Many Requests: You exceeded your current quota, please check your plan and billing details.",
        ),
    ];
    for (trouble, expected) in troubles {
        let server = Server::sequence(vec![trouble, success]);
        assert_eq!(chat(&server).await.unwrap_err(), expected);
        assert_eq!(server.received().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn malformed_replies_are_tried_again_at_most_twice() {
    type Trouble = fn() -> Scripted;
    let troubles: [(Trouble, &str); 4] = [
        (|| Scripted::json(""), "the reply is not JSON: EOF while parsing a value at line 1 column 0 (3 attempts)"),
        (
            || Scripted::json("<html>Login</html>"),
            "the reply is not JSON: expected value at line 1 column 1; it begins with \"<html>Login</html>\" (3 attempts)",
        ),
        (|| Scripted::json("{}"), "the reply has no /choices/0/message/content (3 attempts)"),
        (|| Scripted::json("[1]"), "the reply has no /choices/0/message/content (3 attempts)"),
    ];
    for (trouble, expected) in troubles {
        let server = Server::sequence(vec![trouble, trouble, success]);
        assert_eq!(chat(&server).await.unwrap().attempts, 3, "{expected}");
        let server = Server::sequence(vec![trouble, trouble, trouble, success]);
        assert_eq!(chat(&server).await.unwrap_err(), expected);
        assert_eq!(server.received().len(), 3, "{expected}");
    }
}

#[tokio::test]
async fn malformed_replies_of_every_dialect_are_errors() {
    for dialect in ["openai", "openai-responses", "anthropic", "gemini", "ollama"] {
        let body = fixture(&format!("{dialect}/malformed.json")).trim_end().to_owned();
        let server = Server::start(move |_| Scripted::json(body.clone()));
        let provider = format!("[providers.mock]\ndialect = \"{dialect}\"\nbase_url = \"{}\"", server.url);
        let client = timed(&config(&provider, &[])).unwrap();
        let error = client.chat(&model("mock/m"), &question()).await.unwrap_err().to_string();
        assert!(error.starts_with("the reply is not JSON: EOF while parsing"), "{dialect}: {error}");
        assert!(error.ends_with(" (3 attempts)"), "{dialect}: {error}");
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_that_is_not_asked_for_again() {
    let server = Server::start(|_| Scripted::json(fixture("openai/refusal.json")));
    assert!(chat(&server).await.unwrap_err().starts_with("the model refused to answer: "));
    assert_eq!(server.received().len(), 1);
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
async fn a_hanging_attempt_is_overtaken_by_a_second_one() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        20 => Scripted::Hang,
        _ => success(),
    });
    let client = client(&server, "20 s");
    let mut attempts = Vec::new();
    for _ in 0..22 {
        attempts.push(client.chat(&model("openai/m"), &question()).await.unwrap().attempts);
    }
    assert_eq!((attempts[19], attempts[20], attempts[21]), (1, 2, 1));
}

#[tokio::test]
async fn if_the_second_attempt_fails_the_first_one_is_waited_for() {
    let count = AtomicUsize::new(0);
    let (failed, has_failed) = std::sync::mpsc::channel();
    let has_failed = Mutex::new(has_failed);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        20 => {
            has_failed.lock().unwrap().recv().unwrap();
            success()
        }
        21 => {
            failed.send(()).unwrap();
            Scripted::status(500, "")
        }
        _ => success(),
    });
    let client = client(&server, "20 s");
    for _ in 0..20 {
        client.chat(&model("openai/m"), &question()).await.unwrap();
    }
    assert_eq!(client.chat(&model("openai/m"), &question()).await.unwrap().attempts, 2);
    assert_eq!(server.received().len(), 22);
}

#[tokio::test]
async fn faults_of_a_tenth_of_the_replies_lose_no_call() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) % 100 {
        7 | 27 | 47 | 67 | 87 => Scripted::Answer(429, vec![("retry-after", "0".into())], String::new()),
        13 | 33 | 53 | 73 | 93 => Scripted::status(503, ""),
        50 => Scripted::json("{\"choices\": [{"),
        99 => Scripted::Hang,
        _ => success(),
    });
    let client = client(&server, "20 s");
    let texts = chat_many(&client, 300).await;
    assert_eq!(texts.iter().filter(|text| text.as_deref() == Ok("Quality never rests.")).count(), 300, "{texts:?}");
    assert!(server.received().len() > 330, "{}", server.received().len());
}

#[tokio::test]
async fn an_overloaded_server_is_asked_by_fewer_at_once() {
    const AT_ONCE: usize = 64;
    let (count, now, most_later) = (AtomicUsize::new(0), AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let together = std::sync::Barrier::new(AT_ONCE);
    let most = Arc::clone(&most_later);
    let server = Server::start(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        // Of the first ones, which all come together, eight are served. Later ones are counted.
        if number < AT_ONCE {
            together.wait();
            return if number < 8 { success() } else { busy() };
        }
        if number < 2 * AT_ONCE {
            return busy();
        }
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        for _ in 0..100 {
            std::thread::yield_now();
        }
        now.fetch_sub(1, Ordering::SeqCst);
        success()
    });
    let client = client(&server, "20 s");
    let texts = chat_many(&client, 300).await;
    assert!(texts.iter().all(std::result::Result::is_ok), "{texts:?}");
    let most = most_later.load(Ordering::SeqCst);
    assert!((1..=AT_ONCE / 2).contains(&most), "{most}");
}

fn busy() -> Scripted {
    Scripted::Answer(429, vec![("retry-after", "0".into())], String::new())
}

/// The answers of so many calls, 64 under way at once.
async fn chat_many(client: &Client, calls: usize) -> Vec<std::result::Result<String, String>> {
    let chat = async |_| match client.chat(&model("openai/m"), &question()).await {
        Ok(reply) => Ok(reply.text),
        Err(error) => Err(error.to_string()),
    };
    stream::iter(0..calls).map(chat).buffer_unordered(64).collect().await
}

#[tokio::test]
async fn configured_limits_hold_and_waiting_for_them_is_no_time_of_the_call() {
    let server = Server::start(|_| success());
    let limited = |limits: &str| {
        let variables = [("OPENAI_BASE_URL", server.url.as_str())];
        timed(&config(&format!("[target]\ntimeout = \"400 ms\"\n[limits.openai]\n{limits}"), &variables)).unwrap()
    };
    let texts = chat_many(&limited("concurrency = 2"), 40).await;
    assert!(texts.iter().all(std::result::Result::is_ok), "{texts:?}");
    assert!(server.connections() <= 2, "{}", server.connections());
    // Five at once, then one every 200 ms: the last waits for three of these.
    let started = Instant::now();
    let texts = chat_many(&limited("requests_per_minute = 300"), 8).await;
    assert!(texts.iter().all(std::result::Result::is_ok), "{texts:?}");
    assert!(started.elapsed() >= Duration::from_millis(600), "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_headers_say_is_left_is_not_exceeded() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let left = 3_usize.saturating_sub(count.fetch_add(1, Ordering::SeqCst) + 1);
        let headers =
            vec![("x-ratelimit-remaining-requests", left.to_string()), ("x-ratelimit-reset-requests", "4m".to_owned())];
        Scripted::Answer(200, headers, fixture("openai/success.json"))
    });
    let client = client(&server, "20 s");
    client.chat(&model("openai/m"), &question()).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(1500), chat_many(&client, 10)).await;
    assert!(waiting.is_err());
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_key_is_hidden_however_it_is_written() {
    let text = r#"{"choices":[{"message":{"content":"it is abc\/secret\/key, or Bearer abc/secret/key"}}]}"#;
    let server = Server::start(move |_| Scripted::json(text));
    let variables = [("OPENAI_BASE_URL", server.url.as_str()), ("OPENAI_API_KEY", "abc/secret/key")];
    let client = timed(&config("", &variables)).unwrap();
    let reply = client.chat(&model("openai/m"), &question()).await.unwrap();
    assert_eq!(reply.text, "it is ***, or Bearer ***");
}

#[test]
fn limits_of_what_sends_nothing_are_a_mistake() {
    let error = Client::new(&config("[limits.local]\nconcurrency = 1", &[])).err().unwrap();
    assert_eq!(error.to_string(), "llmops.toml:1: [limits.local] has no effect: local sends nothing");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // Nothing listens on a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = config("", &[("OLLAMA_BASE_URL", &format!("http://127.0.0.1:{port}"))]);
    let client = timed(&config).unwrap();
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
    assert_eq!(client.send(&call, 0).await.unwrap().body["answer"], "A");
    let error = client.send(&call, 0).await.unwrap_err().to_string();
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
