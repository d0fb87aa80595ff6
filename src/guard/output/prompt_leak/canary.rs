//! Texts that stand in the instructions only to be recognised, in every spelling that a model can be asked for.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use super::{Answer, RULE};
use crate::guard::finding::{Finding, Severity};
use crate::guard::reading::Reading;
use crate::guard::sensitive;
use crate::guard::view::View;

/// Letters and digits from which on a canary is looked for in other spellings; a shorter one only as it is.
const MIN_LETTERS: usize = 6;
/// A word of so many letters is not another word with all letters moved along the alphabet.
const MIN_ROTATED: usize = 8;
/// From here on most of a canary is enough.
const MIN_IN_PART: usize = 16;

/// Findings by their place in the original.
pub(super) fn check(answer: &Answer<'_>, readings: &[Reading]) -> Vec<Finding> {
    let canaries = canaries(answer);
    let (long, short): (Vec<&str>, Vec<&str>) =
        canaries.into_iter().partition(|canary| squeezed(canary).0.len() >= MIN_LETTERS);
    let needles: Vec<String> =
        long.iter().flat_map(|canary| spellings(canary)).filter(|needle| needle.len() >= MIN_LETTERS).collect();
    let letters_only: Vec<String> =
        long.iter().map(|canary| letters_of(&squeezed(canary).0)).filter(|l| l.len() >= MIN_ROTATED).collect();
    let (short, needles, letters_only) = (automaton(&short), automaton(&needles), automaton(&letters_only));
    let mut found = Vec::new();
    if short.is_none() && needles.is_none() {
        return found;
    }
    for (index, reading) in readings.iter().enumerate() {
        let seen = &reading.seen;
        found.extend(places(&seen.text, short.as_ref()).map(|place| finding(seen, place)));
        let (text, origins) = squeezed(&seen.text);
        found.extend(places(&text, needles.as_ref()).map(|place| finding(seen, through(&origins, place))));
        if index == 0 {
            found.extend(apart(seen, needles.as_ref(), letters_only.as_ref()));
        }
    }
    found.sort_by_key(|finding| (finding.bytes.start, finding.bytes.end));
    found.dedup_by(|second, first| first.bytes == second.bytes);
    found
}

/// What instructions call a secret and then name.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)\b(?:password|passphrase|passcode|secret|(?:access|discount|activation|secret|override) (?:[a-z]+ )?(?:code|key|word|token)|api key)(?: is|:| =|=) *(["'“`]?)([^\s"'”`,;]{4,64})"#,
    )
    .expect("the pattern is constant and tested")
});

/// Secrets that no shape tells apart, but that are announced: `the password is "swordfish"`. What looks like any other
/// word has to stand between quotation marks, for a password may also be `required`.
fn named(prompt: &str) -> impl Iterator<Item = &str> {
    NAMED.captures_iter(prompt).filter_map(|found| {
        let value = found.get(2)?.as_str().trim_end_matches(['.', '!', '?', ')', '*', ':']);
        let is_quoted = !found[1].is_empty();
        let is_odd = value.contains(|character: char| character.is_ascii_digit())
            || value.chars().filter(char::is_ascii_uppercase).count() >= 2;
        (value.len() >= 4 && (is_quoted || is_odd)).then_some(value)
    })
}

/// Those of the project, and the secrets that the instructions hold.
fn canaries<'a>(answer: &Answer<'a>) -> Vec<&'a str> {
    let prompt = answer.system_prompt.unwrap_or_default();
    let secrets = sensitive::scan(prompt).into_iter().filter(|finding| finding.rule.starts_with("secret."));
    let secrets = secrets.map(|finding| &prompt[finding.bytes]);
    answer
        .canaries
        .iter()
        .map(String::as_str)
        .chain(secrets)
        .chain(named(prompt))
        .map(str::trim)
        .filter(|canary| !canary.is_empty())
        .collect()
}

fn finding(view: &View, place: Range<usize>) -> Finding {
    let disguise = if view.decoders.is_empty() {
        String::new()
    } else {
        format!(" It was hidden: {}.", view.decoders.join(", then "))
    };
    Finding {
        rule: RULE,
        severity: Severity::High,
        bytes: view.original(place),
        confidence: 1.0,
        message: format!("The answer holds a text that stands in the instructions only to be recognised.{disguise}"),
    }
}

fn places<'a>(text: &'a str, needles: Option<&'a AhoCorasick>) -> impl Iterator<Item = Range<usize>> + 'a {
    needles.into_iter().flat_map(move |needles| needles.find_iter(text).map(|found| found.range()))
}

