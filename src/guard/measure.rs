//! The validator against a labelled corpus: what it finds and what it takes for an attack wrongly.

use std::collections::BTreeMap;

use super::corpus::Row;
use super::input::Assessment;
use crate::eval::stats::{Confusion, Share, auroc};

/// What the validator said of a row.
pub(crate) struct Judged<'a> {
    pub(crate) row: &'a Row,
    pub(crate) assessment: Assessment,
    /// Flagged or blocked.
    pub(crate) is_found: bool,
}

/// How well a corpus was judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measures {
    pub(crate) attacks: usize,
    pub(crate) benign: usize,
    pub(crate) recall: Option<Share>,
    pub(crate) false_positive_rate: Option<Share>,
    /// `None` if nothing was found.
    pub(crate) precision: Option<Share>,
    pub(crate) f1: Option<f64>,
    /// The chance that an attack scores above a harmless text.
    pub(crate) auroc: Option<f64>,
    /// The recall at the threshold that one in a hundred harmless texts exceeds.
    pub(crate) recall_at_one_percent: Option<Share>,
    pub(crate) kinds: Vec<Group>,
    pub(crate) sources: Vec<Group>,
}

/// The attacks, or the harmless texts, that have a kind or a source in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) is_attack: bool,
    /// Of attacks the recall, of harmless texts the false-positive rate.
    pub(crate) found: Share,
}

impl Measures {
    pub(crate) fn has_kind(&self, name: &str) -> bool {
        self.kinds.iter().any(|kind| kind.name == name)
    }
}

/// Measures over all rows but those of the kinds left out, which are shown by themselves only.
pub(crate) fn measures(judged: &[Judged<'_>], left_out: &[String]) -> Measures {
    let counted: Vec<&Judged<'_>> = judged.iter().filter(|judged| !left_out.contains(&judged.row.kind)).collect();
    let confusion = Confusion::new(counted.iter().map(|judged| (judged.row.is_attack, judged.is_found)));
    let (found, wrong) = (confusion.true_positives, confusion.false_positives);
    let (attacks, benign) = (found + confusion.false_negatives, wrong + confusion.true_negatives);
    let labels: Vec<bool> = counted.iter().map(|judged| judged.row.is_attack).collect();
    let scores: Vec<f64> = counted.iter().map(|judged| judged.assessment.score.unwrap_or(0.0)).collect();
    Measures {
        attacks,
        benign,
        recall: Share::new(found, attacks),
        false_positive_rate: Share::new(wrong, benign),
        precision: Share::new(found, found + wrong),
        f1: (attacks > 0).then(|| confusion.f1()).flatten(),
        auroc: auroc(&labels, &scores),
        recall_at_one_percent: recall_at_one_percent(&labels, &scores),
        kinds: groups(judged, |row| &row.kind),
        sources: groups(judged, |row| &row.source),
    }
}

/// By name; attacks and harmless texts of one name are two groups.
fn groups<'a>(judged: &'a [Judged<'_>], name: impl Fn(&'a Row) -> &'a str) -> Vec<Group> {
    let mut counts: BTreeMap<(&str, bool), (usize, usize)> = BTreeMap::new();
    for judged in judged {
        let count = counts.entry((name(judged.row), judged.row.is_attack)).or_default();
        count.0 += usize::from(judged.is_found);
        count.1 += 1;
    }
    let group = |((name, is_attack), (found, all)): ((&str, bool), (usize, usize))| {
        Some(Group { name: name.to_owned(), is_attack, found: Share::new(found, all)? })
    };
    counts.into_iter().filter_map(group).collect()
}

/// The threshold is the score that at most one in a hundred harmless texts exceeds; an attack must exceed it too.
fn recall_at_one_percent(labels: &[bool], scores: &[f64]) -> Option<Share> {
    let of =
        |wanted: bool| labels.iter().zip(scores).filter(move |(label, _)| **label == wanted).map(|(_, score)| *score);
    let mut benign: Vec<f64> = of(false).collect();
    benign.sort_by(|first, second| second.total_cmp(first));
    let threshold = *benign.get(benign.len() / 100)?;
    Share::new(of(true).filter(|&score| score > threshold).count(), of(true).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::input::Action;

    fn judged(row: &Row, score: f64) -> Judged<'_> {
        let action = if score >= 0.5 { Action::Flagged } else { Action::Allowed };
        let assessment =
            Assessment { action, score: Some(score), findings: Vec::new(), more: 0, sanitised: String::new() };
        Judged { row, assessment, is_found: action != Action::Allowed }
    }

    #[test]
    fn the_figures_are_those_of_the_counts() {
        let attack = Row::new("a", true, "direct", "s");
        let subtle = Row::new("a", true, "subtle", "s");
        let benign = Row::new("b", false, "question", "s");
        let scores = [(&attack, 0.9), (&attack, 0.8), (&attack, 0.2), (&subtle, 0.1), (&benign, 0.1), (&benign, 0.7)];
        let rows: Vec<Judged<'_>> = scores.into_iter().map(|(row, score)| judged(row, score)).collect();
        let measures = measures(&rows, &["subtle".to_owned()]);
        assert_eq!((measures.attacks, measures.benign), (3, 2));
        assert!((measures.recall.unwrap().value - 2.0 / 3.0).abs() < 1e-12);
        assert!((measures.precision.unwrap().value - 2.0 / 3.0).abs() < 1e-12);
        assert!((measures.f1.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!((measures.false_positive_rate.unwrap().value - 0.5).abs() < 1e-12);
        assert!((measures.auroc.unwrap() - 5.0 / 6.0).abs() < 1e-12);
        // Of two harmless texts, one in a hundred is none: attacks must score above both.
        assert!((measures.recall_at_one_percent.unwrap().value - 2.0 / 3.0).abs() < 1e-12);
        let subtle = measures.kinds.iter().find(|kind| kind.name == "subtle").unwrap();
        assert_eq!((subtle.found.n, subtle.is_attack), (1, true));
        let sources: Vec<(bool, usize)> = measures.sources.iter().map(|of| (of.is_attack, of.found.n)).collect();
        assert_eq!(sources, [(false, 2), (true, 4)], "one source has both");
    }

    #[test]
    fn what_has_no_rows_has_no_figure() {
        let attack = Row::new("a", true, "direct", "s");
        let measures = measures(&[judged(&attack, 0.9)], &[]);
        assert_eq!((measures.false_positive_rate, measures.auroc, measures.recall_at_one_percent), (None, None, None));
    }
}
