//! Whether the answer contains every one of some texts.

use super::expected_text::{Comparison, IGNORE_CASE, VALUES, values};
use super::{Measure, Metric, Options, Scale, never_skipped, scored, scored_because};

pub(super) const METRIC: Metric = Metric {
    name: "contains_all",
    summary: "whether the answer contains every one of some texts",
    documentation: "    1 if the answer holds the characters of each `value` in a row, else 0

`answer_relevancy` gives the share of keywords instead.

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
        let is_missing = |text: &&String| !answer.contains(&comparison.form(text));
        let missing: Vec<&str> = wanted.iter().filter(is_missing).map(String::as_str).collect();
        if missing.is_empty() {
            scored(1.0)
        } else {
            scored_because(0.0, format!("not in the answer: {}", missing.join(", ")))
        }
    })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn every_text_must_be_there() {
        let cases = [
            (json!({"value": ["a", "b"]}), "b a", 1.0),
            (json!({"value": ["a", "b"]}), "a", 0.0),
            (json!({"value": "a"}), "a", 1.0),
            (json!({"value": ["A", "b"], "ignore_case": true}), "aB", 1.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("contains_all", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }
}
