//! Watches the connection, says once that it is lost and once that it is back, and gives up in the end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Connection;
use crate::text::span;

/// A server that is restarted or moved is back by then.
pub(super) const GIVE_UP: Duration = Duration::from_secs(5 * 60);

pub(super) struct Link {
    server: String,
    stands: watch::Receiver<bool>,
    lost_at: Option<Instant>,
}

pub(super) enum Change {
    Lost(String),
    Back(String),
    GivenUp(String),
}

impl Link {
    pub(super) fn new(connection: &Connection) -> Self {
        Self { server: connection.server.clone(), stands: connection.stands.clone(), lost_at: None }
    }

    /// The next change.
    pub(super) async fn changed(&mut self) -> Change {
        let server = self.server.clone();
        loop {
            let end = self.lost_at.map(|at| at + GIVE_UP);
            tokio::select! {
                changed = self.stands.changed() => {
                    if changed.is_err() {
                        // The program ends.
                        std::future::pending::<()>().await;
                    }
                }
                () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                    return Change::GivenUp(format!("no connection to the queue {server} for {}", span(GIVE_UP)));
                }
            }
            let stands = *self.stands.borrow_and_update();
            match (stands, self.lost_at.is_some()) {
                (false, false) => {
                    self.lost_at = Some(Instant::now());
                    return Change::Lost(format!("the connection to the queue {server} is lost; trying again"));
                }
                (true, true) => {
                    self.lost_at = None;
                    return Change::Back(format!("connected to the queue {server} again"));
                }
                _ => {}
            }
        }
    }
}
