//! Share of expected documents among the first k.

use super::retrieval::{NEEDS, ranked, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "precision@k",
    summary: "share of the first k retrieved documents that are expected",
    documentation: "    |expected ∩ first k retrieved| / k

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. A target retrieves no more than it is set to (`top_k`), so a larger `k` finds nothing more. It is divided by `k`
however few documents were retrieved or are expected: with one expected document, 1 / k is the best that can be.

0 worst, 1 best; 0 if nothing was retrieved. Skipped for cases without `expected_docs`. Errored if the target does not say what it retrieved.

Source: `trec_eval` P; Manning, Raghavan, Schütze 2008, 8.4.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |options| {
        let k = options.rank();
        Ok(ranked(move |ranking| ranking.precision(k)))
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::retrieval::example;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn the_divisor_is_k() {
        let cases: [(&[&str], &[&str], f64); 5] = [
            (&["a"], &["a", "x"], 0.5),
            (&["a", "b"], &["a", "b"], 1.0),
            (&["a"], &["a"], 0.5),
            (&["a", "b"], &["a", "a", "b"], 1.0),
            (&["a"], &[], 0.0),
        ];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measured("precision@2", &json!({}), &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{expected:?} {retrieved:?}: {found}");
        }
    }
}
