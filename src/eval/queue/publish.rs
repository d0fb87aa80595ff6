//! Puts one message on a stream and waits until the server has it, through lost connections and restarts.

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use tokio::time::{Instant, sleep};

use super::link::GIVE_UP;

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A message and the id by which the server drops a second one.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) id: String,
    pub(super) payload: Vec<u8>,
}

pub(super) async fn publish(context: Context, letter: Letter) -> Result<(), PublishError> {
    let (mut wait, end) = (FIRST_WAIT, Instant::now() + GIVE_UP);
    loop {
        let Err(error) = attempt(&context, &letter).await else { return Ok(()) };
        if Instant::now() > end || error.kind() == PublishErrorKind::MaxPayloadExceeded {
            return Err(error);
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn attempt(context: &Context, letter: &Letter) -> Result<(), PublishError> {
    let message = PublishMessage::build().payload(letter.payload.clone().into()).message_id(&letter.id);
    let ack = context.send_publish(letter.subject.clone(), message).await?;
    ack.await.map(drop)
}
