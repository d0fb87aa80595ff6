//! Share of the expected documents among the first k.

use super::retrieval::{NEEDS, ranked, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "recall@k",
    summary: "share of the expected documents among the first k retrieved",
    documentation: "    |expected ∩ first k retrieved| / |expected|

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. A target retrieves no more than it is set to (`top_k`), so a larger `k` finds nothing more. `context_recall`
is the same without a cut-off.

0 worst, 1 best; 0 if nothing was retrieved. Skipped for cases without `expected_docs`. Errored if the target does not say what it retrieved.

Source: `trec_eval` recall; Manning, Raghavan, Schütze 2008, 8.3.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |options| {
        let k = options.rank();
        Ok(ranked(move |ranking| ranking.recall(k)))
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::retrieval::example;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn documents_beyond_the_rank_are_not_found() {
        let cases: [(&[&str], &[&str], f64); 5] = [
            (&["a"], &["x", "a"], 1.0),
            (&["a"], &["x", "y", "a"], 0.0),
            (&["a", "b"], &["a"], 0.5),
            (&["a"], &["x", "x", "a"], 1.0),
            (&["a"], &[], 0.0),
        ];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measured("recall@2", &json!({}), &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{expected:?} {retrieved:?}: {found}");
        }
    }
}
