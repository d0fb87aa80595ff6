//! A time limit in which waiting for a provider's limits does not count: a polite run is not a failing one.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// While a wait goes on, its end is unknown; the limit is looked at again after this time at least.
const LEAST_RECHECK: Duration = Duration::from_millis(10);

tokio::task_local! {
    static WAITED: RefCell<Waited>;
}

/// How long one task has waited for limits.
#[derive(Debug, Default)]
struct Waited {
    total: Duration,
    /// The waits that go on now, which may be several, and the start of the first.
    going_on: usize,
    since: Option<Instant>,
}

impl Waited {
    fn begin(&mut self, now: Instant) {
        self.going_on += 1;
        self.since.get_or_insert(now);
    }

    fn end(&mut self, now: Instant) {
        self.going_on = self.going_on.saturating_sub(1);
        if self.going_on == 0 {
            self.total = self.at(now);
            self.since = None;
        }
    }

    fn at(&self, now: Instant) -> Duration {
        self.total + self.since.map_or(Duration::ZERO, |since| now.duration_since(since))
    }
}

/// A wait for a limit, from its making to its end.
pub(super) struct Waiting(());

impl Waiting {
    pub(super) fn begin() -> Self {
        let _ = WAITED.try_with(|waited| waited.borrow_mut().begin(Instant::now()));
        Self(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = WAITED.try_with(|waited| waited.borrow_mut().end(Instant::now()));
    }
}

/// What the work gives, or `None` if it takes longer than `limit` without its waits for limits. Work that it spawns as
/// tasks of their own counts whole.
pub(crate) async fn patient<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let within = async {
        let started = Instant::now();
        let mut work = std::pin::pin!(work);
        let mut deadline = started + limit;
        loop {
            if let Ok(result) = timeout_at(deadline, &mut work).await {
                return Some(result);
            }
            let now = Instant::now();
            let extended = started + limit + WAITED.with(|waited| waited.borrow().at(now));
            if extended <= now {
                return None;
            }
            deadline = extended.max(now + LEAST_RECHECK);
        }
    };
    WAITED.scope(RefCell::default(), within).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_that_overlap_count_once_and_one_that_goes_on_counts_so_far() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut waited = Waited::default();
        waited.begin(at(0));
        waited.begin(at(1));
        waited.end(at(2));
        assert_eq!(waited.at(at(3)), Duration::from_secs(3));
        waited.end(at(4));
        assert_eq!(waited.at(at(9)), Duration::from_secs(4));
        waited.begin(at(10));
        assert_eq!(waited.at(at(11)), Duration::from_secs(5));
    }

    #[tokio::test]
    async fn waiting_for_a_limit_is_not_waiting_for_an_answer() {
        let limit = Duration::from_millis(30);
        let wait = || tokio::time::timeout(3 * limit, std::future::pending::<()>());
        assert!(patient(limit, wait()).await.is_none());
        let waiting = async {
            let _waiting = Waiting::begin();
            wait().await
        };
        assert!(patient(limit, waiting).await.is_some());
        let both = async {
            let waiting = Waiting::begin();
            let _ = wait().await;
            drop(waiting);
            std::future::pending::<()>().await;
        };
        assert!(patient(limit, both).await.is_none());
        assert_eq!(patient(limit, async { 7 }).await, Some(7));
    }
}
