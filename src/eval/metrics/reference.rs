//! What the metrics that compare the answer with the case's `reference_answer` share.

use super::{Measure, scored};
use crate::eval::{Case, Outcome};

pub(super) fn skip(case: &Case) -> Option<&'static str> {
    let has_text = case.reference_answer.as_ref().is_some_and(|reference| !reference.trim().is_empty());
    (!has_text).then_some("the case has no reference answer")
}

/// A measure of answer and reference, in this order.
pub(super) fn compared(formula: impl Fn(&str, &str) -> f64 + Send + Sync + 'static) -> Measure {
    tried(move |answer, reference| Ok(formula(answer, reference)))
}

/// As [`compared`], for what cannot always be computed.
pub(super) fn tried(formula: impl Fn(&str, &str) -> Result<f64, String> + Send + Sync + 'static) -> Measure {
    Measure::Output(Box::new(move |case, output| {
        let reference = case.reference_answer.as_deref().unwrap_or_default();
        match formula(&output.answer, reference) {
            Ok(value) => scored(value),
            Err(message) => Outcome::Errored { message },
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_without_a_reference_is_skipped() {
        for (reference, is_skipped) in [(None, true), (Some(" \n"), true), (Some("x"), false)] {
            let case = Case { reference_answer: reference.map(str::to_owned), ..Case::default() };
            assert_eq!(skip(&case).is_some(), is_skipped, "{reference:?}");
        }
    }
}
