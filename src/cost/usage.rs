//! Tokens of model calls, in buckets that do not overlap.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens of one call, or of many added up. Providers differ on what "input" includes; each dialect's `decode`
/// settles it, so that here every token is in exactly one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Usage {
    /// Input tokens that were neither read from nor written to a cache.
    pub(crate) input: u64,
    /// Input tokens that the provider read from its cache.
    pub(crate) cached_input: u64,
    /// Input tokens that the provider wrote to its cache, for its usual few minutes.
    pub(crate) cache_write: u64,
    /// Input tokens that the provider wrote to its cache for an hour, which costs more.
    pub(crate) cache_write_1h: u64,
    /// Output tokens that the user sees.
    pub(crate) output: u64,
    /// Output tokens that a reasoning model spent on thinking.
    pub(crate) reasoning: u64,
}

impl Usage {
    #[must_use]
    pub(crate) fn is_zero(&self) -> bool {
        self.total() == 0
    }

    pub(crate) fn total(&self) -> u64 {
        self.all_input().saturating_add(self.output).saturating_add(self.reasoning)
    }

    /// The whole prompt, wherever it came from.
    pub(crate) fn all_input(&self) -> u64 {
        [self.cached_input, self.cache_write, self.cache_write_1h].into_iter().fold(self.input, u64::saturating_add)
    }
}

/// What damaged replies say adds up to no more than the largest number.
impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.input, other.input);
        add(&mut self.cached_input, other.cached_input);
        add(&mut self.cache_write, other.cache_write);
        add(&mut self.cache_write_1h, other.cache_write_1h);
        add(&mut self.output, other.output);
        add(&mut self.reasoning, other.reasoning);
    }
}
