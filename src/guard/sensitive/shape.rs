//! Shapes of numbers, like `ddd-dd-dddd`, and the trie that finds all of them at once.
//!
//! In a shape `d` is a digit, `p` a digit from 1, `n` a digit from 2, `u` a capital, `x` a capital or a digit. A blank
//! is also a no-break or an ideographic one, `-` also a typographic hyphen or dash. Anything else stands for itself.

use std::ops::Range;

use super::context::{self, Words};

/// Where shapes lead, by what they have in common from their beginning.
pub(super) struct Trie<T> {
    nodes: Vec<Node<T>>,
}

struct Node<T> {
    edges: Vec<(u8, usize)>,
    ends: Vec<(&'static str, T)>,
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self { nodes: vec![Node { edges: Vec::new(), ends: Vec::new() }] }
    }
}

impl<T: Copy> Trie<T> {
    pub(super) fn insert(&mut self, shape: &'static str, value: T) {
        let mut at = 0;
        for class in shape.bytes() {
            let edge = self.nodes[at].edges.iter().find(|(other, _)| *other == class).copied();
            at = edge.map_or_else(|| self.add(at, class), |(_, next)| next);
        }
        self.nodes[at].ends.push((shape, value));
    }

    fn add(&mut self, node: usize, class: u8) -> usize {
        let next = self.nodes.len();
        self.nodes.push(Node { edges: Vec::new(), ends: Vec::new() });
        self.nodes[node].edges.push((class, next));
        next
    }

    /// Whether a shape can begin with this byte.
    pub(super) fn begins_with(&self, byte: u8) -> bool {
        self.nodes[0].edges.iter().any(|(class, _)| fits(*class, byte))
    }

    /// Tells of every shape that the text has at `start`, with where it ends.
    pub(super) fn walk(&self, text: &str, start: usize, tell: &mut impl FnMut(&'static str, T, usize)) {
        self.walk_from(0, text.as_bytes(), start, tell);
    }

    fn walk_from(&self, node: usize, bytes: &[u8], at: usize, tell: &mut impl FnMut(&'static str, T, usize)) {
        let node = &self.nodes[node];
        for (shape, value) in &node.ends {
            tell(shape, *value, at);
        }
        let (symbol, length) = symbol(&bytes[at..]);
        for (class, next) in &node.edges {
            if fits(*class, symbol) {
                self.walk_from(*next, bytes, at + length, tell);
            }
        }
    }
}

fn fits(class: u8, symbol: u8) -> bool {
    match class {
        b'd' => symbol.is_ascii_digit(),
        b'p' => matches!(symbol, b'1'..=b'9'),
        b'n' => matches!(symbol, b'2'..=b'9'),
        b'u' => symbol.is_ascii_uppercase(),
        b'x' => symbol.is_ascii_uppercase() || symbol.is_ascii_digit(),
        _ => class == symbol,
    }
}

/// The first character as shapes see it, 0 if they do not know it, and its length in bytes.
fn symbol(bytes: &[u8]) -> (u8, usize) {
    match bytes {
        [] => (0, 0),
        [ascii, ..] if ascii.is_ascii() => (*ascii, 1),
        // U+00A0, U+2007, U+2009, U+202F, U+3000
        [0xC2, 0xA0, ..] => (b' ', 2),
        [0xE2, 0x80, 0x87 | 0x89 | 0xAF, ..] | [0xE3, 0x80, 0x80, ..] => (b' ', 3),
        // U+2010 to U+2013, U+2212
        [0xE2, 0x80, 0x90..=0x93, ..] | [0xE2, 0x88, 0x92, ..] => (b'-', 3),
        _ => (0, 1),
    }
}

/// A place of a text that has a shape.
pub(super) struct Sample<'a> {
    text: &'a str,
    pub(super) bytes: Range<usize>,
    pub(super) shape: &'static str,
}

impl<'a> Sample<'a> {
    pub(super) fn new(text: &'a str, bytes: Range<usize>, shape: &'static str) -> Self {
        Self { text, bytes, shape }
    }

    /// The letters and digits, without what separates them.
    pub(super) fn characters(&self) -> Vec<u8> {
        self.text[self.bytes.clone()].bytes().filter(u8::is_ascii_alphanumeric).collect()
    }

    /// The values of the digits.
    pub(super) fn digits(&self) -> Vec<u8> {
        self.text[self.bytes.clone()].bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect()
    }

    /// Nothing separates the letters and digits, so that the shape alone says little.
    pub(super) fn is_solid(&self) -> bool {
        self.shape.bytes().all(|class| class.is_ascii_alphanumeric())
    }

    /// Whether one of these words is near.
    pub(super) fn is_near(&self, words: &Words) -> bool {
        words.are_near(self.text, &self.bytes)
    }

