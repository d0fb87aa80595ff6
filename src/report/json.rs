//! The report as JSON: `llmops/eval_report.json`, and back.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Report, SCHEMA};
use crate::error::{Error, Result};

/// The report as existing consumers read it: each result has a key per metric, `null` where it was not measured.
pub(crate) fn value(report: &Report) -> Result<Value> {
    let mut value = serde_json::to_value(report)
        .map_err(|error| Error::unavailable("cannot write the report as JSON").source(error))?;
    if let Some(Value::Array(results)) = value.get_mut("results") {
        for (result, report) in results.iter_mut().zip(&report.results) {
            for (name, outcome) in &report.outcomes {
                result[name] = json!(outcome.value());
            }
        }
    }
    Ok(value)
}

/// Makes room for a report before anything is spent on it: the folder can be written to, and the report of an earlier
/// run, for which a run that fails must not be mistaken, is set aside as `NAME.previous.json`.
pub(crate) fn prepare(path: &Path) -> Result<()> {
    let failed =
        |error| Error::io("write the report", path, error).hint("nothing was run; free the disk or fix the folder");
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    let probe = temporary(path);
    std::fs::write(&probe, "{}").and_then(|()| std::fs::remove_file(&probe)).map_err(failed)?;
    match std::fs::rename(path, path.with_extension("previous.json")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

fn temporary(path: &Path) -> PathBuf {
    path.with_extension(format!("json.{}.tmp", std::process::id()))
}

/// Writes the report so that a reader sees the old one or the new one, never half of one.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    let failed = |error| {
        Error::io("write the report", path, error)
            .hint("the run is finished, its results are above; free the disk or fix the folder, and run again")
    };
    let mut text = serde_json::to_string_pretty(&value(report)?)
        .map_err(|error| Error::unavailable("cannot write the report as JSON").source(error))?;
    text.push('\n');
    let temporary = temporary(path);
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        failed(error)
    })
}

/// Reads a report that this program wrote.
pub(crate) fn read(path: &Path) -> Result<Report> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::config(format!("cannot read the report {}", path.display()))
            .source(error)
            .hint("`llmops eval` writes it")
    })?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Error::config("not a report").source(error).at(path.display(), None))?;
    match value.get("schema").and_then(Value::as_u64) {
        Some(schema) if schema == u64::from(SCHEMA) => {}
        Some(schema) => {
            let message = format!("the report has schema {schema}, this program reads {SCHEMA}");
            return Err(Error::config(message).at(path.display(), None));
        }
        None => return Err(Error::config("not a report: it has no \"schema\"").at(path.display(), None)),
    }
    serde_json::from_value(value).map_err(|error| Error::config("not a report").source(error).at(path.display(), None))
}

#[cfg(test)]
pub(crate) fn empty_for_tests() -> Report {
    let value = json!({
        "schema": SCHEMA, "tool_version": "0", "project": "p", "timestamp": "", "duration_ms": 0.0,
        "target": {"kind": "rag"}, "metrics": {}, "thresholds": {}, "max_error_rate": 0.0, "estimates": {},
        "passed": false, "verdict": "undecided", "reasons": [], "breaches": [],
        "cases": {"total": 0, "finished": 0, "errored": 0}, "latency": null,
        "usage": {"target": {}, "embedder": {}}, "digests": {"configuration": "", "dataset": ""}, "git": null,
        "dataset": "d", "results": [],
    });
    serde_json::from_value(value).unwrap()
}
