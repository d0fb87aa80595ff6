//! Tokens that are told by how they begin, and secrets that are told by the word before them.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::secret::placeholder;
use super::{Found, context};

/// What a regular expression may read unless its row says otherwise.
const LONGEST_BYTES: usize = 400;

/// One shape of tokens.
pub(super) struct Token {
    /// Texts that the automaton looks for, one of which every match holds.
    pub(super) starts: &'static [&'static str],
    /// What stands there, from the text found (or what `back` goes back to) to the end of the token. If it has a group,
    /// the group is the secret. ASCII only: `\w` is `[A-Za-z0-9_]`.
    pattern: &'static str,
    /// The texts are key words, which come in any case; the pattern still keeps to case unless it says `(?i)`.
    pub(super) any_case: bool,
    /// At most so many letters and digits of the token stand before the text found.
    back: usize,
    longest_bytes: usize,
    /// How sure it is that what was matched is a secret; `None` if it is not.
    confidence: fn(&str) -> Option<f64>,
}

impl Token {
    pub(super) const fn new(starts: &'static [&'static str], pattern: &'static str) -> Self {
        let confidence = |_: &str| Some(0.95);
        Self { starts, pattern, any_case: false, back: 0, longest_bytes: LONGEST_BYTES, confidence }
    }

    /// What follows one of these words, in any case: the words, then up to 20 characters of the same name, then what
    /// assigns, then the group in the pattern.
    pub(super) const fn named(words: &'static [&'static str], pattern: &'static str) -> Self {
        Self { any_case: true, confidence: mixed, ..Self::new(words, pattern) }
    }

    pub(super) const fn back(mut self, bytes: usize) -> Self {
        self.back = bytes;
        self
    }

    pub(super) const fn longest(mut self, bytes: usize) -> Self {
        self.longest_bytes = bytes;
        self
    }

    pub(super) const fn confidence(mut self, confidence: fn(&str) -> Option<f64>) -> Self {
        self.confidence = confidence;
        self
    }
}

/// Hashes and keys have letters and digits; what a word announces and has only one of them is mostly prose.
fn mixed(value: &str) -> Option<f64> {
    let has = |sort: fn(&u8) -> bool| value.as_bytes().iter().any(sort);
    (has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)).then_some(0.9)
}

/// A token and its regular expression, which is compiled where a text first needs it.
pub(super) struct Compiled {
    token: &'static Token,
    regex: OnceLock<Regex>,
}

/// Between a name and its value: the rest of the name, what closes and opens quotes, what assigns.
const ASSIGNS: &str = r#"[\w.-]{0,20}["'`\]]{0,2}[ \t]{0,3}(?::=|=>|->|=|:|>|,|is\b|\()[ \t]{0,3}["'`(\[]{0,2}"#;

impl Compiled {
    pub(super) fn new(token: &'static Token) -> Self {
        Self { token, regex: OnceLock::new() }
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            let Token { pattern, any_case, .. } = self.token;
            let pattern = if *any_case {
                // The words are those that the automaton found.
                let words = self.token.starts.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
                format!(r"(?-u)\A(?i:{words})(?:{ASSIGNS})({pattern})")
            } else {
                format!(r"(?-u)\A(?:{pattern})")
            };
            Regex::new(&pattern).expect("the patterns are constant, and a test compiles each")
        })
    }

    /// Long tokens do not begin behind a `-` that could be a part of one, so that no text is read many times over.
    fn begins(&self, bytes: &[u8], start: usize) -> bool {
        let is_long = self.token.longest_bytes > LONGEST_BYTES;
        context::begins_word(bytes, start) && !(is_long && start > 0 && bytes[start - 1] == b'-')
    }

    /// The token that the literal at these bytes belongs to.
    pub(super) fn read(&self, text: &str, literal: Range<usize>) -> Option<Found> {
        let bytes = text.as_bytes();
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'~' | b'.');
        let back = bytes[..literal.start].iter().rev().take(self.token.back).take_while(|byte| is_token(byte)).count();
        let start = context::word_start(bytes, literal.start - back).min(literal.start);
        if !self.token.any_case && !self.begins(bytes, start) {
            return None;
        }
        let captures = self.regex().captures(context::window(text, start, self.token.longest_bytes))?;
        let secret = captures.get(1).or_else(|| captures.get(0))?;
        let found = start + secret.start()..start + secret.end();
        if context::is_inside_word(bytes, found.end) || !placeholder::is_random(secret.as_str()) {
            return None;
        }
        let confidence = (self.token.confidence)(secret.as_str())?;
        let confidence = if placeholder::is_counting(secret.as_str()) { confidence.min(0.65) } else { confidence };
        Some(Found { bytes: found, confidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::sensitive::{Search, kinds};

    #[test]
    fn every_pattern_compiles_and_holds_a_text_that_starts_it() {
        for kind in kinds() {
            for search in kind.searches {
                if let Search::Token(token) = search {
                    Compiled::new(token).regex();
                    assert!(
                        !token.starts.is_empty() && token.starts.iter().all(|start| start.len() >= 2),
                        "{}",
                        kind.name
                    );
                }
            }
        }
    }
}
