//! What the ROUGE metrics share: their options, and which references they can be measured against.

use super::formulas::{Rouge, Words};
use super::reference::{self, compared};
use super::{Key, Measure, Options};
use crate::eval::Case;

pub(super) const OPTIONS: &[Key] = &[
    Key { name: "stem", help: "true compares words by their English stems (default false)", required: false },
    Key { name: "measure", help: "\"f1\" (default), \"precision\" or \"recall\"", required: false },
];

pub(super) fn skip(case: &Case) -> Option<&'static str> {
    let has_words = |text: &String| text.chars().any(|character| character.is_ascii_alphanumeric());
    reference::skip(case).or_else(|| {
        let has_words = case.reference_answer.as_ref().is_some_and(has_words);
        (!has_words).then_some("the reference answer has no Latin letter or digit")
    })
}

pub(super) fn rouge(options: &Options, formula: fn(&str, &str, Words) -> Rouge) -> Result<Measure, String> {
    let words = if options.flag("stem")?.unwrap_or(false) { Words::Stemmed } else { Words::AsWritten };
    let part: fn(&Rouge) -> f64 = match options.text("measure")? {
        None | Some("f1") => |rouge| rouge.f1,
        Some("precision") => |rouge| rouge.precision,
        Some("recall") => |rouge| rouge.recall,
        Some(other) => return Err(format!("measure is \"{other}\", but must be \"f1\", \"precision\" or \"recall\"")),
    };
    Ok(compared(move |answer, reference| part(&formula(answer, reference, words))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::metrics::Scorer;

    #[test]
    fn a_reference_without_words_is_skipped() {
        for (reference, is_skipped) in [("", true), ("東京", true), ("東京 2020", false), ("cat", false)] {
            let case = Case { reference_answer: Some(reference.to_owned()), ..Case::default() };
            assert_eq!(skip(&case).is_some(), is_skipped, "{reference:?}");
        }
    }

    #[test]
    fn an_unknown_measure_is_refused() {
        let table = json!({"type": "rouge_1", "measure": "f2"}).as_object().unwrap().clone();
        let message = "measure is \"f2\", but must be \"f1\", \"precision\" or \"recall\"";
        assert_eq!(Scorer::of_table("rouge_1", table).err().as_deref(), Some(message));
    }
}
