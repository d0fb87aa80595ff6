//! How many calls at once a provider stands: fewer when much of what was sent is turned away, slowly more when not.

use std::time::Duration;

use tokio::time::Instant;

/// A smaller sample says nothing.
const LEAST_WINDOW: usize = 10;
/// Additive increase, multiplicative decrease, decided once for every window of finished attempts, which is as many as
/// were under way at once. Source: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms", 1989.
///
/// Without a restriction until a first overload; the runner's own concurrency is the limit then.
#[derive(Debug, Default)]
pub(super) struct Adaptive {
    allowed: Option<usize>,
    /// Grows with every decrease. What was sent before it is no word on the number after it.
    epoch: u32,
    window: Window,
}

#[derive(Debug, Default)]
struct Window {
    finished: usize,
    overloaded: usize,
    /// Most attempts under way at once.
    peak: usize,
    /// The latest time at which a server asked to come back.
    resume: Option<Instant>,
}

/// Statuses of a server, or of the gateway before it, that has too much to do. 529 is Anthropic's.
pub(in crate::llm) fn is_overload(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504 | 529)
}

impl Adaptive {
    pub(super) fn admits(&self, in_flight: usize) -> bool {
        self.allowed.is_none_or(|allowed| in_flight < allowed)
    }

    /// An attempt started and is one of `in_flight` now. The result is its epoch.
    pub(super) fn start(&mut self, in_flight: usize) -> u32 {
        self.window.peak = self.window.peak.max(in_flight);
        self.epoch
    }

    /// An attempt of this epoch was answered. `asked` is when the server wants to be asked again. If the window that
    /// ends with it was an overload, the result is when anybody may send again.
    pub(super) fn finish(&mut self, epoch: u32, is_overload: bool, asked: Option<Instant>) -> Option<Instant> {
        if epoch != self.epoch {
            return None;
        }
        let window = &mut self.window;
        window.finished += 1;
        window.overloaded += usize::from(is_overload);
        window.resume = window.resume.max(asked);
        if window.finished < window.peak.max(LEAST_WINDOW) {
            return None;
        }
        let window = std::mem::take(&mut self.window);
        if window.is_overload() {
            self.allowed = Some(window.fewer());
            self.epoch += 1;
            return window.resume;
        }
        if let Some(allowed) = &mut self.allowed
            && window.is_calm()
            && window.peak >= *allowed
        {
            *allowed += (*allowed / 8).max(1);
        }
        None
    }
}

impl Window {
    /// At least a fifth were turned away, and more than chance makes of a tenth (four standard deviations): gateways
    /// and fault injectors that turn away one in ten at random are no reason to slow down.
    fn is_overload(&self) -> bool {
        let by_chance = to_f64(self.finished) / 10.0 + 1.2 * to_f64(self.finished).sqrt();
        self.overloaded * 5 >= self.finished && to_f64(self.overloaded) > by_chance
    }

    fn is_calm(&self) -> bool {
        self.overloaded * 10 < self.finished
    }

    /// The share that was served, at most half of what was under way and at least an eighth.
    fn fewer(&self) -> usize {
        let served = self.peak * (self.finished - self.overloaded) / self.finished;
        served.clamp((self.peak / 8).max(1), (self.peak / 2).max(1))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of attempts")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// The longest silence after an overload; a longer wait that a server asks for is the affair of the call that got it.
pub(super) const LONGEST_PAUSE: Duration = super::learnt::LONGEST_WAIT;

#[cfg(test)]
mod tests {
    use super::*;

    /// A server under `wanted` calls at once, each answered or turned away by `is_overload`; gives what is allowed in
    /// the end, and the least that was on the way.
    fn run(
        adaptive: &mut Adaptive,
        attempts: usize,
        wanted: usize,
        mut is_overload: impl FnMut(usize) -> bool,
    ) -> usize {
        let mut least = usize::MAX;
        for _ in 0..attempts {
            let now = adaptive.allowed.unwrap_or(wanted).min(wanted);
            let epoch = adaptive.start(now);
            adaptive.finish(epoch, is_overload(now), None);
            least = least.min(adaptive.allowed.unwrap_or(wanted));
        }
        least
    }

    #[test]
    fn one_in_ten_at_random_slows_nobody_down() {
        for (seed, wanted) in [(1, 8), (2, 32), (3, 64), (4, 256), (5, 1024)] {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut adaptive = Adaptive::default();
            assert_eq!(run(&mut adaptive, 2000, wanted, |_| random.f64() < 0.1), wanted, "{wanted}");
        }
    }

    #[test]
    fn a_real_limit_is_found_within_windows_and_left_slowly() {
        let mut adaptive = Adaptive::default();
        // 16 of 64 are served.
        run(&mut adaptive, 64, 64, |_| true);
        assert_eq!(adaptive.allowed, Some(8));
        let mut adaptive = Adaptive::default();
        let mut count = 0;
        run(&mut adaptive, 64, 64, |_| {
            count += 1;
            count % 4 != 0
        });
        assert_eq!(adaptive.allowed, Some(16));
        // It goes well again: every window adds an eighth.
        run(&mut adaptive, 16, 64, |_| false);
        assert_eq!(adaptive.allowed, Some(18));
        run(&mut adaptive, 2000, 64, |_| false);
        assert!(adaptive.allowed.unwrap() >= 64, "{adaptive:?}");
    }

    #[test]
    fn it_never_falls_below_one_and_does_not_grow_unused() {
        let mut adaptive = Adaptive::default();
        run(&mut adaptive, 1000, 64, |_| true);
        assert_eq!(adaptive.allowed, Some(1));
        assert!(adaptive.admits(0) && !adaptive.admits(1));
        let mut adaptive = Adaptive { allowed: Some(40), ..Adaptive::default() };
        run(&mut adaptive, 1000, 8, |_| false);
        assert_eq!(adaptive.allowed, Some(40));
    }

    #[test]
    fn what_was_sent_before_a_decrease_does_not_count_again() {
        let mut adaptive = Adaptive::default();
        let epoch = adaptive.start(64);
        for _ in 0..64 {
            adaptive.finish(epoch, true, None);
        }
        assert_eq!(adaptive.allowed, Some(8));
        for _ in 0..64 {
            adaptive.finish(epoch, true, None);
        }
        assert_eq!(adaptive.allowed, Some(8));
    }

    #[test]
    fn only_an_overload_makes_everybody_wait() {
        let later = Instant::now() + Duration::from_secs(7);
        let mut adaptive = Adaptive::default();
        let finish = |adaptive: &mut Adaptive, is_overload: bool| {
            let epoch = adaptive.start(10);
            adaptive.finish(epoch, is_overload, is_overload.then_some(later))
        };
        let calm: Vec<_> = (0..10).map(|index| finish(&mut adaptive, index == 0)).collect();
        assert_eq!(calm, [None; 10]);
        let busy: Vec<_> = (0..10).map(|index| finish(&mut adaptive, index < 9)).collect();
        assert_eq!((busy[..9].iter().flatten().count(), busy[9]), (0, Some(later)));
    }
}
