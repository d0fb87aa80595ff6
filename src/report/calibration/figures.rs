//! A judge held against people, and against itself: accuracy, each class, kappa, and the answers on which they disagree.

use serde::Serialize;

use super::{Agreed, Evidence, Hits};
use crate::eval::metrics::{Scale, Scorer};
use crate::eval::stats::{self, ClassReport, Confusion, Share, Weights, class_reports, cohen_kappa, graded_kappa};
use crate::eval::{JudgedTwice, LabelKind, Labelled, Labels, Outcome};
use crate::report::Judgements;

/// Of a graded metric without a bar, what passes where people pass or fail.
const DEFAULT_MARK: f64 = 0.5;

/// How far a judge agrees with people on labelled answers.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Labelled answers that were judged.
    pub(crate) n: usize,
    /// Answers that gave the judge nothing to measure.
    pub(crate) not_applicable: usize,
    /// Answers that could not be judged both times.
    pub(crate) errored: usize,
    /// From where on a grade is a pass; `None` where there are no grades.
    pub(crate) pass_mark: Option<f64>,
    /// The share of answers that judge and people put into one class.
    pub(crate) accuracy: Rate,
    pub(crate) kappa: Option<Agreed>,
    /// Whether kappa weighs disagreements by the square of their distance.
    pub(crate) kappa_is_weighted: bool,
    pub(crate) classes: Vec<Class>,
    /// What people and the judge give on average.
    pub(crate) mean_label: f64,
    pub(crate) mean_judged: f64,
    /// How often the judge says the same of an answer when asked again; `None` if no answer was judged twice.
    pub(crate) repeats: Option<Rate>,
    /// How the judge came to its verdicts, and how often those agreed who could have disagreed: a panel, both orders of a pair.
    #[serde(skip_serializing_if = "Judgements::is_empty")]
    pub(crate) judged: Judgements,
    /// The farthest apart first.
    pub(crate) disagreements: Vec<Disagreement>,
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Rate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) n: usize,
}

/// One class of labels.
#[derive(Debug, Serialize)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// Answers that people put into it.
    pub(crate) labelled: usize,
    /// Of the answers that the judge put into it, those that people did too; `None` if it put none.
    pub(crate) precision: Option<Rate>,
    /// Of the answers that people put into it, those that the judge did too; `None` if they put none.
    pub(crate) recall: Option<Rate>,
}

/// An answer of which judge and people say different things.
#[derive(Debug, Serialize)]
pub(crate) struct Disagreement {
    pub(crate) id: String,
    pub(crate) line: usize,
    pub(crate) question: String,
    pub(crate) label: f64,
    pub(crate) judged: f64,
    /// The judge's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// An answer that was judged.
struct Held<'a> {
    row: &'a Labelled,
    judged: f64,
    reason: Option<&'a String>,
}

/// How values become classes.
struct Classes {
    names: &'static [&'static str],
    /// From where on a value of people and one of the judge is in the next class.
    labels: &'static [f64],
    mark: Option<f64>,
    is_marked: bool,
}

impl Classes {
    fn new(kind: LabelKind, scorer: &Scorer, bar: Option<f64>) -> Self {
        if kind == LabelKind::Compared && scorer.pass_mark.is_none() {
            return Self { names: &["worse", "tie", "better"], labels: &[0.25, 0.75], mark: None, is_marked: false };
        }
        // Every value would pass a bar of 0.
        let mark = scorer.pass_mark.or(bar.filter(|bar| *bar > 0.0)).unwrap_or(DEFAULT_MARK);
        Self { names: &["fail", "pass"], labels: &[], mark: Some(mark), is_marked: scorer.pass_mark.is_some() }
    }

    fn of_label(&self, value: f64) -> usize {
        match self.mark {
            Some(mark) => usize::from(Scale::Share.meets(value, mark)),
            None => self.labels.iter().filter(|limit| value >= **limit).count(),
        }
    }

    /// A value that was held against the mark already is 0 or 1.
    fn of_judged(&self, value: f64) -> usize {
        if self.is_marked { usize::from(value >= DEFAULT_MARK) } else { self.of_label(value) }
    }
}

