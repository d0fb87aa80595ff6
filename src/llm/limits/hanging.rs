//! When an attempt that gives no answer is most likely hanging, so that a second one beside it is worth its price.

use std::time::Duration;

/// No attempt is thought to hang before this time.
pub(in crate::llm) const FLOOR: Duration = Duration::from_secs(2);
/// When it is asked again where there was no room.
pub(super) const RECHECK: Duration = Duration::from_millis(500);
/// Fewer answers do not tell how long an answer takes.
const LEAST_ANSWERS: u32 = 20;
/// What is slower than the slowest answer by this factor hangs.
const FACTOR: u32 = 4;
/// Of so many calls under way one may be made twice, so that a slow provider does not get double the work.
const CALLS_PER_HEDGE: usize = 20;

/// How long answers took so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    count: u32,
    slowest: Duration,
}

impl Answers {
    pub(super) fn add(&mut self, latency: Duration) {
        self.count = self.count.saturating_add(1);
        self.slowest = self.slowest.max(latency);
    }

    /// How long to wait until an attempt that has run for so long is thought to hang; `None` if it is now.
    pub(super) fn suspicion(&self, running: Duration, floor: Duration) -> Option<Duration> {
        if self.count < LEAST_ANSWERS {
            return Some(floor);
        }
        let hangs_after = self.slowest.saturating_mul(FACTOR).max(floor);
        hangs_after.checked_sub(running).filter(|left| !left.is_zero())
    }
}

/// Whether one more call may be made twice.
pub(super) fn has_room(hedges: usize, in_flight: usize) -> bool {
    hedges < (in_flight / CALLS_PER_HEDGE).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_hangs_when_it_is_much_slower_than_every_answer() {
        let seconds = Duration::from_secs;
        let mut answers = Answers::default();
        for _ in 0..19 {
            answers.add(seconds(1));
        }
        assert_eq!(answers.suspicion(seconds(100), FLOOR), Some(FLOOR));
        answers.add(Duration::from_millis(50));
        let cases = [(2, Some(2)), (3, Some(1)), (4, None), (5, None)];
        for (running, wait) in cases {
            assert_eq!(answers.suspicion(seconds(running), FLOOR), wait.map(seconds), "{running}");
        }
        answers.add(seconds(10));
        assert_eq!(answers.suspicion(seconds(5), FLOOR), Some(seconds(35)));
    }

    #[test]
    fn fast_answers_do_not_make_a_slow_one_suspect_at_once() {
        let mut answers = Answers::default();
        for _ in 0..20 {
            answers.add(Duration::from_millis(1));
        }
        assert_eq!(answers.suspicion(Duration::from_millis(1500), FLOOR), Some(Duration::from_millis(500)));
        assert_eq!(answers.suspicion(FLOOR, FLOOR), None);
    }

    #[test]
    fn one_call_in_twenty_is_made_twice_at_most() {
        assert!(has_room(0, 1) && !has_room(1, 39) && has_room(1, 40) && !has_room(3, 64) && has_room(2, 64));
    }
}
