//! The formulas behind retrieval and text metrics: pure functions from rankings and texts to numbers, each in agreement
//! with the implementation that its field takes as the reference.
//!
//! Texts are compared by Unicode code point, as those implementations do, without normalisation: `é` and `e` with a
//! combining accent are different. Nothing here decides what a missing value means; metrics do.

mod bleu;
mod chrf;
mod edit;
pub(crate) mod golden;
mod lcs;
mod porter;
mod ranking;
mod rouge;
mod squad;

use std::collections::HashMap;
use std::hash::Hash;

pub(super) use self::bleu::sentence as sentence_bleu;
pub(super) use self::chrf::{CHRF, Chrf};
pub(super) use self::edit::levenshtein_similarity;
pub(super) use self::ranking::{ALL, Gain, Ranking};
pub(super) use self::rouge::{Rouge, Words, rouge_l, rouge_n};
pub(super) use self::squad::{exact_match, token_f1};

/// The words between white space. ASCII separators (U+001C to U+001F) are white space to the reference
/// implementations, which are written in Python, but not to Unicode.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// How often each item occurs.
fn count<T: Hash + Eq>(items: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// How many items two multisets have in common.
fn common<T: Hash + Eq>(left: &HashMap<T, usize>, right: &HashMap<T, usize>) -> usize {
    left.iter().map(|(item, count)| (*count).min(right.get(item).copied().unwrap_or(0))).sum()
}

/// The share that `part` is of `whole`; 0 of nothing.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of texts and lists are far below 2^52")]
fn float(number: usize) -> f64 {
    number as f64
}

/// The harmonic mean of precision and recall; 0 if both are.
fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}
