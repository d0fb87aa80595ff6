//! How well the expected documents are ranked among those that were retrieved.

use super::retrieval::{NEEDS, explained, ranking, skip};
use super::scorer::of_output;
use super::{Metric, Scale, not_applicable};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "context_precision",
    summary: "whether expected documents are ranked above the others",
    documentation: "\
    sum over the ranks i of expected documents of (expected among the first i) / i, divided by |expected ∩ retrieved|

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. It says nothing of expected documents that were not retrieved: `context_recall` does, and `map` puts both
into one number.

0 worst, 1 best: every expected document that was retrieved stands above every other. 0 if none was retrieved.

Skipped for cases without `expected_docs`. Not applicable if nothing at all was retrieved. Errored if the target does
not say what it retrieved.

Source: context precision of Ragas (Es and others 2023), with the documents that the case expects instead of a judge's
verdicts.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |_| Ok(of_output(measure)),
};

fn measure(case: &Case, output: &Output) -> Outcome {
    match ranking(case, output) {
        Ok(ranking) if ranking.is_empty() => not_applicable("nothing was retrieved"),
        Ok(ranking) => explained(ranking.retrieved_average_precision(), &ranking),
        Err(message) => Outcome::Errored { message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metrics::retrieval::example;

    #[test]
    fn only_the_order_of_what_was_retrieved_counts() {
        let cases: [(&[&str], &[&str], Option<f64>); 6] = [
            (&["a", "b"], &["a"], Some(1.0)),
            (&["a"], &["x", "a"], Some(0.5)),
            (&["a", "b"], &["a", "x", "b"], Some(5.0 / 6.0)),
            (&["a"], &["a", "a", "a"], Some(1.0)),
            (&["a"], &["x"], Some(0.0)),
            (&["a"], &[], None),
        ];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measure(&case, &output).value();
            let is_near = found.zip(value).map(|(found, value)| (found - value).abs() < 1e-12);
            assert!(is_near.unwrap_or(found == value), "{expected:?} {retrieved:?}: {found:?}");
        }
        let (case, output) = example(&["a"], &[]);
        assert!(matches!(measure(&case, &output), Outcome::NotApplicable { .. }));
        assert!(matches!(measure(&case, &Output::default()), Outcome::Errored { .. }));
    }
}
