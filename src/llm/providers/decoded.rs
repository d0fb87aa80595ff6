//! What a dialect reads out of a reply, and the errors that all dialects word alike.

use serde_json::Value;

use crate::cost::Usage;
use crate::error::{Error, Result};
use crate::llm::Finish;
use crate::llm::failure::shorten;

/// A model's answer, before the client adds what it took to get it.
#[derive(Debug, PartialEq)]
pub(in crate::llm) struct Decoded {
    /// Never blank.
    pub(in crate::llm) text: String,
    pub(in crate::llm) usage: Usage,
    pub(in crate::llm) finish: Finish,
}

impl Decoded {
    /// An answer, unless it is blank: `reason` is why the model stopped, in the provider's word.
    pub(super) fn new(text: String, usage: Usage, finish: Finish, reason: Option<&str>) -> Result<Self> {
        if text.trim().is_empty() {
            let reason = reason.unwrap_or("none given");
            return Err(Error::unavailable(format!("the model returned no text (finish reason: {reason})")));
        }
        Ok(Self { text, usage, finish })
    }
}

/// The model or the provider's filter declined: `words` are its own.
pub(super) fn refused(words: &str) -> Error {
    Error::unavailable(format!("the model refused to answer: {}", shorten(words)))
}

/// A filter of the provider's stopped the answer or the prompt.
pub(super) fn blocked(what: &str, reason: &str) -> Error {
    Error::unavailable(format!("the provider blocked the {what} ({reason})"))
}

/// The reply is JSON of another shape.
pub(super) fn lacks(pointer: &str) -> Error {
    Error::unavailable(format!("the reply has no {pointer}"))
}

/// The tokens at a JSON pointer. Providers leave out or null what is zero.
pub(super) fn tokens(body: &Value, pointer: &str) -> u64 {
    body.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// The string at a JSON pointer.
pub(super) fn string<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

/// The texts of the parts that `is_text` accepts, joined.
pub(super) fn join_parts(parts: &[Value], is_text: impl Fn(&Value) -> bool) -> String {
    parts.iter().filter(|part| is_text(part)).filter_map(|part| string(part, "/text")).collect()
}
