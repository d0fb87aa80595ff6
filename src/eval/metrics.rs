//! Metrics score one output, from 0 worst to 1 best unless their unit says otherwise. One file each, one row here;
//! `llmops explain`, the reference page and the configuration check all read these entries.

mod answer_correctness;
mod answer_relevancy;
mod answer_relevancy_judged;
mod assertions;
mod bleu;
mod chrf;
mod citations;
mod contains;
mod contains_all;
mod contains_any;
mod context_precision;
mod context_precision_judged;
mod context_recall;
mod context_recall_judged;
mod cost;
mod exact_match;
mod expected_text;
mod factuality;
mod faithfulness;
pub(crate) mod formulas;
mod groundedness;
mod hit_rate;
mod is_json;
mod judged;
mod latency;
mod levenshtein;
mod limit;
mod map;
mod max_characters;
mod max_latency;
mod max_tokens;
mod max_words;
mod mrr;
mod ndcg;
mod options;
mod overall;
mod pairwise;
mod precision;
mod recall;
mod reference;
mod refusal;
mod regex;
mod retrieval;
mod rouge;
mod rouge_1;
mod rouge_2;
mod rouge_l;
mod rubric;
mod scorer;
mod semantic_similarity;
mod starts_with;
mod token_f1;

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::config::MetricUnit;
use crate::cost::{Cost, Spent};
use crate::rag::Embedder;

use super::judge::{Judge, Judged, Rubric};
use super::{Case, Outcome, Output};

pub(crate) use self::assertions::{Assertion, METRIC as ASSERTIONS};
pub(crate) use self::options::{Key, Options};
pub(crate) use self::overall::METRIC as OVERALL;
pub(crate) use self::pairwise::METRIC as PAIRWISE;
pub(crate) use self::retrieval::expected_grades;
pub(crate) use self::scorer::{Measurements, Scorer};
pub(super) use self::scorer::{measure, without_output};

/// One metric: what it is called, what it means, and how it is measured.
pub(crate) struct Metric {
    /// As users write it. `NAME@k` has a cut-off rank: users write a number for `k`.
    pub(crate) name: &'static str,
    /// One line, without a full stop.
    pub(crate) summary: &'static str,
    /// Markdown: formula, range, when it is skipped, not applicable or errored, source.
    pub(crate) documentation: &'static str,
    pub(crate) scale: Scale,
    /// What the project must have for it, beside the case's own fields.
    pub(crate) needs: &'static [Need],
    /// What can be set of it, in a table `[metrics.NAME]` or an assertion.
    pub(crate) options: &'static [Key],
    /// Why a case has nothing to measure here, if it has not. Of the case alone: an output that is missing does not
    /// make a case one that would not have counted. If it skips every case of a dataset, asking for it is an error.
    pub(crate) skip: fn(&Case) -> Option<&'static str>,
    /// How it measures with these options, or what is wrong with them.
    pub(crate) build: fn(&Options) -> Result<Measure, String>,
}

impl Metric {
    /// The documentation with the options that it has.
    pub(crate) fn manual(&self) -> String {
        let mut text = self.documentation.to_owned();
        if !self.options.is_empty() {
            text.push_str("\n\nOptions:\n");
        }
        for key in self.options {
            let required = if key.required { " Required." } else { "" };
            let _ = write!(text, "\n- `{}`: {}.{required}", key.name, key.help);
        }
        text
    }
}

/// What a metric needs of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A target that says what it retrieved.
    Passages,
    /// A target that asks a model of ours, whose price can be known.
    Model,
    /// Models that judge.
    Judge,
    /// Vectors of texts.
    Embedder,
}

/// What a metric's values are, and which way is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scale {
    /// 0 worst to 1 best: the mean must be at least the threshold.
    #[default]
    Share,
    /// The mean must be at most the threshold.
    Milliseconds,
    /// US dollars; the mean must be at most the threshold.
    Dollars,
}

impl Scale {
    /// How a threshold of this scale is written in the configuration.
    pub(crate) fn unit(self) -> MetricUnit {
        match self {
            Self::Share => MetricUnit::Share,
            Self::Milliseconds => MetricUnit::Time,
            Self::Dollars => MetricUnit::Dollars,
        }
    }

    pub(crate) fn lower_is_better(self) -> bool {
        match self {
            Self::Share => false,
            Self::Milliseconds | Self::Dollars => true,
        }
    }

    /// Whether a value is as good as a bar asks.
    pub(crate) fn meets(self, value: f64, bar: f64) -> bool {
        // The mean of equal values can end a hair beside them; a bar is never missed by rounding alone.
        const ROUNDING: f64 = 1e-9;
        if self.lower_is_better() { value <= bar } else { value >= bar - ROUNDING }
    }

    /// A change of a value for people, with its sign.
    pub(crate) fn show_change(self, change: f64) -> String {
        let sign = if change < 0.0 { '-' } else { '+' };
        format!("{sign}{}", self.show(change.abs()))
    }

    /// A value for people.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Share => format!("{value:.3}"),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Dollars => Cost::near(value).map_or_else(|| format!("${value:.2}"), |cost| cost.to_string()),
        }
    }
}

/// From a case and its output to what they are worth.
type Formula = dyn Fn(&Case, &Output) -> Outcome + Send + Sync;

