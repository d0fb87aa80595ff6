//! Whether the answer contains one of some texts.

use super::expected_text::{Comparison, IGNORE_CASE, VALUES, values};
use super::{Measure, Metric, Options, Scale, never_skipped, scored_because};

pub(super) const METRIC: Metric = Metric {
    name: "contains_any",
    summary: "whether the answer contains at least one of some texts",
    documentation: "    1 if the answer holds the characters of any `value` in a row, else 0

With `negate`, whether the answer does without all of them.

0 worst, 1 best. Never skipped. Errored if the case is.

Source: own definition, as other tools have an assertion of this name.",
    scale: Scale::Share,
    needs: &[],
    options: &[VALUES, IGNORE_CASE],
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let (comparison, wanted) = (Comparison::new(options)?, values(options)?);
    Ok(Measure::Output(Box::new(move |_, output| {
        let answer = comparison.form(&output.answer);
        match wanted.iter().find(|text| answer.contains(&comparison.form(text))) {
            Some(found) => scored_because(1.0, format!("in the answer: {found}")),
            None => scored_because(0.0, format!("none of these is in the answer: {}", wanted.join(", "))),
        }
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn one_text_is_enough() {
        let cases = [
            (json!({"value": ["a", "b"]}), "xb", 1.0),
            (json!({"value": ["a", "b"]}), "x", 0.0),
            (json!({"value": ["guarantee", "promise"], "negate": true}), "We promise.", 0.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("contains_any", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }
}
