//! One case from its delivery to its acknowledgement.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};
use tokio::sync::watch;
use tokio::time::interval;

use super::Worker;
use crate::error::{Error, Result};
use crate::eval::queue::Connection;
use crate::eval::queue::message::{decode_item, encode_row, too_large};
use crate::eval::queue::offered::Offered;
use crate::eval::queue::publish::{Letter, publish};
use crate::eval::runner::Measurer;

/// What all cases of a run are answered with.
pub(super) struct Job {
    connection: Connection,
    measurer: Measurer,
    results: String,
    /// How often the server is told that a case is still being worked on.
    sign_of_life: Duration,
    embedder_tokens: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Of these, what was sent with rows already.
    embedder_tokens_sent: AtomicU64,
}

impl Job {
    pub(super) fn new(worker: &Worker, run: &Offered) -> Self {
        Self {
            connection: worker.connection.clone(),
            measurer: (worker.measurer)(run.repeats),
            results: run.names.results.clone(),
            sign_of_life: run.redeliver_after / 3,
            embedder_tokens_sent: AtomicU64::new((worker.embedder_tokens)()),
            embedder_tokens: Arc::clone(&worker.embedder_tokens),
        }
    }

    /// Measures a case, sends its row, and acknowledges it; or gives it back when asked to stop.
    pub(super) async fn answer(self: Arc<Self>, message: Message, mut stopped: watch::Receiver<bool>) -> Result<()> {
        let mut work = pin!(self.work(&message));
        let mut sign_of_life = interval(self.sign_of_life);
        sign_of_life.tick().await;
        let last = loop {
            tokio::select! {
                sent = &mut work => {
                    if let Err(error) = sent {
                        // Another worker may be able to.
                        let _ = message.ack_with(AckKind::Nak(None)).await;
                        return Err(error);
                    }
                    break AckKind::Ack;
                }
                () = until(&mut stopped) => break AckKind::Nak(None),
                _ = sign_of_life.tick() => {
                    // Lost, it costs a second delivery at worst.
                    let _ = message.ack_with(AckKind::Progress).await;
                }
            }
        };
        // Lost, the case is delivered again, and its second result dropped.
        let _ = message.ack_with(last).await;
        Ok(())
    }

    async fn work(&self, message: &Message) -> Result<()> {
        let item = decode_item(&message.payload)?;
        let id = message.headers.as_ref().and_then(|headers| headers.get(async_nats::header::NATS_MESSAGE_ID));
        // The id of the case: a second result of the same delivery is dropped by the server.
        let id = id.map_or_else(|| item.number.to_string(), ToString::to_string);
        let row = self.measurer.clone().measure(item.clone()).await;
        if let Some(reason) = row.over_budget {
            return Err(Error::over_budget(reason).hint("raise it, and start the worker again"));
        }
        let total = (self.embedder_tokens)();
        let before = self.embedder_tokens_sent.fetch_max(total, Ordering::Relaxed);
        let used = total.saturating_sub(before);
        let mut payload = encode_row(&row, used);
        if let Some(reason) = too_large("the result", payload.len(), self.connection.client.max_payload()) {
            payload = encode_row(&self.measurer.fail(item, reason), used);
        }
        let letter = Letter { subject: self.results.clone(), id, payload };
        publish(self.connection.context.clone(), letter)
            .await
            .map_err(|error| self.connection.failed("put a result", error))
    }
}

async fn until(stopped: &mut watch::Receiver<bool>) {
    // A worker that is gone has stopped too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
