//! Whether the answer contains a text.

use super::expected_text::{Comparison, IGNORE_CASE, VALUE, value};
use super::{Measure, Metric, Options, Scale, never_skipped, scored, scored_because};

pub(super) const METRIC: Metric = Metric {
    name: "contains",
    summary: "whether the answer contains a text",
    documentation: "    1 if the answer holds the characters of `value` in a row, else 0

With `negate`, whether the answer does without it.

0 worst, 1 best. Never skipped. Errored if the case is.

Source: own definition, as other tools have an assertion of this name.",
    scale: Scale::Share,
    needs: &[],
    options: &[VALUE, IGNORE_CASE],
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let (comparison, wanted) = (Comparison::new(options)?, value(options)?);
    Ok(Measure::Output(Box::new(move |_, output| {
        if comparison.form(&output.answer).contains(&comparison.form(&wanted)) {
            scored(1.0)
        } else {
            scored_because(0.0, format!("not in the answer: {wanted}"))
        }
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn a_text_is_found_as_written_unless_case_is_ignored() {
        let cases = [
            (json!({"value": "30 days"}), "Within 30 days.", 1.0),
            (json!({"value": "30 Days"}), "Within 30 days.", 0.0),
            (json!({"value": "30 Days", "ignore_case": true}), "Within ３０ days.", 1.0),
            (json!({"value": "sorry", "negate": true}), "Within 30 days.", 1.0),
            (json!({"value": "x"}), "", 0.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("contains", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }
}
