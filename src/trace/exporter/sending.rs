//! One request and what is made of its answer.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::sync::watch;

use crate::clock;
use crate::config::TraceNames;
use crate::error::Result;
use crate::http;
use crate::text::{brief, printable};
use crate::trace::destination::Destination;
use crate::trace::otlp::{Answer, Encoding};
use crate::trace::span::Span;

/// Before the second attempt; each later one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// However soon a collector wants to be asked again.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// Characters of what a collector says that are shown.
const SAID: usize = 120;

/// Sends batches to one destination.
pub(super) struct Sending {
    client: Client,
    destination: Destination,
    resource: Vec<(String, String)>,
    names: TraceNames,
}

/// How many spans of a batch did not arrive, and why.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lost {
    pub(super) spans: u64,
    pub(super) reason: Option<String>,
}

/// An attempt that may be repeated.
struct Again {
    reason: String,
    /// What the collector asks for.
    after: Option<Duration>,
}

enum Attempt {
    Delivered(Lost),
    Refused(String),
    Again(Again),
}

impl Sending {
    pub(super) fn new(destination: Destination, resource: Vec<(String, String)>, names: TraceNames) -> Result<Self> {
        // A key goes to nobody but whom it was given for.
        let client = http::client().redirect(reqwest::redirect::Policy::none()).connect_timeout(destination.timeout);
        Ok(Self { client: http::build(client)?, destination, resource, names })
    }

    /// Until the batch is delivered or refused, or there is no more time.
    pub(super) async fn send(&self, batch: Vec<Span>, mut closing: watch::Receiver<Option<Instant>>) -> Lost {
        let all = batch.len() as u64;
        let body = self.body(&batch);
        drop(batch);
        let mut wait = FIRST_WAIT;
        let mut is_last = false;
        loop {
            let deadline = *closing.borrow_and_update();
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let limit = left.unwrap_or(self.destination.timeout).min(self.destination.timeout);
            let Again { reason, after } = match self.attempt(body.clone(), limit).await {
                Attempt::Delivered(lost) => return lost,
                Attempt::Refused(reason) => return Lost { spans: all, reason: Some(reason) },
                Attempt::Again(again) => again,
            };
            let lost = Lost { spans: all, reason: Some(reason) };
            let due = Instant::now() + after.unwrap_or(wait).max(SHORTEST_WAIT);
            wait = (wait * 2).min(LONGEST_WAIT);
            // While the command runs there is time; its end cuts the wait short.
            tokio::select! {
                () = tokio::time::sleep_until(due.into()) => {}
                _ = closing.wait_for(Option::is_some) => {}
            }
            let Some(deadline) = *closing.borrow() else { continue };
            if is_last || after.is_some() && due >= deadline {
                return lost;
            }
            match after {
                Some(_) => tokio::time::sleep_until(due.into()).await,
                None => is_last = true,
            }
        }
    }

    fn body(&self, batch: &[Span]) -> Vec<u8> {
        let plain = self.destination.encoding.request(&self.resource, batch, self.names);
        if !self.destination.gzip {
            return plain;
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&plain).and_then(|()| gzip.finish()).expect("memory can be written")
    }

    async fn attempt(&self, body: Vec<u8>, limit: Duration) -> Attempt {
        let again = |reason| Attempt::Again(Again { reason, after: None });
        match tokio::time::timeout(limit, self.request(body).send()).await {
            Err(_) => again("no answer in time".to_owned()),
            Ok(Err(error)) => again(words(&error)),
            Ok(Ok(response)) => read(response, self.destination.encoding, limit).await,
        }
    }

    fn request(&self, body: Vec<u8>) -> RequestBuilder {
        let mut request = self
            .client
            .post(self.destination.url.clone())
            .header("content-type", self.destination.encoding.media_type());
        if self.destination.gzip {
            request = request.header("content-encoding", "gzip");
        }
        for (name, value) in &self.destination.headers {
            let pair = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.reveal()));
            if let (Ok(name), Ok(mut value)) = pair {
                value.set_sensitive(true);
                request = request.header(name, value);
            }
        }
        request.body(body)
    }
}

/// What went wrong before there was an answer, without the address.
fn words(error: &reqwest::Error) -> String {
    if error.is_connect() { "it does not accept connections" } else { "the connection broke" }.to_owned()
}

async fn read(response: Response, encoding: Encoding, limit: Duration) -> Attempt {
    let status = response.status();
    if status.is_success() {
        let body = tokio::time::timeout(limit, response.bytes()).await;
        let answer = body.ok().and_then(std::result::Result::ok).map(|body| encoding.answer(&body));
        return Attempt::Delivered(rejected(&answer.unwrap_or_default()));
    }
    let reason = format!("it answered {status}");
    let may_recover = matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    );
    if !may_recover {
        return Attempt::Refused(reason);
    }
    let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
    Attempt::Again(Again { reason, after })
}

/// Seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    let seconds = value.trim().parse().ok().map(Duration::from_secs);
    seconds.or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(clock::now()).unwrap_or_default())
    })
}

/// Spans that the collector took and does not want.
fn rejected(answer: &Answer) -> Lost {
    let said = brief(&printable(&answer.message), SAID);
    let reason = if said.is_empty() { "it rejected them".to_owned() } else { format!("it rejected them: {said}") };
    Lost { spans: answer.rejected, reason: (answer.rejected > 0).then_some(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_says_in_seconds_or_by_a_date_when_to_come_again() {
        assert_eq!(retry_after("2"), Some(Duration::from_secs(2)));
        assert_eq!(retry_after("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("soon"), None);
    }
}