fn automaton(needles: &[impl AsRef<[u8]>]) -> Option<AhoCorasick> {
    if needles.is_empty() { None } else { AhoCorasick::new(needles).ok() }
}

/// Letters and digits alone, in lower case, and the place of each byte of them.
fn squeezed(text: &str) -> (String, Vec<Range<usize>>) {
    picked(text, char::is_alphanumeric)
}

fn picked(text: &str, mut is_picked: impl FnMut(char) -> bool) -> (String, Vec<Range<usize>>) {
    let mut kept = String::with_capacity(text.len());
    let mut origins = Vec::with_capacity(text.len());
    for (at, character) in text.char_indices().filter(|(_, character)| is_picked(*character)) {
        kept.extend(character.to_lowercase());
        origins.resize(kept.len(), at..at + character.len_utf8());
    }
    (kept, origins)
}

fn letters_of(text: &str) -> String {
    text.chars().filter(|character| character.is_alphabetic()).collect()
}

fn through(origins: &[Range<usize>], place: Range<usize>) -> Range<usize> {
    origins[place.start].start..origins[place.end - 1].end
}

/// Canaries whose letters stand apart: numbered, or as the first ones of lines or words.
fn apart(seen: &View, needles: Option<&AhoCorasick>, letters_only: Option<&AhoCorasick>) -> Vec<Finding> {
    let mut found = Vec::new();
    let (letters, origins) = picked(&seen.text, char::is_alphabetic);
    found.extend(places(&letters, letters_only).map(|place| finding(seen, through(&origins, place))));
    for ends in [|character: char| character == '\n', char::is_whitespace] {
        let (initials, origins) = initials(&seen.text, ends);
        found.extend(places(&initials, needles).map(|place| finding(seen, through(&origins, place))));
    }
    found
}

/// The first letter or digit of each stretch.
fn initials(text: &str, ends: fn(char) -> bool) -> (String, Vec<Range<usize>>) {
    let mut is_start = true;
    picked(text, |character| {
        let is_initial = is_start && character.is_alphanumeric();
        is_start = ends(character) || (is_start && !is_initial);
        is_initial
    })
}

/// A canary as it looks, letters and digits alone, in the notations that models write.
fn spellings(canary: &str) -> Vec<String> {
    let (plain, _) = squeezed(canary);
    let bytes = canary.as_bytes();
    let mut spellings = vec![plain.chars().rev().collect()];
    spellings.extend([
        each(bytes, |byte, text| write!(text, "{byte:02x}")),
        each(bytes, |byte, text| write!(text, "x{byte:02x}")),
        each(bytes, |byte, text| write!(text, "0x{byte:02x}")),
        each(bytes, |byte, text| write!(text, "u{byte:04x}")),
        each(bytes, |byte, text| write!(text, "{byte}")),
        each(bytes, |byte, text| write!(text, "{byte:08b}")),
        each(bytes, |byte, text| write!(text, "{byte:03o}")),
        squeezed(data_encoding::BASE32_NOPAD.encode(bytes).get(..bytes.len() * 8 / 5).unwrap_or_default()).0,
    ]);
    spellings.extend((0..3).map(|offset| squeezed(&base64_at(bytes, offset)).0));
    if plain.len() >= MIN_ROTATED {
        spellings.extend((1..26).map(|by| moved(&plain, |letter| (letter + by) % 26)));
        spellings.push(moved(&plain, |letter| 25 - letter));
    }
    if plain.is_ascii() && plain.len() >= MIN_IN_PART && !canary.contains(char::is_whitespace) {
        let part = plain.len() * 3 / 4;
        spellings.extend([plain[..part].to_owned(), plain[plain.len() - part..].to_owned()]);
    }
    spellings.push(plain);
    spellings
}

fn each(bytes: &[u8], write: impl Fn(u8, &mut String) -> std::fmt::Result) -> String {
    let mut text = String::new();
    let written = bytes.iter().try_for_each(|byte| write(*byte, &mut text));
    written.map(|()| text).unwrap_or_default()
}

/// The base64 of bytes that follow `offset` others, without what their neighbours have a part in.
fn base64_at(bytes: &[u8], offset: usize) -> String {
    let mut padded = vec![0; offset];
    padded.extend_from_slice(bytes);
    let encoded = STANDARD.encode(&padded);
    let (first, last) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    encoded.get(first..last).unwrap_or_default().to_owned()
}

fn moved(plain: &str, letter: impl Fn(u8) -> u8) -> String {
    let change = |character: char| match u8::try_from(character) {
        Ok(byte @ b'a'..=b'z') => char::from(b'a' + letter(byte - b'a')),
        _ => character,
    };
    plain.chars().map(change).collect()
}
