//! The tags of HTML in a text, read as forgivingly as browsers read them.
//!
//! Where a tag ends depends on who reads: a quotation mark that a browser waits for is text to Markdown. So every `<`
//! begins a tag, also inside of another one's attribute, and ends one that has not ended.

use std::ops::Range;

/// A beginning or ending tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::guard) struct Tag {
    /// Up to its `>`, or to where another one or nothing follows.
    pub(in crate::guard) bytes: Range<usize>,
    /// In lower case.
    pub(in crate::guard) name: String,
    pub(in crate::guard) is_end: bool,
    pub(in crate::guard) attributes: Vec<Attribute>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::guard) struct Attribute {
    /// In lower case.
    pub(in crate::guard) name: String,
    /// The bytes of the value, without quotation marks; empty if there is none.
    pub(in crate::guard) value: Range<usize>,
}

/// All tags of a text in order, and whether they were too tangled to be read in the time that a text may take.
pub(in crate::guard) struct Tags {
    pub(in crate::guard) tags: Vec<Tag>,
    pub(in crate::guard) is_tangled: bool,
}

/// What tags inside one another may cost together, as a multiple of the text.
const MAX_WORK: usize = 8;

pub(in crate::guard) fn tags(text: &str) -> Tags {
    let mut left = text.len() * MAX_WORK + 4096;
    let mut tags = Vec::new();
    for (open, _) in text.match_indices('<') {
        let Some(tag) = read(text, open) else { continue };
        let Some(rest) = left.checked_sub(tag.bytes.len()) else { return Tags { tags, is_tangled: true } };
        left = rest;
        tags.push(tag);
    }
    Tags { tags, is_tangled: false }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'/'
}

/// The tag that begins at a `<`.
fn read(text: &str, open: usize) -> Option<Tag> {
    let bytes = text.as_bytes();
    let is_end = bytes.get(open + 1) == Some(&b'/');
    let start = open + 1 + usize::from(is_end);
    if !bytes.get(start)?.is_ascii_alphabetic() {
        return None;
    }
    let until = |from: usize, stops: fn(u8) -> bool| {
        bytes[from..].iter().position(|&byte| stops(byte)).map_or(bytes.len(), |at| from + at)
    };
    let mut at = until(start, |byte| is_space(byte) || matches!(byte, b'>' | b'<'));
    let name = text[start..at].to_ascii_lowercase();
    let mut attributes = Vec::new();
    loop {
        at = until(at, |byte| !is_space(byte));
        match bytes.get(at) {
            None | Some(b'<') => break,
            Some(b'>') => {
                at += 1;
                break;
            }
            Some(_) => {}
        }
        // A name may begin with `=`, as browsers read it.
        let name_end = until(at + 1, |byte| is_space(byte) || matches!(byte, b'>' | b'<' | b'='));
        let name = (at, name_end);
        at = until(name_end, |byte| !byte.is_ascii_whitespace());
        let mut value = name_end..name_end;
        if bytes.get(at) == Some(&b'=') {
            at = until(at + 1, |byte| !byte.is_ascii_whitespace());
            (value, at) = read_value(text, at);
        }
        attributes.push(Attribute { name: lower(text, name), value });
    }
    Some(Tag { bytes: open..at, name, is_end, attributes })
}

/// A name begins and ends next to ASCII, but for one that begins with a sign of several bytes.
fn lower(text: &str, (start, end): (usize, usize)) -> String {
    text.get(start..end).unwrap_or_default().to_ascii_lowercase()
}

/// A value and where it ends with its quotation marks. One that is not closed goes on as if it were not quoted.
fn read_value(text: &str, at: usize) -> (Range<usize>, usize) {
    let quote = text[at..].chars().next().filter(|quote| matches!(quote, '"' | '\''));
    if let Some(quote) = quote
        && let Some(length) = text[at + 1..].find(quote)
    {
        return (at + 1..at + 1 + length, at + length + 2);
    }
    let end = text[at..].find(|c: char| c.is_ascii_whitespace() || c == '>').map_or(text.len(), |length| at + length);
    (at + quote.map_or(0, char::len_utf8)..end, end)
}

