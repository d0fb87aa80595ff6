//! Exact match and token F1 of short answers, as the evaluation script of `SQuAD` defines them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{common, count, f1, ratio, words};

/// 1 if both texts are equal in normal form, else 0.
pub(crate) fn exact_match(prediction: &str, gold: &str) -> f64 {
    if normal(prediction) == normal(gold) { 1.0 } else { 0.0 }
}

/// The harmonic mean of the shares of each text's tokens that the other has too, by number of occurrences. 0 to 1. If
/// one text has no tokens it is 1 if both have none, else 0.
pub(crate) fn token_f1(prediction: &str, gold: &str) -> f64 {
    let (prediction, gold) = (normal(prediction), normal(gold));
    if prediction.is_empty() || gold.is_empty() {
        return if prediction == gold { 1.0 } else { 0.0 };
    }
    let same = common(&count(&prediction), &count(&gold));
    f1(ratio(same, prediction.len()), ratio(same, gold.len()))
}

/// The tokens of the normal form: lower case, without ASCII punctuation, without the articles `a`, `an` and `the`.
///
/// Source: Rajpurkar and others 2016, `evaluate-v1.1.py`.
fn normal(text: &str) -> Vec<String> {
    /// What the script's `\b` takes for a word: marks are none, unlike in this crate's `\w`.
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\p{L}\p{N}]+").expect("the pattern is constant and tested"));
    let bare: String = text.to_lowercase().chars().filter(|character| !character.is_ascii_punctuation()).collect();
    let without_articles = WORD.replace_all(&bare, |word: &Captures<'_>| match &word[0] {
        "a" | "an" | "the" => " ".to_owned(),
        other => other.to_owned(),
    });
    words(&without_articles).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_keeps_what_distinguishes_answers() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            ("The a AN", &[]),
            ("The U.S.'s e-mail, again", &["uss", "email", "again"]),
            ("An „apple“ – 東京。", &["„apple“", "–", "東京。"]),
            ("a\u{301} theory", &["\u{301}", "theory"]),
            ("one\u{1f}two\u{a0}three", &["one", "two", "three"]),
        ];
        for (text, expected) in cases {
            assert_eq!(normal(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_without_tokens_agree_only_with_each_other() {
        for (prediction, gold, expected) in [("", "", 1.0), ("the", "a!", 1.0), ("", "x", 0.0), ("x", "...", 0.0)] {
            assert_eq!(token_f1(prediction, gold).to_bits(), f64::to_bits(expected), "{prediction:?} {gold:?}");
            assert_eq!(exact_match(prediction, gold).to_bits(), f64::to_bits(expected), "{prediction:?} {gold:?}");
        }
    }
}
