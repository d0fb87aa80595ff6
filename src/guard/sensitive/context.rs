//! What stands around a candidate: where words begin and end, and which words are near.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use crate::text::floor;

/// How far before and behind a candidate a word may stand that says what it is.
const BEFORE_BYTES: usize = 60;
const BEHIND_BYTES: usize = 30;

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many bytes of a word these bytes begin with.
pub(super) fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len())
}

/// Where a word really begins that seems to begin at `at`: behind `\n` in a string of source code or JSON, and behind
/// `%3D` in a URL.
pub(super) fn word_start(bytes: &[u8], at: usize) -> usize {
    let is_hex = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_hexdigit);
    match at.checked_sub(1).map(|before| bytes[before]) {
        Some(b'\\') if matches!(bytes[at], b'n' | b'r' | b't') => at + 1,
        Some(b'%') if is_hex(at) && is_hex(at + 1) => at + 2,
        _ => at,
    }
}

/// Whether no word goes on across `at` from before, unless an escape does.
pub(super) fn begins_word(bytes: &[u8], at: usize) -> bool {
    let escaped =
        |length: usize| at.checked_sub(length).is_some_and(|start| start > 0 && word_start(bytes, start) == at);
    !is_inside_word(bytes, at) || escaped(1) || escaped(2)
}

/// Whether a word has begun before `at` and goes on there.
pub(super) fn is_inside_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && is_word(bytes[at - 1]) && bytes.get(at).is_some_and(|byte| is_word(*byte))
}

/// At most so many bytes of the text from `start` on.
pub(super) fn window(text: &str, start: usize, longest: usize) -> &str {
    &text[start..floor(text, start.saturating_add(longest))]
}

/// At most so many bytes of the text before `end`.
pub(super) fn before(text: &str, end: usize, longest: usize) -> &str {
    let start = floor(text, end.saturating_sub(longest));
    &text[start..end]
}

/// Words that say what a candidate near them is.
pub(super) struct Words {
    /// In lower case.
    words: &'static [&'static str],
    automaton: OnceLock<AhoCorasick>,
}

impl Words {
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        Self { words, automaton: OnceLock::new() }
    }

    /// Whether one of them stands shortly before or behind a place, whatever its case.
    pub(super) fn are_near(&self, text: &str, place: &Range<usize>) -> bool {
        self.are_in(before(text, place.start, BEFORE_BYTES)) || self.are_in(window(text, place.end, BEHIND_BYTES))
    }

    /// Whether one of them stands in a text, whatever its case: between other characters than ASCII letters if it
    /// begins and ends with one. Digits and `_` may touch it, as in `phone_2`.
    pub(super) fn are_in(&self, text: &str) -> bool {
        // Of other letters than those of ASCII the automaton does not know the case.
        let lower = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) };
        let automaton = self.automaton.get_or_init(|| {
            let builder = &mut AhoCorasickBuilder::new();
            builder
                .ascii_case_insensitive(true)
                .build(self.words)
                .expect("a few words are far below the automaton's limits")
        });
        let letter =
            |at: Option<usize>| at.and_then(|at| lower.as_bytes().get(at)).is_some_and(u8::is_ascii_alphabetic);
        automaton.find_overlapping_iter(&*lower).any(|word| {
            let touches_before = letter(Some(word.start())) && letter(word.start().checked_sub(1));
            let touches_behind = letter(Some(word.end() - 1)) && letter(Some(word.end()));
            !touches_before && !touches_behind
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_behind_escapes() {
        let cases = [
            ("ab", 0, true),
            ("ab", 1, false),
            (" b", 1, true),
            ("_b", 1, false),
            ("é1", 2, true),
            (r"x\n1", 3, true),
            (r"n1", 1, false),
            (r"\x1", 2, false),
            ("a%3D1", 4, true),
            ("a%3X1", 4, false),
            ("3D1", 2, false),
        ];
        for (text, at, expected) in cases {
            assert_eq!(begins_word(text.as_bytes(), at), expected, "{text} {at}");
        }
    }

    #[test]
    fn a_word_is_near_only_as_a_word_of_its_own() {
        static SSN: Words = Words::new(&["ssn"]);
        static PHONE: Words = Words::new(&["電話", "tél"]);
        let cases = [
            ("SSN: 1", true),
            ("ssn_1", true),
            ("classnames 1", false),
            ("1 (SSN)", true),
            ("SSN, which is a long story that takes more than sixty bytes to tell: 1", false),
        ];
        for (text, expected) in cases {
            let at = text.find('1').unwrap();
            assert_eq!(SSN.are_near(text, &(at..at + 1)), expected, "{text}");
        }
        assert!(PHONE.are_near("電話番号は1", &(15..16)) && PHONE.are_in("TÉL. 1"));
    }
}
