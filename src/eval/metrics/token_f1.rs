//! How many words answer and reference answer share.

use super::formulas::token_f1;
use super::reference::{compared, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "token_f1",
    summary: "share of words that answer and reference answer have in common",
    documentation: "    2 P R / (P + R),  P = |common words| / |words of the answer|,  R = |common words| / |words of the reference|

Words are those between spaces in the normal form of `exact_match`; a word counts as often as both texts have it. In scripts
without spaces a sentence is one word: use `chrf` there.

0 no word in common to 1 the same words. If answer or reference has no words it is 1 if both have none, else 0. Skipped for cases without `reference_answer`.

Source: the evaluation script of SQuAD (Rajpurkar and others 2016).",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(compared(token_f1)),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn words_count_as_often_as_both_have_them() {
        let cases = [
            (json!({}), "in 1066.", "1066", 2.0 / 3.0),
            (json!({}), "an apple a day", "apple, day", 1.0),
            (json!({}), "no no no", "no", 0.5),
            (json!({}), "", "x", 0.0),
        ];
        for (options, answer, reference, value) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("token_f1", &options, &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{answer:?} {reference:?} {options}: {found}");
        }
    }
}
