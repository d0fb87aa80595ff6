//! What the page shows of the baseline: each case's values, and its answer where this run's is another.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::digest::raw_sha256;
use crate::error::{Error, Result};
use crate::report::formats::Failed;
use crate::report::json::Rows;

/// The digest of each case's first answer, as JSON has it, in this run.
#[derive(Default)]
pub(super) struct Answers(HashMap<String, [u8; 32]>);

#[derive(Deserialize)]
struct Row<'a> {
    id: String,
    #[serde(borrow, default)]
    answer: Option<&'a RawValue>,
    outcomes: BTreeMap<String, Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    /// Of what was scored.
    #[serde(default)]
    value: Option<f64>,
}

impl Row<'_> {
    fn digest(&self) -> [u8; 32] {
        raw_sha256(self.answer.map_or("null", RawValue::get).as_bytes())
    }
}

impl Answers {
    /// Takes a row of this run; of a case's repeats the first counts.
    pub(super) fn add(&mut self, row: &[u8]) -> serde_json::Result<()> {
        let row: Row<'_> = serde_json::from_slice(row)?;
        let digest = row.digest();
        self.0.entry(row.id).or_insert(digest);
        Ok(())
    }

    /// Writes `[id, values]` or `[id, values, answer]` for each row of the baseline.
    pub(super) fn write(&self, rows: Rows<'_>, out: &mut dyn Write, failed: Failed<'_>) -> Result<()> {
        let mut separator = "[";
        rows(&mut |row| {
            let item =
                self.item(row).map_err(|error| Error::config("a row of the baseline is no case").source(error))?;
            write!(out, "{separator}\n{item}").map_err(failed)?;
            separator = ",";
            Ok(())
        })?;
        let end: io::Result<()> = if separator == "[" { out.write_all(b"[]") } else { out.write_all(b"]") };
        end.map_err(failed)
    }

    fn item(&self, row: &[u8]) -> serde_json::Result<String> {
        let row: Row<'_> = serde_json::from_slice(row)?;
        let is_other = self.0.get(&row.id).is_some_and(|digest| *digest != row.digest());
        let values: BTreeMap<&String, f64> =
            row.outcomes.iter().filter_map(|(name, outcome)| Some((name, outcome.value?))).collect();
        match row.answer.filter(|_| is_other) {
            Some(answer) => serde_json::to_string(&(&row.id, values, answer)),
            None => serde_json::to_string(&(&row.id, values)),
        }
    }
}
