//! Ollama's own `/api/embed`.
//!
//! Source: <https://docs.ollama.com/api/embed>

use serde_json::{Value, json};

use super::remote::{Batch, Embedded, Wire, array, tokens, vector};
use crate::error::Result;
use crate::llm::HttpCall;

pub(super) const WIRE: Wire = Wire { dialects: &["ollama"], max_batch: 64, dimensions: None, encode, decode };

fn encode(batch: &Batch) -> HttpCall {
    let mut body = json!({ "model": batch.model, "input": batch.texts });
    if let Some(dimensions) = batch.dimensions {
        body["dimensions"] = dimensions.into();
    }
    batch.endpoint.post("/api/embed", body)
}

fn decode(body: &Value) -> Result<Embedded> {
    let vectors = array(body, "/embeddings")?.iter().map(|embedding| vector(Some(embedding)));
    Ok(Embedded { vectors: vectors.collect::<Result<_>>()?, input_tokens: tokens(body, "/prompt_eval_count") })
}
