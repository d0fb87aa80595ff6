//! Whether any expected document is among the first k.

use super::retrieval::{NEEDS, ranked, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "hit_rate@k",
    summary: "whether an expected document is among the first k retrieved",
    documentation: "    1 if one of the first k retrieved documents is expected, else 0

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. A target retrieves no more than it is set to (`top_k`), so a larger `k` finds nothing more.

0 worst, 1 best; 0 if nothing was retrieved. Skipped for cases without `expected_docs`. Errored if the target does not say what it retrieved.

Source: `trec_eval` success.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |options| {
        let k = options.rank();
        Ok(ranked(move |ranking| ranking.hit(k)))
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::retrieval::example;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn one_expected_document_is_enough() {
        let cases: [(&[&str], &[&str], f64); 3] =
            [(&["a", "b"], &["x", "b"], 1.0), (&["a"], &["x", "y", "a"], 0.0), (&["a"], &[], 0.0)];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measured("hit_rate@2", &json!({}), &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{expected:?} {retrieved:?}: {found}");
        }
    }
}
