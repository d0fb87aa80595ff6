//! How many pairs of words answer and reference answer share.

use super::formulas::rouge_n;
use super::rouge::{OPTIONS, rouge, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "rouge_2",
    summary: "ROUGE-2: pairs of words that answer and reference answer have in common",
    documentation: "    2 P R / (P + R),  P = |common pairs| / |pairs of the answer|,  R = |common pairs| / |pairs of the reference|

Words are runs of the letters a to z and of digits, without regard to case. So ROUGE is for English: a reference in another script
has no words.

0 nothing in common to 1 equal; 0 if the answer has none. Skipped for cases without `reference_answer`, and if it has no
Latin letter or digit.

Source: Lin 2004; computed as by `rouge_score`.",
    scale: Scale::Share,
    needs: &[],
    options: OPTIONS,
    skip,
    build: |options| rouge(options, |answer, reference, words| rouge_n(answer, reference, 2, words)),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn a_text_is_worth_what_it_shares() {
        let cases = [
            (json!({}), "the cat sat", "the cat", 2.0 / 3.0),
            (json!({}), "cat the", "the cat", 0.0),
            (json!({}), "cat", "cat", 0.0),
        ];
        for (options, answer, reference, value) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("rouge_2", &options, &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{answer:?} {reference:?} {options}: {found}");
        }
    }
}
