//! Asks the server for as many cases as there is room for, and notices when the run has ended.

use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::consumer::pull::Batch;
use async_nats::jetstream::context::{ConsumerInfoError, ConsumerInfoErrorKind};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::PAUSE;
use crate::eval::queue::Connection;
use crate::eval::queue::names::CASES;

/// The server holds a request for cases this long.
const HELD: Duration = Duration::from_secs(5);

pub(super) enum Taken {
    Case(Box<Message>),
    /// The coordinator has taken the run off the queue.
    Ended,
}

pub(super) struct Pull {
    connection: Connection,
    name: String,
    /// Looked up again after anything unusual, since the run may have ended.
    consumer: Option<PullConsumer>,
    /// What was asked for, and how much of it is still to come.
    batch: Option<(Batch, usize)>,
    /// Kept until it is done: cases that were asked for and not awaited would be lost until they are delivered again.
    asking: Option<BoxFuture<'static, Asked>>,
}

enum Asked {
    Waiting(Box<(PullConsumer, Batch, usize)>),
    Failed,
    Ended,
}

impl Pull {
    pub(super) fn new(connection: Connection, name: String) -> Self {
        Self { connection, name, consumer: None, batch: None, asking: None }
    }

    /// Forgets what was asked for.
    pub(super) fn restart(&mut self) {
        (self.consumer, self.batch, self.asking) = (None, None, None);
    }

    /// The next case. What was asked for before comes first, whatever room there is now. May be dropped at any time.
    pub(super) async fn next(&mut self, room: usize) -> Taken {
        loop {
            if let Some((batch, left)) = &mut self.batch {
                match batch.next().await {
                    Some(Ok(message)) => {
                        *left -= 1;
                        return Taken::Case(Box::new(message));
                    }
                    Some(Err(_)) => self.restart(),
                    None => {
                        if *left > 0 {
                            self.consumer = None;
                        }
                        self.batch = None;
                    }
                }
            }
            let asking = self.asking.get_or_insert_with(|| {
                Box::pin(ask(self.connection.clone(), self.name.clone(), self.consumer.take(), room))
            });
            let asked = asking.await;
            self.asking = None;
            match asked {
                Asked::Waiting(waiting) => {
                    let (consumer, batch, asked_for) = *waiting;
                    (self.consumer, self.batch) = (Some(consumer), Some((batch, asked_for)));
                }
                Asked::Failed => sleep(PAUSE).await,
                Asked::Ended => return Taken::Ended,
            }
        }
    }
}

async fn ask(connection: Connection, name: String, known: Option<PullConsumer>, room: usize) -> Asked {
    let consumer = match known {
        Some(consumer) => consumer,
        None => match find(&connection, &name).await {
            Ok(consumer) => consumer,
            Err(error) => return if is_gone(&error) { Asked::Ended } else { Asked::Failed },
        },
    };
    match consumer.batch().max_messages(room).expires(HELD).messages().await {
        Ok(batch) => Asked::Waiting(Box::new((consumer, batch, room))),
        Err(_) => Asked::Failed,
    }
}

async fn find(connection: &Connection, name: &str) -> Result<PullConsumer, async_nats::Error> {
    connection.context.get_stream_no_info(CASES).await?.get_consumer(name).await
}

fn is_gone(error: &async_nats::Error) -> bool {
    error.downcast_ref::<ConsumerInfoError>().is_some_and(|error| {
        matches!(error.kind(), ConsumerInfoErrorKind::NotFound | ConsumerInfoErrorKind::StreamNotFound)
    })
}
