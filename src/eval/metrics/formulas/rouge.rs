//! ROUGE: how much of a reference text's words, word pairs or word order a text has, as `rouge_score` 0.1.2 computes it.
//!
//! Tokens are runs of the ASCII letters and digits of the lower-cased text. So a text in another script has none, and its
//! scores are 0: ROUGE is for English.
//!
//! Source: Lin 2004, "ROUGE: a package for automatic evaluation of summaries".

use super::lcs::{self, Pair, Symbols};
use super::{common, count, f1, porter, ratio};

/// Each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Rouge {
    /// Of what the candidate has.
    pub(crate) precision: f64,
    /// Of what the reference has.
    pub(crate) recall: f64,
    pub(crate) f1: f64,
}

impl Rouge {
    fn new(hits: usize, candidate: usize, reference: usize) -> Self {
        let (precision, recall) = (ratio(hits, candidate), ratio(hits, reference));
        Self { precision, recall, f1: f1(precision, recall) }
    }
}

/// Whether words are compared by their stems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    AsWritten,
    /// By the Porter stem of words longer than three letters.
    Stemmed,
}

/// ROUGE-N: runs of `n` words (at least 1) that both have, by number of occurrences. All 0 if either has none.
pub(crate) fn rouge_n(candidate: &str, reference: &str, n: usize, words: Words) -> Rouge {
    let (candidate, reference) = (tokens(candidate, words), tokens(reference, words));
    let (candidate, reference) = (count(candidate.windows(n)), count(reference.windows(n)));
    Rouge::new(common(&candidate, &reference), candidate.values().sum(), reference.values().sum())
}

/// ROUGE-L: the longest sequence of words that both have in this order, with gaps. All 0 if either has none.
pub(crate) fn rouge_l(candidate: &str, reference: &str, words: Words) -> Rouge {
    let pair = Pair::new(tokens(candidate, words), tokens(reference, words));
    Rouge::new(lcs::length(&pair), pair.left.len(), pair.right.len())
}

/// ROUGE-L of summaries, whose lines are sentences: for each line of the reference, the words that are in a longest common
/// sequence with any line of the candidate; no word counts more often than it occurs. `None` if two lines are so long
/// that it would take hundreds of megabytes.
pub(crate) fn rouge_l_sum(candidate: &str, reference: &str, words: Words) -> Option<Rouge> {
    let mut symbols = Symbols::new();
    let mut lines =
        |text: &str| -> Vec<Vec<usize>> { text.split('\n').map(|line| symbols.number(tokens(line, words))).collect() };
    let (candidate, reference) = (lines(candidate), lines(reference));
    let mut in_candidate = count(candidate.iter().flatten().copied());
    let mut hits = 0;
    for line in &reference {
        for position in union(line, &candidate)? {
            if let Some(left) = in_candidate.get_mut(&line[position]).filter(|left| **left > 0) {
                *left -= 1;
                hits += 1;
            }
        }
    }
    let total = |lines: &[Vec<usize>]| lines.iter().map(Vec::len).sum();
    Some(Rouge::new(hits, total(&candidate), total(&reference)))
}

/// The positions in a line of its longest common subsequences with each of the others.
fn union(line: &[usize], others: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut positions = Vec::new();
    for other in others {
        positions.extend(lcs::positions(line, other)?);
    }
    positions.sort_unstable();
    positions.dedup();
    Some(positions)
}

fn tokens(text: &str, words: Words) -> Vec<String> {
    let lower = text.to_lowercase();
    let runs = lower.split(|character: char| !character.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
    let token = |run: &str| match words {
        Words::Stemmed if run.len() > 3 => porter::stem(run),
        _ => run.to_owned(),
    };
    runs.map(token).filter(|token| !token.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_ascii_words_in_lower_case() {
        let cases: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("Gate's bar: 0.80 %", &["gate", "s", "bar", "0", "80"]),
            ("naïve CAFÉ", &["na", "ve", "caf"]),
            ("東京 2020", &["2020"]),
            // The Kelvin sign's lower case is the letter.
            ("300 \u{212a}", &["300", "k"]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text, Words::AsWritten), expected, "{text}");
        }
        assert_eq!(tokens("cities was running", Words::Stemmed), ["citi", "was", "run"]);
    }

    #[test]
    fn texts_without_tokens_score_nothing() {
        for (candidate, reference) in [("", ""), ("", "word"), ("word", ""), ("東京", "東京"), ("\n\n", "word")] {
            let rouge = [
                rouge_n(candidate, reference, 1, Words::AsWritten),
                rouge_n(candidate, reference, 2, Words::AsWritten),
                rouge_l(candidate, reference, Words::Stemmed),
                rouge_l_sum(candidate, reference, Words::AsWritten).unwrap(),
            ];
            assert_eq!(rouge, [Rouge::default(); 4], "{candidate:?} {reference:?}");
        }
        // Too short for a pair of words.
        assert_eq!(rouge_n("word", "word", 2, Words::AsWritten), Rouge::default());
    }

    #[test]
    fn repeated_words_count_as_often_as_both_have_them() {
        let rouge = rouge_n("the the the the", "the cat the", 1, Words::AsWritten);
        assert_eq!((rouge.precision, rouge.recall), (0.5, 2.0 / 3.0));
    }

    #[test]
    fn very_long_texts_are_compared_in_linear_memory() {
        let text = (0..20_000).map(|number| format!("w{}", number % 5_000)).collect::<Vec<_>>().join(" ");
        let rouge = rouge_l(&text, &text[text.len() / 2..], Words::AsWritten);
        assert!(rouge.recall > 0.999 && (rouge.precision - 0.5).abs() < 0.01, "{rouge:?}");
        assert_eq!(rouge_l_sum(&text, &text, Words::AsWritten), None);
    }
}
