//! Whether the answer begins with a text.

use super::expected_text::{Comparison, IGNORE_CASE, VALUE, value};
use super::{Measure, Metric, Options, Scale, never_skipped, scored, scored_because};

pub(super) const METRIC: Metric = Metric {
    name: "starts_with",
    summary: "whether the answer begins with a text",
    documentation: "    1 if the answer, without white space before it, begins with `value`, else 0

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
        if comparison.form(output.answer.trim_start()).starts_with(&comparison.form(&wanted)) {
            scored(1.0)
        } else {
            scored_because(0.0, format!("the answer does not begin with: {wanted}"))
        }
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn white_space_before_the_answer_does_not_count() {
        let cases = [
            (json!({"value": "Yes"}), " \nYes, it does.", 1.0),
            (json!({"value": "Yes"}), "yes", 0.0),
            (json!({"value": "Yes", "ignore_case": true}), "YES", 1.0),
            (json!({"value": "Yes"}), "Well, Yes", 0.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("starts_with", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }
}
