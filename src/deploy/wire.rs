//! Requests to platforms: every answer but a success is a failure, nothing is redirected, and no message holds a secret.

use std::sync::OnceLock;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::header::HeaderMap;
use reqwest::{Method, Url, redirect};
use serde_json::Value;

use super::driver::{Told, Trouble, TroubleKind};
use crate::config::Secret;
use crate::error::Result;
use crate::http;
use crate::text::{printable, span};

/// More than any list of deployments.
const MAX_BYTES: usize = 8 << 20;
/// Characters of an answer that a message quotes.
const QUOTED: usize = 200;

/// A client for one platform.
pub(super) struct Wire {
    client: reqwest::Client,
    secrets: Vec<Secret>,
    limit: Duration,
}

/// One request.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    /// What messages call the address; without it they show it.
    pub(super) shown: Option<&'static str>,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Headers that the configuration names.
    pub(super) named: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    pub(super) fn new(method: Method, url: Url) -> Self {
        Self { method, url, shown: None, headers: Vec::new(), named: Vec::new(), body: None }
    }

    /// A request of an API with a token, perhaps with a body, and the key by which it knows a repetition.
    pub(super) fn authorised(
        (method, url): (Method, Url),
        token: &Secret,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Self {
        let mut request = Self::new(method, url).header("authorization", format!("Bearer {}", token.reveal()));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self
    }
}

impl Wire {
    pub(super) fn new(limit: Duration, secrets: Vec<Secret>) -> Result<Self> {
        // To read the system's certificates takes longer than all that is asked of a platform.
        static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
        if let Some(client) = CLIENT.get() {
            return Ok(Self { client: client.clone(), secrets, limit });
        }
        // Each request on a connection of its own: behind a balancer, the next one may reach another machine.
        let builder = http::client().redirect(redirect::Policy::none()).pool_max_idle_per_host(0);
        let client = http::build(builder)?;
        let client = CLIENT.get_or_init(|| client).clone();
        Ok(Self { client, secrets, limit })
    }

    /// The JSON of a successful answer; null if it is none.
    pub(super) async fn send(&self, request: Request) -> Told<Value> {
        self.exchange(request).await.map(|(_, body)| body)
    }

    /// The same with the answer's headers.
    pub(super) async fn exchange(&self, request: Request) -> Told<(HeaderMap, Value)> {
        let Request { method, url, shown, headers, named, body } = request;
        let name = shown.map_or_else(|| http::shown(&url), str::to_owned);
        let (asked, is_question) = (format!("{method} {name}"), method == Method::GET);
        let mut builder = self.client.request(method, url).timeout(self.limit).header("accept", "application/json");
        for (name, value) in &headers {
            builder = builder.header(*name, value);
        }
        for (name, value) in &named {
            builder = builder.header(name, value);
        }
        if let Some(body) = body {
            builder = builder.header("content-type", "application/json").body(body);
        }
        let mut response = builder.send().await.map_err(|error| self.no_answer(&asked, error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.no_answer(&asked, error))? {
            text.extend_from_slice(&chunk);
            if text.len() > MAX_BYTES {
                return Err(Trouble::new(TroubleKind::Failed, format!("{asked}: the answer is too long")));
            }
        }
        if status.is_success() {
            return Ok((headers, serde_json::from_slice(&text).unwrap_or(Value::Null)));
        }
        // Too many questions is a reason to ask later.
        let may_ask_again = is_question && matches!(status.as_u16(), 408 | 429);
        let is_refused = status.is_client_error() && !may_ask_again;
        let kind = if is_refused { TroubleKind::Refused } else { TroubleKind::Failed };
        let said = self.quoted(&String::from_utf8_lossy(&text));
        let said = if said.is_empty() { said } else { format!(": {said}") };
        Err(Trouble::new(kind, format!("{asked} was answered with {}{said}", status.as_u16())))
    }

    fn no_answer(&self, asked: &str, error: reqwest::Error) -> Trouble {
        let error = error.without_url();
        if error.is_timeout() {
            let message = format!("{asked}: no answer within {}", span(self.limit));
            return Trouble::new(TroubleKind::Silent, message);
        }
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Trouble::new(TroubleKind::Silent, format!("{asked}: no answer: {}", self.hidden(&cause.to_string())))
    }

    /// The text without what must not be shown.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| secret.redact(&text))
    }

    fn quoted(&self, text: &str) -> String {
        // First hidden, then cut: half of a secret is one too.
        let hidden = self.hidden(text.trim());
        let mut short: String = hidden.chars().take(QUOTED).collect();
        if short.len() < hidden.len() {
            short.push('…');
        }
        printable(&short.replace('\n', " ")).into_owned()
    }
}

/// Every part of a secret address that could stand in an answer: longer ones first.
pub(super) fn parts_of(url: &Secret) -> Vec<Secret> {
    let mut parts = vec![url.reveal().to_owned()];
    if let Ok(parsed) = Url::parse(url.reveal()) {
        parts.push(parsed.to_string());
        let query = parsed.query().unwrap_or_default();
        parts.push(format!("{}?{query}", parsed.path()));
        parts.push(query.to_owned());
        for (_, value) in parsed.query_pairs() {
            parts.push(value.into_owned());
        }
        parts.push(parsed.path().to_owned());
        for segment in parsed.path_segments().into_iter().flatten().filter(|segment| segment.len() > 9) {
            parts.push(segment.to_owned());
        }
        parts.push(parsed.password().unwrap_or_default().to_owned());
    }
    let decoded: Vec<String> =
        parts.iter().map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect();
    let escaped: Vec<String> = parts.iter().map(|part| part.replace('/', "\\/")).collect();
    parts.extend(decoded);
    parts.extend(escaped);
    parts.retain(|part| part.len() > 5 && part != "/deploy/");
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.dedup();
    parts.into_iter().map(Secret::new).collect()
}

/// An address of the configuration, which may hold a secret and is not repeated.
pub(super) fn parse(key: &str, text: &str) -> Told<Url> {
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    parsed.ok_or_else(|| {
        Trouble::config(format!("deploy.{key} is no address")).hint("it begins with https:// and names a host")
    })
}

/// A string of an answer.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
