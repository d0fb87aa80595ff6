//! Where a run's report is, and how it is shown.

use std::path::{Path, PathBuf};

use super::{formats, output};
use crate::cli::Global;
use crate::config::Config;
use crate::cost::Tariff;
use crate::error::Result;
use crate::report::baseline::Baseline;
use crate::report::formats::{JSON, Source, TERMINAL};
use crate::report::json::Rows;
use crate::report::{self, Report};

/// Where every run leaves its report, in the project's folder.
const REPORT_FILE: &str = "llmops/eval_report.json";

/// The chosen file, or the project's own. What is chosen is relative to where the user is.
pub(super) fn path(global: &Global, chosen: Option<&Path>) -> Result<PathBuf> {
    match chosen {
        Some(file) => Ok(global.directory.join(file)),
        None => Ok(Config::root_of(&global.directory, global.config.as_deref())?.join(REPORT_FILE)),
    }
}

/// The same; outside any project, as in a job that only joins reports, the place that it would have in one.
pub(super) fn path_anywhere(global: &Global, chosen: Option<&Path>) -> PathBuf {
    path(global, chosen).unwrap_or_else(|_| global.directory.join(REPORT_FILE))
}

/// The report with what changed since the baseline, if there is one below `root`. A shard has none: its cases are only part of the
/// baseline's.
pub(super) fn compare(report: Report, rows: Rows<'_>, root: &Path, tariff: Option<&Tariff>) -> Result<Report> {
    let Some(facts) = report.regression.clone().filter(|_| report.shard.is_none()) else { return Ok(report) };
    let baseline = Baseline::read(&root.join(&facts.baseline), &facts.baseline)?;
    let comparison = match baseline {
        Some(baseline) => Some(report::compare(&report, rows, &baseline, (facts.max_drop, tariff))?),
        None => None,
    };
    Ok(report.compared(comparison))
}

/// The file that the report was compared with, if it is still there and still the same.
pub(super) fn baseline(global: &Global, report: &Report) -> Option<PathBuf> {
    let root = Config::root_of(&global.directory, global.config.as_deref()).ok()?;
    baseline_in(&root, report)
}

/// The same in a project's folder.
pub(super) fn baseline_in(root: &Path, report: &Report) -> Option<PathBuf> {
    let facts = &report.comparison.as_ref()?.baseline;
    Some(root.join(&facts.file)).filter(|file| facts.is_of(file))
}

/// Prints the report as the user wants it; `written` is where it was put, if it could be.
pub(super) fn show(global: &Global, source: &Source<'_>, written: &[PathBuf]) -> Result<()> {
    if global.json {
        return formats::print(&JSON, source);
    }
    formats::print(&TERMINAL, source)?;
    let mut label = "\nreport: ";
    for path in written {
        output::print(&format!("{label}{}\n", path.strip_prefix(".").unwrap_or(path).display()))?;
        label = "        ";
    }
    Ok(())
}
