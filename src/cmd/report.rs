//! `llmops report`: a finished run again. Its exit code is the run's verdict.

use super::{formats, report_file};
use crate::cli::{Global, Report};
use crate::error::{ExitStatus, Result};
use crate::gate;
use crate::report::formats::{JSON, Source};
use crate::report::json;

pub(super) fn run(global: &Global, arguments: &Report) -> Result<ExitStatus> {
    let path = report_file::path(global, arguments.run.as_deref())?;
    let report = json::read(&path)?;
    // The file may have been edited; the gate is a function of what was measured.
    let verdict = gate::check(&report);
    let report = report.decided(verdict);
    let rows = json::rows_of(&path);
    let format = if global.json { &JSON } else { arguments.format };
    let baseline = report_file::baseline(global, &report);
    let baseline = baseline.as_deref().map(json::rows_of);
    let source = Source { report: &report, rows: &rows, baseline: baseline.as_ref().map(|rows| rows as _) };
    formats::print(format, &source)?;
    Ok(gate::exit_status(&report))
}
