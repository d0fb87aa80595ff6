//! Whether the answer has at most so many words.

use super::limit::{LIMIT, length, limit, within};
use super::{Measure, Metric, Options, Scale, never_skipped};
use crate::text::word_count;

pub(super) const METRIC: Metric = Metric {
    name: "max_words",
    summary: "whether the answer has at most so many words",
    documentation: "    1 if the answer has at most `value` words, else 0

Words stand between white space. In scripts without spaces, such as Chinese and Japanese, a character counts as half a word.

0 worst, 1 best. Never skipped. Errored if the case is.

Source: own definition of a word.",
    scale: Scale::Share,
    needs: &[],
    options: LIMIT,
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let limit = limit(options)?;
    Ok(Measure::Output(Box::new(move |_, output| within(length(word_count(&output.answer)), limit, "words"))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    #[test]
    fn words_are_counted_in_every_script() {
        let cases = [
            (json!({"value": 2}), "two words", 1.0),
            (json!({"value": 2}), "three whole words", 0.0),
            (json!({"value": 2}), "東京都庁", 1.0),
            (json!({"value": 1}), "", 1.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("max_words", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer:?} {options}");
        }
    }
}
