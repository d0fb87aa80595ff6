//! How near the ranking is to the best possible.

use super::formulas::Gain;
use super::retrieval::{NEEDS, ranked, skip};
use super::{Metric, Scale};

pub(super) const METRIC: Metric = Metric {
    name: "ndcg@k",
    summary: "discounted gain of the first k documents, as a share of the best possible",
    documentation: "    DCG@k / DCG@k of the expected documents in falling order of grade,  DCG@k = sum over i up to k of grade_i / log2(i + 1)

Documents are told apart by id, and expected by id or title; several passages of one document count once, where the first
of them stands. A target retrieves no more than it is set to (`top_k`), so a larger `k` finds nothing more.

An expected document has grade 1, unless the case's field `expected_grades` gives it another, above 0:

    {\"expected_docs\": [\"Pricing\", \"Plans\"], \"expected_grades\": {\"Pricing\": 3}, ...}

0 worst, 1 best; 0 if nothing was retrieved. Skipped for cases without `expected_docs`. Errored if `expected_grades`
is not such an object, or if the target does not say what it retrieved.

Source: Järvelin, Kekäläinen 2002; linear gain as `trec_eval` ndcg_cut.",
    scale: Scale::Share,
    needs: NEEDS,
    options: &[],
    skip,
    build: |options| {
        let k = options.rank();
        Ok(ranked(move |ranking| ranking.ndcg(k, Gain::Linear)))
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::retrieval::example;
    use crate::eval::metrics::scorer::measured;

    #[test]
    fn a_lower_rank_is_worth_less() {
        let cases: [(&[&str], &[&str], f64); 5] = [
            (&["a"], &["a", "x"], 1.0),
            (&["a"], &["x", "a"], 1.0 / 3.0_f64.log2()),
            (&["a"], &["x", "y", "a"], 0.0),
            (&["a", "b", "c"], &["b", "a"], 1.0),
            (&["a"], &[], 0.0),
        ];
        for (expected, retrieved, value) in cases {
            let (case, output) = example(expected, retrieved);
            let found = measured("ndcg@2", &json!({}), &case, &output).value().unwrap();
            assert!((found - value).abs() < 1e-12, "{expected:?} {retrieved:?}: {found}");
        }
    }
}
