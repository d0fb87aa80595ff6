//! The side that has the dataset and the journal: puts cases on the queue, and takes the results.

use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::context::PublishError;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{Instant, sleep_until, timeout};

use super::inbox::Inbox;
use super::link::{Change, Link};
use super::message::{decode_row, encode_item, too_large};
use super::names::Names;
use super::offered::{Offered, RESULTS_REDELIVERED_AFTER};
use super::publish::{Letter, publish};
use super::{Connection, Content};
use crate::error::Result;
use crate::eval::journal::Journal;
use crate::eval::runner::{Feed, Item, Measurer, Row, Source, Step};
use crate::text::span;

/// Cases that are on their way to the server, so that its answers need not be waited for one by one.
const WINDOW: usize = 256;
/// Without a result after this time, somebody should look whether there are workers.
const PATIENCE: Duration = Duration::from_secs(30);
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// Where a run's cases go.
pub(crate) struct Queue {
    pub(crate) connection: Connection,
    pub(crate) content: Content,
    /// A case whose worker is silent for this time is delivered again.
    pub(crate) redeliver_after: Duration,
}

pub(crate) struct Coordinator {
    connection: Connection,
    run: Offered,
    /// Of this start: the server must not take its cases for those of an earlier start, which it has had already.
    start: String,
    feed: Feed,
    measurer: Measurer,
    putting: FuturesUnordered<BoxFuture<'static, std::result::Result<(), PublishError>>>,
    inbox: Inbox,
    link: Link,
    /// By row number: whether it is in the journal.
    done: Vec<bool>,
    missing: usize,
    /// Results of an earlier part of the run that are still to come. Their cases are not put on the queue again.
    left: u64,
    /// What has not come by then does not come: the server took note of it after all.
    left_until: Instant,
    embedder_tokens: u64,
    /// When to say that no result has come; `None` once one has, or it has been said.
    patience: Option<Instant>,
}

impl Coordinator {
    pub(crate) async fn start(queue: Queue, feed: Feed, measurer: Measurer, journal: &Journal) -> Result<Self> {
        let Queue { connection, content, redeliver_after } = queue;
        let run = Offered { names: Names::new(&content, journal.run()), repeats: measurer.repeats(), redeliver_after };
        let left = run.make(&connection, &content).await?;
        Ok(Self {
            left,
            left_until: Instant::now() + 2 * RESULTS_REDELIVERED_AFTER,
            start: format!("{:016x}", fastrand::u64(..)),
            missing: feed.rows() - journal.done(),
            done: journal.done_rows(),
            inbox: Inbox::new(connection.clone(), run.names.consumer.clone()),
            link: Link::new(&connection),
            putting: FuturesUnordered::new(),
            embedder_tokens: 0,
            patience: Some(Instant::now() + PATIENCE),
            connection,
            run,
            feed,
            measurer,
        })
    }

    fn may_put(&self) -> bool {
        self.left == 0 && self.feed.has_more() && self.putting.len() < WINDOW
    }

    /// Starts to put a case on the queue. The server's limit may forbid it; then this is its row.
    fn put(&mut self, item: Item) -> Option<Row> {
        if self.done[item.number] {
            return None;
        }
        let item = Item { traceparent: self.measurer.traceparent(), ..item };
        let payload = encode_item(&item);
        if let Some(reason) = too_large("the case", payload.len(), self.connection.client.max_payload()) {
            return Some(self.measurer.fail(item, reason));
        }
        let id = format!("{}-{}", self.start, item.number);
        let letter = Letter { subject: self.run.names.cases.clone(), id, payload };
        self.putting.push(Box::pin(publish(self.connection.context.clone(), letter)));
        None
    }

    /// The result's row, unless another has come before.
    async fn take(&mut self, message: Message) -> Result<Option<Row>> {
        let (row, embedder_tokens) = decode_row(&message.payload)?;
        // Lost, it comes again. The journal is not written yet; if it never is, the case is asked again.
        let _ = message.ack().await;
        self.patience = None;
        self.left = self.left.saturating_sub(1);
        self.embedder_tokens += embedder_tokens;
        Ok(self.count(row))
    }

    fn count(&mut self, row: Row) -> Option<Row> {
        let done = self.done.get_mut(row.number).filter(|done| !**done)?;
        *done = true;
        self.missing -= 1;
        Some(row)
    }
}

impl Source for Coordinator {
    async fn next(&mut self) -> Result<Option<Step>> {
        while self.missing > 0 {
            let row = tokio::select! {
                item = self.feed.next(), if self.may_put() => {
                    if item.is_none() {
                        self.feed.finish().await?;
                    }
                    item.and_then(|item| self.put(item))
                }
                Some(put) = self.putting.next(), if !self.putting.is_empty() => {
                    put.map_err(|error| self.connection.failed("put cases", error))?;
                    None
                }
                message = self.inbox.next() => match self.take(message?).await? {
                    Some(row) => return Ok(Some(Step::Finished(row))),
                    None => None,
                },
                () = sleep_until(self.left_until), if self.left > 0 => {
                    self.left = 0;
                    None
                }
                change = self.link.changed() => return Ok(Some(match change {
                    Change::Lost(text) | Change::Back(text) => Step::Noted(text),
                    Change::GivenUp(text) => Step::Stuck(text),
                })),
                () = sleep_until(self.patience.unwrap_or_else(Instant::now)), if self.patience.is_some() => {
                    self.patience = None;
                    let text = format!("no result after {}; `llmops worker --queue URL` makes them", span(PATIENCE));
                    return Ok(Some(Step::Noted(text)));
                }
            };
            if let Some(row) = row.and_then(|row| self.count(row)) {
                return Ok(Some(Step::Finished(row)));
            }
        }
        Ok(None)
    }

    /// Workers keep to their budgets themselves; what is on the queue can be continued later.
    fn drain(&mut self) {
        self.feed.stop();
        self.missing = 0;
    }

    fn has_more(&self) -> bool {
        self.missing > 0
    }

    fn embedder_tokens(&self) -> u64 {
        self.embedder_tokens
    }

    async fn close(self, all_done: bool) {
        // What cannot be removed now goes away by itself later.
        let _ = timeout(CLOSE_LIMIT, self.run.remove(&self.connection, all_done)).await;
    }
}
