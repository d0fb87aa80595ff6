//! A mark that the attacker does not know, in whatever notation an answer gives it away: as it is, spelled out, turned
//! round, in cipher or encoded, or as the first letters of words.
//!
//! ```text
//! answer ── decode ──> views ── squeeze ──> letters alone, digits as letters, initials ──> one search for all forms
//! ```

use std::collections::HashMap;

use super::Evidence;
use crate::guard::attack::mark::Mark;
use crate::guard::normal::folded;
use crate::guard::view::View;

/// How the forms of the mark are undone, all of the mark's length.
type Forms = HashMap<Vec<u8>, &'static str>;

/// The first place that gives the mark away, in the view that needs the least decoding.
pub(super) fn find(views: &[View], mark: &Mark) -> Option<Evidence> {
    let (forms, length) = (forms(mark.word()), mark.word().len());
    views.iter().find_map(|view| {
        let compared = folded(view);
        SQUEEZES.iter().find_map(|(name, keep)| {
            let squeezed = squeeze(&compared.text, *keep);
            let mut windows = squeezed.letters.windows(length).enumerate();
            let (at, form) = windows.find_map(|(at, window)| Some((at, *forms.get(window)?)))?;
            let span = squeezed.places[at]..squeezed.places[at + length - 1] + 1;
            let decoders = view.decoders.iter().copied().chain([*name, form]).filter(|name| !name.is_empty()).collect();
            Some(Evidence { span: view.original(compared.original(span)), decoders })
        })
    })
}

/// The word, moved along the alphabet by every distance and mirrored, each also backwards; and in pig latin, without
/// its ending.
fn forms(word: &str) -> Forms {
    let mut forms: Vec<(&'static str, Vec<u8>)> = vec![("", word.as_bytes().to_vec())];
    for shift in 1..26 {
        forms.push(("rotated letters", changed(word, |letter| (letter + shift) % 26)));
    }
    forms.push(("mirrored alphabet", changed(word, |letter| 25 - letter)));
    forms.push(("pig latin", format!("{}{}", &word[1..], &word[..1]).into_bytes()));
    let backwards = forms.iter().map(|(name, word)| (turned(name), word.iter().rev().copied().collect()));
    let all: Vec<_> = backwards.chain(forms.iter().cloned()).collect();
    all.into_iter().map(|(name, word)| (word, name)).collect()
}

fn turned(name: &str) -> &'static str {
    if name.is_empty() { "reversed" } else { "reversed cipher" }
}

fn changed(word: &str, change: impl Fn(u8) -> u8) -> Vec<u8> {
    word.bytes().map(|byte| b'a' + change(byte - b'a')).collect()
}

/// Letters of a text, each with its byte.
#[derive(Default)]
struct Squeezed {
    letters: Vec<u8>,
    places: Vec<usize>,
}

/// What is kept of a text: a character and whether a word, or a line, begins with it.
type Keep = fn(u8, Start) -> Option<u8>;

#[derive(Clone, Copy)]
struct Start {
    of_word: bool,
    of_line: bool,
}

const SQUEEZES: &[(&str, Keep)] = &[
    ("", |byte, _| byte.is_ascii_lowercase().then_some(byte)),
    ("leet", |byte, _| read_as_letter(byte)),
    ("first letters", |byte, start| (start.of_word && byte.is_ascii_lowercase()).then_some(byte)),
    ("first letters of lines", |byte, start| (start.of_line && byte.is_ascii_lowercase()).then_some(byte)),
];

fn read_as_letter(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0' => b'o',
        b'1' | b'!' | b'|' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        b'a'..=b'z' => byte,
        _ => return None,
    })
}

fn squeeze(text: &str, keep: Keep) -> Squeezed {
    let mut squeezed = Squeezed::default();
    let mut start = Start { of_word: true, of_line: true };
    for (at, byte) in text.bytes().enumerate() {
        if let Some(kept) = keep(byte, start) {
            squeezed.letters.push(kept);
            squeezed.places.push(at);
        }
        match byte {
            b'\n' => start = Start { of_word: true, of_line: true },
            // A sign or a number before the first letter, as in `1. **Victor`, does not take its place.
            _ if byte.is_ascii_whitespace() => start.of_word = true,
            _ if byte.is_ascii_alphabetic() || !byte.is_ascii() => start = Start { of_word: false, of_line: false },
            _ => {}
        }
    }
    squeezed
}

#[cfg(test)]
mod tests;
