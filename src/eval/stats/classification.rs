//! How well scores or labels tell two classes apart, and each class of many.

use super::proportion::wilson;
use super::sample::midranks;
use super::{CONFIDENCE, Interval, float};

/// The area under the ROC curve: the chance that a positive case scores above a negative one, ties counting half. `None`
/// unless both classes occur and each case has a score.
pub(crate) fn auroc(positive: &[bool], scores: &[f64]) -> Option<f64> {
    let count = positive.iter().filter(|positive| **positive).count();
    let others = positive.len() - count;
    if count == 0 || others == 0 || positive.len() != scores.len() {
        return None;
    }
    let ranks = midranks(scores).0;
    let sum: f64 = ranks.iter().zip(positive).filter(|(_, positive)| **positive).map(|(rank, _)| rank).sum();
    Some((sum - 0.5 * float(count) * (float(count) + 1.0)) / (float(count) * float(others)))
}

/// Average precision: the precision at each threshold, weighted by the recall that it adds. `None` without a positive case.
pub(crate) fn average_precision(positive: &[bool], scores: &[f64]) -> Option<f64> {
    let count = positive.iter().filter(|positive| **positive).count();
    if count == 0 || positive.len() != scores.len() {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|left, right| scores[*right].total_cmp(&scores[*left]));
    let (mut found, mut seen, mut sum) = (0, 0, 0.0);
    for tied in order.chunk_by(|left, right| scores[*left].total_cmp(&scores[*right]).is_eq()) {
        let added = tied.iter().filter(|place| positive[**place]).count();
        seen += tied.len();
        found += added;
        sum += float(added) * float(found) / float(seen);
    }
    Some(sum / float(count))
}

/// The mean squared distance of probabilities from what happened; 0 best. `None` without cases.
pub(crate) fn brier_score(positive: &[bool], probabilities: &[f64]) -> Option<f64> {
    let squares = positive.iter().zip(probabilities).map(|(positive, p)| (p - f64::from(u8::from(*positive))).powi(2));
    (!positive.is_empty() && positive.len() == probabilities.len())
        .then(|| squares.sum::<f64>() / float(positive.len()))
}

/// Cases by their label and what was predicted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Confusion {
    pub(crate) true_positives: usize,
    pub(crate) false_positives: usize,
    pub(crate) false_negatives: usize,
    pub(crate) true_negatives: usize,
}

impl Confusion {
    /// From pairs of label and prediction, both whether positive.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for pair in pairs {
            let count = match pair {
                (true, true) => &mut counts.true_positives,
                (false, true) => &mut counts.false_positives,
                (true, false) => &mut counts.false_negatives,
                (false, false) => &mut counts.true_negatives,
            };
            *count += 1;
        }
        counts
    }

    fn turned(self) -> Self {
        Self {
            true_positives: self.true_negatives,
            false_positives: self.false_negatives,
            false_negatives: self.false_positives,
            true_negatives: self.true_positives,
        }
    }

    /// The share that was predicted right; `None` without cases.
    pub(crate) fn accuracy(self) -> Option<f64> {
        let right = self.true_positives + self.true_negatives;
        share(right, right + self.false_positives + self.false_negatives)
    }

    /// Of what was predicted positive, the share that is; `None` if nothing was.
    pub(crate) fn precision(self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Of what is positive, the share that was predicted; `None` if nothing is.
    pub(crate) fn recall(self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The harmonic mean of precision and recall; `None` if nothing is positive nor was predicted so.
    pub(crate) fn f1(self) -> Option<f64> {
        let hits = 2 * self.true_positives;
        share(hits, hits + self.false_positives + self.false_negatives)
    }

    /// The mean of both classes' F1.
    pub(crate) fn macro_f1(self) -> Option<f64> {
        Some(0.5 * (self.f1()? + self.turned().f1()?))
    }

    /// The mean of both classes' recall.
    pub(crate) fn balanced_accuracy(self) -> Option<f64> {
        Some(0.5 * (self.recall()? + self.turned().recall()?))
    }

    /// Matthews' correlation of label and prediction, from -1 to 1; `None` if one of them has only one class.
    pub(crate) fn mcc(self) -> Option<f64> {
        let [tp, fp, fn_, tn] =
            [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives].map(float);
        let spread = ((tp + fp) * (tp + fn_) * (tn + fp) * (tn + fn_)).sqrt();
        (spread > 0.0).then(|| (tp * tn - fp * fn_) / spread)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

/// A share with Wilson's interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share {
    pub(crate) value: f64,
    pub(crate) interval: Interval,
    pub(crate) n: usize,
}

impl Share {
    /// `None` of nothing.
    pub(crate) fn new(part: usize, whole: usize) -> Option<Self> {
        Some(Self { value: share(part, whole)?, interval: wilson(part, whole, CONFIDENCE), n: whole })
    }
}

/// How well one class was predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ClassReport {
    pub(crate) confusion: Confusion,
    /// `None` if the class was never predicted.
    pub(crate) precision: Option<Share>,
    /// `None` if no case is of the class.
    pub(crate) recall: Option<Share>,
}

/// One report for each class, from the labels and the predictions of the same cases as places from 0.
pub(crate) fn class_reports(labels: &[usize], predictions: &[usize]) -> Vec<ClassReport> {
    let classes = labels.iter().chain(predictions).max().map_or(0, |last| last + 1);
    let report = |class| {
        let pairs = labels.iter().zip(predictions).map(|(label, prediction)| (*label == class, *prediction == class));
        let confusion = Confusion::new(pairs);
        let hits = confusion.true_positives;
        ClassReport {
            confusion,
            precision: Share::new(hits, hits + confusion.false_positives),
            recall: Share::new(hits, hits + confusion.false_negatives),
        }
    };
    (0..classes).map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_alone_is_not_told_apart() {
        assert_eq!(auroc(&[true, true], &[0.1, 0.2]), None);
        assert_eq!(average_precision(&[false], &[0.1]), None);
        assert_eq!(brier_score(&[], &[]), None);
        assert_eq!(Confusion::new([(false, false)]).mcc(), None);
    }

    #[test]
    fn classes_are_reported_each_with_their_cases() {
        let reports = class_reports(&[0, 0, 1, 2], &[0, 1, 1, 1]);
        let figures =
            |class: &ClassReport| (class.precision.map(|share| share.n), class.recall.map(|share| share.value));
        let figures: Vec<_> = reports.iter().map(figures).collect();
        assert_eq!(figures, [(Some(1), Some(0.5)), (Some(3), Some(1.0)), (None, Some(0.0))]);
        assert!(reports[0].precision.unwrap().interval.low < 0.21);
    }
}
