//! How many words answer and reference answer share, as ROUGE counts them.

use super::formulas::rouge_n;
use super::rouge::{OPTIONS, rouge, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "rouge_1",
    summary: "ROUGE-1: words that answer and reference answer have in common",
    documentation: "    2 P R / (P + R),  P = |common words| / |words of the answer|,  R = |common words| / |words of the reference|

Words are runs of the letters a to z and of digits, without regard to case. So ROUGE is for English: a reference in another script
has no words.

0 nothing in common to 1 equal; 0 if the answer has none. Skipped for cases without `reference_answer`, and if it has no
Latin letter or digit.

Source: Lin 2004; computed as by `rouge_score`.",
    scale: Scale::Share,
    needs: &[],
    options: OPTIONS,
    skip,
    build: |options| rouge(options, |answer, reference, words| rouge_n(answer, reference, 1, words)),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn a_text_is_worth_what_it_shares() {
        let cases = [
            (json!({}), "the cat sat", "the cat", 0.8),
            (json!({"measure": "recall"}), "the cat sat", "the cat", 1.0),
            (json!({"measure": "precision"}), "the cat sat", "the cat", 2.0 / 3.0),
            (json!({"stem": true}), "running cities", "run city", 1.0),
            (json!({}), "", "cat", 0.0),
        ];
        for (options, answer, reference, value) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("rouge_1", &options, &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{answer:?} {reference:?} {options}: {found}");
        }
    }
}
