//! Reads from a name on to its value.

use super::super::super::context;

/// Whether a name belongs to an option of a command, which a blank is enough to separate from its value.
pub(super) fn is_option(text: &str, at: usize) -> bool {
    let before = context::before(text, at, 30);
    let name = before.trim_end_matches(|last: char| last.is_ascii_alphanumeric() || last == '_' || last == '-');
    before[name.len()..].starts_with("--")
}

/// What stands between a name and its value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Gap {
    /// `=`, `:`, or a blank behind an option.
    Assigned,
    /// The end of a tag, so that a value ends with the beginning of another one.
    Tagged,
    /// "is", in a sentence.
    Said,
    /// A blank or a bracket, as in `#define NAME "..."` and `name("...")`.
    NeedsQuote,
}

/// What is still to be read behind a name.
pub(super) struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has been read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find(|character| !wanted(character)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn skip(&mut self, text: &str) -> bool {
        let is_there = self.text[self.at..].starts_with(text);
        self.at += if is_there { text.len() } else { 0 };
        is_there
    }

    /// Reads what stands between a name and its value.
    pub(super) fn gap(&mut self, is_option: bool) -> Option<Gap> {
        let begins_at = self.at;
        let closed = self.take(|character| "\\\"'`])*".contains(character)).len();
        if closed > 4 {
            return None;
        }
        let blanks = self.take(is_blank).len();
        let operators = ["===", "==", ":=", "=>", "->", "=", ":", "：", "は"];
        if operators.iter().any(|operator| self.skip(operator)) {
            self.take(|character| is_blank(character) || character == '*');
            return Some(Gap::Assigned);
        }
        if closed + blanks == 0 && self.skip(">") {
            return Some(Gap::Tagged);
        }
        if blanks > 0
            && ["is ", "was ", "ist ", "lautet ", "est ", "es ", "é ", "è ", "jest "].iter().any(|word| self.skip(word))
        {
            self.skip("now ");
            return Some(Gap::Said);
        }
        if is_option && blanks > 0 {
            return Some(Gap::Assigned);
        }
        let is_call = self.skip("(");
        (is_call || self.at > begins_at).then_some(Gap::NeedsQuote)
    }

    /// The quote that opens, and with it a letter that says how a string is written.
    pub(super) fn quote(&mut self) -> Option<&'a str> {
        let before = self.at;
        let rest = &self.text[before..];
        if rest.starts_with(['b', 'r', 'f', 'u', '@', 'L']) && rest[1..].starts_with(['"', '\'']) {
            self.at += 1;
        }
        let quotes = [
            ("\"\"\"", "\"\"\""),
            ("\\\"", "\\\""),
            ("\"", "\""),
            ("'", "'"),
            ("`", "`"),
            ("“", "”"),
            ("„", "“"),
            ("「", "」"),
            ("«", "»"),
        ];
        let found = quotes.iter().find(|(open, _)| self.skip(open));
        if found.is_none() {
            self.at = before;
        }
        found.map(|(_, close)| *close)
    }

    /// The value up to its closing quote, or up to what ends a bare one.
    pub(super) fn value(&mut self, quote: Option<&str>, is_said: bool) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        if let Some(quote) = quote {
            let line = rest.lines().next()?;
            return line.find(quote).map(|end| &line[..end]);
        }
        let ends = |character: char| {
            let is_end = matches!(
                character,
                ',' | ';' | '"' | '\'' | '`' | '<' | '>' | ')' | '}' | ']' | '&' | '|' | '、' | '。'
            );
            is_end || character.is_whitespace()
        };
        let value = &rest[..rest.find(ends).unwrap_or(rest.len())];
        Some(if is_said { value.trim_end_matches(['.', '?', ':']) } else { value.split(r"\n").next().unwrap_or(value) })
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{3000}')
}
