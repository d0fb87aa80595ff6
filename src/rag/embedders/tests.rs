//! The embedders against a scripted server.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::test_support::http::{Scripted, Server};

fn open_with(retrieval: &str, variables: &[(&str, &str)]) -> Result<Option<Arc<dyn Embedder>>> {
    let text = format!("[retrieval]\n{retrieval}\n[gate]\nlatency = \"1 s\"\n");
    let config = Config::of_text(PathBuf::from("."), &text, variables).unwrap();
    open(&config, &Client::new(&config).unwrap())
}

fn embedder(retrieval: &str, server: &Server) -> Arc<dyn Embedder> {
    let url = server.url.as_str();
    let variables = [
        ("GEMINI_BASE_URL", url),
        ("GEMINI_API_KEY", "AIza-secret"),
        ("OPENAI_BASE_URL", url),
        ("OLLAMA_BASE_URL", url),
    ];
    open_with(retrieval, &variables).unwrap().unwrap()
}

fn fixture(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire").join(path);
    std::fs::read_to_string(file).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn sent(server: &Server) -> Value {
    serde_json::from_str(&server.received()[0].body).unwrap()
}

#[tokio::test]
async fn every_wire_gives_unit_vectors_in_the_order_of_the_texts() {
    let cases = [
        ("embedder = \"gemini/m\"\ndimensions = 3", "gemini", "gemini/m@3"),
        ("embedder = \"openai/m\"", "openai", "openai/m"),
        ("embedder = \"ollama/m\"", "ollama", "ollama/m"),
    ];
    for (retrieval, wire, id) in cases {
        let body = fixture(&format!("{wire}/embeddings.json"));
        let server = Server::start(move |_| Scripted::json(body.clone()));
        let embedder = embedder(retrieval, &server);
        assert_eq!(embedder.id(), id);
        let vectors = embedder.embed(&texts(&["a", "b"]), Purpose::Document).await.unwrap();
        assert_eq!(vectors, [[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]], "{wire}");
        assert_eq!((embedder.dimensions(), embedder.usage().input), (Some(3), 8), "{wire}");
    }
}

#[tokio::test]
async fn each_wire_sends_its_own_shape() {
    let server = Server::start(|_| Scripted::json(fixture("gemini/embeddings.json")));
    let gemini = embedder("embedder = \"gemini/m\"\ndimensions = 3", &server);
    gemini.embed(&texts(&["a", "b"]), Purpose::Query).await.unwrap();
    let request = |text: &str| {
        let content = json!({ "parts": [{ "text": text }] });
        json!({ "model": "models/m", "content": content, "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 3 })
    };
    assert_eq!(sent(&server), json!({ "requests": [request("a"), request("b")] }));
    assert_eq!(server.received()[0].path, "/v1beta/models/m:batchEmbedContents");
    assert_eq!(server.received()[0].header("x-goog-api-key"), Some("AIza-secret"));

    let server = Server::start(|_| Scripted::json(fixture("openai/embeddings.json")));
    let openai = embedder("embedder = \"openai/m\"\ndimensions = 3", &server);
    openai.embed(&texts(&["a", "b"]), Purpose::Query).await.unwrap();
    assert_eq!(sent(&server), json!({ "model": "m", "input": ["a", "b"], "dimensions": 3 }));
    assert_eq!(server.received()[0].path, "/v1/embeddings");

    let server = Server::start(|_| Scripted::json(fixture("ollama/embeddings.json")));
    embedder("embedder = \"ollama/m\"", &server).embed(&texts(&["a", "b"]), Purpose::Query).await.unwrap();
    assert_eq!(sent(&server), json!({ "model": "m", "input": ["a", "b"] }));
    assert_eq!(server.received()[0].path, "/api/embed");
}

#[tokio::test]
async fn many_texts_keep_their_order_over_batches() {
    let server = Server::start(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let texts = body["input"].as_array().unwrap();
        let vectors: Vec<Value> = texts.iter().map(|text| json!([1.0, text.as_str().unwrap().len()])).collect();
        Scripted::json(json!({ "embeddings": vectors, "prompt_eval_count": texts.len() }).to_string())
    });
    let embedder = embedder("embedder = \"ollama/m\"", &server);
    let texts: Vec<String> = (0..300).map(|length| "x".repeat(length)).collect();
    let vectors = embedder.embed(&texts, Purpose::Document).await.unwrap();
    assert!(vectors.iter().map(|vector| vector[1] / vector[0]).is_sorted());
    assert_eq!((vectors.len(), server.received().len(), embedder.usage().input), (300, 5, 300));
    assert!(embedder.embed(&[], Purpose::Document).await.unwrap().is_empty());
}

#[tokio::test]
async fn vectors_that_cannot_be_right_are_errors() {
    let cases = [
        ("", json!([[1.0, 0.0], [1.0]]), "dimension mismatch: ollama/m returned vectors of 2 and of 1 numbers"),
        (
            "dimensions = 3",
            json!([[1.0, 0.0], [1.0, 0.0]]),
            "dimension mismatch: ollama/m returned a vector of 2 numbers, not 3",
        ),
        ("", json!([[1.0, 0.0]]), "ollama/m returned 1 vectors for 2 texts"),
        ("", json!([[1.0, 0.0], [0.0, 0.0]]), "ollama/m returned a vector of zeros"),
        ("", json!([[1.0, 0.0], [1e300, 0.0]]), "ollama/m returned a vector that is not finite"),
        ("", json!([[1.0, 0.0], [null, 0.0]]), "the reply has a vector that is no array of numbers"),
        ("", json!("none"), "the reply has no /embeddings"),
    ];
    for (dimensions, embeddings, expected) in cases {
        let body = json!({ "embeddings": embeddings }).to_string();
        let server = Server::start(move |_| Scripted::json(body.clone()));
        let embedder = embedder(&format!("embedder = \"ollama/m\"\n{dimensions}"), &server);
        let error = embedder.embed(&texts(&["a", "b"]), Purpose::Document).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn an_error_of_the_provider_names_its_key() {
    let server = Server::start(|_| Scripted::status(403, r#"{"error":{"message":"denied"}}"#));
    let error = embedder("embedder = \"gemini/m\"", &server).embed(&texts(&["a"]), Purpose::Query).await.unwrap_err();
    assert_eq!(error.to_string(), "gemini refused the key in GEMINI_API_KEY: denied");
}

#[test]
fn an_embedder_that_cannot_be_opened_is_an_error_at_its_line() {
    assert!(open_with("embedder = \"none\"", &[]).unwrap().is_none());
    let cases = [
        ("gemini/m", "no key for gemini: set GEMINI_API_KEY or GOOGLE_API_KEY"),
        ("anthropic/m", "anthropic has no embeddings"),
    ];
    for (name, expected) in cases {
        let error = open_with(&format!("embedder = \"{name}\""), &[("ANTHROPIC_API_KEY", "k")]).err().unwrap();
        assert_eq!(error.to_string(), format!("llmops.toml:2: {expected}"));
        assert!(error.problems[0].hint.is_some(), "{name}");
    }
}