    /// Whether another group of digits stands before or behind, so that this may be a part of a row of numbers.
    pub(super) fn is_in_a_row(&self) -> bool {
        let bytes = self.text.as_bytes();
        let before = self.bytes.start >= 2
            && matches!(bytes[self.bytes.start - 1], b' ' | b'-')
            && bytes[self.bytes.start - 2].is_ascii_digit();
        let (symbol, length) = symbol(&bytes[self.bytes.end..]);
        let behind = bytes.get(self.bytes.end + length).is_some_and(u8::is_ascii_digit);
        before || (matches!(symbol, b' ' | b'-') && behind)
    }

    /// Whether the word before or behind, in the same line, is four or five hexadecimal digits, as in a
    /// table of code points. Years
    /// are no such word.
    pub(super) fn is_in_a_table(&self) -> bool {
        let is_code = |word: &str| {
            let is_year = word.starts_with("20") && word.bytes().all(|byte| byte.is_ascii_digit());
            matches!(word.len(), 4 | 5) && word.bytes().all(|byte| byte.is_ascii_hexdigit()) && !is_year
        };
        let before = context::before(self.text, self.bytes.start, 7).strip_suffix(' ');
        let behind = context::window(self.text, self.bytes.end, 7).strip_prefix(' ');
        let ends = |character: char| !character.is_ascii_alphanumeric();
        before.and_then(|before| before.rsplit(ends).next()).is_some_and(is_code)
            || behind.and_then(|behind| behind.split(ends).next()).is_some_and(is_code)
    }

    /// Whether neither side goes on as a longer number, a version, a date, an identifier, an amount or a path does.
    pub(super) fn stands_alone(&self) -> bool {
        let bytes = self.text.as_bytes();
        let Range { start, end } = self.bytes;
        let word_at = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| context::is_word(*byte));
        let digit_at = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        let begins = match start.checked_sub(1).map(|before| bytes[before]) {
            Some(b'.' | b'-' | b'/' | b'\\') if context::word_start(bytes, start) == start => {
                !word_at(start.checked_sub(2))
            }
            Some(b':') => !digit_at(start.checked_sub(2)),
            Some(b'+' | b'$') => false,
            _ => context::begins_word(bytes, start),
        };
        let ends = match bytes.get(end) {
            Some(b'.' | b'-' | b'/') => !word_at(Some(end + 1)),
            Some(b':') => !digit_at(Some(end + 1)),
            Some(b'%' | b'@') => false,
            _ => !context::is_inside_word(bytes, end),
        };
        begins && ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str, shapes: &[&'static str]) -> Vec<(&'static str, usize)> {
        let mut trie = Trie::default();
        for shape in shapes {
            trie.insert(shape, ());
        }
        let mut found = Vec::new();
        trie.walk(text, 0, &mut |shape, (), end| found.push((shape, end)));
        found
    }

    #[test]
    fn every_shape_that_fits_is_told() {
        let known = ["dd-dd", "dd-dd-dd", "dd dd", "d0-nn", "ux", "up", "(dd)"];
        let cases: [(&str, &[(&str, usize)]); 10] = [
            ("", &[]),
            ("12-34", &[("dd-dd", 5)]),
            ("10-22x", &[("dd-dd", 5), ("d0-nn", 5)]),
            ("12-34-56", &[("dd-dd", 5), ("dd-dd-dd", 8)]),
            ("12\u{2011}34", &[("dd-dd", 7)]),
            ("12\u{a0}34", &[("dd dd", 6)]),
            ("1234", &[]),
            ("A7", &[("ux", 2), ("up", 2)]),
            ("A0", &[("ux", 2)]),
            ("(12)", &[("(dd)", 4)]),
        ];
        for (text, expected) in cases {
            assert_eq!(shapes(text, &known), expected, "{text}");
        }
    }

    #[test]
    fn numbers_that_go_on_do_not_stand_alone() {
        let alone = [
            "123",
            " 123 ",
            "a:123,",
            "x=123;",
            "(123)",
            "\"123\"",
            "電話123番",
            "a,123,b",
            r"a\n123\n",
            "1 123.",
            "#123",
        ];
        let joined = [
            "a123", "123a", "_123", "1.123", "123.4", "1-123", "123-a", "a/123", "123/4", "+123", "$123", "123%",
            "1:123",
        ];
        for (texts, expected) in [(&alone[..], true), (&joined[..], false)] {
            for text in texts {
                let at = text.find("123").unwrap();
                let sample = Sample::new(text, at..at + 3, "ddd");
                assert_eq!(sample.stands_alone(), expected, "{text}");
            }
        }
    }

    #[test]
    fn a_row_of_numbers_is_told_from_one_number() {
        for (text, expected) in [("123", false), ("1 123", true), ("123 4", true), ("a 123 b", false), ("12345", false)]
        {
            let at = text.find("123").unwrap();
            assert_eq!(Sample::new(text, at..at + 3, "ddd").is_in_a_row(), expected, "{text}");
        }
    }
}
