//! Whether a regular expression matches in the answer.

use regex::Regex;

use super::expected_text::VALUE;
use super::{Key, Measure, Metric, Options, Scale, never_skipped, scored, scored_because};

pub(super) const METRIC: Metric = Metric {
    name: "regex",
    summary: "whether a regular expression matches somewhere in the answer",
    documentation: "    1 if the regular expression `value` matches in the answer, else 0

It may match anywhere; `^` and `$` are the ends of the answer. Flags stand at its beginning: `(?i)` ignores case, `(?m)` makes
`^` and `$` the ends of lines, `(?s)` lets `.` match line breaks. Matching takes linear time, so there are no look-around and
no back-references.

0 worst, 1 best. Never skipped. Errored if the case is.

Source: the syntax of the Rust crate regex.",
    scale: Scale::Share,
    needs: &[],
    options: &[Key { help: "the regular expression", ..VALUE }],
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let pattern = options.text(VALUE.name)?.unwrap_or_default();
    let regex = Regex::new(pattern)
        .map_err(|error| format!("the regular expression {pattern} is wrong: {}", last_line(&error)))?;
    Ok(Measure::Output(Box::new(move |_, output| {
        if regex.is_match(&output.answer) { scored(1.0) } else { scored_because(0.0, format!("no match of {regex}")) }
    })))
}

/// The library draws the pattern over several lines; what is wrong stands in the last.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn a_match_anywhere_counts() {
        let cases = [
            (json!({"value": "\\d+ days"}), "30 days", 1.0),
            (json!({"value": "^yes"}), "Yes", 0.0),
            (json!({"value": "(?i)^yes"}), "Yes", 1.0),
            (json!({"value": "(?i)guarantee", "negate": true}), "Guaranteed.", 0.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("regex", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }

    #[test]
    fn a_wrong_expression_is_refused_in_one_line() {
        let table = json!({"type": "regex", "value": "(a"}).as_object().unwrap().clone();
        let error = crate::eval::metrics::Scorer::of_table("x", table).err();
        assert_eq!(error.as_deref(), Some("the regular expression (a is wrong: unclosed group"));
    }
}
