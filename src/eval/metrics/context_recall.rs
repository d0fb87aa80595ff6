//! Share of the expected documents among the retrieved.

use super::scorer::of_output;
use super::{Metric, Need, Scale, scored, scored_because, share};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "context_recall",
    summary: "share of the expected documents that were retrieved",
    documentation: "    |expected ∩ retrieved| / |expected|

An expected document is retrieved if one of the passages that the model was given comes from it: its id or its title is
equal to the entry of `expected_docs`. Naming a document twice counts once.

0 worst, 1 best. It says whether the answer could be right at all: what was not retrieved cannot be answered from.

Skipped for cases without `expected_docs`. Errored if the target does not say what it retrieved.

Source: recall as in information retrieval (Manning, Raghavan, Schütze 2008, 8.3), by document id.",
    scale: Scale::Share,
    needs: &[Need::Passages],
    options: &[],
    skip,
    build: |_| Ok(of_output(measure)),
};

fn skip(case: &Case) -> Option<&'static str> {
    case.expected_docs.is_empty().then_some("the case expects no documents")
}

fn measure(case: &Case, output: &Output) -> Outcome {
    let Some(passages) = &output.passages else {
        return Outcome::Errored { message: "the target did not say what it retrieved".to_owned() };
    };
    let found = |name: &&String| passages.iter().any(|passage| passage.document == **name || passage.title == **name);
    let missed: Vec<&str> = case.expected_docs.iter().filter(|name| !found(name)).map(String::as_str).collect();
    let expected = case.expected_docs.len();
    let value = share(expected - missed.len(), expected);
    if missed.is_empty() {
        scored(value)
    } else {
        scored_because(value, format!("not retrieved: {}", missed.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rag::Passage;

    #[test]
    fn the_share_of_expected_documents_is_found_by_id_or_title() {
        let cases: [(&[&str], &[&str], Option<f64>); 5] = [
            (&["A"], &["A"], Some(1.0)),
            (&["A", "B"], &["A", "A"], Some(0.5)),
            (&["A"], &["B"], Some(0.0)),
            (&["title of A"], &["A"], Some(1.0)),
            (&["A"], &[], Some(0.0)),
        ];
        for (expected, retrieved, value) in cases {
            let case = Case { expected_docs: expected.iter().map(ToString::to_string).collect(), ..Case::default() };
            let passage = |id: &&str| Passage {
                document: (*id).to_owned(),
                title: format!("title of {id}"),
                ..Passage::default()
            };
            let output = Output { passages: Some(retrieved.iter().map(passage).collect()), ..Output::default() };
            assert_eq!(measure(&case, &output).value(), value, "{expected:?} {retrieved:?}");
        }
    }

    #[test]
    fn a_case_without_expected_documents_is_skipped() {
        assert_eq!(skip(&Case::default()), Some("the case expects no documents"));
    }

    #[test]
    fn a_target_that_hides_its_passages_is_an_error_not_a_zero() {
        let case = Case { expected_docs: vec!["A".into()], ..Case::default() };
        assert!(matches!(measure(&case, &Output::default()), Outcome::Errored { .. }));
    }
}
