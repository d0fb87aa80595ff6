//! Why a call gave nothing, and the one clear line that a case carries for it.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::exchange::Exchange;
use super::{Endpoint, HttpCall, Withheld};
use crate::error::Error;
use crate::text::span;

/// What a provider says of an error is quoted up to this many characters.
const QUOTE_CHARS: usize = 300;

/// Why one attempt gave no JSON.
#[derive(Debug)]
pub(super) enum Failure {
    /// It cannot be sent as it is: a URL, a header, or no certificates to check servers with.
    Unsendable(String),
    /// No connection.
    Unreached(String),
    /// The connection broke before the reply was complete.
    Broken(String),
    /// The server answered with another status than 2xx.
    Status { status: u16, headers: HeaderMap, body: String },
    /// A complete reply that is not JSON, or JSON of another shape than an answer's.
    Unreadable(String),
    /// A reply longer than any answer.
    TooLong(String),
    /// It may not be sent: a limit on what may be spent is reached.
    Forbidden(Error),
}

impl Failure {
    /// Whether the request may have reached whoever bills for it.
    pub(super) fn was_sent(&self) -> bool {
        !matches!(self, Self::Unsendable(_) | Self::Unreached(_) | Self::Forbidden(_))
    }
}

/// A call that was given up.
#[derive(Debug)]
pub(super) struct GaveUp {
    pub(super) attempts: u32,
    pub(super) cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    /// This failure is final, or it came after the last attempt.
    Final(Failure),
    /// Another attempt was due only after the time limit.
    WaitTooLong { failure: Failure, wait: Duration, limit: Duration },
    /// The time limit came in the middle of an attempt.
    TimeLimit(Duration),
}

impl GaveUp {
    /// The error of a call to a model of a provider.
    pub(super) fn of_model(self, endpoint: &Endpoint, model: &str, call: &HttpCall) -> Error {
        let said = self.said(call);
        let provider = &endpoint.provider;
        match &self.cause {
            Cause::Final(Failure::Status { status: 401 | 403, .. }) => refused_key(endpoint, &said),
            // Gemini calls a wrong key a bad request.
            Cause::Final(Failure::Status { status: 400, body, .. }) if body.contains("API_KEY_INVALID") => {
                refused_key(endpoint, &said)
            }
            Cause::Final(Failure::Status { status: 404, .. }) if said.to_lowercase().contains("model") => {
                Error::unavailable(format!("{provider} does not know the model \"{model}\": {said}"))
            }
            // Azure says in this way what others say in a reply.
            Cause::Final(Failure::Status { status: 400, body, .. }) if body.contains("content_filter") => {
                Error::unavailable(format!("{provider} blocked the prompt: {said}")).source(Withheld::Blocked)
            }
            _ => self.into_error(provider, &said, call),
        }
    }

    /// The error of a call, whoever it went to.
    pub(super) fn of_exchange(self, exchange: &Exchange<'_>) -> Error {
        match exchange.endpoint {
            Some(endpoint) => self.of_model(endpoint, exchange.model, exchange.call),
            None => self.of_server(exchange.call),
        }
    }

    /// The error of a call to any other server.
    pub(super) fn of_server(self, call: &HttpCall) -> Error {
        let said = self.said(call);
        self.into_error(&shown_url(&call.url), &said, call)
    }

    fn into_error(self, who: &str, said: &str, call: &HttpCall) -> Error {
        let count = count(self.attempts);
        let (failure, note) = match self.cause {
            Cause::Final(Failure::Forbidden(error)) => return error,
            Cause::TimeLimit(limit) => {
                return Error::unavailable(format!("no complete answer within {} ({count})", span(limit)));
            }
            Cause::Final(failure) if self.attempts == 1 => (failure, String::new()),
            Cause::Final(failure) => (failure, format!(" ({count})")),
            Cause::WaitTooLong { failure, wait, limit } => {
                let note = format!(" ({count}; the next is due in {}, the limit is {})", span(wait), span(limit));
                (failure, note)
            }
        };
        let line = match failure {
            Failure::Unsendable(reason) => format!("cannot call {who}: {reason}"),
            Failure::Unreached(reason) | Failure::Broken(reason) => {
                format!("cannot reach {}: {}", shown_url(&call.url), redact(&reason, call))
            }
            Failure::Unreadable(reason) | Failure::TooLong(reason) => redact(&reason, call),
            // A call that may not be sent is final.
            Failure::Forbidden(error) => error.to_string(),
            Failure::Status { status, .. } => {
                let colon = if said.is_empty() { "" } else { ": " };
                format!("{who} answered {}{colon}{said}", status_name(status))
            }
        };
        Error::unavailable(line + &note)
    }

    /// The server's own words on the error, short and without secrets.
    fn said(&self, call: &HttpCall) -> String {
        let (Cause::Final(failure) | Cause::WaitTooLong { failure, .. }) = &self.cause else { return String::new() };
        let Failure::Status { status, headers, body } = failure else { return String::new() };
        if (300..400).contains(status) {
            let target = headers.get("location").and_then(|target| target.to_str().ok()).unwrap_or_default();
            return format!("a redirect to {}, which is not followed", shown_url(target));
        }
        let message = match serde_json::from_str::<Value>(body) {
            Ok(body) => provider_message(&body).unwrap_or_default(),
            // An error page of a proxy says nothing that its status does not.
            Err(_) if body.trim_start().starts_with('<') => String::new(),
            Err(_) => shorten(body),
        };
        redact(&message, call)
    }
}

fn refused_key(endpoint: &Endpoint, said: &str) -> Error {
    let (provider, place) = (&endpoint.provider, &endpoint.key_place);
    Error::unavailable(match (&endpoint.key, place.as_str()) {
        (_, "") => format!("{provider} refused access: {said}"),
        (Some(_), _) => format!("{provider} refused the key in {place}: {said}"),
        (None, _) => format!("{provider} wants a key in {place}: {said}"),
    })
}

/// The message in an error's body, wherever providers put it; shortened.
pub(super) fn provider_message(body: &Value) -> Option<String> {
    const PLACES: &[&str] =
        &["/error/message", "/error", "/message", "/detail/0/msg", "/detail", "/0/error/message", "/errors/0/message"];
    PLACES.iter().find_map(|place| body.pointer(place)?.as_str()).map(shorten)
}

/// One line of at most `QUOTE_CHARS` characters.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}

/// The text without the values of the call's headers, which hold its keys.
fn redact(text: &str, call: &HttpCall) -> String {
    call.headers.iter().fold(text.to_owned(), |text, (_, secret)| {
        let text = secret.redact(&text);
        match secret.reveal().split_once(' ') {
            Some((_, token)) => crate::config::Secret::new(token).redact(&text),
            None => text,
        }
    })
}

/// The URL without user, query and fragment, which may hold secrets.
fn shown_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/')),
        Err(_) => "its URL".to_owned(),
    }
}

fn status_name(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

fn count(attempts: u32) -> String {
    if attempts == 1 { "1 attempt".to_owned() } else { format!("{attempts} attempts") }
}

#[cfg(test)]
mod tests;
