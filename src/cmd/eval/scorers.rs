//! The metrics that a project measures, built from its configuration; what cannot be measured is a problem now.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::config::{Config, Located, MetricUnit, OwnMetric, TargetKind};
use crate::error::{Problem, Result};
use crate::eval::Dataset;
use crate::eval::metrics::{ASSERTIONS, METRICS, Metric, Need, OVERALL, Scorer};

/// The metrics of `[eval]` and of `[gate]`, those that cases of the dataset assert, and always `overall`; in the order
/// of reports.
pub(in crate::cmd) fn build(config: &Config, problems: &mut Vec<Problem>) -> Vec<Arc<Scorer>> {
    let mut scorers: Vec<Arc<Scorer>> = Vec::new();
    for name in named(config) {
        if scorers.iter().any(|scorer| *scorer.name == *name.value) {
            continue;
        }
        let own = config.metrics.iter().find(|own| own.name == name.value);
        let built = match own {
            Some(own) => Scorer::of_table(&own.name, own.table.clone()),
            None => Scorer::plain(&name.value),
        };
        match built {
            Ok(scorer) => scorers.push(Arc::new(scorer)),
            Err(message) => problems.push(wrong(config, name, own, &message)),
        }
    }
    for metric in [&ASSERTIONS, &OVERALL] {
        if !scorers.iter().any(|scorer| *scorer.name == *metric.name) {
            scorers.extend(Scorer::plain(metric.name).map(Arc::new));
        }
    }
    unused(config, problems);
    scorers.sort_by_key(|scorer| METRICS.iter().position(|metric| metric.name == scorer.metric.name));
    scorers
}

fn named(config: &Config) -> impl Iterator<Item = &Located<String>> {
    config.eval.metrics.iter().chain(config.gate.thresholds.iter().map(|(name, _)| name))
}

fn wrong(config: &Config, name: &Located<String>, own: Option<&OwnMetric>, message: &str) -> Problem {
    match own {
        Some(own) => Problem::new(format!("[metrics.{}]: {message}", own.name)).at(&config.file, own.line),
        None => config.problem(name, format!("{}: {message}", name.value)),
    }
}

/// A metric that is described and never measured is a mistake.
fn unused(config: &Config, problems: &mut Vec<Problem>) {
    for own in config.metrics.iter().filter(|own| named(config).all(|name| name.value != own.name)) {
        let message = format!("[metrics.{}] is measured nowhere", own.name);
        let hint = "name it in eval.metrics or give it a bar in [gate]";
        problems.push(Problem::new(message).at(&config.file, own.line).hint(hint));
    }
}

/// Removes what only the default asks for and the target or the dataset does not have; a problem if somebody asked.
pub(super) fn keep_measurable(
    config: &Config,
    dataset: Option<&Dataset>,
    scorers: &mut Vec<Arc<Scorer>>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let skipped = match dataset {
        Some(dataset) => always_skipped(dataset, scorers)?,
        None => vec![None; scorers.len()],
    };
    let mut skipped = skipped.into_iter();
    scorers.retain(|scorer| {
        let reason = skipped.next().flatten();
        let lacking = lacking(config, scorer.metric);
        let Some((message, hint)) = lacking.or_else(|| Some(without_cases(&scorer.name, reason?))) else { return true };
        match named(config).find(|name| name.value == *scorer.name && name.line.is_some()) {
            Some(name) => problems.push(config.problem(name, message).hint(hint)),
            None if *scorer.name == *OVERALL.name => return true,
            None => {}
        }
        false
    });
    for (kind, line) in dataset.iter().flat_map(|dataset| &dataset.asserted) {
        let metric = METRICS.iter().find(|metric| metric.name == *kind);
        if let (Some(dataset), Some((message, _))) = (dataset, metric.and_then(|metric| lacking(config, metric))) {
            problems.push(Problem::new(format!("assertion: {message}")).at(&dataset.file, Some(*line)));
        }
    }
    Ok(())
}

/// Takes away the bars and metrics that a deployed application's answers to these cases cannot be measured by: those for which
/// they lack something, and latency and cost, which are watched and not sampled.
pub(in crate::cmd) fn keep_measurable_bars(config: &mut Config, dataset: &Dataset) -> Result<()> {
    // What is wrong with a metric itself is said where the run is prepared.
    let scorers = build(config, &mut Vec::new());
    let skipped = always_skipped(dataset, &scorers)?;
    let is_share = |scorer: &Scorer| scorer.scale().unit() == MetricUnit::Share;
    let measurable: Vec<&str> = scorers
        .iter()
        .zip(skipped)
        .filter(|(scorer, skipped)| skipped.is_none() && is_share(scorer) && lacking(config, scorer.metric).is_none())
        .map(|(scorer, _)| &*scorer.name)
        .collect();
    let measurable: Vec<String> = measurable.into_iter().map(str::to_owned).collect();
    let keeps = |name: &str| measurable.iter().any(|known| known == name);
    config.gate.thresholds.retain(|(name, _)| keeps(&name.value));
    config.eval.metrics.retain(|name| keeps(&name.value));
    let Config { metrics, gate, eval, .. } = config;
    metrics.retain(|own| {
        eval.metrics.iter().chain(gate.thresholds.iter().map(|(name, _)| name)).any(|name| name.value == own.name)
    });
    Ok(())
}

