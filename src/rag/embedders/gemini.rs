//! Google Gemini's batchEmbedContents.
//!
//! Source: <https://ai.google.dev/api/embeddings>

use serde_json::{Value, json};

use super::Purpose;
use super::remote::{Batch, Embedded, Wire, array, tokens, vector};
use crate::error::Result;
use crate::llm::HttpCall;

/// The service rejects more than 100 texts. 768 of the 3072 numbers lose little quality and fit pgvector's index.
pub(super) const WIRE: Wire = Wire { dialects: &["gemini"], max_batch: 100, dimensions: Some(768), encode, decode };

fn encode(batch: &Batch) -> HttpCall {
    let task = match batch.purpose {
        Purpose::Document => "RETRIEVAL_DOCUMENT",
        Purpose::Query => "RETRIEVAL_QUERY",
    };
    let requests: Vec<Value> = batch
        .texts
        .iter()
        .map(|text| {
            json!({
                "model": format!("models/{}", batch.model),
                "content": { "parts": [{ "text": text }] },
                "taskType": task,
                "outputDimensionality": batch.dimensions,
            })
        })
        .collect();
    batch.endpoint.post(&format!("/models/{}:batchEmbedContents", batch.model), json!({ "requests": requests }))
}

fn decode(body: &Value) -> Result<Embedded> {
    let vectors = array(body, "/embeddings")?.iter().map(|embedding| vector(embedding.get("values")));
    let input_tokens = tokens(body, "/usageMetadata/promptTokenCount");
    Ok(Embedded { vectors: vectors.collect::<Result<_>>()?, input_tokens })
}
