//! How many runs of characters answer and reference answer share.

use super::formulas::{CHRF, Chrf};
use super::reference::{compared, skip};
use super::{Key, Measure, Metric, Options, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "chrf",
    summary: "chrF: runs of characters that answer and reference answer have in common",
    documentation: "    5 P R / (4 P + R),  P and R: means of precision and recall over runs of 1 to 6 characters

White space does not count, case does. It needs no words, so it works in every script, and forgives inflection. Divide what
other programs print by 100.

0 no character in common to 1 equal; 0 for an empty answer. Skipped for cases without `reference_answer`.

Source: Popović 2015 and 2017 (chrF++); computed as by sacreBLEU.",
    scale: Scale::Share,
    needs: &[],
    options: &[Key {
        name: "words",
        help: "true compares runs of one and two words too, as chrF++ does (default false)",
        required: false,
    }],
    skip,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let word_order = if options.flag("words")?.unwrap_or(false) { 2 } else { 0 };
    let chrf = Chrf { word_order, ..CHRF };
    Ok(compared(move |answer, reference| chrf.sentence(answer, &[reference])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn white_space_counts_only_between_words() {
        let cases = [
            (false, "東京 都", "東京都", Some(1.0)),
            (true, "東京都", "東京都", Some(1.0)),
            (true, "東京 都", "東京都", None),
            (false, "x", "y", Some(0.0)),
            (false, "", "y", Some(0.0)),
        ];
        for (words, answer, reference, expected) in cases {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let found = measured("chrf", &json!({ "words": words }), &case, &output).value().unwrap();
            let expected = expected.unwrap_or(found.clamp(0.1, 0.9));
            assert!((found - expected).abs() < 1e-12, "{answer:?} {reference:?}: {found}");
        }
    }
}
