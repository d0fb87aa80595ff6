//! The results of a run as they arrive, through lost connections and restarts of the server.

use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{PullConsumer, pull};
use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep_until};

use super::Connection;
use super::link::GIVE_UP;
use super::names::RESULTS;
use crate::error::Result;

/// Results that the server sends ahead.
const AHEAD: usize = 512;
const HEARTBEAT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Inbox {
    connection: Connection,
    consumer: String,
    messages: Option<pull::Stream>,
    /// Since when nothing could be read.
    failing_since: Option<Instant>,
    /// Not tried again before.
    pause_until: Instant,
}

impl Inbox {
    pub(super) fn new(connection: Connection, consumer: String) -> Self {
        Self { connection, consumer, messages: None, failing_since: None, pause_until: Instant::now() }
    }

    /// The next result. An error if the server has none of ours for too long.
    pub(super) async fn next(&mut self) -> Result<Message> {
        loop {
            sleep_until(self.pause_until).await;
            let error = match &mut self.messages {
                None => match self.open().await {
                    Ok(messages) => {
                        self.messages = Some(messages);
                        continue;
                    }
                    Err(error) => error,
                },
                Some(messages) => match messages.next().await {
                    Some(Ok(message)) => {
                        self.failing_since = None;
                        return Ok(message);
                    }
                    Some(Err(error)) => error.into(),
                    None => "the server ended the delivery".into(),
                },
            };
            self.messages = None;
            let since = *self.failing_since.get_or_insert_with(Instant::now);
            if since.elapsed() > GIVE_UP {
                return Err(self.connection.failed("read the results", std::io::Error::other(error)));
            }
            self.pause_until = Instant::now() + PAUSE;
        }
    }

    async fn open(&self) -> std::result::Result<pull::Stream, async_nats::Error> {
        let stream = self.connection.context.get_stream_no_info(RESULTS).await?;
        let consumer: PullConsumer = stream.get_consumer(&self.consumer).await?;
        Ok(consumer.stream().max_messages_per_batch(AHEAD).heartbeat(HEARTBEAT).messages().await?)
    }
}