/// How a metric comes to its outcome.
pub(crate) enum Measure {
    /// At once, from the case and its output.
    Output(Box<Formula>),
    /// By asking a judge or an embedder.
    Asked(Box<dyn Ask>),
    /// From what the metrics before it in the run said of the same case.
    Outcomes(fn(&[(&Scorer, Outcome)]) -> Outcome),
}

/// A metric that asks somebody else.
pub(crate) trait Ask: Send + Sync {
    /// Whoever cannot be asked, or gives no usable answer, makes the outcome errored, never a score.
    fn ask<'a>(&'a self, case: &'a Case, output: &'a Output, tools: &'a Tools) -> BoxFuture<'a, Scored>;

    /// What it asks the judge, word for word.
    fn rubrics(&self) -> Vec<&Rubric> {
        Vec::new()
    }
}

/// What metrics can ask; what a project does not have is not there.
#[derive(Clone, Default)]
pub(crate) struct Tools {
    pub(crate) judge: Option<Arc<Judge>>,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
}

/// An outcome, and what asking for it consumed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scored {
    pub(crate) outcome: Outcome,
    /// What the judge's calls took and cost.
    pub(crate) judge: Spent,
    /// How the judge came to it.
    pub(crate) judged: Judged,
}

impl From<Outcome> for Scored {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, judge: Spent::default(), judged: Judged::default() }
    }
}

/// All metrics, in the order of reports: a miss of retrieval stands before what follows from it. Those that read other
/// outcomes come last.
pub(crate) const METRICS: &[Metric] = &[
    context_recall::METRIC,
    context_precision::METRIC,
    recall::METRIC,
    precision::METRIC,
    hit_rate::METRIC,
    mrr::METRIC,
    map::METRIC,
    ndcg::METRIC,
    groundedness::METRIC,
    context_recall_judged::METRIC,
    context_precision_judged::METRIC,
    faithfulness::METRIC,
    answer_relevancy::METRIC,
    answer_relevancy_judged::METRIC,
    answer_correctness::METRIC,
    factuality::METRIC,
    semantic_similarity::METRIC,
    rubric::METRIC,
    pairwise::METRIC,
    exact_match::METRIC,
    token_f1::METRIC,
    rouge_1::METRIC,
    rouge_2::METRIC,
    rouge_l::METRIC,
    bleu::METRIC,
    chrf::METRIC,
    levenshtein::METRIC,
    contains::METRIC,
    contains_all::METRIC,
    contains_any::METRIC,
    starts_with::METRIC,
    regex::METRIC,
    is_json::METRIC,
    max_words::METRIC,
    max_characters::METRIC,
    max_tokens::METRIC,
    max_latency::METRIC,
    citations::METRIC,
    refusal::METRIC,
    latency::METRIC,
    cost::METRIC,
    assertions::METRIC,
    overall::METRIC,
];

/// The metric of a name as users write it, and its rank: `recall@5` is `recall@k` with 5.
pub(crate) fn find(name: &str) -> Option<(&'static Metric, Option<usize>)> {
    let (base, rank) = match name.split_once('@') {
        None => (name.to_owned(), None),
        Some((base, rank)) => (format!("{base}@k"), Some(rank.parse().ok().filter(|rank| *rank > 0)?)),
    };
    let metric = METRICS.iter().find(|metric| metric.name == base)?;
    // `recall@k` itself is no name that can be measured.
    (metric.name.ends_with("@k") == rank.is_some()).then_some((metric, rank))
}

/// Where a metric stands in reports; unknown ones, of a newer program perhaps, come last.
pub(crate) fn position(kind: &str) -> usize {
    let found = find(kind).and_then(|(found, _)| METRICS.iter().position(|metric| metric.name == found.name));
    found.unwrap_or(METRICS.len())
}

/// For metrics that every case is measured by.
fn never_skipped(_: &Case) -> Option<&'static str> {
    None
}

fn scored(value: f64) -> Outcome {
    Outcome::Scored { value, reason: None }
}

fn scored_because(value: f64, reason: String) -> Outcome {
    Outcome::Scored { value, reason: Some(reason) }
}

fn skipped(reason: &str) -> Outcome {
    Outcome::Skipped { reason: reason.to_owned() }
}

fn not_applicable(reason: &str) -> Outcome {
    Outcome::NotApplicable { reason: reason.to_owned() }
}

/// The share that `part` is of `whole`, which is not 0.
#[expect(clippy::cast_precision_loss, reason = "counts of list items are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The arithmetic mean; `None` of nothing, because nothing measured is not 0.
#[expect(clippy::cast_precision_loss, reason = "numbers of cases are far below 2^52")]
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(values.iter().sum::<f64>() / values.len() as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_users_write_it() {
        assert!(find("refusal").is_some_and(|(metric, rank)| metric.name == "refusal" && rank.is_none()));
        for wrong in ["refusal@3", "nothing", "refusal@", "@3", ""] {
            assert!(find(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn every_metric_is_documented_and_named_once() {
        let mut seen = std::collections::BTreeSet::new();
        for metric in METRICS {
            assert!(seen.insert(metric.name), "{} twice", metric.name);
            assert!(metric.documentation.to_lowercase().contains("skipped"), "{}: when is it skipped?", metric.name);
            assert!(metric.documentation.contains("\n\nSource: "), "{}: where is it from?", metric.name);
            assert!(!metric.summary.ends_with('.'), "{}", metric.name);
        }
    }
}
