//! Golden rows: what other implementations computed, held against the code that the gate uses.
//!
//! ```text
//! {"id", "metric", "input", "expected", "tolerance"} -> compute -> deviation -> Check
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metrics::formulas;
use super::stats;
use crate::cost;
use crate::error::{Error, Problem, Result, suggestion};

/// Computes an input of the golden rows' shape; `None` if it does not know the metric.
type Compute = fn(&str, &Value) -> Option<std::result::Result<Value, String>>;

const COMPUTE: &[Compute] = &[formulas::golden::compute, stats::golden::compute, cost::golden::compute];

/// The rows that ship with the program, by file.
const OWN: &[(&str, &str)] = &[
    ("retrieval.jsonl", include_str!("../../data/golden/retrieval.jsonl")),
    ("text.jsonl", include_str!("../../data/golden/text.jsonl")),
    ("stats.jsonl", include_str!("../../data/golden/stats.jsonl")),
    ("agreement.jsonl", include_str!("../../data/golden/agreement.jsonl")),
    ("cost.jsonl", include_str!("../../data/golden/cost.jsonl")),
    ("tokens.jsonl", include_str!("../../data/golden/tokens.jsonl")),
];

#[derive(Deserialize)]
struct Row {
    id: String,
    metric: String,
    input: Value,
    expected: Value,
    /// Absolute.
    tolerance: f64,
}

/// How the rows of each metric came out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Check {
    pub(crate) metrics: BTreeMap<String, MetricCheck>,
    pub(crate) disagreements: Vec<Disagreement>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct MetricCheck {
    pub(crate) rows: usize,
    pub(crate) agree: usize,
    /// The largest distance of a computed number from the expected one, over rows that have the same shape.
    pub(crate) worst_deviation: f64,
}

/// A row whose numbers are not met.
#[derive(Debug, Serialize)]
pub(crate) struct Disagreement {
    pub(crate) id: String,
    pub(crate) metric: String,
    pub(crate) expected: Value,
    /// What was computed, or why nothing was.
    pub(crate) computed: std::result::Result<Value, String>,
}

impl Check {
    /// Holds the rows that ship with the program.
    pub(crate) fn own() -> Result<Self> {
        let mut check = Self::default();
        for (file, text) in OWN {
            check.add(file, text)?;
        }
        Ok(check)
    }

    /// Holds the rows of a JSONL text; `file` is what messages call it. A row that is none, or of a metric that is not known, is a
    /// configuration error.
    pub(crate) fn add(&mut self, file: &str, text: &str) -> Result<()> {
        let mut problems = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if let Err(problem) = self.row(line) {
                problems.push(problem.at(file, Some(index + 1)));
            }
        }
        Error::unless_empty(problems)
    }

    fn row(&mut self, line: &str) -> std::result::Result<(), Problem> {
        let row: Row =
            serde_json::from_str(line).map_err(|error| Problem::new(format!("not a golden row: {error}")))?;
        let Some(computed) = COMPUTE.iter().find_map(|compute| compute(&row.metric, &row.input)) else {
            let hint = suggestion(&row.metric, names().collect::<Vec<_>>());
            return Err(Problem::new(format!("unknown metric \"{}\"", row.metric)).hint(hint));
        };
        let deviation = computed.as_ref().ok().and_then(|computed| stats::golden::deviation(&row.expected, computed));
        let metric = self.metrics.entry(row.metric.clone()).or_default();
        metric.rows += 1;
        metric.worst_deviation = metric.worst_deviation.max(deviation.unwrap_or_default());
        if deviation.is_some_and(|deviation| deviation <= row.tolerance) {
            metric.agree += 1;
        } else {
            let Row { id, metric, expected, .. } = row;
            self.disagreements.push(Disagreement { id, metric, expected, computed });
        }
        Ok(())
    }

    pub(crate) fn rows(&self) -> usize {
        self.metrics.values().map(|metric| metric.rows).sum()
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    formulas::golden::NAMES.iter().copied().chain(stats::golden::names()).chain(cost::golden::NAMES.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_own_row_agrees() {
        let check = Check::own().unwrap();
        assert!(check.disagreements.is_empty(), "{:#?}", check.disagreements);
        for name in names() {
            assert!(check.metrics.contains_key(name), "{name} has no row");
        }
    }
}