/// The value that a browser makes of an attribute: character references written out.
///
/// Source: HTML Living Standard 13.2.5.72; of the named ones those that addresses are disguised with.
pub(in crate::guard) fn unescaped(value: &str) -> String {
    let mut read = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = reference(rest).unwrap_or(('&', 1));
        read.push(character);
        rest = &rest[length..];
    }
    read.push_str(rest);
    read
}

const NAMED: [(&str, char); 18] = [
    ("amp", '&'),
    ("colon", ':'),
    ("sol", '/'),
    ("bsol", '\\'),
    ("period", '.'),
    ("commat", '@'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("lpar", '('),
    ("rpar", ')'),
    ("quot", '"'),
    ("apos", '\''),
    ("lt", '<'),
    ("gt", '>'),
    ("quest", '?'),
    ("equals", '='),
    ("num", '#'),
    ("nbsp", '\u{a0}'),
];

/// The reference that a text begins with, and its length.
fn reference(text: &str) -> Option<(char, usize)> {
    let Some(number) = text.strip_prefix("&#") else {
        let (name, character) = NAMED.iter().find(|(name, _)| text[1..].starts_with(name))?;
        let length = 1 + name.len();
        return Some((*character, length + usize::from(text[length..].starts_with(';'))));
    };
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
    let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    // Zeros before are allowed, as many as one likes.
    let code = u32::from_str_radix(digits[..length].trim_start_matches('0'), radix).ok()?;
    let end = text.len() - digits.len() + length;
    Some((char::from_u32(code)?, end + usize::from(text[end..].starts_with(';'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        let read = |tag: Tag| {
            let attributes =
                tag.attributes.into_iter().map(|attribute| (attribute.name, text[attribute.value].to_owned()));
            (tag.name, attributes.collect())
        };
        tags(text).tags.into_iter().map(read).collect()
    }

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        for (text, name, attributes) in [
            ("<IMG SRC='a b' alt=x>", "img", vec![("src", "a b"), ("alt", "x")]),
            ("<svg/onload=alert(1)>", "svg", vec![("onload", "alert(1)")]),
            ("<a\nhref = \"x\"disabled>", "a", vec![("href", "x"), ("disabled", "")]),
            ("<img src=\"open", "img", vec![("src", "open")]),
            ("<b =x>", "b", vec![("=x", "")]),
            ("</p >", "p", vec![]),
            ("<a ü=ö>", "a", vec![("ü", "ö")]),
        ] {
            let expected = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(read_all(text), [(name.to_owned(), expected)], "{text}");
        }
        for text in ["a < b", "<3", "<>", "<!-- x -->", "1<2>3", "<", "</"] {
            assert_eq!(read_all(text), [], "{text}");
        }
    }

    #[test]
    fn a_tag_inside_an_attribute_is_a_tag_too() {
        let names: Vec<_> =
            read_all("<a title=\"x\n\n<img src=\"//evil.test\">").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "img"]);
    }

    #[test]
    fn references_are_written_out() {
        for (value, read) in [
            ("java&#115;cript&colon;x", "javascript:x"),
            ("&#x68;ttps:&sol;&sol;a", "https://a"),
            ("a&amp;b&c&", "a&b&c&"),
            ("&#0000106avascript:", "javascript:"),
            ("&#99999999;&#;", "&#99999999;&#;"),
        ] {
            assert_eq!(unescaped(value), read, "{value}");
        }
    }

    #[test]
    fn tags_inside_tags_cost_a_bounded_time() {
        assert!(tags(&format!("<a {}", "b=\"<i\" ".repeat(20_000))).is_tangled);
        for text in ["<a href=\"x\">y</a> ", "i <n and ", "<a ", "<a \""] {
            assert!(!tags(&text.repeat(20_000)).is_tangled, "{text}");
        }
    }
}
