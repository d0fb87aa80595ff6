//! A request as it is recorded: without secrets, without what may differ between two machines, in one order.

use serde_json::Value;

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
        let mut body = if exchange.endpoint.is_some() { with_common_names(body) } else { body };
        body.sort_all_objects();
        let path = exchange.path();
        let mut asked = Self {
            provider: exchange.provider().to_owned(),
            method: exchange.call.method,
            path,
            body,
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
