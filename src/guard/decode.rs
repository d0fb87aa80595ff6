//! Reads what a text hides in another notation: each decoder turns parts of a text into what they stand for, and the
//! result is read again, to a bounded depth and amount of work.

mod base32;
mod base64;
mod base85;
mod braille;
mod escapes;
mod hexadecimal;
mod html;
mod joined;
mod leet;
mod morse;
mod numbers;
mod percent;
mod reversed;
mod rotated;
mod scrambled;
mod spaced;

use std::ops::Range;

use super::normal::{Hidden, tag_text, visible};
use super::view::View;

/// A notation that models read and keyword filters do not. One file and one row add one.
pub(crate) struct Decoder {
    pub(crate) name: &'static str,
    /// The parts of a text that are written in it, in order and without overlap, with what they stand for.
    decode: fn(&str) -> Vec<Decoded>,
    /// Whether it can be written in it twice; undoing some of them twice gives the text back, or nothing new.
    is_nested: bool,
}

/// A part of a text and what it stands for.
#[derive(Debug, PartialEq, Eq)]
struct Decoded {
    span: Range<usize>,
    text: String,
}

pub(crate) const DECODERS: &[Decoder] = &[
    Decoder { name: "base64", decode: base64::decode, is_nested: true },
    Decoder { name: "base32", decode: base32::decode, is_nested: true },
    Decoder { name: "base85", decode: base85::decode, is_nested: true },
    Decoder { name: "hexadecimal", decode: hexadecimal::decode, is_nested: true },
    Decoder { name: "character codes", decode: numbers::decode, is_nested: true },
    Decoder { name: "percent-encoding", decode: percent::decode, is_nested: true },
    Decoder { name: "HTML entities", decode: html::decode, is_nested: true },
    Decoder { name: "escapes", decode: escapes::decode, is_nested: true },
    Decoder { name: "morse", decode: morse::decode, is_nested: true },
    Decoder { name: "braille", decode: braille::decode, is_nested: true },
    Decoder { name: "rotated letters", decode: rotated::decode, is_nested: false },
    Decoder { name: "reversed", decode: reversed::decode, is_nested: false },
    Decoder { name: "spaced letters", decode: spaced::decode, is_nested: true },
    Decoder { name: "leet", decode: leet::decode, is_nested: false },
    Decoder { name: "scrambled letters", decode: scrambled::decode, is_nested: false },
    Decoder { name: "joined strings", decode: joined::decode, is_nested: false },
];

/// Three notations inside one another are more than any attack that a model was seen to follow.
const MAX_DEPTH: usize = 3;
const MAX_VIEWS: usize = 24;
/// What all views of a text may add up to, as a multiple of the text, so that the time stays linear.
const MAX_GROWTH: usize = 3;
const MIN_PRINTABLE: usize = 16;

/// A text in all the ways in which it can be read, the visible one first, and what of it cannot be seen.
pub(crate) struct Readings {
    pub(crate) views: Vec<View>,
    pub(crate) hidden: Hidden,
}

/// Reads a text as it is, and what it hides.
pub(crate) fn readings(original: &str) -> Readings {
    let (seen, hidden) = visible(original);
    let mut views = vec![seen];
    for tags in &hidden.tags {
        let mut view = View::default();
        view.replace(&tag_text(&original[tags.clone()]), tags.clone());
        view.decoders.push("tag characters");
        views.push(view);
    }
    let mut left = original.len().max(1024) * MAX_GROWTH;
    let mut next = 0;
    while next < views.len() {
        if views[next].decoders.len() < MAX_DEPTH {
            for decoder in DECODERS {
                let is_again = views[next].decoders.last() == Some(&decoder.name);
                if views.len() >= MAX_VIEWS || (is_again && !decoder.is_nested) {
                    continue;
                }
                let Some(view) = decoder.apply(&views[next], left) else { continue };
                if views.iter().all(|known| known.text != view.text) {
                    left = left.saturating_sub(view.text.len());
                    views.push(view);
                }
            }
        }
        next += 1;
    }
    Readings { views, hidden }
}

impl Decoder {
    /// The view with its decoded parts in place, if it has any and they are within what is left to be read.
    fn apply(&self, view: &View, left: usize) -> Option<View> {
        let parts = (self.decode)(&view.text);
        if parts.is_empty() || view.text.len() > left {
            return None;
        }
        let mut decoded = View::default();
        let mut plain = 0;
        for part in parts {
            decoded.copy(&view.text[plain..part.span.start], plain);
            decoded.replace(&part.text, part.span.clone());
            plain = part.span.end;
        }
        decoded.copy(&view.text[plain..], plain);
        Some(decoded.through(view, self.name))
    }
}

/// The runs of at least `min` bytes that `belongs` accepts.
fn runs(text: &str, min: usize, belongs: impl Fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && belongs(bytes[at]) {
                at += 1;
            }
            if at - start >= min {
                return Some(start..at);
            }
            at = at.max(start + 1);
        }
        None
    })
}

/// Bytes as text, if they are text that somebody wrote: UTF-8 (or UTF-16 of a Latin script, as PowerShell encodes) in
/// which letters and spaces prevail. Longer bytes that are all printable ASCII are not so by chance, and may be another
/// notation.
fn written(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.to_owned(),
        _ => utf16(bytes)?,
    };
    let (mut letters, mut others, mut count) = (0usize, 0usize, 0usize);
    for character in text.chars() {
        count += 1;
        match character {
            ' ' | '\n' | '\r' | '\t' => {}
            character if character.is_alphabetic() => letters += 1,
            character if character.is_control() => return None,
            _ => others += 1,
        }
    }
    let is_prose = count >= 4 && letters * 2 > count && letters > others * 2;
    (is_prose || (count >= MIN_PRINTABLE && text.is_ascii())).then_some(text)
}

fn utf16(bytes: &[u8]) -> Option<String> {
    if bytes.len() < 8 || !bytes.len().is_multiple_of(2) || bytes.chunks(2).any(|pair| pair[1] != 0) {
        return None;
    }
    Some(bytes.chunks(2).map(|pair| char::from(pair[0])).collect())
}

/// What a decoder makes of a whole text, for the tests of the decoders.
#[cfg(test)]
fn decoded(decode: fn(&str) -> Vec<Decoded>, text: &str) -> String {
    let mut result = String::new();
    let mut plain = 0;
    for part in decode(text) {
        result.push_str(&text[plain..part.span.start]);
        result.push_str(&part.text);
        plain = part.span.end;
    }
    result + &text[plain..]
}

#[cfg(test)]
mod tests;
