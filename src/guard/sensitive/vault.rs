//! Masks what was found, and puts it back into an answer.
//!
//! ```text
//! "Mail a@b.org" ── mask ──> "Mail [EMAIL_1]" ── model ──> "To **[email_1]**" ── restore ──> "To **a@b.org**"
//! ```
//!
//! One vault serves the texts of one conversation: the same value has the same placeholder in all of them. What was
//! masked already must not be masked again, for a placeholder that a text brings along is never taken for ours.

mod file;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};

use super::super::{Finding, Severity};
use super::kinds;
use crate::text::floor;

/// What stands for findings of rules that are no kind of this module.
const OTHER: &str = "REDACTED";
/// What stands for a text that looks like a placeholder of ours and is none.
const LITERAL: &str = "LITERAL";

/// A placeholder as we write it and as models write it back: in any case, with `\` before what Markdown would read,
/// with emphasis inside the brackets, or in the brackets of East Asian text.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\?[\[［【][*_` ]{0,3}([A-Za-z]+(?:\\?[_ ][A-Za-z]+){0,4})\\?[_ -]([0-9]{1,9})[*_` ]{0,3}\\?[\]］】]")
        .expect("the pattern is constant and tested")
});

/// A text in which placeholders stand for what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Masked {
    pub(crate) text: String,
    /// By position.
    pub(crate) places: Vec<Place>,
}

/// A part of a text that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// What found it; `None` if it only looked like a placeholder.
    pub(crate) rule: Option<&'static str>,
    /// The bytes of the original that it stands for.
    pub(crate) original: Range<usize>,
    /// The bytes of the masked text where the placeholder stands.
    pub(crate) masked: Range<usize>,
}

/// Which placeholder stands for which value. Values that are never put back are kept as a hash only.
#[derive(Default)]
pub(crate) struct Vault {
    numbers: HashMap<(&'static str, [u8; 32]), u32>,
    /// By name and number. `None` if it must not be put back.
    values: HashMap<(&'static str, u32), Option<String>>,
    /// Numbers that a text brought along before we gave them.
    taken: HashSet<(&'static str, u32)>,
    last: HashMap<&'static str, u32>,
}

/// A part of a text that is to be replaced.
struct Part {
    bytes: Range<usize>,
    rule: Option<&'static str>,
    severity: Severity,
    name: &'static str,
}

/// Masks one text on its own.
pub(crate) fn mask(text: &str, findings: &[Finding]) -> Masked {
    Vault::default().mask(text, findings)
}

impl Vault {
    /// Replaces each finding, and what overlaps counts as one. Spans that are not on character boundaries are widened.
    pub(crate) fn mask(&mut self, text: &str, findings: &[Finding]) -> Masked {
        let mut parts: Vec<Part> = findings.iter().filter_map(|finding| Part::of(text, finding)).collect();
        parts.extend(self.brought_along(text));
        parts.sort_by_key(|part| (part.bytes.start, std::cmp::Reverse(part.bytes.end)));
        let mut masked = Masked { text: String::with_capacity(text.len()), places: Vec::new() };
        let mut at = 0;
        for part in merged(parts) {
            masked.text.push_str(&text[at..part.bytes.start]);
            let start = masked.text.len();
            let number = self.number(&part, &text[part.bytes.clone()]);
            masked.text.extend(["[", part.name, "_", &number.to_string(), "]"]);
            at = part.bytes.end;
            masked.places.push(Place { rule: part.rule, original: part.bytes, masked: start..masked.text.len() });
        }
        masked.text.push_str(&text[at..]);
        masked
    }

    /// Puts the values back for the placeholders of an answer, but for secrets that let somebody in.
    pub(super) fn restore(&self, answer: &str) -> String {
        let restored = PLACEHOLDER.replace_all(answer, |found: &Captures| {
            let value = key(found).and_then(|key| self.values.get(&key)).and_then(Option::as_ref);
            // A `\` that only stands before is not the model's, but the text's.
            let kept = if found[0].starts_with('\\') && !found[0].contains(r"\]") { "\\" } else { "" };
            value.map_or_else(|| found[0].to_owned(), |value| format!("{kept}{value}"))
        });
        restored.into_owned()
    }

    /// An answer with placeholders for what is found in it, and with values instead of the placeholders of this vault.
    pub(crate) fn answered(&self, answer: &str, findings: &[Finding]) -> String {
        let mut own =
            Self { taken: self.values.keys().copied().chain(self.taken.iter().copied()).collect(), ..Self::default() };
        self.restore(&own.mask(answer, findings).text)
    }

    /// Placeholders that a text holds by itself: a number that is free stays with it, one of ours gets another name.
    fn brought_along(&mut self, text: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        for found in PLACEHOLDER.captures_iter(text) {
            let (Some(key), Some(whole)) = (key(&found), found.get(0)) else { continue };
            if self.values.contains_key(&key) {
                parts.push(Part { bytes: whole.range(), rule: None, severity: Severity::Low, name: LITERAL });
            } else {
                self.taken.insert(key);
            }
        }
        parts
    }

    fn number(&mut self, part: &Part, value: &str) -> u32 {
        let hash: [u8; 32] = Sha256::digest(value).into();
        if let Some(number) = self.numbers.get(&(part.name, hash)) {
            if part.severity == Severity::Critical {
                self.values.insert((part.name, *number), None);
            }
            return *number;
        }
        let last = self.last.entry(part.name).or_default();
        *last += 1;
        while self.taken.contains(&(part.name, *last)) {
            *last += 1;
        }
        let number = *last;
        self.numbers.insert((part.name, hash), number);
        let kept = (part.severity < Severity::Critical).then(|| value.to_owned());
        self.values.insert((part.name, number), kept);
        number
    }
}

/// Shows how much it holds, and none of it.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("values", &self.values.len()).finish_non_exhaustive()
    }
}

impl Part {
    fn of(text: &str, finding: &Finding) -> Option<Self> {
        let start = floor(text, finding.bytes.start);
        let end = (finding.bytes.end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        let name = kinds().find(|kind| kind.name == finding.rule).map_or(OTHER, |kind| kind.placeholder);
        (start < end).then_some(Self { bytes: start..end, rule: Some(finding.rule), severity: finding.severity, name })
    }
}

/// Parts without overlap; several that overlap become one, with the name of the severest, then of the longest.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut merged: Vec<Part> = Vec::new();
    for part in parts {
        match merged.last_mut() {
            Some(last) if part.bytes.start < last.bytes.end => {
                let is_severer = (part.severity, part.bytes.len()) > (last.severity, last.bytes.len());
                let bytes = last.bytes.start..last.bytes.end.max(part.bytes.end);
                if is_severer {
                    *last = Part { bytes, ..part };
                } else {
                    last.bytes = bytes;
                }
            }
            _ => merged.push(part),
        }
    }
    merged
}

/// A name of a placeholder as it is known.
fn name(written: &str) -> Option<&'static str> {
    kinds().map(|kind| kind.placeholder).chain([OTHER, LITERAL]).find(|known| *known == written)
}

/// The name and number that a placeholder means.
fn key(found: &Captures) -> Option<(&'static str, u32)> {
    let name: String = found[1].chars().filter(|character| *character != '\\').collect();
    let name = self::name(&name.replace(' ', "_").to_ascii_uppercase())?;
    Some((name, found[2].parse().ok()?))
}

#[cfg(test)]
mod tests;
