//! A stand-in for Gemini that speaks its wire format: embeddings by hashed words and pairs of characters, answers by
//! quoting the passages in the prompt. Deterministic, and good enough to find what shares words.

use serde_json::{Value, json};

use super::http::{Received, Scripted, Server};

/// The key that it accepts.
pub(crate) const KEY: &str = "test-key-0123456789";

pub(crate) fn start() -> Server {
    Server::start(|request| {
        if request.header("x-goog-api-key") != Some(KEY) {
            return Scripted::status(400, include_str!("../wire/gemini/unauthorized.json"));
        }
        if request.path.ends_with(":batchEmbedContents") { embed(request) } else { generate(request) }
    })
}

fn embed(request: &Received) -> Scripted {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let embedding = |item: &Value| {
        let text = item["content"]["parts"][0]["text"].as_str().unwrap();
        let dimensions = usize::try_from(item["outputDimensionality"].as_u64().unwrap()).unwrap();
        json!({ "values": vector(text, dimensions) })
    };
    let embeddings: Vec<Value> = body["requests"].as_array().unwrap().iter().map(embedding).collect();
    Scripted::json(json!({ "embeddings": embeddings }).to_string())
}

fn vector(text: &str, dimensions: usize) -> Vec<f64> {
    // No component is zero, so that no text has a zero vector.
    let mut vector = vec![0.001; dimensions];
    for feature in features(text) {
        // FNV-1a.
        let hash = feature
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        vector[usize::try_from(hash % dimensions as u64).unwrap()] += 1.0;
    }
    vector
}

/// Words of four and more letters by their first five, so that inflection matters little; pairs of other characters.
fn features(text: &str) -> Vec<String> {
    let mut features = Vec::new();
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = word.chars().collect();
        if word.is_ascii() {
            if letters.len() >= 4 || word.chars().any(|c| c.is_ascii_digit()) {
                features.push(letters.iter().take(5).collect());
            }
        } else {
            features.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
        }
    }
    features
}

fn generate(request: &Received) -> Scripted {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let prompt = body["contents"][0]["parts"][0]["text"].as_str().unwrap();
    let (context, question) = prompt.rsplit_once("Question:").unwrap();
    let text = answer(context, question);
    let tokens = prompt.len() / 4;
    let reply = json!({
        "candidates": [{ "content": { "role": "model", "parts": [{ "text": text }] }, "finishReason": "STOP" }],
        "usageMetadata": { "promptTokenCount": tokens, "candidatesTokenCount": 20, "totalTokenCount": tokens + 20 },
    });
    Scripted::json(reply.to_string())
}

/// The three sentences that share most with the question; a refusal if none shares two features with it.
fn answer(context: &str, question: &str) -> String {
    let wanted = features(question);
    let shared = |sentence: &str| {
        let found = features(sentence);
        wanted.iter().filter(|feature| found.contains(feature)).count()
    };
    let mut sentences: Vec<(usize, &str)> = context
        .lines()
        .filter(|line| !line.starts_with('['))
        .flat_map(|line| line.split_inclusive(". ").flat_map(|part| part.split_inclusive('。')))
        .map(|sentence| (shared(sentence), sentence.trim()))
        .collect();
    sentences.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    if sentences.first().is_none_or(|(count, _)| *count < 2) {
        return if question.is_ascii() { "I don't know.".to_owned() } else { "わかりません。".to_owned() };
    }
    sentences.iter().take(3).map(|(_, sentence)| *sentence).collect::<Vec<_>>().join(" ")
}
