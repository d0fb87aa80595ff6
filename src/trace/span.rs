//! What is known of one step: when it was, what it was, and how it ended.

use super::Context;

/// On which side of a call a span stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Internal,
    Client,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Texts(Vec<String>),
    /// Sent as text, which every collector and backend takes.
    Json(serde_json::Value),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Whole(number.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

/// By what `data/trace/names.tsv` calls it.
pub(super) type Attribute = (&'static str, Value);

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) name: &'static str,
    /// Nanoseconds since 1970.
    pub(super) at: u64,
    pub(super) attributes: Vec<Attribute>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Status {
    Unset,
    /// With words for people, which may be empty.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Span {
    pub(super) context: Context,
    /// A span of the same trace.
    pub(super) parent: Option<u64>,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Nanoseconds since 1970.
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) attributes: Vec<Attribute>,
    pub(super) events: Vec<Event>,
    pub(super) status: Status,
}

impl Span {
    /// About as many bytes as it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let events = self.events.iter().map(|event| size_of::<Event>() + bytes_of(&event.attributes));
        size_of::<Self>() + self.name.len() + bytes_of(&self.attributes) + events.sum::<usize>()
    }
}

fn bytes_of(attributes: &[Attribute]) -> usize {
    let bytes = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Texts(texts) => texts.iter().map(|text| size_of::<String>() + text.len()).sum(),
        Value::Json(json) => bytes_of_json(json),
        Value::Whole(_) | Value::Number(_) | Value::Flag(_) => 0,
    };
    attributes.iter().map(|(_, value)| size_of::<Attribute>() + bytes(value)).sum()
}

fn bytes_of_json(json: &serde_json::Value) -> usize {
    let inside: usize = match json {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(items) => items.iter().map(bytes_of_json).sum(),
        serde_json::Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + bytes_of_json(value)).sum(),
        _ => 0,
    };
    size_of::<serde_json::Value>() + inside
}
