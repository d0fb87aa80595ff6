//! Sends spans from a thread of its own, in batches. Nobody waits for it but the end of the command, and that not for long.
//!
//! ```text
//! take ─> queue (bytes are bounded, more is dropped) ─> batch ─> request (some at once) ─> delivered | tried again | lost
//! close ─> what is left, once more, within the time limit ─> what was lost, and why
//! ```

mod sending;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Url;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use self::sending::Sending;
use super::destination::Destination;
use super::span::Span;
use crate::config::TraceNames;
use crate::text::count;

/// Bytes of spans that wait. More than a few minutes of any collector's silence need.
const MOST_WAITING: usize = 64 << 20;
/// Spans and bytes of one request; collectors take at least 4 MiB.
const MOST_SPANS: usize = 512;
const MOST_BYTES: usize = 2 << 20;
/// How long a span waits for others to be sent with.
const COMPANY: Duration = Duration::from_secs(1);
/// Requests under way at once, so that a slow line carries as much as a fast one.
const REQUESTS: usize = 4;

pub(super) struct Exporter {
    queue: Mutex<Option<UnboundedSender<Box<Span>>>>,
    /// Until when there is time to send, once the command has ended.
    deadline: watch::Sender<Option<Instant>>,
    /// Closed when all is sent or given up.
    done: Mutex<Receiver<()>>,
    told: Arc<Told>,
    url: Url,
    limit: Duration,
    /// Bytes of spans that may wait.
    room: usize,
}

/// What became of the spans.
#[derive(Default)]
struct Told {
    taken: AtomicU64,
    delivered: AtomicU64,
    /// Bytes that wait or are on their way.
    waiting: AtomicUsize,
    /// The last reason for which some were not delivered.
    reason: Mutex<Option<String>>,
}

impl Told {
    fn because(&self, reason: String) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }
}

impl Exporter {
    pub(super) fn start(
        destination: Destination,
        resource: Vec<(String, String)>,
        names: TraceNames,
    ) -> Result<Self, String> {
        let (queue, spans) = unbounded_channel();
        let (deadline, closing) = watch::channel(None);
        let (finish, done) = channel();
        let (url, limit) = (destination.url.clone(), destination.timeout);
        let told = Arc::new(Told::default());
        let worker = Worker { spans, closing, told: Arc::clone(&told) };
        let work = move || {
            worker.run(destination, resource, names);
            drop::<std::sync::mpsc::Sender<()>>(finish);
        };
        let thread = thread::Builder::new().name("trace".to_owned()).spawn(work);
        thread.map_err(|error| format!("its thread does not start: {error}"))?;
        let (queue, done) = (Mutex::new(Some(queue)), Mutex::new(done));
        Ok(Self { queue, deadline, done, told, url, limit, room: MOST_WAITING })
    }

    /// Never waits: what finds no room is dropped, and counted.
    pub(super) fn take(&self, span: Box<Span>) {
        let told = &self.told;
        told.taken.fetch_add(1, Ordering::Relaxed);
        let bytes = span.bytes();
        if told.waiting.fetch_add(bytes, Ordering::Relaxed) > self.room {
            told.waiting.fetch_sub(bytes, Ordering::Relaxed);
            return told.because("they came faster than they could be sent".to_owned());
        }
        if let Some(queue) = &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            // The thread ends before the queue does only if it cannot send at all.
            let _ = queue.send(span);
        }
    }

    /// Waits for what is left, within the limit, and says what was lost. Later spans are lost too.
    pub(super) fn close(&self) -> Option<String> {
        self.deadline.send_replace(Some(Instant::now() + self.limit));
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(self.limit);
        let told = &self.told;
        let lost = told.taken.load(Ordering::Relaxed).saturating_sub(told.delivered.load(Ordering::Relaxed));
        if lost == 0 {
            return None;
        }
        let late = || matches!(done, Err(RecvTimeoutError::Timeout)).then(|| "no answer in time".to_owned());
        let reason = told.reason.lock().unwrap_or_else(PoisonError::into_inner).clone().or_else(late);
        let host = self.url.origin().ascii_serialization();
        let (were, lost) = (if lost == 1 { "was" } else { "were" }, usize::try_from(lost).unwrap_or(usize::MAX));
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        Some(format!("trace: {} {were} not delivered to {host}{reason}", count(lost, "span")))
    }
}

