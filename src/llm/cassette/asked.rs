//! A request as it is recorded: without secrets, without what may differ between two machines, in one order.

use serde_json::{Map, Value};

use super::super::exchange::{Exchange, hide};
use crate::config::Secret;
use crate::digest::sha256_parts;

/// What was asked of whom.
pub(super) struct Asked {
    pub(super) provider: String,
    pub(super) method: &'static str,
    /// Below the base URL, with the query.
    pub(super) path: String,
    /// With sorted keys; null without a body.
    pub(super) body: Value,
    pub(super) repeat: u32,
}

impl Asked {
    pub(super) fn of(exchange: &Exchange<'_>, known: &[Secret]) -> Self {
        let body = exchange.call.body.clone().unwrap_or_default();
        let body = if exchange.endpoint.is_some() { with_common_names(body) } else { body };
        let path = exchange.path();
        let mut asked = Self {
            provider: exchange.provider().to_owned(),
            method: exchange.call.method,
            path,
            body: sorted(body),
            repeat: exchange.repeat,
        };
        for secret in known.iter().chain(&exchange.secrets()) {
            hide(&mut asked.body, secret);
            asked.path = secret.redact(&asked.path);
        }
        asked
    }

    pub(super) fn key(&self) -> String {
        let (body, repeat) = (self.body.to_string(), self.repeat.to_string());
        sha256_parts([self.provider.as_str(), self.method, &self.path, &body, &repeat])
    }
}

/// What some services call other than most; which one answers behind an address may differ between two machines.
fn with_common_names(body: Value) -> Value {
    let Value::Object(fields) = body else { return body };
    let common = |(name, value): (String, Value)| match name.as_str() {
        "max_completion_tokens" => ("max_tokens".to_owned(), value),
        "random_seed" => ("seed".to_owned(), value),
        _ => (name, value),
    };
    Value::Object(fields.into_iter().map(common).collect())
}

/// The value with the keys of every object in alphabetical order.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> =
                fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(Map::from_iter(fields))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
