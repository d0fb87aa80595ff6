//! What is looked for, arranged so that a text is read only a few times whatever the number of kinds.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};

use super::shape::{Sample, Trie};
use super::token::Compiled;
use super::{Found, Kind, Search, context, kinds};

pub(super) static INDEX: LazyLock<Index> = LazyLock::new(Index::new);

type Around = fn(&str, Range<usize>) -> Option<Found>;
type Accept = fn(&Sample) -> Option<f64>;
type Word = fn(&str, usize) -> Option<Found>;

/// The searches of all kinds, by what starts them.
pub(super) struct Index {
    exact: Literals,
    any_case: Literals,
    shapes: Trie<(&'static Kind, Accept)>,
    /// By the first byte of a word.
    words: Vec<Vec<(&'static Kind, Word)>>,
    /// By the first byte of a word: whether anything begins with it.
    begins: [bool; 256],
}

/// Texts that one pass finds, and what to do where one stands.
struct Literals {
    automaton: AhoCorasick,
    /// For each of the automaton's patterns, the kind that looks for it and its reader.
    patterns: Vec<(&'static Kind, usize)>,
    readers: Vec<Reader>,
}

enum Reader {
    Token(Compiled),
    Around(Around),
}

impl Index {
    fn new() -> Self {
        let mut index = Self {
            exact: Literals::new(false),
            any_case: Literals::new(true),
            shapes: Trie::default(),
            words: vec![Vec::new(); 256],
            begins: [false; 256],
        };
        for kind in kinds() {
            for search in kind.searches {
                if let Search::Shapes(shapes, accept) = search {
                    shapes.iter().for_each(|shape| index.shapes.insert(shape, (kind, *accept)));
                }
                if let Search::Words(takes, read) = search {
                    let bytes = (0..=u8::MAX).filter(|byte| takes(*byte));
                    bytes.for_each(|byte| index.words[usize::from(byte)].push((kind, *read)));
                }
            }
        }
        for byte in 0..=u8::MAX {
            let place = usize::from(byte);
            index.begins[place] = index.shapes.begins_with(byte) || !index.words[place].is_empty();
        }
        index
    }

    /// Everything that any kind found, in no order.
    pub(super) fn search(&self, text: &str) -> Vec<(&'static Kind, Found)> {
        let mut found = Vec::new();
        self.exact.search(text, &mut found);
        self.any_case.search(text, &mut found);
        self.search_words(text, &mut found);
        found
    }

    fn search_words(&self, text: &str, found: &mut Vec<(&'static Kind, Found)>) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(skipped) = bytes[at..].iter().position(|byte| context::is_word(*byte) || *byte == b'(') {
            let end = at + skipped + 1 + context::word_length(&bytes[at + skipped + 1..]);
            let start = context::word_start(bytes, at + skipped);
            at = if bytes[at + skipped] == b'(' { at + skipped + 1 } else { end };
            if start < at && self.begins[usize::from(bytes[start])] {
                self.read_word(text, start, found);
            }
        }
    }

    fn read_word(&self, text: &str, start: usize, found: &mut Vec<(&'static Kind, Found)>) {
        for (kind, read) in &self.words[usize::from(text.as_bytes()[start])] {
            found.extend(read(text, start).map(|hit| (*kind, hit)));
        }
        self.shapes.walk(text, start, &mut |shape, (kind, accept), end| {
            let sample = Sample::new(text, start..end, shape);
            if sample.stands_alone()
                && let Some(confidence) = accept(&sample)
            {
                found.push((kind, Found { bytes: start..end, confidence }));
            }
        });
    }
}

impl Literals {
    fn new(any_case: bool) -> Self {
        let (mut texts, mut patterns, mut readers) = (Vec::<&str>::new(), Vec::new(), Vec::new());
        for kind in kinds() {
            for search in kind.searches {
                let (starts, reader) = match search {
                    Search::Token(token) if token.any_case == any_case => {
                        (token.starts, Reader::Token(Compiled::new(token)))
                    }
                    Search::Around(starts, read) if any_case => (*starts, Reader::Around(*read)),
                    _ => continue,
                };
                texts.extend(starts);
                patterns.extend(starts.iter().map(|_| (kind, readers.len())));
                readers.push(reader);
            }
        }
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .ascii_case_insensitive(any_case)
            .build(texts)
            .expect("a few hundred short texts are far below the automaton's limits");
        Self { automaton, patterns, readers }
    }

    fn search(&self, text: &str, found: &mut Vec<(&'static Kind, Found)>) {
        for literal in self.automaton.find_overlapping_iter(text) {
            let (kind, reader) = self.patterns[literal.pattern().as_usize()];
            let hit = match &self.readers[reader] {
                Reader::Token(token) => token.read(text, literal.range()),
                Reader::Around(read) => read(text, literal.range()),
            };
            found.extend(hit.map(|hit| (kind, hit)));
        }
    }
}
