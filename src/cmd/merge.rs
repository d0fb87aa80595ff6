//! `llmops merge`: the reports of a run's shards as one report with one verdict.

use std::path::PathBuf;

use super::formats::Wanted;
use super::{configuration_for, evaluation, output, report_file};
use crate::cli::{Global, Merge};
use crate::config::{Config, Purpose};
use crate::cost::Tariff;
use crate::error::{Error, ExitStatus, Result};
use crate::gate;
use crate::report::formats::Source;
use crate::report::json;
use crate::report::merge::Shards;

pub(super) fn run(global: &Global, arguments: &Merge) -> Result<ExitStatus> {
    let mut files = Vec::new();
    for path in &arguments.reports {
        files.extend(reports_of(global.directory.join(path))?);
    }
    let shards = Shards::read(&files)?;
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| shards.each(take);
    let root = Config::root_of(&global.directory, global.config.as_deref());
    let root = root.unwrap_or_else(|_| global.directory.clone());
    let report = report_file::compare(shards.report()?, &rows, &root, tariff(global).as_ref())?;
    let verdict = gate::check(&report);
    let report = report.decided(verdict);
    let path = report_file::path_anywhere(global, arguments.report.as_deref());
    // A shard's report may stand where the merged one goes; then it is read until it is replaced.
    let is_input = |file: &PathBuf| file.canonicalize().ok() == path.canonicalize().ok();
    if !path.exists() || !files.iter().any(is_input) {
        json::prepare(&path)?;
    }
    let wanted = wanted(global);
    wanted.prepare(&path)?;
    let baseline = report_file::baseline(global, &report);
    let baseline = baseline.as_deref().map(json::rows_of);
    let source = Source { report: &report, rows: &rows, baseline: baseline.as_ref().map(|rows| rows as _) };
    let (files, written) = wanted.write(&source, &path);
    report_file::show(global, &source, &files)?;
    wanted.print(global, &source)?;
    written?;
    if Config::root_of(&global.directory, global.config.as_deref()).is_ok() {
        evaluation::keep(&root, &report, &path);
    }
    Ok(gate::exit_status(&report))
}

/// The prices of the project, where there is one: they tell why an answer's cost changed.
fn tariff(global: &Global) -> Option<Tariff> {
    Config::root_of(&global.directory, global.config.as_deref()).ok()?;
    Tariff::open(&configuration_for(global, Purpose::Offline).ok()?).ok()
}

/// What the project asks for. A job that only joins reports may have neither the project nor what its configuration needs.
fn wanted(global: &Global) -> Wanted {
    if Config::root_of(&global.directory, global.config.as_deref()).is_err() {
        return Wanted::nothing();
    }
    match configuration_for(global, Purpose::Offline) {
        Ok(config) => Wanted::of(&config),
        Err(error) => {
            output::note(&format!("only the JSON report is written, since the configuration cannot be read: {error}"));
            Wanted::nothing()
        }
    }
}

/// A file is itself; a folder is the reports in it and below, as artifacts of several jobs come.
fn reports_of(path: PathBuf) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.clone()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .map_err(|error| Error::config(format!("cannot read {}", folder.display())).source(error))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json")
                && !path.to_string_lossy().ends_with(".previous.json")
            {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        return Err(Error::config(format!("there is no report in {}", path.display())));
    }
    found.sort();
    Ok(found)
}
