//! Log probabilities of tokens, as `OpenAI` writes them and Ollama too.
//!
//! ```text
//! [{"token": "4", "logprob": -0.25, "top_logprobs": [{"token": "4", "logprob": -0.25}, ...]}, ...]
//! ```
//!
//! Sources: <https://platform.openai.com/docs/api-reference/chat/object>, <https://docs.ollama.com/api/chat>

use serde_json::Value;

use super::decoded::string;
use crate::llm::Token;

/// The tokens at a JSON pointer; `None` if there are none, or not all can be read.
pub(super) fn read(value: &Value, pointer: &str) -> Option<Vec<Token>> {
    let tokens = value.pointer(pointer)?.as_array().filter(|tokens| !tokens.is_empty())?;
    let token = |token: &Value| {
        let top = token.pointer("/top_logprobs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Some(Token { text: string(token, "/token")?.to_owned(), alternatives: pairs(top, "/logprob") })
    };
    tokens.iter().map(token).collect()
}

/// The alternatives of one token; `pointer` is where the logarithm stands. What cannot be read is left out.
pub(super) fn pairs(alternatives: &[Value], pointer: &str) -> Vec<(String, f64)> {
    let pair = |token: &Value| Some((string(token, "/token")?.to_owned(), token.pointer(pointer)?.as_f64()?));
    alternatives.iter().filter_map(pair).collect()
}
