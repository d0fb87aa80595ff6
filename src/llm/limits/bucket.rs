//! A pace: so many a minute, evenly, with one second's worth at once after a pause.

use std::time::Duration;

use tokio::time::Instant;

/// Refills steadily; what is taken must be there first. An amount larger than the bucket is let through when the bucket
/// is full, and leaves a debt that the following ones wait for.
#[derive(Debug)]
pub(super) struct Bucket {
    per_second: f64,
    /// One second's worth, at least 1: in no minute is the configured number exceeded by more than this.
    capacity: f64,
    /// What is there; negative is a debt.
    level: f64,
    /// When `level` was true.
    at: Instant,
}

impl Bucket {
    pub(super) fn per_minute(amount: f64, now: Instant) -> Self {
        let per_second = amount / 60.0;
        let capacity = per_second.max(1.0);
        Self { per_second, capacity, level: capacity, at: now }
    }

    /// How long until `amount` may be taken; `None` if it may be now.
    pub(super) fn wait(&mut self, amount: f64, now: Instant) -> Option<Duration> {
        self.level = (self.level + now.duration_since(self.at).as_secs_f64() * self.per_second).min(self.capacity);
        self.at = now;
        let missing = amount.min(self.capacity) - self.level;
        // What rounding leaves must not cost another turn of the clock.
        (missing > 1e-6).then(|| Duration::from_secs_f64(missing / self.per_second))
    }

    pub(super) fn take(&mut self, amount: f64) {
        self.level -= amount;
    }

    /// Corrects an estimate: `amount` was taken and not used; negative if it was too little.
    pub(super) fn give_back(&mut self, amount: f64) {
        self.level = (self.level + amount).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(bucket: &mut Bucket, amount: f64, start: Instant, span: Duration) -> u32 {
        let (mut now, mut count) = (start, 0);
        while now <= start + span {
            now += bucket.wait(amount, now).unwrap_or_default();
            if now <= start + span && bucket.wait(amount, now).is_none() {
                bucket.take(amount);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn no_minute_has_more_than_the_pace_and_one_seconds_worth() {
        let start = Instant::now();
        let minute = Duration::from_secs(60);
        for (pace, burst) in [(600_u32, 10), (60, 1), (7, 1)] {
            let mut bucket = Bucket::per_minute(pace.into(), start);
            let first = passed(&mut bucket, 1.0, start, minute);
            assert!((pace..=pace + burst).contains(&first), "{pace}: {first}");
        }
    }

    #[test]
    fn what_is_larger_than_the_bucket_passes_and_is_paid_for_later() {
        let start = Instant::now();
        let mut bucket = Bucket::per_minute(6000.0, start);
        assert_eq!(bucket.wait(500.0, start), None);
        bucket.take(500.0);
        // A debt of 400 and the 100 that the next one needs, at 100 a second.
        assert_eq!(bucket.wait(500.0, start), Some(Duration::from_secs(5)));
        assert_eq!(bucket.wait(500.0, start + Duration::from_secs(5)), None);
    }

    #[test]
    fn what_was_not_used_is_given_back() {
        let start = Instant::now();
        let mut bucket = Bucket::per_minute(6000.0, start);
        bucket.take(100.0);
        bucket.give_back(90.0);
        assert_eq!(bucket.wait(90.0, start), None);
        bucket.give_back(1e9);
        bucket.take(100.0);
        assert_eq!(bucket.wait(1.0, start), Some(Duration::from_millis(10)));
    }
}
