//! A log with a JSON object for each call: lines of one's own, kept replies of `OpenAI`'s, Anthropic's and Gemini's shape, and
//! what gateways write.

use serde_json::Value;

use super::super::Used;
use super::entry::{Found, Identity, dollars, prompt_name, time};
use super::{Format, Reading};
use crate::error::Problem;
use crate::text::brief;

pub(super) const FORMAT: Format = Format { is_like: Value::is_object, read };

const TIMES: &[&str] =
    &["timestamp", "time", "@timestamp", "created", "created_at", "ts", "start_time", "startTime", "created_time"];
const PROVIDERS: &[&str] = &["provider", "custom_llm_provider", "system"];
const COSTS: &[&str] = &["cost", "cost_usd", "response_cost", "usd"];
const IDS: &[&str] = &["id", "request_id", "requestId", "responseId"];
/// Where a kept reply may lie in the line, the innermost first.
const BODIES: &[&str] = &["/response/body", "/response", "/body", "/reply", ""];

fn read(value: &Value, reading: &mut Reading<'_>) {
    let made = found(value).and_then(|found| {
        let text;
        let id = id_of(value);
        let identity = if let Some(id) = &id {
            Identity::Id(id)
        } else {
            text = value.to_string();
            Identity::Text(&text)
        };
        reading.entry(&found, &identity)
    });
    match made {
        Ok(entry) => reading.entries.push(entry),
        Err(problem) => reading.bad(problem),
    }
}

fn found(value: &Value) -> std::result::Result<Found<'_>, Problem> {
    let at = first(value, TIMES).or_else(|| bodies(value).find_map(|body| first(body, TIMES))).ok_or_else(|| {
        Problem::new("it has no time")
            .hint("a call has a \"timestamp\": RFC 3339, or seconds or milliseconds since 1970")
    })?;
    let at = time(at).ok_or_else(|| {
        Problem::new(format!("its time {} cannot be understood", brief(&at.to_string(), 60)))
            .hint("write RFC 3339 with its zone, like 2026-11-28T09:30:00Z, or seconds or milliseconds since 1970")
    })?;
    let cost = first(value, COSTS);
    let said_usd = cost.map(|cost| {
        dollars(cost).ok_or_else(|| {
            Problem::new(format!("its cost {} is no amount in US dollars", brief(&cost.to_string(), 60)))
                .hint("write a number, or leave it out")
        })
    });
    let status = value.pointer("/response/status_code").or_else(|| first(value, &["status", "status_code"]));
    let has_error = first(value, &["error"]).is_some_and(|error| *error != Value::Bool(false));
    let text = |name: &str| first(value, &[name]).and_then(Value::as_str);
    Ok(Found {
        at,
        provider: PROVIDERS.iter().find_map(|name| text(name)),
        models: models(value)?,
        run: text("trace_id"),
        prompt: prompt_name(text("prompt_name").or_else(|| text("prompt")), first(value, &["prompt_version"])),
        used: bodies(value).find_map(Used::of_body),
        said_usd: said_usd.transpose()?,
        is_failed: has_error || status.and_then(Value::as_u64).is_some_and(|status| status >= 400),
    })
}

fn bodies(value: &Value) -> impl Iterator<Item = &Value> {
    BODIES.iter().filter_map(|place| value.pointer(place)).filter(|body| body.is_object())
}

fn models(value: &Value) -> std::result::Result<Vec<&str>, Problem> {
    let said = bodies(value).filter_map(|body| first(body, &["model", "modelVersion"]));
    let asked = value.pointer("/request/model").or_else(|| value.pointer("/request/body/model"));
    said.chain(asked)
        .map(|model| {
            let problem = || Problem::new(format!("its model {} is no text", brief(&model.to_string(), 60)));
            model.as_str().ok_or_else(problem)
        })
        .collect()
}

fn id_of(value: &Value) -> Option<String> {
    match first(value, IDS).or_else(|| bodies(value).find_map(|body| first(body, IDS)))? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The first of these that says anything.
fn first<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| value.get(name).filter(|value| !value.is_null()))
}
