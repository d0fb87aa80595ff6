//! chrF and chrF++: runs of characters (and of words) that a text has in common with its reference, as sacreBLEU 2.6.0
//! computes them: case kept, white space left out, orders that either text is too short for left out.
//!
//! Source: Popović 2015 (chrF), 2017 (chrF++).

use super::{common, count, float, ratio, words};

/// Which runs count, and what recall weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Chrf {
    /// The longest run of characters.
    pub(crate) character_order: usize,
    /// The longest run of words; 0 leaves words out.
    pub(crate) word_order: usize,
    /// Recall weighs beta² times as much as precision.
    pub(crate) beta: f64,
}

/// The usual chrF.
pub(crate) const CHRF: Chrf = Chrf { character_order: 6, word_order: 0, beta: 2.0 };

/// For one order: runs of the candidate, of the reference, and of both.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    candidate: usize,
    reference: usize,
    both: usize,
}

impl Chrf {
    /// Of one text, against the reference that it is nearest to: 0 nothing in common to 1 equal. 0 without a reference.
    pub(crate) fn sentence(&self, candidate: &str, references: &[&str]) -> f64 {
        self.score(&self.best_counts(candidate, references))
    }

    /// Of texts, each with its references, as one corpus: counts are summed before anything is divided.
    pub(crate) fn corpus<'a>(&self, texts: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> f64 {
        let mut total = self.no_counts();
        for (candidate, references) in texts {
            for (sum, counts) in total.iter_mut().zip(self.best_counts(candidate, references)) {
                sum.candidate += counts.candidate;
                sum.reference += counts.reference;
                sum.both += counts.both;
            }
        }
        self.score(&total)
    }

    fn no_counts(&self) -> Vec<Counts> {
        vec![Counts::default(); self.character_order + self.word_order]
    }

    /// Against the first of the references with the highest score.
    fn best_counts(&self, candidate: &str, references: &[&str]) -> Vec<Counts> {
        let mut best = (-1.0, self.no_counts());
        for reference in references {
            let counts = self.counts(candidate, reference);
            let score = self.score(&counts);
            if score > best.0 {
                best = (score, counts);
            }
        }
        best.1
    }

    fn counts(&self, candidate: &str, reference: &str) -> Vec<Counts> {
        let characters = |text: &str| -> Vec<char> { words(text).flat_map(str::chars).collect() };
        let mut counts = of_runs(&characters(candidate), &characters(reference), self.character_order);
        counts.extend(of_runs(&word_tokens(candidate), &word_tokens(reference), self.word_order));
        counts
    }

    /// F-beta of the means of precision and recall over the orders that both texts are long enough for.
    fn score(&self, counts: &[Counts]) -> f64 {
        let measured: Vec<&Counts> =
            counts.iter().filter(|counts| counts.candidate > 0 && counts.reference > 0).collect();
        let mean = |share: fn(&Counts) -> f64| {
            let sum: f64 = measured.iter().map(|counts| share(counts)).sum();
            sum / float(measured.len().max(1))
        };
        let precision = mean(|counts| ratio(counts.both, counts.candidate));
        let recall = mean(|counts| ratio(counts.both, counts.reference));
        let weight = self.beta * self.beta;
        let weighed = weight * precision + recall;
        if weighed > 0.0 { (1.0 + weight) * precision * recall / weighed } else { 0.0 }
    }
}

/// For runs of 1 to `longest` items.
fn of_runs<T: std::hash::Hash + Eq>(candidate: &[T], reference: &[T], longest: usize) -> Vec<Counts> {
    let of_order = |order| {
        let (candidate, reference) = (count(candidate.windows(order)), count(reference.windows(order)));
        // Without a run in the reference, the candidate's do not count against it.
        let wrong_or_right = if reference.is_empty() { 0 } else { candidate.values().sum() };
        let both = common(&candidate, &reference);
        Counts { candidate: wrong_or_right, reference: reference.values().sum(), both }
    };
    (1..=longest).map(of_order).collect()
}

/// Words, with one character of ASCII punctuation cut off at the end or else at the beginning.
fn word_tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for word in words(text) {
        let is_long = word.chars().nth(1).is_some();
        if is_long && word.ends_with(|last: char| last.is_ascii_punctuation()) {
            let (rest, mark) = word.split_at(word.len() - 1);
            tokens.extend([rest, mark]);
        } else if is_long && word.starts_with(|first: char| first.is_ascii_punctuation()) {
            let (mark, rest) = word.split_at(1);
            tokens.extend([mark, rest]);
        } else {
            tokens.push(word);
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_one_mark_at_the_end_or_at_the_beginning() {
        assert_eq!(word_tokens("(hi) \"so ! é. end..."), ["(hi", ")", "\"", "so", "!", "é", ".", "end..", "."]);
    }

    #[test]
    fn texts_score_from_nothing_in_common_to_equal() {
        let cases: [(&str, &[&str], f64); 8] = [
            ("", &[], 0.0),
            ("", &[""], 0.0),
            ("a", &[""], 0.0),
            ("", &["a"], 0.0),
            ("abc", &["xyz"], 0.0),
            ("a", &["a"], 1.0),
            ("東京 都", &["東 京都"], 1.0),
            ("a good answer", &["none", "a good answer"], 1.0),
        ];
        for (candidate, references, expected) in cases {
            let value = CHRF.sentence(candidate, references);
            assert!((value - expected).abs() < 1e-12, "{candidate:?} {references:?}: {value}");
        }
    }
}