impl Figures {
    /// `bar` is the gate's bar on the metric. `None` if no answer gave the judge anything to measure.
    pub(crate) fn new(labels: &Labels, twice: &[JudgedTwice], scorer: &Scorer, bar: Option<f64>) -> Option<Self> {
        let held = held(labels, twice);
        let classes = Classes::new(labels.kind, scorer, bar);
        let truth: Vec<f64> = held.iter().map(|held| held.row.truth).collect();
        let judged: Vec<f64> = held.iter().map(|held| held.judged).collect();
        let of_people: Vec<usize> = truth.iter().map(|value| classes.of_label(*value)).collect();
        let of_judge: Vec<usize> = judged.iter().map(|value| classes.of_judged(*value)).collect();
        let is_weighted = labels.kind != LabelKind::PassFail && scorer.pass_mark.is_none();
        let kappa = if is_weighted {
            graded_kappa(&truth, &judged)
        } else {
            cohen_kappa(&of_people, &of_judge, Weights::Plain)
        };
        let right = of_people.iter().zip(&of_judge).filter(|(label, judged)| label == judged).count();
        Some(Self {
            n: held.len(),
            not_applicable: twice
                .iter()
                .filter(|twice| matches!(twice.first.outcome, Outcome::NotApplicable { .. }))
                .count(),
            errored: twice.iter().filter(|twice| twice.failure().is_some()).count(),
            pass_mark: classes.mark.filter(|_| labels.kind != LabelKind::PassFail || scorer.pass_mark.is_none()),
            accuracy: Share::new(right, held.len())?.into(),
            kappa: kappa.map(Agreed::from),
            kappa_is_weighted: is_weighted,
            classes: class_figures(&classes, &of_people, &of_judge),
            mean_label: if classes.is_marked { passing(&of_people) } else { stats::mean(&truth)? },
            mean_judged: stats::mean(&judged)?,
            repeats: repeats(twice, &classes),
            judged: judgements(twice),
            disagreements: disagreements(&held, &of_people, &of_judge),
        })
    }

    pub(crate) fn about_judge(&self) -> Vec<String> {
        self.judged.about()
    }
}

/// What the gate corrects this metric by.
pub(crate) fn evidence(labels: &Labels, twice: &[JudgedTwice], scorer: &Scorer) -> Evidence {
    let held = held(labels, twice);
    let Some(_) = scorer.pass_mark else {
        return Evidence::Pairs(held.iter().map(|held| (held.row.truth, held.judged)).collect());
    };
    let classes = Classes::new(labels.kind, scorer, None);
    let pairs = held.iter().map(|held| (classes.of_label(held.row.truth) == 1, classes.of_judged(held.judged) == 1));
    let Confusion { true_positives, false_positives, false_negatives, true_negatives } = Confusion::new(pairs);
    Evidence::Counts {
        failing: Hits { right: true_negatives, of: true_negatives + false_positives },
        passing: Hits { right: true_positives, of: true_positives + false_negatives },
    }
}

/// The answers that were given a value the first time, as in a run.
fn held<'a>(labels: &'a Labels, twice: &'a [JudgedTwice]) -> Vec<Held<'a>> {
    let one = |(row, twice): (&'a Labelled, &'a JudgedTwice)| match &twice.first.outcome {
        Outcome::Scored { value, reason } => Some(Held { row, judged: *value, reason: reason.as_ref() }),
        Outcome::Skipped { .. } | Outcome::NotApplicable { .. } | Outcome::Errored { .. } => None,
    };
    labels.rows.iter().zip(twice).filter_map(one).collect()
}

fn class_figures(classes: &Classes, of_people: &[usize], of_judge: &[usize]) -> Vec<Class> {
    let reports = class_reports(of_people, of_judge);
    let figures = |(index, name): (usize, &&'static str)| Class {
        name,
        labelled: of_people.iter().filter(|class| **class == index).count(),
        precision: reports.get(index).and_then(|report: &ClassReport| report.precision).map(Rate::from),
        recall: reports.get(index).and_then(|report| report.recall).map(Rate::from),
    };
    classes.names.iter().enumerate().map(figures).collect()
}

/// An answer that gave something to measure only once was judged differently.
fn repeats(twice: &[JudgedTwice], classes: &Classes) -> Option<Rate> {
    let class = |outcome: &Outcome| outcome.value().map(|value| classes.of_judged(value));
    let both = twice.iter().map(|twice| (class(&twice.first.outcome), class(&twice.second.outcome)));
    let compared: Vec<_> = both.filter(|(first, second)| first.is_some() || second.is_some()).collect();
    let agreed = compared.iter().filter(|(first, second)| first == second).count();
    Share::new(agreed, compared.len()).map(Rate::from)
}

/// The share of passes.
fn passing(classes: &[usize]) -> f64 {
    stats::share_of(classes.iter().filter(|class| **class == 1).count(), classes.len())
}

fn judgements(twice: &[JudgedTwice]) -> Judgements {
    let mut sum = Judgements::default();
    for twice in twice {
        sum.add(twice.first.judged);
    }
    sum
}

fn disagreements(held: &[Held<'_>], of_people: &[usize], of_judge: &[usize]) -> Vec<Disagreement> {
    let pairs = held.iter().zip(of_people.iter().zip(of_judge));
    let apart = pairs.filter(|(_, (label, judged))| label != judged).map(|(held, _)| Disagreement {
        id: held.row.case.id.clone(),
        line: held.row.case.line,
        question: held.row.case.question.clone(),
        label: held.row.truth,
        judged: held.judged,
        reason: held.reason.cloned(),
    });
    let mut apart: Vec<Disagreement> = apart.collect();
    let distance = |one: &Disagreement| (one.label - one.judged).abs();
    apart.sort_by(|left, right| distance(right).total_cmp(&distance(left)).then(left.line.cmp(&right.line)));
    apart
}

impl From<Share> for Rate {
    fn from(share: Share) -> Self {
        Self { value: share.value, low: share.interval.low, high: share.interval.high, n: share.n }
    }
}
