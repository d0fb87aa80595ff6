//! A conversation with a model, independent of any provider's wire format.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cost::{Cost, Spent, Usage};
use crate::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    System,
    User,
    Assistant,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) content: String,
}

/// How to generate. `None` leaves the choice to the provider and is not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Parameters {
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    /// Most tokens of the answer.
    pub(crate) max_tokens: Option<u32>,
    pub(crate) seed: Option<i64>,
    pub(crate) stop: Vec<String>,
    /// Only for `local/extractive`: the share of the question's terms, 0 to 1, that a sentence with its title must hold
    /// to be an answer. 0 never abstains.
    pub(crate) min_support: Option<f64>,
}

/// The facts behind a request, for the local model that quotes instead of generating. Never sent over a wire.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Grounding {
    pub(crate) question: String,
    pub(crate) passages: Vec<GroundingPassage>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GroundingPassage {
    pub(crate) title: String,
    pub(crate) text: String,
}

/// The shape that an answer is to have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    /// Letters, digits, `_` and `-`, at most 64 of them.
    pub(crate) name: String,
    /// A JSON Schema of an object. Every object in it lists all its properties as required and forbids others, as the
    /// strict modes of providers want it.
    pub(crate) schema: Value,
}

/// One call to a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request {
    pub(crate) messages: Vec<Message>,
    pub(crate) parameters: Parameters,
    pub(crate) grounding: Grounding,
    /// The how-manieth time a case asks this, from 0: an earlier time's kept reply is no answer to it.
    pub(crate) repeat: u32,
    /// Providers are told to keep to it. Servers may ignore it, so the messages must describe the shape as well.
    pub(crate) schema: Option<Schema>,
    /// A text as long as the answer is thought to be; never sent, only counted by estimates.
    pub(crate) expected: Option<String>,
    /// Asks for the log probabilities of the tokens, each with so many alternatives, at most 20. Dialects without any
    /// leave it out.
    pub(crate) top_logprobs: Option<u8>,
}

impl Request {
    /// The system messages as one text, and the other messages, for dialects that keep them apart.
    pub(super) fn split_system(&self) -> (Option<String>, Vec<&Message>) {
        let (system, turns): (Vec<&Message>, Vec<&Message>) =
            self.messages.iter().partition(|message| message.role == Role::System);
        let texts: Vec<&str> = system.iter().map(|message| message.content.as_str()).collect();
        ((!texts.is_empty()).then(|| texts.join("\n\n")), turns)
    }

    /// What was asked: the question behind the prompt, or the last user message.
    pub(super) fn question(&self) -> &str {
        let last = || self.messages.iter().rev().find(|message| message.role == Role::User);
        match self.grounding.question.trim() {
            "" => last().map_or("", |message| message.content.trim()),
            question => question,
        }
    }
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finish {
    Stop,
    /// Cut off at `max_tokens` or the context window.
    Length,
    Other,
}

/// That a model was asked, and gave no answer by decision: the cause of the error that a call ends with then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// The model declined.
    Refused,
    /// A filter of the provider's stopped the question or the answer.
    Blocked,
    /// The answer has no text.
    NoText,
}

impl Withheld {
    /// Whether it is the cause of a call's error, and which.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        std::error::Error::source(error)?.downcast_ref().copied()
    }
}

impl std::error::Error for Withheld {}

/// Words that the error's own message holds, so that they are not said twice.
impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Blocked => "blocked",
            Self::NoText => "no text",
        })
    }
}

/// A token of an answer, and how probable it was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// What else could have stood here, most probable first, usually with the token itself: text and natural logarithm
    /// of the probability.
    pub(crate) alternatives: Vec<(String, f64)>,
}

/// What a model answered. A refusal of the provider (safety block, `refusal` field) is an error, not a reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) text: String,
    pub(crate) usage: Usage,
    /// Its list price, or what the provider says that it costs, whether it was sent now or not; why it is not known.
    pub(crate) cost: Result<Cost, String>,
    pub(crate) finish: Finish,
    /// The model said in words that it cannot answer, and said so by its protocol, not by its text: only the local
    /// models do; for others it is judged from the text.
    pub(crate) abstained: Option<bool>,
    /// Time of the attempt that succeeded, without earlier attempts and waiting; `None` for a replayed answer.
    pub(crate) latency: Option<Duration>,
    /// How many requests were sent, 1 without retries; 0 if nothing was sent at all.
    pub(crate) attempts: u32,
    /// An earlier run's reply, taken from the cache.
    pub(crate) cached: bool,
    /// The tokens of the text, where they were asked for and the provider gives them.
    pub(crate) tokens: Option<Vec<Token>>,
}

impl Reply {
    /// What the call took and cost, or saved.
    pub(crate) fn spent(&self) -> Spent {
        Spent::of_call(self.usage, self.cost.as_ref().ok().copied(), self.attempts > 0)
    }
}
