//! How much of the reference answer's word order the answer has.

use super::formulas::rouge_l;
use super::rouge::{OPTIONS, rouge, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "rouge_l",
    summary: "ROUGE-L: longest common sequence of words of answer and reference answer",
    documentation: "    2 P R / (P + R),  P = LCS / |words of the answer|,  R = LCS / |words of the reference|

Words are runs of the letters a to z and of digits, without regard to case. So ROUGE is for English: a reference in another script
has no words.

0 nothing in common to 1 equal; 0 if the answer has none. Skipped for cases without `reference_answer`, and if it has no
Latin letter or digit.

Source: Lin 2004; computed as by `rouge_score` (`rougeL`, the whole text as one sequence).",
    scale: Scale::Share,
    needs: &[],
    options: OPTIONS,
    skip,
    build: |options| rouge(options, rouge_l),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn a_text_is_worth_what_it_shares() {
        let cases = [
            (json!({}), "the black cat", "the cat", 0.8),
            (json!({}), "cat the", "the cat", 0.5),
            (json!({}), "dog", "the cat", 0.0),
        ];
        for (options, answer, reference, value) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("rouge_l", &options, &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{answer:?} {reference:?} {options}: {found}");
        }
    }
}
