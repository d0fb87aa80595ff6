//! How few characters must change to make the answer the reference answer.

use super::formulas::levenshtein_similarity;
use super::reference::{skip, tried};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "levenshtein",
    summary: "share of characters that need no change to make the answer the reference answer",
    documentation: "    1 - distance / |longer text|

The distance is the least number of characters to insert, delete or replace. Characters are Unicode code points; case and
white space count. It is for answers that must follow a wording, such as a fixed refusal.

0 nothing alike to 1 equal; 0 for an empty answer. Skipped for cases without `reference_answer`. Errored if both texts are
longer than about 200,000 characters: the time grows with the product of their lengths.

Source: Levenshtein 1966; computed as RapidFuzz's normalized similarity.",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(tried(similarity)),
};

/// About a second's work.
const MOST_PAIRS: usize = 200_000 * 200_000;

fn similarity(answer: &str, reference: &str) -> Result<f64, String> {
    let (left, right) = (answer.chars().count(), reference.chars().count());
    if left.saturating_mul(right) > MOST_PAIRS {
        return Err(format!("answer and reference are too long to compare: {left} and {right} characters"));
    }
    Ok(levenshtein_similarity(answer, reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_unchanged_characters_is_measured() {
        let cases = [("kitten", "sitting", 1.0 - 3.0 / 7.0), ("東京", "東京", 1.0), ("", "x", 0.0), ("A", "a", 0.0)];
        for (answer, reference, expected) in cases {
            let found = similarity(answer, reference).unwrap();
            assert!((found - expected).abs() < 1e-12, "{answer:?} {reference:?}: {found}");
        }
    }

    #[test]
    fn texts_that_would_take_minutes_are_refused_and_one_long_text_is_not() {
        let long = "x".repeat(250_000);
        let refused = "answer and reference are too long to compare: 250000 and 250000 characters";
        assert_eq!(similarity(&long, &long).unwrap_err(), refused);
        assert!(similarity(&long, "x").is_ok());
    }
}
