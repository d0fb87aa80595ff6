//! `OpenAI`'s embeddings, and those of all providers that speak its dialect.
//!
//! Source: <https://platform.openai.com/docs/api-reference/embeddings>

use serde_json::{Value, json};

use super::remote::{Batch, Embedded, Wire, array, tokens, vector};
use crate::error::Result;
use crate::llm::HttpCall;

pub(super) const WIRE: Wire =
    Wire { dialects: &["openai", "openai-responses", "azure"], max_batch: 256, dimensions: None, encode, decode };

fn encode(batch: &Batch) -> HttpCall {
    let mut body = json!({ "model": batch.model, "input": batch.texts });
    // Only some models know this parameter; the others reject it.
    if let Some(dimensions) = batch.dimensions {
        body["dimensions"] = dimensions.into();
    }
    batch.endpoint.post("/embeddings", body)
}

fn decode(body: &Value) -> Result<Embedded> {
    let mut data: Vec<&Value> = array(body, "/data")?.iter().collect();
    data.sort_by_key(|embedding| tokens(embedding, "/index"));
    let vectors = data.iter().map(|embedding| vector(embedding.get("embedding")));
    Ok(Embedded { vectors: vectors.collect::<Result<_>>()?, input_tokens: tokens(body, "/usage/prompt_tokens") })
}
