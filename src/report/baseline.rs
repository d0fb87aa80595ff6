//! The report that a regression is measured against: `evals/baseline.json`.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Report;
use super::json::{self, Rows};
use super::summary::CaseSum;
use crate::cost::Usage;
use crate::digest::Hashing;
use crate::error::{Error, Result};
use crate::eval::Measured;

/// Which report it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BaselineFacts {
    /// The file as messages name it.
    pub(crate) file: String,
    /// SHA-256 of the file.
    pub(crate) digest: String,
    pub(crate) timestamp: String,
    pub(crate) commit: Option<String>,
    pub(crate) prompt_version: Option<String>,
    pub(crate) model: Option<String>,
}

impl BaselineFacts {
    /// Whether the file is still the one that these facts are of.
    pub(crate) fn is_of(&self, path: &Path) -> bool {
        digest(path).is_ok_and(|digest| digest == self.digest)
    }
}

/// A baseline, with what it measured of each case.
pub(crate) struct Baseline {
    pub(crate) facts: BaselineFacts,
    pub(crate) report: Report,
    pub(super) cases: HashMap<String, BaselineCase>,
}

pub(super) struct BaselineCase {
    /// `Case::content`.
    pub(super) content: String,
    pub(super) values: Vec<(String, f64)>,
    /// US dollars of an answer.
    pub(super) cost: Option<f64>,
    /// Tokens of all repeats, and how many there are.
    pub(super) usage: (Usage, u32),
}

impl Baseline {
    /// Reads it; `None` if there is no such file. `shown` is what messages call it.
    pub(crate) fn read(path: &Path, shown: &str) -> Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let report = json::read(path)?;
        let mut cases = HashMap::new();
        let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| json::each_row(path, take);
        each_case(&rows, &mut |case| {
            let values = case.metrics.iter().filter_map(|(name, repeats)| Some((name.clone(), repeats.value()?)));
            let (values, cost, usage) = (values.collect(), case.cost_of_an_answer(), case.usage());
            cases.insert(case.first.id, BaselineCase { content: case.first.content, values, cost, usage });
            Ok(())
        })?;
        let facts = BaselineFacts {
            file: shown.to_owned(),
            digest: digest(path)?,
            timestamp: report.timestamp.clone(),
            commit: report.git.as_ref().map(|commit| commit.sha.clone()),
            prompt_version: report.prompt_version.clone(),
            model: report.target.model.clone(),
        };
        Ok(Some(Self { facts, report, cases }))
    }
}

fn digest(path: &Path) -> Result<String> {
    let failed = |error| Error::io("read the baseline", path, error);
    Hashing::new(std::fs::File::open(path).map_err(failed)?).finish().map_err(failed)
}

/// Gives every case with all its repeats, which follow each other.
pub(super) fn each_case(rows: Rows<'_>, take: &mut dyn FnMut(CaseSum) -> Result<()>) -> Result<()> {
    let mut current: Option<CaseSum> = None;
    rows(&mut |row| {
        let row = Measured::of_row(row).map_err(|error| Error::config("a row is no case").source(error))?;
        match &mut current {
            Some(case) if case.first.id == row.id => case.add(&row),
            _ => {
                if let Some(done) = current.replace(CaseSum::new(row)) {
                    take(done)?;
                }
            }
        }
        Ok(())
    })?;
    current.map_or(Ok(()), take)
}

/// Writes a report as the new baseline, without the passages, which may be long and are not compared.
pub(crate) fn accept(report: &Report, rows: Rows<'_>, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::io("write the baseline", path, error))?;
    }
    let slim = |take: &mut dyn FnMut(&[u8]) -> Result<()>| {
        rows(&mut |row| {
            let not_a_case = |error| Error::config("a row is no case").source(error);
            let mut row: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(row).map_err(not_a_case)?;
            row.shift_remove("passages");
            take(serde_json::Value::Object(row).to_string().as_bytes())
        })
    };
    let report = Report { comparison: None, ..report.clone() };
    json::write(&report, &slim, path)
}
