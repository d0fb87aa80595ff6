//! BLEU: runs of one to four words that a text has in common with its references, as sacreBLEU 2.6.0 computes it with its
//! defaults: `13a` tokens, case kept, exponential smoothing. `lowercase`, other tokenizers and smoothings are left out.
//!
//! Source: Papineni and others 2002; Post 2018, "A call for clarity in reporting BLEU scores".

use std::sync::LazyLock;

use regex::Regex;

use super::{count, float, ratio, words};

const ORDERS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bleu {
    /// 0 nothing in common to 1 equal.
    pub(crate) score: f64,
    /// What the score was multiplied by because the text is shorter than its reference: 0 to 1.
    pub(crate) brevity_penalty: f64,
}

/// BLEU of one text against its references. Runs longer than the text do not count against it ("effective order"). 0
/// without a reference.
pub(crate) fn sentence(candidate: &str, references: &[&str]) -> Bleu {
    Counts::of(candidate, references).bleu(true)
}

/// BLEU of texts, each with its references, as one corpus: counts are summed before anything is divided.
pub(crate) fn corpus<'a>(texts: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> Bleu {
    let mut total = Counts::default();
    for (candidate, references) in texts {
        total.add(&Counts::of(candidate, references));
    }
    total.bleu(false)
}

#[derive(Default)]
struct Counts {
    candidate_words: usize,
    /// Of the reference that is nearest in length.
    reference_words: usize,
    /// For runs of 1 to 4 words: how many the candidate has, and how many of them a reference has too.
    runs: [usize; ORDERS],
    matches: [usize; ORDERS],
}

impl Counts {
    fn of(candidate: &str, references: &[&str]) -> Self {
        let candidate = tokens(candidate);
        let references: Vec<Vec<String>> = references.iter().map(|reference| tokens(reference)).collect();
        let length = candidate.len();
        let nearest = references.iter().map(Vec::len).min_by_key(|other| (other.abs_diff(length), *other));
        let mut counts = Self { candidate_words: length, reference_words: nearest.unwrap_or(0), ..Self::default() };
        for order in 1..=ORDERS {
            let references: Vec<_> = references.iter().map(|reference| count(reference.windows(order))).collect();
            for (run, occurrences) in count(candidate.windows(order)) {
                let most = references.iter().filter_map(|counts| counts.get(run)).max().copied().unwrap_or(0);
                counts.runs[order - 1] += occurrences;
                counts.matches[order - 1] += occurrences.min(most);
            }
        }
        counts
    }

    fn add(&mut self, other: &Self) {
        self.candidate_words += other.candidate_words;
        self.reference_words += other.reference_words;
        for order in 0..ORDERS {
            self.runs[order] += other.runs[order];
            self.matches[order] += other.matches[order];
        }
    }

    fn bleu(&self, effective_order: bool) -> Bleu {
        let brevity_penalty = self.brevity_penalty();
        let precisions = self.precisions();
        let orders = if effective_order { precisions.len() } else { ORDERS };
        // An order without runs has precision 0, and with it the geometric mean.
        if self.matches == [0; ORDERS] || precisions.len() < orders {
            return Bleu { score: 0.0, brevity_penalty };
        }
        let logarithms: f64 = precisions.iter().map(|precision| precision.ln()).sum();
        Bleu { score: brevity_penalty * (logarithms / float(orders)).exp(), brevity_penalty }
    }

    fn brevity_penalty(&self) -> f64 {
        if self.candidate_words >= self.reference_words {
            1.0
        } else if self.candidate_words == 0 {
            0.0
        } else {
            (1.0 - ratio(self.reference_words, self.candidate_words)).exp()
        }
    }

    /// Of each order that the candidate is long enough for. Without a match it is half, a quarter, ... of one match.
    fn precisions(&self) -> Vec<f64> {
        let mut smoothing = 1.0;
        let orders = self.matches.iter().zip(self.runs).take_while(|(_, runs)| *runs > 0);
        let precision = |(matches, runs): (&usize, usize)| {
            if *matches > 0 {
                return ratio(*matches, runs);
            }
            smoothing *= 2.0;
            1.0 / (smoothing * float(runs))
        };
        orders.map(precision).collect()
    }
}

/// The tokens of `mteval-v13a`: punctuation apart from the words, except within numbers.
fn tokens(text: &str) -> Vec<String> {
    let text = text.trim_end_matches(super::is_space).replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let mut text = format!(" {text} ");
    for (pattern, replacement) in RULES.iter() {
        text = pattern.replace_all(&text, *replacement).into_owned();
    }
    words(&text).map(str::to_owned).collect()
}

static RULES: LazyLock<[(Regex, &str); 4]> = LazyLock::new(|| {
    let rule = |pattern, replacement| (Regex::new(pattern).expect("the patterns are constant and tested"), replacement);
    [
        rule(r"([\{-\~\[-\` -\&\(-\+\:-\@/])", " $1 "),
        rule(r"([^0-9])([.,])", "$1 $2 "),
        rule(r"([.,])([^0-9])", " $1 $2"),
        rule(r"([0-9])(-)", "$1 $2 "),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_13a() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("It costs $1,000.50, or so.", &["It", "costs", "$", "1,000.50", ",", "or", "so", "."]),
            ("a well-known 3-fold rule", &["a", "well-known", "3", "-", "fold", "rule"]),
            ("Don't &quot;quote&quot; &amp; run", &["Don't", "\"", "quote", "\"", "&", "run"]),
            ("hyphen-\nated\nline", &["hyphenated", "line"]),
            ("<skipped>x {y}~", &["x", "{", "y", "}", "~"]),
            ("東京。café…", &["東京。café…"]),
            ("one\u{1f}two  ", &["one", "two"]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn empty_texts_and_texts_without_a_common_word_score_nothing() {
        for (candidate, references) in
            [("", &[][..]), ("", &[""]), ("", &["a"]), ("a", &[""]), ("a", &[]), ("a", &["b"])]
        {
            assert_eq!(sentence(candidate, references).score.to_bits(), 0, "{candidate:?} {references:?}");
            assert_eq!(corpus([(candidate, references)]).score.to_bits(), 0, "{candidate:?} {references:?}");
        }
        assert_eq!(corpus([]).score.to_bits(), 0);
    }

    #[test]
    fn a_text_shorter_than_four_words_is_held_to_its_own_length_only_as_a_sentence() {
        assert!((sentence("one two", &["one two"]).score - 1.0).abs() < 1e-12);
        assert_eq!(corpus([("one two", &["one two"][..])]).score.to_bits(), 0);
    }
}
