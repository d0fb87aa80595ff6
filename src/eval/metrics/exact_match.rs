//! Whether the answer is the reference answer.

use super::formulas::exact_match;
use super::reference::{compared, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "exact_match",
    summary: "whether the answer equals the reference answer",
    documentation: "    1 if answer and `reference_answer` are equal in normal form, else 0

The normal form is lower case, without ASCII punctuation, without the English articles a, an and the, with single spaces. It
is for short answers: a name, a number, a date.

0 worst, 1 best; an answer without a word equals no reference that has one. Skipped for cases without `reference_answer`.

Source: the evaluation script of SQuAD (Rajpurkar and others 2016).",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(compared(exact_match)),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn case_punctuation_and_articles_do_not_count() {
        let cases = [
            (json!({}), "The Norman dynasty.", "norman dynasty", 1.0),
            (json!({}), "in 1066", "1066", 0.0),
            (json!({}), "", "1066", 0.0),
            (json!({}), "東京", "東京", 1.0),
        ];
        for (options, answer, reference, value) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("exact_match", &options, &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{answer:?} {reference:?} {options}: {found}");
        }
    }
}
