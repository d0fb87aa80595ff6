//! Failures one after the other. A provider that is down, a wrong key or a wrong address fails every case; then a run
//! ends early instead of burning through all of them.

/// So many failures in a row, without one answer between them, are no chance.
const TOO_MANY: usize = 20;

#[derive(Default)]
pub(crate) struct Streak {
    finished: usize,
    failures: usize,
    last: String,
}

impl Streak {
    /// Takes one finished row: why it failed, or `None` if it was answered.
    pub(crate) fn count(&mut self, failure: Option<&str>) {
        self.finished += 1;
        match failure {
            None => self.failures = 0,
            Some(message) => {
                self.failures += 1;
                message.clone_into(&mut self.last);
            }
        }
    }

    /// Why the run should end, if it should.
    pub(crate) fn reason(&self) -> Option<String> {
        let Self { finished, failures, last } = self;
        if *failures < TOO_MANY {
            return None;
        }
        Some(if failures == finished {
            format!("{failures} of {finished} failed: {last}")
        } else {
            format!("the last {failures} of {finished} failed: {last}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_in_a_row_end_a_run() {
        let mut streak = Streak::default();
        for _ in 0..TOO_MANY - 1 {
            streak.count(Some("down"));
        }
        assert_eq!(streak.reason(), None);
        streak.count(None);
        for _ in 0..TOO_MANY - 1 {
            streak.count(Some("gone"));
        }
        assert_eq!(streak.reason(), None);
        streak.count(Some("away"));
        assert_eq!(streak.reason().unwrap(), "the last 20 of 40 failed: away");
    }

    #[test]
    fn from_the_first_case_on_it_says_all() {
        let mut streak = Streak::default();
        for _ in 0..TOO_MANY {
            streak.count(Some("down"));
        }
        assert_eq!(streak.reason().unwrap(), "20 of 20 failed: down");
    }
}
