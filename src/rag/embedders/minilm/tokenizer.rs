//! `WordPiece`, as BERT's uncased vocabulary wants it: text -> words -> the longest pieces that the vocabulary knows.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

/// Words longer than this are unknown as a whole, which also bounds the search for pieces.
const MAX_WORD_CHARS: usize = 100;

/// What the normaliser drops from a word: control, format and private characters, and accents once decomposed.
static DROPPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{Cc}\p{Cf}\p{Co}\p{Mn}\u{FFFD}]+").expect("a constant pattern, compiled by every test")
});

/// A punctuation mark or a CJK ideograph is a word of its own; whatever lies between them is one too.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    const ALONE: &str = concat!(
        r"\p{P}!-/:-@\[-`\{-~",
        r"\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}\u{F900}-\u{FAFF}\u{20000}-\u{2A6DF}",
        r"\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}",
    );
    Regex::new(&format!("[{ALONE}]|[^{ALONE}]+")).expect("a constant pattern, compiled by every test")
});

/// The vocabulary and the ids of its special pieces.
///
/// The names of special pieces have no meaning inside a text: `[SEP]` is punctuation and a word.
pub(super) struct Tokenizer {
    /// Pieces that begin a word.
    initial: HashMap<String, u32>,
    /// Pieces that continue a word, without their `##`.
    continuing: HashMap<String, u32>,
    unknown: u32,
    start: u32,
    end: u32,
}

impl Tokenizer {
    /// Reads `vocab.txt`: a piece a line; its id is the number of the line, from 0.
    pub(super) fn parse(vocabulary: &str) -> Result<Self> {
        let mut initial = HashMap::with_capacity(1 << 15);
        let mut continuing = HashMap::with_capacity(1 << 13);
        for (id, piece) in (0..).zip(vocabulary.lines()) {
            match piece.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => continuing.insert(rest.to_owned(), id),
                _ => initial.insert(piece.to_owned(), id),
            };
        }
        let special = |name: &str| {
            let id = initial.get(name).copied();
            id.ok_or_else(|| Error::unavailable(format!("the vocabulary has no piece {name}")))
        };
        let (unknown, start, end) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Ok(Self { initial, continuing, unknown, start, end })
    }

    /// The ids of the text's pieces between the start and the end piece, at most `max_pieces` in all. Reads no more
    /// of the text than that takes.
    pub(super) fn encode(&self, text: &str, max_pieces: usize) -> Vec<u32> {
        let mut ids = vec![self.start];
        let limit = max_pieces.saturating_sub(1).max(1);
        let mut normalised = String::new();
        for word in text.split(is_space).filter(|word| !word.is_empty()) {
            if ids.len() >= limit {
                break;
            }
            normalise(word, &mut normalised);
            for word in WORD.find_iter(&normalised) {
                if ids.len() >= limit {
                    break;
                }
                self.push_pieces(word.as_str(), &mut ids);
            }
        }
        ids.truncate(limit);
        ids.push(self.end);
        ids
    }

    /// Greedy, longest piece first; a word with any part that the vocabulary does not know is unknown as a whole.
    fn push_pieces(&self, word: &str, ids: &mut Vec<u32>) {
        let before = ids.len();
        let mut rest = word;
        let mut pieces = &self.initial;
        if word.chars().count() > MAX_WORD_CHARS {
            ids.push(self.unknown);
            return;
        }
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, character)| at + character.len_utf8());
            let Some((end, id)) = ends.rev().find_map(|end| Some((end, *pieces.get(&rest[..end])?))) else {
                ids.truncate(before);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = &rest[end..];
            pieces = &self.continuing;
        }
    }
}

/// White space between words; a vertical tab, a form feed and U+0085 are dropped as control characters instead.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r') || (character.is_whitespace() && !character.is_control())
}

/// `word` in lower case and without accents.
fn normalise(word: &str, into: &mut String) {
    into.clear();
    if word.bytes().all(|byte| byte.is_ascii_graphic()) {
        into.push_str(word);
        into.make_ascii_lowercase();
        return;
    }
    let decomposed: String = word.nfd().collect();
    into.extend(DROPPED.replace_all(&decomposed, "").chars().flat_map(char::to_lowercase));
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\nname\n,\n東\n京\n[\n]\nsep\n##";

    /// The pieces between start and end, by name.
    fn pieces(text: &str, max_pieces: usize) -> Vec<&'static str> {
        let ids = Tokenizer::parse(VOCABULARY).unwrap().encode(text, max_pieces);
        let names: Vec<&str> = VOCABULARY.lines().collect();
        assert_eq!((ids.first(), ids.last()), (Some(&2), Some(&3)), "{text}");
        ids[1..ids.len() - 1].iter().map(|id| names[*id as usize]).collect()
    }

    #[test]
    fn a_word_is_its_longest_pieces_after_normalisation() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("unaffable", &["un", "##aff", "##able"]),
            ("UNÀFFABLE,name", &["un", "##aff", "##able", ",", "name"]),
            ("na\u{200b}me\u{301}", &["name"]),
            ("na\u{b}me \u{3000}\u{b}", &["name"]),
            ("東京name", &["東", "京", "name"]),
            ("unzzz name", &["[UNK]", "name"]),
            ("[SEP]", &["[", "sep", "]"]),
            ("##", &["[UNK]", "[UNK]"]),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text, 256), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_and_still_ends_with_the_end_piece() {
        assert_eq!(pieces(&"unaffable ".repeat(9), 6), ["un", "##aff", "##able", "un"]);
        assert_eq!(pieces(&"name".repeat(30), 256), ["[UNK]"]);
        assert!(pieces("name", 2).is_empty());
    }

    #[test]
    fn a_vocabulary_without_special_pieces_is_refused() {
        assert_eq!(Tokenizer::parse("a\nb").err().unwrap().to_string(), "the vocabulary has no piece [UNK]");
    }
}