/// The other end, on its own thread.
struct Worker {
    spans: UnboundedReceiver<Box<Span>>,
    closing: watch::Receiver<Option<Instant>>,
    told: Arc<Told>,
}

impl Worker {
    fn run(self, destination: Destination, resource: Vec<(String, String)>, names: TraceNames) {
        let told = Arc::clone(&self.told);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let sending = Sending::new(destination, resource, names);
        match (runtime, sending) {
            (Ok(runtime), Ok(sending)) => runtime.block_on(self.send_all(Arc::new(sending))),
            (Err(error), _) => told.because(format!("its runtime does not start: {error}")),
            (_, Err(error)) => told.because(error.to_string()),
        }
    }

    /// Until the queue is closed and empty.
    async fn send_all(mut self, sending: Arc<Sending>) {
        let mut requests = JoinSet::new();
        while let Some(batch) = self.batch().await {
            if requests.len() >= REQUESTS {
                requests.join_next().await;
            }
            let (sending, told, closing) = (Arc::clone(&sending), Arc::clone(&self.told), self.closing.clone());
            requests.spawn(async move {
                let bytes: usize = batch.iter().map(Span::bytes).sum();
                let spans = batch.len() as u64;
                let lost = sending.send(batch, closing).await;
                told.waiting.fetch_sub(bytes, Ordering::Relaxed);
                told.delivered.fetch_add(spans - lost.spans.min(spans), Ordering::Relaxed);
                if let Some(reason) = lost.reason {
                    told.because(reason);
                }
            });
        }
        while requests.join_next().await.is_some() {}
    }

    /// The next spans, with what comes soon after the first of them.
    async fn batch(&mut self) -> Option<Vec<Span>> {
        let first = self.spans.recv().await?;
        let full = tokio::time::Instant::now() + COMPANY;
        let mut bytes = first.bytes();
        let mut batch = vec![*first];
        while batch.len() < MOST_SPANS && bytes < MOST_BYTES {
            match timeout_at(full, self.spans.recv()).await {
                Ok(Some(span)) => {
                    bytes += span.bytes();
                    batch.push(*span);
                }
                Ok(None) | Err(_) => break,
            }
        }
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::Context;
    use super::super::otlp::Encoding;
    use super::super::span::{Kind, Status};
    use super::*;

    fn span() -> Box<Span> {
        Box::new(Span {
            context: Context::new(),
            parent: None,
            name: "x".repeat(1000),
            kind: Kind::Internal,
            start: 1,
            end: 2,
            attributes: Vec::new(),
            events: Vec::new(),
            status: Status::Unset,
        })
    }

    #[test]
    fn spans_that_find_no_room_are_dropped_and_counted_and_nobody_waits() {
        // Accepts connections, and never says a word.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url: Url = format!("http://{}/v1/traces", silent.local_addr().unwrap()).parse().unwrap();
        let timeout = Duration::from_millis(50);
        let destination = Destination { url, headers: Vec::new(), timeout, encoding: Encoding::Protobuf, gzip: false };
        let exporter = Exporter::start(destination, Vec::new(), TraceNames::Current).unwrap();
        let exporter = Exporter { room: 3000, ..exporter };
        for _ in 0..10 {
            exporter.take(span());
        }
        let reason = exporter.told.reason.lock().unwrap().clone();
        assert_eq!(reason.as_deref(), Some("they came faster than they could be sent"));
        let lost = exporter.close().unwrap();
        assert!(lost.starts_with("trace: 10 spans were not delivered to http://127.0.0.1:"), "{lost}");
    }
}
