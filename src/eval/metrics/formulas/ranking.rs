//! What a ranked list of documents is worth, by the grades of the documents: recall, precision, reciprocal rank, average
//! precision and discounted gain, as `trec_eval` computes them.

use std::collections::{HashMap, HashSet};

use super::{float, ratio};

/// For measures without a cut-off.
pub(crate) const ALL: usize = usize::MAX;

/// One query's retrieved documents as grades. A grade above 0 is relevant; a document without a grade is not.
///
/// A document that occurs several times counts where it occurs first; later occurrences take no rank.
pub(crate) struct Ranking {
    /// Of the retrieved documents, best first; 0 where not relevant.
    retrieved: Vec<f64>,
    /// Of all relevant documents, highest first.
    relevant: Vec<f64>,
}

impl Ranking {
    /// `documents` best first; `grades` of every judged document.
    pub(crate) fn new<'a>(documents: impl IntoIterator<Item = &'a str>, grades: &HashMap<&str, f64>) -> Self {
        let mut seen = HashSet::new();
        let grade = |document: &str| grades.get(document).map_or(0.0, |grade| grade.max(0.0));
        let distinct = documents.into_iter().filter(|document| seen.insert(*document));
        let retrieved = distinct.map(grade).collect();
        let mut relevant: Vec<f64> = grades.values().copied().filter(|grade| *grade > 0.0).collect();
        relevant.sort_by(|left, right| right.total_cmp(left));
        Self { retrieved, relevant }
    }

    /// As [`Ranking::new`] of documents with scores: higher first, and equal scores by document, the last in byte order
    /// first, as `trec_eval` breaks ties. It keeps scores in single precision, so what is equal there is a tie.
    pub(crate) fn of_scores(scores: &HashMap<&str, f64>, grades: &HashMap<&str, f64>) -> Self {
        let mut order: Vec<(f32, &str)> = scores.iter().map(|(document, score)| (single(*score), *document)).collect();
        order.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| right.1.cmp(left.1)));
        Self::new(order.into_iter().map(|(_, document)| document), grades)
    }

    /// How many distinct documents were retrieved.
    pub(crate) fn len(&self) -> usize {
        self.retrieved.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.retrieved.is_empty()
    }

    /// The ranks of the relevant documents, from 1.
    pub(crate) fn ranks(&self) -> Vec<usize> {
        let retrieved = self.retrieved.iter().enumerate();
        retrieved.filter(|(_, grade)| **grade > 0.0).map(|(index, _)| index + 1).collect()
    }

    /// Share of the relevant documents among the first `k`, 0 to 1; 0 if none is relevant.
    pub(crate) fn recall(&self, k: usize) -> f64 {
        ratio(self.hits(k), self.relevant.len())
    }

    /// Relevant documents among the first `k`, divided by `k` however few were retrieved; 0 to 1.
    pub(crate) fn precision(&self, k: usize) -> f64 {
        ratio(self.hits(k), k)
    }

    /// Precision at the number of relevant documents, where it equals recall; 0 if none is relevant.
    pub(crate) fn r_precision(&self) -> f64 {
        self.precision(self.relevant.len())
    }

    /// 1 if a relevant document is among the first `k`, else 0.
    pub(crate) fn hit(&self, k: usize) -> f64 {
        if self.hits(k) > 0 { 1.0 } else { 0.0 }
    }

    /// 1 / rank of the first relevant document among the first `k`; 0 without one.
    pub(crate) fn reciprocal_rank(&self, k: usize) -> f64 {
        let first = self.retrieved.iter().take(k).position(|grade| *grade > 0.0);
        first.map_or(0.0, |index| 1.0 / float(index + 1))
    }

    /// Precision at the rank of each relevant document among the first `k`, summed and divided by the number of all
    /// relevant documents; 0 to 1, 0 if none is relevant.
    pub(crate) fn average_precision(&self, k: usize) -> f64 {
        if self.relevant.is_empty() { 0.0 } else { self.summed_precision(k) / float(self.relevant.len()) }
    }

    /// As [`Ranking::average_precision`], but divided by the number of *retrieved* relevant documents, so that it tells how
    /// well these are ranked and nothing of what is missing. 0 if none is retrieved.
    pub(crate) fn retrieved_average_precision(&self) -> f64 {
        let hits = self.hits(ALL);
        if hits == 0 { 0.0 } else { self.summed_precision(ALL) / float(hits) }
    }

    /// Discounted gain of the first `k` documents as a share of the best possible; 0 to 1, 0 if none is relevant.
    ///
    /// Source: Järvelin, Kekäläinen 2002, with the discount log2(rank + 1) at every rank.
    pub(crate) fn ndcg(&self, k: usize, gain: Gain) -> f64 {
        let discounted = |grades: &[f64]| -> f64 {
            let gains = grades.iter().take(k).enumerate();
            gains.map(|(index, grade)| gain.of(*grade) / float(index + 2).log2()).sum()
        };
        let ideal = discounted(&self.relevant);
        if ideal > 0.0 { discounted(&self.retrieved) / ideal } else { 0.0 }
    }

    fn hits(&self, k: usize) -> usize {
        self.retrieved.iter().take(k).filter(|grade| **grade > 0.0).count()
    }

    fn summed_precision(&self, k: usize) -> f64 {
        let mut hits = 0;
        let mut sum = 0.0;
        for (index, grade) in self.retrieved.iter().take(k).enumerate() {
            if *grade > 0.0 {
                hits += 1;
                sum += ratio(hits, index + 1);
            }
        }
        sum
    }
}

