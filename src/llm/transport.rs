//! Sends one JSON call: attempts and waits within a time limit, over pooled connections.
//!
//! ```text
//! call -> attempt -> JSON
//!            | Failure -> retry::decide -> wait -> attempt ... | GaveUp
//! ```

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::failure::{Cause, Failure, GaveUp, shorten};
use super::retry::{Decision, decide};
use super::{Answered, HttpCall};
use crate::config::Secret;

/// A longer reply is no answer of a model.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// A host that does not even accept a connection in this time is tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;

/// The connections. Made when first used: a run with local models never pays for reading certificates.
pub(super) struct Transport {
    /// For all attempts, waits and reading of one call.
    limit: Duration,
    /// From 0 to 1; spreads the waits.
    jitter: fn() -> f64,
    plain: OnceLock<Result<reqwest::Client, String>>,
    secure: OnceLock<Result<reqwest::Client, String>>,
}

impl Transport {
    pub(super) fn new(limit: Duration, jitter: fn() -> f64) -> Self {
        Self { limit, jitter, plain: OnceLock::new(), secure: OnceLock::new() }
    }

    /// The reply's JSON. An attempt may take all the time that is left: a slow answer is not a failed one.
    pub(super) async fn send(&self, call: &HttpCall) -> Result<Answered, GaveUp> {
        let deadline = Instant::now() + self.limit;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let started = Instant::now();
            let failure = match timeout_at(deadline, self.attempt(call)).await {
                Ok(Ok(body)) => return Ok(Answered { body, latency: started.elapsed(), attempts }),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(GaveUp { attempts, cause: Cause::TimeLimit(self.limit) }),
            };
            match decide(&failure, attempts, (self.jitter)()) {
                Decision::RetryAfter(wait) if wait < deadline.duration_since(Instant::now()) => sleep(wait).await,
                Decision::RetryAfter(wait) => {
                    return Err(GaveUp { attempts, cause: Cause::WaitTooLong { failure, wait, limit: self.limit } });
                }
                Decision::Stop => return Err(GaveUp { attempts, cause: Cause::Final(failure) }),
            }
        }
    }

    async fn attempt(&self, call: &HttpCall) -> Result<Value, Failure> {
        let client = self.client(&call.url).map_err(Failure::Unsendable)?;
        let method = Method::from_bytes(call.method.as_bytes()).unwrap_or(Method::POST);
        let mut request = client.request(method, &call.url);
        for (name, value) in &call.headers {
            request = request.header(name, value.reveal());
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| failure(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(Failure::Status { status: status.as_u16(), headers, body });
        }
        let mut body = parse(&body)?;
        hide_keys(&mut body, call);
        Ok(body)
    }

    /// Plain HTTP works on systems without any certificates.
    fn client(&self, url: &str) -> Result<&reqwest::Client, String> {
        let secure = url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        let client = if secure { &self.secure } else { &self.plain };
        client.get_or_init(|| build(secure)).as_ref().map_err(Clone::clone)
    }
}

fn build(secure: bool) -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut tls = if secure {
        tls.with_platform_verifier().map_err(|error| format!("{error}; install the package ca-certificates"))?
    } else {
        tls.with_root_certificates(RootCertStore::empty())
    }
    .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("llmops/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(same_origin())
        .build()
        .map_err(|error| error.to_string())
}

/// Redirects are followed within one server only: another one must not get the key.
fn same_origin() -> Policy {
    Policy::custom(|attempt| {
        let follow = attempt.previous().len() <= MAX_REDIRECTS
            && attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
        if follow { attempt.follow() } else { attempt.stop() }
    })
}

/// A server that repeats the key in its answer must not bring it into a report.
fn hide_keys(body: &mut Value, call: &HttpCall) {
    let carries_key = |name: &str| ["auth", "key", "token", "secret", "cookie"].iter().any(|part| name.contains(part));
    for (_, secret) in call.headers.iter().filter(|(name, _)| carries_key(&name.to_lowercase())) {
        let value = secret.reveal();
        // `Bearer KEY`: the key may come back alone.
        hide(body, &Secret::new(value.split_once(' ').map_or(value, |(_, key)| key)));
    }
}

fn hide(value: &mut Value, secret: &Secret) {
    match value {
        Value::String(text) if text.contains(secret.reveal()) => *text = secret.redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secret)),
        Value::Object(fields) => fields.values_mut().for_each(|field| hide(field, secret)),
        _ => {}
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            let limit = MAX_BODY_BYTES / (1024 * 1024);
            return Err(Failure::Unreadable(format!("the reply is longer than {limit} MB")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn parse(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let text = String::from_utf8_lossy(&body[..body.len().min(200)]);
        let start: String = shorten(&text).chars().take(60).collect();
        let begins = if start.is_empty() { String::new() } else { format!("; it begins with {start:?}") };
        Failure::Unreadable(format!("the reply is not JSON: {error}{begins}"))
    })
}

fn failure(error: &reqwest::Error) -> Failure {
    let is_final = error.is_builder() || causes(error).any(is_tls);
    // The innermost cause is the one that says something; the outer ones repeat the URL.
    let reason = causes(error).last().map_or_else(|| error.to_string(), ToString::to_string);
    if is_final { Failure::Unsendable(reason) } else { Failure::Broken(reason) }
}

/// A certificate or a protocol version that is not accepted; the next attempt meets the same.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner))
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| Error::source(*cause))
}
