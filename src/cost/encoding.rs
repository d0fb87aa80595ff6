//! How `OpenAI`'s models cut text into tokens, for counting them without a call. No request is made and no text leaves
//! the machine; texts of special tokens, such as `<|endoftext|>`, are plain text here.
//!
//! ```text
//! text -> pieces (a pattern) -> bytes -> join the pair of lowest rank until none is known -> tokens
//! ```
//!
//! The ranks are tiktoken's; `data/README.md` says where they come from.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use regex::Regex;

/// tiktoken's patterns. Our regular expressions do not look ahead, so that `\s+(?!\S)` is the last group here, and
/// [`Encoding::pieces`] takes a character off it where a word follows.
const CL100K: &str =
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+$|\s*[\r\n]|(\s+)";
const O200K: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|(\s+)",
);

/// One way to cut text into tokens.
pub(crate) struct Encoding {
    pieces: Regex,
    /// By the bytes of a token: its rank, which is also its id.
    ranks: HashMap<Box<[u8]>, u32>,
}

impl Encoding {
    /// `o200k_base` (GPT-4o and later) or `cl100k_base` (GPT-4, embeddings). Unpacked when it is first asked for, which
    /// takes some tens of milliseconds.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        static O200K_BASE: OnceLock<Encoding> = OnceLock::new();
        static CL100K_BASE: OnceLock<Encoding> = OnceLock::new();
        match name {
            "o200k_base" => {
                Some(O200K_BASE.get_or_init(|| Self::unpack(O200K, include_bytes!("../../data/o200k_base.ranks.gz"))))
            }
            "cl100k_base" => Some(
                CL100K_BASE.get_or_init(|| Self::unpack(CL100K, include_bytes!("../../data/cl100k_base.ranks.gz"))),
            ),
            _ => None,
        }
    }

    /// The ids of the text's tokens.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        self.pieces(text, |piece| match self.ranks.get(piece) {
            Some(id) => ids.push(*id),
            None => self.join(piece, &mut ids),
        });
        ids
    }

    fn unpack(pattern: &str, packed: &[u8]) -> Self {
        let mut bytes = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut bytes).expect("the embedded tokens are those that the tests read");
        let mut ranks = HashMap::new();
        let mut rest = bytes.as_slice();
        while let Some((length, after)) = rest.split_first() {
            let (token, after) = after.split_at(usize::from(*length));
            let rank = u32::try_from(ranks.len()).expect("an encoding has far fewer than 2^32 tokens");
            ranks.insert(token.into(), rank);
            rest = after;
        }
        Self { pieces: Regex::new(pattern).expect("the pattern is one that the tests use"), ranks }
    }

    /// Gives every piece of the text in order; tokens never cross their borders.
    fn pieces<'t>(&self, text: &'t str, mut take: impl FnMut(&'t [u8])) {
        let mut start = 0;
        while let Some(found) = self.pieces.captures_at(text, start) {
            let whole = found.get_match();
            let mut end = whole.end();
            let last = whole.as_str().chars().next_back().map_or(0, char::len_utf8);
            // Before a word, its space belongs to the word.
            if found.get(1).is_some() && end < text.len() && whole.len() > last {
                end -= last;
            }
            take(&text.as_bytes()[whole.start()..end]);
            start = end;
        }
    }

    /// Joins neighbours of a piece, always those whose token has the lowest rank, the first of equals, until no two
    /// neighbours make a token.
    fn join(&self, piece: &[u8], ids: &mut Vec<u32>) {
        let mut parts = Parts::new(piece.len());
        let mut candidates = BinaryHeap::new();
        let rank = |range: std::ops::Range<usize>| self.ranks.get(&piece[range]).copied();
        let offer = |candidates: &mut BinaryHeap<_>, parts: &Parts, start: usize| {
            let end = parts.end_of_pair(start)?;
            candidates.push(Reverse((rank(start..end)?, start, end)));
            Some(())
        };
        for start in 0..piece.len() {
            offer(&mut candidates, &parts, start);
        }
        while let Some(Reverse((_, start, end))) = candidates.pop() {
            // One of the two was joined with another since.
            if parts.end_of_pair(start) != Some(end) {
                continue;
            }
            parts.join(start);
            offer(&mut candidates, &parts, start);
            if let Some(before) = parts.before(start) {
                offer(&mut candidates, &parts, before);
            }
        }
        // Every single byte is a token, so that every part is one.
        ids.extend(parts.ranges().filter_map(rank));
    }
}

/// A piece cut into parts, each known by its first byte.
struct Parts {
    /// Of each part: where it ends, and where the part before it starts. 0 where no part starts.
    ends: Vec<usize>,
    befores: Vec<usize>,
}

impl Parts {
    /// One part for each of `length` bytes.
    fn new(length: usize) -> Self {
        Self { ends: (1..=length).collect(), befores: (0..length).map(|start| start.saturating_sub(1)).collect() }
    }

    /// Where the part after the one at `start` ends, if both are there.
    fn end_of_pair(&self, start: usize) -> Option<usize> {
        match self.ends[start] {
            0 => None,
            end => self.ends.get(end).copied(),
        }
    }

    fn before(&self, start: usize) -> Option<usize> {
        (start > 0).then(|| self.befores[start])
    }

    /// Makes the part at `start` and the one after it one part.
    fn join(&mut self, start: usize) {
        let second = self.ends[start];
        let end = self.ends[second];
        self.ends[start] = end;
        self.ends[second] = 0;
        if let Some(before) = self.befores.get_mut(end) {
            *before = start;
        }
    }

    fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.ends.iter().enumerate().filter(|(_, end)| **end > 0).map(|(start, end)| start..*end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: tiktoken 0.14.0.
    #[test]
    fn spaces_before_a_word_belong_to_it_and_long_runs_take_little_time() {
        let cases: [(&str, &[u32], &[u32]); 4] = [
            ("", &[], &[]),
            (" \n x", &[793, 1215], &[720, 865]),
            ("a \u{3000}b", &[64, 220, 1397, 65], &[64, 220, 23249, 65]),
            ("tail  ", &[20472, 256], &[14928, 256]),
        ];
        for (text, o200k, cl100k) in cases {
            assert_eq!(Encoding::named("o200k_base").unwrap().encode(text), o200k, "{text:?}");
            assert_eq!(Encoding::named("cl100k_base").unwrap().encode(text), cl100k, "{text:?}");
        }
        let long = "ab".repeat(100_000);
        assert!(!Encoding::named("o200k_base").unwrap().encode(&long).is_empty());
        assert!(Encoding::named("o200k_harmony").is_none());
    }
}
