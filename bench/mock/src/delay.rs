//! Waits that end when they should. The runtime's own timer counts whole milliseconds: the bare client saw 52.2 ms for
//! a latency of 50, a lost twentieth of the speed that is measured against it. With a thread that sleeps it sees 50.7.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// The same wait for everyone, so that who began first ends first.
pub(crate) struct Delay {
    length: Duration,
    waiting: mpsc::Sender<(Instant, oneshot::Sender<()>)>,
}

impl Delay {
    pub(crate) fn new(length: Duration) -> Self {
        let (waiting, due) = mpsc::channel();
        thread::spawn(move || end_when_due(&due));
        Self { length, waiting }
    }

    /// Completes this delay's length after `since`.
    pub(crate) async fn after(&self, since: Instant) {
        let (end, ended) = oneshot::channel();
        if self.waiting.send((since + self.length, end)).is_ok() {
            // The thread lives as long as this value, so it does not let go without a word.
            let _ = ended.await;
        }
    }
}

fn end_when_due(due: &mpsc::Receiver<(Instant, oneshot::Sender<()>)>) {
    for (when, end) in due {
        let left = when.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            thread::sleep(left);
        }
        // Whose client has gone waits no longer.
        let _ = end.send(());
    }
}
