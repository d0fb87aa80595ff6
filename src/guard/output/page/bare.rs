//! Addresses that stand in the text without any markup, and links that Markdown does not quite see as such.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{CodeKind, Edit, LINK_REMOVED, Link, LinkKind, Page};
use crate::text::is_unspaced_script;

/// What begins an address that programs make a link of.
static BEGINNING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:(?:https?|ftp|wss?|file):[\\/]{2,}|www\.)").expect("the pattern is constant and tested")
});

/// Addresses of a text that are no part of a link yet.
pub(super) fn addresses(page: &Page<'_>, links: &[Link]) -> Vec<Link> {
    let mut covered: Vec<Range<usize>> =
        links.iter().flat_map(|link| link.edits.iter().map(|edit| edit.bytes.clone())).collect();
    // A value without spaces is an attribute's to every reader.
    let values = page.tags.iter().flat_map(|tag| tag.attributes.iter().map(|attribute| attribute.value.clone()));
    covered.extend(values.filter(|value| !page.text[value.clone()].contains(char::is_whitespace)));
    covered.sort_by_key(|range| (range.start, range.end));
    let (mut next, mut covered_until, mut at) = (0, 0, 0);
    let mut found = Vec::new();
    for beginning in BEGINNING.find_iter(page.text) {
        while covered.get(next).is_some_and(|range| range.start <= beginning.start()) {
            covered_until = covered_until.max(covered[next].end);
            next += 1;
        }
        let code = page.code_at(beginning.start());
        if beginning.start() < covered_until.max(at)
            || code == Some(CodeKind::Fenced)
            || code == Some(CodeKind::Indented)
        {
            continue;
        }
        let bytes = beginning.start()..beginning.end() + length(&page.text[beginning.end()..]);
        if bytes.end == beginning.end() {
            continue;
        }
        at = bytes.end;
        found.push(link(page.text, bytes, code.is_some()));
    }
    found
}

fn link(text: &str, bytes: Range<usize>, is_quoted: bool) -> Link {
    let written = &text[bytes.clone()];
    let scheme = if written.as_bytes().get(3) == Some(&b'.') { "https://" } else { "" };
    let kind = if is_quoted { LinkKind::Quoted } else { LinkKind::Clicked };
    let edits = if is_quoted { Vec::new() } else { vec![Edit::new(bytes.clone(), LINK_REMOVED)] };
    Link { target: format!("{scheme}{written}"), bytes, kind, edits }
}

/// Addresses are read no further, so that many in one word cost no more than the same ones apart.
const MAX_LENGTH: usize = 2048;

/// How far an address goes that begins before a text.
fn length(text: &str) -> usize {
    let end = (0..=text.len().min(MAX_LENGTH)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let text = &text[..end];
    let ends = |character: char| {
        character.is_whitespace() || matches!(character, '<' | '>' | '"' | '`' | '|' | '「' | '」' | '、' | '。')
    };
    let whole = &text[..text.find(ends).unwrap_or(text.len())];
    let host = &whole[..whole.find(['/', '\\', '?', '#']).unwrap_or(whole.len())];
    // A sentence without spaces goes on behind an address; a host of that script has another dot.
    let is_sentence = |at: usize| at > 0 && (at > host.len() || !whole[at..host.len()].contains('.'));
    let other = whole
        .char_indices()
        .find(|(_, character)| is_unspaced_script(*character) || ('\u{FF01}'..='\u{FF60}').contains(character));
    let end = other.map(|(at, _)| at).filter(|at| is_sentence(*at)).unwrap_or(whole.len());
    trimmed(&whole[..end]).len()
}

/// Without the signs of the sentence around it.
///
/// Source: GitHub Flavored Markdown 6.9.
fn trimmed(address: &str) -> &str {
    let count = |sign: char| address.matches(sign).count();
    let mut closed = count(')').saturating_sub(count('('));
    let mut rest = address;
    loop {
        let shorter =
            rest.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~', '\'', ']', '}', '\\', '’', '”']);
        let shorter =
            if closed > 0 { shorter.strip_suffix(')').inspect(|_| closed -= 1).unwrap_or(shorter) } else { shorter };
        if shorter.len() == rest.len() {
            return rest;
        }
        rest = shorter;
    }
}

/// `](address)` where Markdown sees no link, in a block of HTML or with a line end inside: other programs may see one.
pub(super) fn destinations(page: &Page<'_>, links: &[Link]) -> Vec<Link> {
    let mut known: Vec<Range<usize>> = links.iter().map(|link| link.bytes.clone()).collect();
    known.sort_by_key(|range| range.start);
    let (mut next, mut known_until) = (0, 0);
    let mut image: Option<usize> = None;
    let mut scanned = 0;
    let mut found = Vec::new();
    for (close, _) in page.text.match_indices("](") {
        while known.get(next).is_some_and(|range| range.start <= close) {
            known_until = known_until.max(known[next].end);
            next += 1;
        }
        image = page.text[scanned..close].rfind("![").map(|at| scanned + at).or(image);
        scanned = close;
        let code = page.code_at(close);
        if close < known_until || matches!(code, Some(CodeKind::Fenced | CodeKind::Inline)) {
            image = None;
            continue;
        }
        let start = close + 2;
        let Some(length) = page.text[start..].find([')', '(', '[', ']']) else { break };
        let target: String = page.text[start..start + length].split_whitespace().collect();
        let kind = if image.take().is_some() { LinkKind::Fetched } else { LinkKind::Clicked };
        if code.is_none() || kind == LinkKind::Fetched {
            let edits = vec![Edit::new(close..start + length, " (link removed")];
            found.push(Link {
                bytes: close..start + length,
                target: target.trim_matches(['<', '>']).to_owned(),
                kind,
                edits,
            });
        }
    }
    found
}
