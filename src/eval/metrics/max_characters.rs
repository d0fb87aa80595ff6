//! Whether the answer has at most so many characters.

use super::limit::{LIMIT, length, limit, within};
use super::{Measure, Metric, Options, Scale, never_skipped};

pub(super) const METRIC: Metric = Metric {
    name: "max_characters",
    summary: "whether the answer has at most so many characters",
    documentation: "    1 if the answer has at most `value` characters, else 0

Characters are Unicode code points, white space included.

0 worst, 1 best. Never skipped. Errored if the case is.

Source: Unicode code points (Unicode Standard, 2.4).",
    scale: Scale::Share,
    needs: &[],
    options: LIMIT,
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let limit = limit(options)?;
    Ok(Measure::Output(Box::new(move |_, output| within(length(output.answer.chars().count()), limit, "characters"))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn characters_are_code_points() {
        let cases =
            [(json!({"value": 2}), "東京", 1.0), (json!({"value": 2}), "a b", 0.0), (json!({"value": 1}), "", 1.0)];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("max_characters", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }
}
