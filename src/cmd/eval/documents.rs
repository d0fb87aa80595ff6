//! Compares what the dataset expects with what the store holds, before any call is made.
//!
//! A name in `expected_docs` that the store does not hold is either a mistake in the dataset or a document that is
//! gone. A mistake must not quietly lower a score, so it is an error. Only if so much is gone that the bar on
//! `context_recall` is out of reach is the run a measurement: those cases are misses, and the gate fails.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::super::output;
use super::setup::Checked;
use crate::config::Config;
use crate::error::{Error, Problem, Result, suggest};
use crate::eval::Dataset;
use crate::eval::metrics::mean;
use crate::rag::{Coverage, Retriever};

pub(super) async fn check(config: &Config, checked: &Checked, retriever: &Retriever) -> Result<()> {
    check_vectors(retriever).await?;
    let expected = &checked.dataset.expected_docs;
    let names: BTreeSet<String> = expected.keys().cloned().collect();
    let missing = retriever.missing(&names).await?;
    if missing.is_empty() {
        return Ok(());
    }
    let bar = config.gate.thresholds.iter().find(|(name, _)| name.value == "context_recall").map(|(_, bar)| *bar);
    let best = best_recall(&checked.dataset, &missing)?;
    if let (Some(bar), Some(best)) = (bar, best)
        && best < bar
    {
        let known = retriever.names().await?;
        let name = |name: &String| match suggest(name, known.iter().map(String::as_str)) {
            Some(close) => format!("{name} (did you mean \"{close}\"?)"),
            None => name.clone(),
        };
        let list = missing.iter().map(name).collect::<Vec<_>>().join(", ");
        output::note(&format!(
            "warning: the store holds no document named {list}; with them gone context_recall is at most {best:.3}, \
             under its bar of {bar:.3}"
        ));
        return Ok(());
    }
    let known = retriever.names().await?;
    Error::unless_empty(problems(&checked.dataset.file, expected, &missing, &known))
}

/// A row without a vector cannot be found, whatever it says; one with another embedder's is found by chance.
async fn check_vectors(retriever: &Retriever) -> Result<()> {
    let Coverage { rows, unembedded, foreign } = retriever.coverage().await?;
    let ingest = |message: String| Err(Error::config(message).hint("run `llmops ingest`"));
    if rows > 0 && unembedded == rows {
        return ingest(format!("none of the table's {rows} rows has an embedding"));
    }
    if foreign > 0 {
        return ingest(format!("{foreign} of the table's {rows} rows were embedded with another embedder"));
    }
    if unembedded > 0 {
        output::note(&format!(
            "warning: {unembedded} of the table's {rows} rows have no embedding and cannot be found; \
             `llmops ingest` embeds them"
        ));
    }
    Ok(())
}

/// The mean recall if everything that the store holds were found.
fn best_recall(dataset: &Dataset, missing: &BTreeSet<String>) -> Result<Option<f64>> {
    let mut best: Vec<f64> = Vec::new();
    dataset.each(&mut |case| {
        let there = case.expected_docs.iter().map(|name| if missing.contains(name) { 0.0 } else { 1.0 });
        best.extend(mean(&there.collect::<Vec<f64>>()));
        ControlFlow::Continue(())
    })?;
    Ok(mean(&best))
}

fn problems(
    file: &str,
    expected: &BTreeMap<String, Vec<usize>>,
    missing: &BTreeSet<String>,
    known: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut problems: Vec<(usize, Problem)> = Vec::new();
    for name in missing {
        let hint = match suggest(name, known.iter().map(String::as_str)) {
            Some(close) => format!("did you mean \"{close}\"?"),
            None => "expected_docs holds titles or ids of documents; `llmops search` shows both".to_owned(),
        };
        for line in expected.get(name.as_str()).into_iter().flatten() {
            let problem = Problem::new(format!("the store holds no document named \"{name}\""));
            problems.push((*line, problem.at(file, Some(*line)).hint(hint.clone())));
        }
    }
    problems.sort_by_key(|(line, _)| *line);
    problems.into_iter().map(|(_, problem)| problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_possible_recall_counts_what_is_missing() {
        let best = |docs: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("d.jsonl");
            let row = |(id, docs): (usize, &&str)| {
                format!("{{\"id\": {id}, \"question\": \"q\", \"expected_docs\": {docs}}}\n")
            };
            std::fs::write(&path, docs.iter().enumerate().map(row).collect::<String>()).unwrap();
            let dataset = Dataset::read(&path, "d").unwrap();
            best_recall(&dataset, &BTreeSet::from(["gone".to_owned()])).unwrap()
        };
        assert_eq!(best(&[r#"["a"]"#, r#"["a", "gone"]"#, "[]"]), Some(0.75));
        assert_eq!(best(&["[]"]), None);
    }
}
