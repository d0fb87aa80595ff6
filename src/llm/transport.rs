//! Sends one JSON call: attempts and waits within a time limit, over pooled connections.
//!
//! ```text
//! call -> acquire -> attempt -> JSON
//!         ^           | hangs -> a second attempt beside it; the first answer counts
//!         |           | Failure -> retry::decide -> GaveUp
//!         +-- wait ---+
//! ```

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::{Either, select};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Method, Response};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::billing::{Billing, asked_output};
use super::exchange::{bare, carries_secret, hide};
use super::failure::{Cause, Failure, GaveUp, shorten};
use super::limits::{Finished, Hedge, Lane, Need, Ticket, is_overload, told};
use super::retry::{Decision, Tries, asked_wait, decide};
use super::{Answered, HttpCall};
use crate::clock;
use crate::cost::Usage;
use crate::cost::ledger::{Held, Outcome};

/// A longer reply is no answer of a model.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// A host that does not even accept a connection in this time is tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;
/// Of text in the usual languages; only an estimate before the reply says it. Source: `OpenAI`'s tokenizer page.
const BYTES_PER_TOKEN: u64 = 4;

/// What a reply says that it consumed, if it says so; an error says that its shape is not an answer's.
pub(super) type Inspect<'a> = &'a (dyn Fn(&Value) -> Result<Option<Usage>, String> + Sync);

/// A call with everything that does not change from attempt to attempt.
struct Sending<'a> {
    call: &'a HttpCall,
    body: Option<String>,
    lane: &'a Lane,
    need: Need,
    inspect: Inspect<'a>,
    /// `None` if what is called bills nothing.
    billing: Option<&'a Billing<'a>>,
}

/// A complete reply, whatever it says.
struct Replied {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A good reply, and how long its attempt took.
struct Arrived {
    body: Value,
    latency: Duration,
}

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
    ///
    /// Waiting for a place in `lane` is no part of the time limit: what our own limits cost must not lose a case.
    pub(super) async fn send(
        &self,
        call: &HttpCall,
        lane: &Lane,
        (inspect, billing): (Inspect<'_>, Option<&Billing<'_>>),
    ) -> Result<Answered, GaveUp> {
        let sending = Sending { billing, ..Sending::new(call, lane, inspect) };
        let mut tries = Tries::default();
        let mut deadline = Instant::now() + self.limit;
        loop {
            let queued = Instant::now();
            let ticket = lane.acquire(&sending.need).await;
            deadline += queued.elapsed();
            let arrived = self.attempt_within(&sending, ticket, deadline, &mut tries.attempts).await;
            let attempts = tries.attempts;
            let failure = match arrived {
                Ok(Arrived { body, latency }) => {
                    return Ok(Answered { body, latency: Some(latency), attempts, cached: false });
                }
                Err(Some(failure)) => failure,
                Err(None) => return Err(GaveUp { attempts, cause: Cause::TimeLimit(self.limit) }),
            };
            tries.unreadable += u32::from(matches!(failure, Failure::Unreadable(_)));
            match decide(&failure, tries, (self.jitter)()) {
                Decision::RetryAfter(wait) if wait < deadline.duration_since(Instant::now()) => sleep(wait).await,
                Decision::RetryAfter(wait) => {
                    return Err(GaveUp { attempts, cause: Cause::WaitTooLong { failure, wait, limit: self.limit } });
                }
                Decision::Stop => return Err(GaveUp { attempts, cause: Cause::Final(failure) }),
            }
        }
    }

    /// One attempt, and a second one beside it if the first seems to hang. `None` is the deadline.
    async fn attempt_within(
        &self,
        sending: &Sending<'_>,
        ticket: Ticket<'_>,
        deadline: Instant,
        attempts: &mut u32,
    ) -> Result<Arrived, Option<Failure>> {
        *attempts += 1;
        let started = Instant::now();
        let mut first = std::pin::pin!(self.attempt(sending, ticket));
        let mut timer = std::pin::pin!(sleep_until(deadline.min(started + sending.lane.floor())));
        let second = loop {
            tokio::select! {
                biased;
                arrived = &mut first => return arrived.map_err(Some),
                () = &mut timer => {}
            }
            let now = Instant::now();
            if now >= deadline {
                return Err(None);
            }
            match sending.lane.hedge(&sending.need, now.duration_since(started)) {
                Hedge::Now(ticket) => break ticket,
                Hedge::Later(wait) => timer.as_mut().reset(deadline.min(now + wait)),
            }
        };
        *attempts += 1;
        // On the heap: it is rare, and every call would carry the room for it.
        let second = Box::pin(self.attempt(sending, second));
        let either = async {
            match select(first, second).await {
                Either::Left((Ok(arrived), _)) | Either::Right((Ok(arrived), _)) => Ok(arrived),
                Either::Left((Err(_), second)) => second.await,
                Either::Right((Err(_), first)) => first.await,
            }
        };
        timeout_at(deadline, either).await.map_or(Err(None), |arrived| arrived.map_err(Some))
    }

