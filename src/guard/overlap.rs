//! What two sequences of tokens have in common: runs of n-grams of one that the other holds.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

/// Large, odd, and with no pattern in its bits.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// N-grams are hashes already.
#[derive(Debug, Clone, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Set = HashSet<u64, BuildHasherDefault<AsIs>>;

/// The n-grams of a text that others are held against.
#[derive(Debug, Clone)]
pub(crate) struct Grams {
    n: usize,
    set: Set,
}

/// What a sequence has of the n-grams.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shared {
    /// Tokens of each stretch all of whose n-grams are held, in order.
    pub(crate) runs: Vec<Range<usize>>,
    /// How many of the n-grams occur.
    pub(crate) found: usize,
}

impl Grams {
    /// The n-grams of a sequence but for those of `others` and those that `is_left_out` names by their first token.
    pub(crate) fn new(n: usize, tokens: &[u64], others: &[Vec<u64>], is_left_out: impl Fn(usize) -> bool) -> Self {
        let kept = hashes(n, tokens).enumerate().filter(|(at, _)| !is_left_out(*at));
        Self { n, set: kept.map(|(_, hash)| hash).collect() }.without(others)
    }

    /// The n-grams that none of the other sequences holds.
    pub(crate) fn without(mut self, others: &[Vec<u64>]) -> Self {
        for hash in others.iter().flat_map(|other| hashes(self.n, other)) {
            self.set.remove(&hash);
        }
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    pub(crate) fn shared_with(&self, tokens: &[u64]) -> Shared {
        let mut shared = Shared::default();
        if self.set.is_empty() {
            return shared;
        }
        let mut found = Set::default();
        let mut last_start = None;
        for (at, hash) in hashes(self.n, tokens).enumerate() {
            if !self.set.contains(&hash) {
                continue;
            }
            found.insert(hash);
            match shared.runs.last_mut() {
                Some(run) if last_start == at.checked_sub(1) => run.end = at + self.n,
                _ => shared.runs.push(at..at + self.n),
            }
            last_start = Some(at);
        }
        shared.found = found.len();
        shared
    }
}

/// The hash of each n-gram, by its first token; each costs the same, however long it is.
fn hashes(n: usize, tokens: &[u64]) -> impl Iterator<Item = u64> {
    let highest = (1..n).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0u64;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        if at >= n {
            hash = hash.wrapping_sub(tokens[at - n].wrapping_mul(highest));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(*token);
        // The sum keeps what tokens have in common in its low bits, which choose the place in a table.
        (at + 1 >= n).then(|| (hash ^ (hash >> 32)).wrapping_mul(BASE) ^ (hash >> 29))
    })
}

/// A token for a word.
pub(crate) fn token(word: &str) -> u64 {
    word.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<u64> {
        text.split(' ').map(token).collect()
    }

    #[test]
    fn runs_are_found_at_every_offset() {
        let grams = Grams::new(3, &words("a b c d e f g"), &[], |_| false);
        assert_eq!(grams.len(), 5);
        for padding in 0..5 {
            let text = format!("{}b c d e z e f g", "x ".repeat(padding));
            let shared = grams.shared_with(&words(&text));
            assert_eq!(shared.runs, [padding..padding + 4, padding + 5..padding + 8]);
            assert_eq!(shared.found, 3);
        }
        assert_eq!(grams.shared_with(&words("c b a")), Shared::default());
        assert_eq!(grams.shared_with(&[]), Shared::default());
    }

    #[test]
    fn what_is_known_otherwise_is_left_out() {
        let grams = Grams::new(2, &words("a b c d"), &[words("x b c")], |first| first == 0);
        assert_eq!(grams.shared_with(&words("a b c d")).runs.first(), Some(&(2..4)));
    }
}
