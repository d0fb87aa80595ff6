//! How many runs of words answer and reference answer share.

use super::formulas::sentence_bleu;
use super::reference::{compared, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "bleu",
    summary: "BLEU: runs of up to four words that answer and reference answer have in common",
    documentation: "    BP · exp(mean over n = 1..4 of ln p_n),  BP = min(1, exp(1 - |reference| / |answer|))

p_n is the share of the answer's runs of n words that the reference has too. Words are those of the tokenizer `13a`, with
case. An order without a match counts as 1/2, 1/4, ... of one; orders longer than the answer are left out. Divide what other
programs print by 100. Of a single short answer BLEU is rough: prefer `chrf`.

0 no word in common to 1 equal; 0 for an empty answer. Skipped for cases without `reference_answer`.

Source: Papineni and others 2002; computed as sacreBLEU's sentence BLEU (Post 2018).",
    scale: Scale::Share,
    needs: &[],
    options: &[],
    skip,
    build: |_| Ok(compared(|answer, reference| sentence_bleu(answer, &[reference]).score)),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn the_score_is_from_0_to_1() {
        let cases = [
            (json!({}), "The cat sat on the mat.", "The cat sat on the mat.", 1.0),
            (json!({}), "cat", "cat", 1.0),
            (json!({}), "dog", "cat", 0.0),
            (json!({}), "", "cat", 0.0),
        ];
        for (options, answer, reference, value) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("bleu", &options, &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{answer:?} {reference:?} {options}: {found}");
        }
    }
}