    /// One attempt, from which the limiter learns, and which the ledger knows of before it is sent.
    async fn attempt(&self, sending: &Sending<'_>, ticket: Ticket<'_>) -> Result<Arrived, Failure> {
        let held = match sending.reserve().await {
            Ok(held) => held,
            Err(failure) => {
                ticket.finish(&Finished::default());
                return Err(failure);
            }
        };
        let started = Instant::now();
        let Replied { status, headers, body } = match self.exchange(sending).await {
            Ok(replied) => replied,
            Err(failure) => {
                ticket.finish(&Finished::default());
                // What was sent and not answered may be billed all the same.
                if let Some(held) = held.filter(|_| !failure.was_sent()) {
                    held.settle(Outcome::NOT_SENT);
                }
                return Err(failure);
            }
        };
        let mut finished = Finished { status: Some(status), told: told(&headers, clock::now), ..Finished::default() };
        let result = if (200..300).contains(&status) {
            sending.read(&body, held).map(|(body, usage)| {
                finished.usage = usage;
                Arrived { body, latency: started.elapsed() }
            })
        } else {
            if let Some(held) = held {
                held.settle(Outcome::refused_with(status));
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            Err(Failure::Status { status, headers, body })
        };
        if let Err(failure) = &result
            && is_overload(status)
        {
            finished.asked_wait = asked_wait(failure);
        }
        ticket.finish(&finished);
        result
    }

    async fn exchange(&self, sending: &Sending<'_>) -> Result<Replied, Failure> {
        let call = sending.call;
        let client = self.client(&call.url).map_err(Failure::Unsendable)?;
        let method = Method::from_bytes(call.method.as_bytes()).unwrap_or(Method::POST);
        let mut request = client.request(method, &call.url);
        for (name, value) in &call.headers {
            request = request.header(name, value.reveal());
        }
        if let Some(body) = &sending.body {
            let is_typed = call.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            request = if is_typed { request } else { request.header("content-type", "application/json") };
            request = request.body(body.clone());
        }
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let body = read(response).await?;
        Ok(Replied { status, headers, body })
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

impl<'a> Sending<'a> {
    fn new(call: &'a HttpCall, lane: &'a Lane, inspect: Inspect<'a>) -> Self {
        let body = call.body.as_ref().map(Value::to_string);
        let bytes = body.as_ref().map_or(0, |body| body.len() as u64);
        let output_tokens = call.body.as_ref().and_then(asked_output);
        let need = Need { input_tokens: bytes / BYTES_PER_TOKEN, output_tokens };
        Self { call, body, lane, need, inspect, billing: None }
    }

    /// The permission to send, if it takes one.
    async fn reserve(&self) -> Result<Option<Held>, Failure> {
        let Some(billing) = self.billing else { return Ok(None) };
        let bytes = self.body.as_ref().map_or(0, String::len);
        billing.reserve(bytes).await.map(Some).map_err(Failure::Forbidden)
    }

    /// A reply's JSON without the call's keys, and what it consumed. A reply that cannot be read may be billed.
    fn read(&self, bytes: &[u8], held: Option<Held>) -> Result<(Value, Option<Usage>), Failure> {
        let mut body = parse(bytes)?;
        if let Some((held, billing)) = held.zip(self.billing) {
            held.settle(billing.of_reply(&body));
        }
        hide_keys(&mut body, bytes, self.call);
        let usage = (self.inspect)(&body).map_err(Failure::Unreadable)?;
        Ok((body, usage))
    }
}

/// A server that repeats the key in its answer must not bring it into a report.
fn hide_keys(body: &mut Value, bytes: &[u8], call: &HttpCall) {
    for (_, secret) in call.headers.iter().filter(|(name, _)| carries_secret(name)) {
        let key = bare(secret);
        if may_hold(bytes, key.reveal()) {
            hide(body, &key);
        }
    }
}

/// Whether JSON may hold a string, found in a hundredth of the time that looking through its values takes. Looked for is
/// the longest run of characters that nobody writes as an escape.
fn may_hold(json: &[u8], string: &str) -> bool {
    let runs = string.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    let run = runs.max_by_key(|run| run.len()).unwrap_or_default();
    std::str::from_utf8(json).map_or(true, |json| json.contains(run))
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            let limit = MAX_BODY_BYTES / (1024 * 1024);
            return Err(Failure::TooLong(format!("the reply is longer than {limit} MB")));
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
    match is_final {
        true => Failure::Unsendable(reason),
        false if error.is_connect() => Failure::Unreached(reason),
        false => Failure::Broken(reason),
    }
}

/// A certificate or a protocol version that is not accepted; the next attempt meets the same.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let wrapped = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || wrapped.is_some_and(|inner| is_tls(inner))
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| Error::source(*cause))
}
