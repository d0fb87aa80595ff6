//! What the model says: an echo of the question's last line, so that assertions on words hold, and numbers made of the
//! text in place of an embedding.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;

use crate::hash::hash;

/// Length of an embedding for which no `dimensions` are asked.
const DIMENSIONS: usize = 256;

#[derive(Deserialize)]
struct Chat<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
}

/// A chat completion for this request; `None` if the request is not one.
pub(crate) fn chat(body: &[u8]) -> Option<Vec<u8>> {
    let chat: Chat<'_> = serde_json::from_slice(body).ok()?;
    let prompt = &chat.messages.last()?.content;
    let line = prompt.trim_end().lines().next_back().unwrap_or_default();
    let text = format!("Answer {:016x}: {line}", hash(prompt.as_bytes()));
    let tokens = |text: &str| text.len().div_ceil(4);
    let input: usize = chat.messages.iter().map(|message| tokens(&message.content)).sum();
    let output = tokens(&text);
    let (model, content) = (quoted(&chat.model), quoted(&text));
    // Written out: with a value built first, the server answers half as many requests a second.
    let completion = format!(
        r#"{{"id":"chatcmpl-mock","object":"chat.completion","created":1764000000,"model":{model},
"choices":[{{"index":0,"message":{{"role":"assistant","content":{content},"refusal":null}},"finish_reason":"stop"}}],
"usage":{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{total}}}}}"#,
        total = input + output
    );
    Some(completion.into_bytes())
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is always JSON")
}

#[derive(Deserialize)]
struct Embed {
    input: Input,
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
}

/// Embeddings for this request; `None` if the request asks for none.
pub(crate) fn embeddings(body: &[u8]) -> Option<Vec<u8>> {
    let Embed { input, dimensions } = serde_json::from_slice(body).ok()?;
    let texts = match input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    let dimensions = dimensions.unwrap_or(DIMENSIONS);
    let data: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({ "object": "embedding", "index": index, "embedding": vector(text, dimensions) }))
        .collect();
    let tokens: usize = texts.iter().map(|text| text.len().div_ceil(4)).sum();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Some(json!({ "object": "list", "data": data, "model": "mock", "usage": usage }).to_string().into_bytes())
}

fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut chance = fastrand::Rng::with_seed(hash(text.as_bytes()));
    (0..dimensions).map(|_| chance.f32() - 0.5).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn content(prompt: &str) -> String {
        let request = json!({ "model": "mock", "messages": [{ "role": "user", "content": prompt }], "seed": 1 });
        let reply: Value = serde_json::from_slice(&chat(request.to_string().as_bytes()).unwrap()).unwrap();
        reply["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_last_line_comes_back_and_the_whole_prompt_counts() {
        let answer = content("Some context.\n\nWhat is \"item 7\"?\n");
        assert!(answer.ends_with(": What is \"item 7\"?"), "{answer}");
        assert_eq!(answer, content("Some context.\n\nWhat is \"item 7\"?\n"));
        assert_ne!(answer, content("Other context.\n\nWhat is \"item 7\"?\n"));
    }

    #[test]
    fn what_is_no_request_gets_no_answer() {
        for body in ["", "{", "{}", r#"{"model": "mock", "messages": []}"#] {
            assert!(chat(body.as_bytes()).is_none() && embeddings(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn a_text_has_one_embedding_whatever_it_comes_with() {
        let embed = |body: Value| -> Value {
            serde_json::from_slice(&embeddings(body.to_string().as_bytes()).unwrap()).unwrap()
        };
        let one = embed(json!({ "input": "a", "dimensions": 8 }));
        let two = embed(json!({ "input": ["b", "a"], "dimensions": 8 }));
        assert_eq!(one["data"][0]["embedding"], two["data"][1]["embedding"]);
        assert_ne!(two["data"][0]["embedding"], two["data"][1]["embedding"]);
        assert_eq!(one["data"][0]["embedding"].as_array().unwrap().len(), 8);
    }
}
