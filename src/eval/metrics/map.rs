//! How well all expected documents are ranked.

use super::formulas::ALL;
use super::retrieval::{NEEDS, ranked, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "map",
    summary: "average precision over all expected documents",
    documentation: "    sum over the ranks i of expected documents of (expected among the first i) / i, divided by |expected|

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. An
expected document that was not retrieved adds 0. The mean over the cases is the mean average precision.

0 worst, 1 best; 0 if nothing was retrieved. Skipped for cases without `expected_docs`. Errored if the target does not say what it retrieved.

Source: `trec_eval` map; Manning, Raghavan, Schütze 2008, 8.4.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |_| Ok(ranked(|ranking| ranking.average_precision(ALL))),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::retrieval::example;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn missing_documents_count_as_nothing() {
        let cases: [(&[&str], &[&str], f64); 4] = [
            (&["a", "b"], &["a", "x", "b"], 5.0 / 6.0),
            (&["a", "b"], &["a"], 0.5),
            (&["a"], &["a", "x", "y"], 1.0),
            (&["a"], &[], 0.0),
        ];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measured("map", &json!({}), &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{expected:?} {retrieved:?}: {found}");
        }
    }
}
