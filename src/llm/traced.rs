//! Spans of calls: what a trace says of a model's answer, or of an application's.

use reqwest::Url;
use serde_json::{Value, json};

use super::billing::Purpose;
use super::{Answered, Finish, HttpCall, Message, Model, Reply, Request, Role, Withheld};
use crate::config::Secret;
use crate::cost::{Usage, ledger};
use crate::error::{Error, Result};
use crate::trace::{self, Active, Kind};

/// The header by which an application's spans join ours.
const TRACEPARENT: &str = "traceparent";

/// A call of a model that has begun.
pub(super) struct ChatSpan(Active);

impl ChatSpan {
    /// `None` if nothing is traced. `url` is where the provider is, if it is anywhere else than here.
    pub(super) fn begin(model: &Model, request: &Request, purpose: &Purpose, url: Option<&str>) -> Option<Self> {
        let kind = if url.is_some() { Kind::Client } else { Kind::Internal };
        let mut span = trace::begin(|| format!("chat {}", model.name), kind)?;
        span.set("operation", "chat");
        span.set("provider", trace::provider(&model.provider));
        span.set("request_model", model.name.as_str());
        if let Some(url) = url {
            at(&mut span, url);
        }
        span.set("role", purpose.role().name());
        if purpose.role() == ledger::Role::Target
            && let Some((name, version)) = purpose.prompt().and_then(|prompt| prompt.split_once('@'))
        {
            span.set("prompt_name", name);
            span.set("prompt.version", version);
        }
        let parameters = &request.parameters;
        span.set_known("request_temperature", parameters.temperature);
        span.set_known("request_top_p", parameters.top_p);
        span.set_known("request_max_tokens", parameters.max_tokens);
        span.set_known("request_seed", parameters.seed);
        if !parameters.stop.is_empty() {
            span.set("request_stop", trace::Value::Texts(parameters.stop.clone()));
        }
        if request.schema.is_some() {
            span.set("output_type", "json");
        }
        if request.repeat > 0 {
            span.set("case.repeat", request.repeat);
        }
        if span.takes_content() {
            let (system, turns): (Vec<&Message>, Vec<&Message>) =
                request.messages.iter().partition(|message| message.role == Role::System);
            if !system.is_empty() {
                let parts = system.into_iter().map(|message| part(&message.content)).collect();
                span.set("system_instructions", trace::Value::Json(parts));
            }
            let turns = turns.into_iter().map(|message| self::message(message.role.name(), &message.content)).collect();
            span.set("input_messages", trace::Value::Json(turns));
        }
        Some(Self(span))
    }

    pub(super) fn end(self, reply: &Result<Reply>) {
        let Self(mut span) = self;
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => return fail(&mut span, error),
        };
        span.set("finish_reasons", trace::Value::Texts(vec![finish(reply.finish).to_owned()]));
        // What was answered without a call took nothing now, and backends add up whatever they are told.
        if reply.attempts > 0 {
            used(&mut span, &reply.usage);
            span.set_known("cost", reply.cost.as_ref().ok().map(|cost| cost.to_f64()));
        }
        span.set("attempts", reply.attempts);
        span.set("cached", reply.cached);
        span.set_known("latency_ms", reply.latency.map(|latency| latency.as_secs_f64() * 1000.0));
        span.set("answer.characters", reply.text.chars().count());
        if span.takes_content() {
            span.set("output_messages", trace::Value::Json(json!([message("assistant", &reply.text)])));
        }
    }
}

/// By the conventions, input includes what was read from and written to a cache, and output includes thinking.
fn used(span: &mut Active, usage: &Usage) {
    if usage.is_zero() {
        return;
    }
    span.set("input_tokens", usage.all_input());
    span.set("output_tokens", usage.output.saturating_add(usage.reasoning));
    let parts = [
        ("cache_read_tokens", usage.cached_input),
        ("cache_write_tokens", usage.cache_write.saturating_add(usage.cache_write_1h)),
        ("reasoning_tokens", usage.reasoning),
    ];
    for (concept, tokens) in parts.into_iter().filter(|(_, tokens)| *tokens > 0) {
        span.set(concept, tokens);
    }
}

/// By the conventions' words.
fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Other => "other",
    }
}

fn message(role: &str, content: &str) -> Value {
    json!({ "role": role, "parts": [part(content)] })
}

fn part(content: &str) -> Value {
    json!({ "type": "text", "content": content })
}

fn fail(span: &mut Active, error: &Error) {
    let what = match Withheld::of(error) {
        Some(Withheld::Refused) => "refused",
        Some(Withheld::Blocked) => "blocked",
        Some(Withheld::NoText) => "no_text",
        None => error.kind.name(),
    };
    span.fail(what, &error.to_string());
}

/// A request to an application under test. Its path and query may hold the question, so they are left out.
pub(super) fn call_span(call: &HttpCall) -> Option<Active> {
    let mut span = trace::begin(|| call.method.to_owned(), Kind::Client)?;
    span.set("http_method", call.method);
    at(&mut span, &call.url);
    Some(span)
}

fn at(span: &mut Active, url: &str) {
    if let Ok(url) = Url::parse(url) {
        span.set_known("server_address", url.host_str());
        span.set_known("server_port", url.port_or_known_default().map(u32::from));
    }
}

pub(super) fn end_call(span: &mut Active, answered: &Result<Answered>) {
    match answered {
        Ok(answered) => span.set("attempts", answered.attempts),
        Err(error) => fail(span, error),
    }
}

/// The same call with the header that says which span it belongs to, unless the project sends one of its own.
pub(super) fn joined(call: &HttpCall, span: &Active) -> HttpCall {
    let mut call = call.clone();
    if let Some(scope) = span.scope()
        && !call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT))
    {
        call.headers.push((TRACEPARENT.to_owned(), Secret::new(scope.context().header())));
    }
    call
}