/// Whether a metric or an assertion of the dataset needs this.
pub(super) fn need(need: Need, scorers: &[Arc<Scorer>], dataset: &Dataset) -> bool {
    let asserted = dataset.asserted.keys().filter_map(|kind| METRICS.iter().find(|metric| metric.name == *kind));
    scorers.iter().map(|scorer| scorer.metric).chain(asserted).any(|metric| metric.needs.contains(&need))
}

/// What the project does not have of what a metric needs, and what to do about it.
fn lacking(config: &Config, metric: &Metric) -> Option<(String, &'static str)> {
    let name = metric.name;
    metric.needs.iter().find_map(|need| match need {
        Need::Passages => {
            let hint = match config.target.kind {
                TargetKind::Rag | TargetKind::Command => return None,
                TargetKind::Http if config.target.http.passages.is_some() => return None,
                TargetKind::Http => "set target.passages to where the reply lists them, for example \"/sources\"",
                TargetKind::Prompt => "leave it out of eval.metrics and [gate]",
            };
            Some((format!("{name} needs to know what was retrieved, and this target does not say"), hint))
        }
        Need::Model => {
            let message = match config.target.kind {
                TargetKind::Rag | TargetKind::Prompt => return None,
                TargetKind::Http | TargetKind::Command => {
                    format!("{name} needs to know which model answers, and this target chooses it itself")
                }
            };
            Some((message, "leave it out of eval.metrics and [gate]"))
        }
        Need::Judge => config.judge.models.is_empty().then(|| {
            let hint = "set judge.model to a model other than the one under test, for example \"openai/gpt-5-mini\"";
            (format!("{name} needs a judge, and [judge] names no model"), hint)
        }),
        Need::Embedder => (config.retrieval.embedder.value == "none").then(|| {
            let hint = "set retrieval.embedder, for example to \"local\" or \"gemini/gemini-embedding-001\"";
            (format!("{name} needs an embedder, and retrieval.embedder is \"none\""), hint)
        }),
    })
}

fn without_cases(name: &str, reason: &str) -> (String, &'static str) {
    let message = format!("{name} measures no case of the dataset: for all of them, {reason}");
    (message, "add to the cases what it needs, or leave it out of eval.metrics and [gate]")
}

/// For each scorer, why it skips every case of the dataset; `None` if it does not.
fn always_skipped(dataset: &Dataset, scorers: &[Arc<Scorer>]) -> Result<Vec<Option<&'static str>>> {
    let mut open: Vec<usize> = (0..scorers.len()).collect();
    let mut reasons = vec![None; scorers.len()];
    dataset.each(&mut |case| {
        open.retain(|index| {
            reasons[*index] = (scorers[*index].metric.skip)(&case);
            reasons[*index].is_some()
        });
        if open.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(reasons)
}

/// The bar on every gated metric. What cases assert must hold, unless the configuration says otherwise.
pub(super) fn thresholds(config: &Config, scorers: &[Arc<Scorer>]) -> Vec<(String, f64)> {
    let mut bars: Vec<(String, f64)> =
        config.gate.thresholds.iter().map(|(name, bar)| (name.value.clone(), *bar)).collect();
    let asserts = scorers.iter().any(|scorer| scorer.metric.name == ASSERTIONS.name);
    if asserts && !config.gates(ASSERTIONS.name) {
        bars.push((ASSERTIONS.name.to_owned(), 1.0));
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metrics;

    fn problems(text: &str) -> Vec<String> {
        let config = Config::of_text(std::path::PathBuf::from("."), text, &[]).unwrap();
        let mut problems = Vec::new();
        build(&config, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn metrics_of_the_projects_own_are_built_or_refused_at_their_line() {
        let good = "[metrics.answers]\ntype = \"refusal\"\nnegate = true\n[gate]\nanswers = 0.9";
        assert_eq!(problems(good), [""; 0]);
        let unused = "[gate]\nrefusal = 1\n[metrics.answers]\ntype = \"refusal\"";
        assert_eq!(problems(unused), ["llmops.toml:3: [metrics.answers] is measured nowhere"]);
        let wrong = "[metrics.answers]\ntype = \"refusal\"\nvalue = 3\n[gate]\nanswers = 0.9";
        assert!(problems(wrong)[0].starts_with("llmops.toml:1: [metrics.answers]: unknown option \"value\""));
    }

    #[test]
    fn metrics_stand_in_the_order_of_reports() {
        let text = "[gate]\nrefusal = 1\ncontext_recall = 1";
        let config = Config::of_text(std::path::PathBuf::from("."), text, &[]).unwrap();
        let scorers = build(&config, &mut Vec::new());
        let positions: Vec<usize> = scorers.iter().map(|scorer| metrics::position(scorer.metric.name)).collect();
        assert!(positions.is_sorted(), "{positions:?}");
    }
}
