//! Spans as OTLP has them over HTTP: as Protocol Buffers, which every collector reads, or as JSON.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/>,
//! <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto>

mod json;
mod protobuf;

use std::borrow::Cow;

use super::names;
use super::span::{Attribute, Kind, Span, Value};
use crate::config::TraceNames;

/// `STATUS_CODE_ERROR`
const FAILED: u8 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Protobuf,
    Json,
}

/// What a collector said of spans that it took.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// Spans that it does not want.
    pub(super) rejected: u64,
    pub(super) message: String,
}

impl Encoding {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// A request with these spans, of a program that is described so.
    pub(super) fn request(self, resource: &[(String, String)], spans: &[Span], names: TraceNames) -> Vec<u8> {
        match self {
            Self::Protobuf => protobuf::request(resource, spans, names),
            Self::Json => json::request(resource, spans, names),
        }
    }

    /// What cannot be read is no complaint.
    pub(super) fn answer(self, body: &[u8]) -> Answer {
        match self {
            Self::Protobuf => protobuf::answer(body),
            Self::Json => json::answer(body),
        }
    }
}

/// By number, as the protocol has it.
fn kind(kind: Kind) -> u8 {
    match kind {
        Kind::Internal => 1,
        Kind::Client => 3,
    }
}

/// Attributes under all names that are to be sent.
fn named(attributes: &[Attribute], names: TraceNames) -> impl Iterator<Item = (Cow<'static, str>, &Value)> {
    attributes.iter().flat_map(move |(concept, value)| {
        let older = if names == TraceNames::Both { names::older(concept) } else { &[] };
        let all = older.iter().map(|name| Cow::Borrowed(*name)).chain([names::current(concept)]);
        all.map(move |name| (name, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Context;
    use crate::trace::span::{Event, Status};

    pub(super) fn span() -> Span {
        Span {
            context: Context { trace: 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c, span: 0xee1 },
            parent: Some(7),
            name: "chat m".to_owned(),
            kind: Kind::Client,
            start: 1_544_712_660_000_000_000,
            end: 1_544_712_661_000_000_001,
            attributes: vec![("input_tokens", 9_007_199_254_740_993_u64.into()), ("case.id", "a".into())],
            events: vec![Event { name: "evaluation", at: 5, attributes: vec![("evaluation_value", 0.5.into())] }],
            status: Status::Failed("no".to_owned()),
        }
    }
}
