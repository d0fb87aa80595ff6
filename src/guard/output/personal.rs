//! Personal data and secrets in an answer, also encoded ones.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::guard::finding::{Finding, Severity};
use crate::guard::sensitive;
use crate::guard::view::View;

/// Decoders that guess: what they make of a text holds numbers by chance.
const GUESSING: [&str; 3] = ["leet", "scrambled letters", "rotated letters"];
/// Shorter ones occur in any text.
const MIN_KNOWN: usize = 6;

fn is_secret(rule: &str) -> bool {
    rule.starts_with("secret.")
}

/// What stands in a text, secrets as critical, and what the passages hold as low.
pub(super) fn scan(text: &str, passages: &[String]) -> Vec<Finding> {
    let mut findings = sensitive::scan(text);
    let are_known = known(text, &findings, passages);
    for (finding, is_known) in findings.iter_mut().zip(are_known) {
        if is_secret(finding.rule) {
            finding.severity = Severity::Critical;
        } else if is_known {
            finding.severity = Severity::Low;
            "The answer repeats what a passage or the question holds.".clone_into(&mut finding.message);
        }
    }
    findings
}

/// Letters and digits alone, so that a number is the same however it is grouped.
fn squeezed(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// For each finding, whether a passage holds its value.
fn known(text: &str, findings: &[Finding], passages: &[String]) -> Vec<bool> {
    let values: Vec<String> = findings.iter().map(|finding| squeezed(&text[finding.bytes.clone()])).collect();
    // A value that occurs a thousand times is looked for once.
    let wanted: HashSet<&str> = values.iter().map(String::as_str).filter(|value| value.len() >= MIN_KNOWN).collect();
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let mut held = HashSet::new();
    if let Some(automaton) =
        Some(&wanted).filter(|wanted| !wanted.is_empty()).and_then(|wanted| AhoCorasick::new(wanted).ok())
    {
        for passage in passages {
            let passage = squeezed(passage);
            held.extend(automaton.find_overlapping_iter(&passage).map(|found| wanted[found.pattern().as_usize()]));
        }
    }
    values.iter().map(|value| held.contains(value.as_str())).collect()
}

/// Secrets and personal data that are written in another notation, by their place in the original.
pub(super) fn encoded(original: &str, views: &[View]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let decoded = views.iter().filter(|view| view.decoders.last().is_some_and(|last| !GUESSING.contains(last)));
    for view in decoded {
        for mut finding in sensitive::scan(&view.text) {
            let value = &view.text[finding.bytes.clone()];
            let bytes = view.original(finding.bytes.clone());
            if original.get(bytes.clone()).is_none_or(|written| written == value) || overlaps(&found, &bytes) {
                continue;
            }
            if is_secret(finding.rule) {
                finding.severity = Severity::Critical;
            }
            finding.message = format!("{} It was hidden: {}.", finding.message, view.decoders.join(", then "));
            finding.bytes = bytes;
            found.push(finding);
        }
        found.sort_by_key(|finding| finding.bytes.start);
    }
    found
}

/// Whether a place is in what was found in earlier views; `found` is in order but for what this view has added.
fn overlaps(found: &[Finding], bytes: &Range<usize>) -> bool {
    let after = found.partition_point(|finding| finding.bytes.start < bytes.end);
    after.checked_sub(1).is_some_and(|index| found[index].bytes.end > bytes.start)
}
