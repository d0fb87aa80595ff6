//! How high the first expected document is ranked.

use super::formulas::ALL;
use super::retrieval::{NEEDS, ranked, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "mrr",
    summary: "1 / rank of the first expected document",
    documentation: "    1 / rank of the first retrieved document that is expected; 0 if none is

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. The mean over the cases is the mean reciprocal rank.

0 worst, 1 best; 0 if nothing was retrieved. Skipped for cases without `expected_docs`. Errored if the target does not say what it retrieved.

Source: `trec_eval` recip_rank; Voorhees 1999.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |_| Ok(ranked(|ranking| ranking.reciprocal_rank(ALL))),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::retrieval::example;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn the_first_expected_document_counts() {
        let cases: [(&[&str], &[&str], f64); 5] = [
            (&["a", "b"], &["x", "b", "a"], 0.5),
            (&["a"], &["a"], 1.0),
            (&["a"], &["x", "x", "x", "a"], 0.5),
            (&["a"], &["x"], 0.0),
            (&["a"], &[], 0.0),
        ];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measured("mrr", &json!({}), &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{expected:?} {retrieved:?}: {found}");
        }
    }
}
