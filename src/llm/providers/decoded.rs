//! What a dialect reads out of a reply, and the errors that all dialects word alike.

use serde_json::Value;

use crate::cost::Used;
use crate::error::Error;
use crate::llm::failure::shorten;
use crate::llm::{Finish, Token, Withheld};

/// A model's answer, before the client adds what it took to get it.
#[derive(Debug, PartialEq)]
pub(in crate::llm) struct Decoded {
    /// Never blank.
    pub(in crate::llm) text: String,
    pub(in crate::llm) used: Used,
    pub(in crate::llm) finish: Finish,
    /// With their probabilities, where they were asked for and are given.
    pub(in crate::llm) tokens: Option<Vec<Token>>,
}

/// Why a reply is no answer.
#[derive(Debug)]
pub(in crate::llm) enum NoAnswer {
    /// It is JSON of another shape, as a broken server or gateway sends it: the next one may be right.
    Foreign(String),
    /// It says so: a refusal, a block, an error, no text. The next one would say the same.
    Said(Error),
}

impl From<NoAnswer> for Error {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Foreign(message) => Self::unavailable(message),
            NoAnswer::Said(error) => error,
        }
    }
}

pub(in crate::llm) type Result<T> = std::result::Result<T, NoAnswer>;

impl Decoded {
    /// An answer with what its body says of its cost, unless it is blank: `reason` is why the model stopped, in the provider's word.
    pub(super) fn new(text: String, body: &Value, finish: Finish, reason: Option<&str>) -> Result<Self> {
        if text.trim().is_empty() {
            let reason = reason.unwrap_or("none given");
            let message = format!("the model returned no text (finish reason: {reason})");
            return Err(withheld(message, Withheld::NoText));
        }
        Ok(Self { text, used: Used::of_body(body).unwrap_or_default(), finish, tokens: None })
    }

    pub(super) fn with_tokens(self, tokens: Option<Vec<Token>>) -> Self {
        Self { tokens, ..self }
    }
}

/// The model or the provider's filter declined: `words` are its own.
pub(super) fn refused(words: &str) -> NoAnswer {
    withheld(format!("the model refused to answer: {}", shorten(words)), Withheld::Refused)
}

/// A filter of the provider's stopped the answer or the prompt.
pub(super) fn blocked(what: &str, reason: &str) -> NoAnswer {
    withheld(format!("the provider blocked the {what} ({reason})"), Withheld::Blocked)
}

/// The provider reports an error in a reply that has the status of a success.
pub(super) fn reported(message: &str) -> NoAnswer {
    said(format!("the provider reports an error: {message}"))
}

fn withheld(message: String, why: Withheld) -> NoAnswer {
    NoAnswer::Said(Error::unavailable(message).source(why))
}

fn said(message: String) -> NoAnswer {
    NoAnswer::Said(Error::unavailable(message))
}

/// The reply is JSON of another shape.
pub(super) fn lacks(pointer: &str) -> NoAnswer {
    NoAnswer::Foreign(format!("the reply has no {pointer}"))
}

/// The string at a JSON pointer.
pub(super) fn string<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

/// The texts of the parts that `is_text` accepts, joined.
pub(super) fn join_parts(parts: &[Value], is_text: impl Fn(&Value) -> bool) -> String {
    parts.iter().filter(|part| is_text(part)).filter_map(|part| string(part, "/text")).collect()
}