/// What a grade is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gain {
    /// The grade, as `trec_eval`.
    Linear,
    /// 2^grade - 1 (Burges and others 2005): high grades dominate.
    Exponential,
}

impl Gain {
    fn of(self, grade: f64) -> f64 {
        match self {
            Self::Linear => grade,
            Self::Exponential => grade.exp2() - 1.0,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the precision in which trec_eval compares scores")]
fn single(score: f64) -> f32 {
    // The sum makes -0 equal to 0.
    score as f32 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(documents: &[&str], grades: &[(&str, f64)]) -> Ranking {
        Ranking::new(documents.iter().copied(), &grades.iter().copied().collect())
    }

    #[track_caller]
    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    }

    #[test]
    fn nothing_retrieved_and_nothing_relevant_is_worth_nothing() {
        let grades: &[&[(&str, f64)]] = &[&[], &[("a", 0.0)], &[("a", -1.0)]];
        for (documents, grades) in
            [(&[][..], &[("a", 1.0)][..])].into_iter().chain(grades.iter().map(|grades| (&["a", "b"][..], *grades)))
        {
            let ranking = ranking(documents, grades);
            let values = [
                ranking.recall(5),
                ranking.precision(5),
                ranking.r_precision(),
                ranking.hit(5),
                ranking.reciprocal_rank(ALL),
                ranking.average_precision(ALL),
                ranking.retrieved_average_precision(),
                ranking.ndcg(5, Gain::Linear),
                ranking.ndcg(5, Gain::Exponential),
            ];
            assert!(values.iter().all(|value| *value == 0.0), "{documents:?} {grades:?}");
        }
    }

    #[test]
    fn precision_divides_by_k_even_beyond_the_list() {
        let ranking = ranking(&["a", "b"], &[("a", 1.0), ("c", 1.0)]);
        assert_near(ranking.precision(10), 0.1);
        assert_near(ranking.recall(10), 0.5);
        assert_near(ranking.precision(0), 0.0);
    }

    #[test]
    fn a_document_counts_where_it_occurs_first_and_takes_one_rank() {
        let grades = [("a", 1.0), ("b", 1.0)];
        let doubled = ranking(&["x", "x", "a", "a", "b"], &grades);
        let distinct = ranking(&["x", "a", "b"], &grades);
        assert_near(doubled.average_precision(ALL), distinct.average_precision(ALL));
        assert_near(doubled.reciprocal_rank(ALL), 0.5);
        assert_near(doubled.recall(3), 1.0);
        let only = ranking(&["a", "a", "a"], &grades);
        assert_near(only.recall(3), 0.5);
        assert_near(only.precision(3), 1.0 / 3.0);
        assert_near(only.ndcg(3, Gain::Linear), 1.0 / (1.0 + 1.0 / 3.0_f64.log2()));
    }

    #[test]
    fn average_precision_of_the_retrieved_says_nothing_of_the_missing() {
        let ranking = ranking(&["a", "x", "b"], &[("a", 1.0), ("b", 1.0), ("c", 1.0)]);
        let sum = 1.0 + 2.0 / 3.0;
        assert_near(ranking.retrieved_average_precision(), sum / 2.0);
        assert_near(ranking.average_precision(ALL), sum / 3.0);
        assert_near(ranking.average_precision(2), 1.0 / 3.0);
    }

    #[test]
    fn equal_scores_are_ordered_by_document_descending() {
        let grades = [("a", 1.0)].into();
        let reciprocal_rank = |scores: &[(&str, f64)]| {
            let scores: HashMap<&str, f64> = scores.iter().copied().collect();
            Ranking::of_scores(&scores, &grades).reciprocal_rank(ALL)
        };
        assert_near(reciprocal_rank(&[("a", 1.0), ("b", 1.0), ("c", 0.5)]), 0.5);
        assert_near(reciprocal_rank(&[("a", 1.5), ("b", 1.0)]), 1.0);
        assert_near(reciprocal_rank(&[("a", 0.0), ("b", -0.0)]), 0.5);
        // Equal in single precision.
        assert_near(reciprocal_rank(&[("a", 1.000_000_001), ("b", 1.0)]), 0.5);
    }
}
