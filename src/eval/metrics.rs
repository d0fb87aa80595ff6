//! Metrics score one output, from 0 worst to 1 best unless their unit says otherwise. One file each, one row here;
//! `llmops explain`, the reference page and the configuration check all read these entries.

mod answer_relevancy;
mod context_recall;
mod latency;
mod overall;
mod refusal;

use crate::config::{Config, MetricUnit};

use super::{Case, Outcome, Output};

/// One metric: what it is called, what it means, and how it is measured.
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    /// One line, without a full stop.
    pub(crate) summary: &'static str,
    /// Markdown: formula, range, when it is skipped or errors, source.
    pub(crate) documentation: &'static str,
    pub(crate) scale: Scale,
    /// Why a case has nothing to measure here, if it has not. Of the case alone: an output that is missing does not
    /// make a case one that would not have counted.
    pub(crate) skip: fn(&Case) -> Option<&'static str>,
    pub(crate) measure: Measure,
    /// Whether it needs to know what the target retrieved.
    pub(crate) needs_passages: bool,
}

/// What a metric's values are, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// 0 worst to 1 best: the mean must be at least the threshold.
    Share,
    /// Milliseconds: the mean must be at most the threshold.
    Milliseconds,
}

impl Scale {
    /// How a threshold of this scale is written in the configuration.
    pub(crate) fn unit(self) -> MetricUnit {
        match self {
            Self::Share => MetricUnit::Share,
            Self::Milliseconds => MetricUnit::Time,
        }
    }
}

/// How a metric comes to its outcome.
pub(crate) enum Measure {
    Output(fn(&Case, &Output) -> Outcome),
    /// From what the metrics before it in the run said of the same case.
    Outcomes(fn(&[(&'static str, Outcome)]) -> Outcome),
}

/// All metrics. Those that read other outcomes come last.
pub(crate) const METRICS: &[Metric] =
    &[context_recall::METRIC, answer_relevancy::METRIC, refusal::METRIC, latency::METRIC, overall::METRIC];

pub(crate) fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// The metrics that a project measures: those of `[eval]` and of `[gate]`, and always `overall`.
pub(crate) fn configured(config: &Config) -> Vec<&'static Metric> {
    let gated = config.gate.thresholds.iter().map(|(name, _)| name);
    let wanted: Vec<&str> = config.eval.metrics.iter().chain(gated).map(|name| name.value.as_str()).collect();
    METRICS.iter().filter(|metric| wanted.contains(&metric.name) || metric.name == overall::METRIC.name).collect()
}

/// What every metric says of one case. Without an output, what would have been measured is errored, never a score.
pub(super) fn measure(
    metrics: &[&'static Metric],
    case: &Case,
    output: &Result<Output, String>,
) -> Vec<(&'static str, Outcome)> {
    let mut outcomes = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let outcome = match (output, (metric.skip)(case), &metric.measure) {
            (_, Some(reason), _) => Outcome::Skipped { reason: reason.to_owned() },
            (Err(message), None, _) => Outcome::Errored { message: message.clone() },
            (Ok(output), None, Measure::Output(measure)) => measure(case, output),
            (Ok(_), None, Measure::Outcomes(measure)) => measure(&outcomes),
        };
        outcomes.push((metric.name, outcome));
    }
    outcomes
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
    fn without_an_output_what_would_have_been_measured_is_errored_and_the_rest_skipped() {
        let metrics: Vec<&'static Metric> = METRICS.iter().collect();
        let case = Case { expected_docs: vec!["A".into()], ..Case::default() };
        let outcomes = measure(&metrics, &case, &Err("down".into()));
        let kinds: Vec<(&str, &str)> = outcomes
            .iter()
            .map(|(name, outcome)| match outcome {
                Outcome::Scored { .. } => (*name, "scored"),
                Outcome::Skipped { .. } => (*name, "skipped"),
                Outcome::Errored { .. } => (*name, "errored"),
            })
            .collect();
        let expected = [
            ("context_recall", "errored"),
            ("answer_relevancy", "skipped"),
            ("refusal", "skipped"),
            ("latency", "errored"),
            ("overall", "errored"),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn every_metric_is_documented_and_named_once() {
        let mut seen = std::collections::BTreeSet::new();
        for metric in METRICS {
            assert!(seen.insert(metric.name), "{} twice", metric.name);
            assert!(metric.documentation.contains("Skipped"), "{}: when is it skipped?", metric.name);
            assert!(!metric.summary.ends_with('.'), "{}", metric.name);
        }
    }
}
