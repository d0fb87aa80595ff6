//! `llmops report`: a finished run again. Its exit code is the run's verdict.

use super::{output, report_file};
use crate::cli::{Global, Report, ReportFormat};
use crate::error::{ExitStatus, Result};
use crate::report::json;
use crate::{gate, report};

pub(super) fn run(global: &Global, arguments: &Report) -> Result<ExitStatus> {
    let path = report_file::path(global, arguments.run.as_deref())?;
    let report = json::read(&path)?;
    // The file may have been edited; the gate is a function of what was measured.
    let verdict = gate::check(&report);
    let report = report.decided(verdict);
    if global.json || arguments.format == ReportFormat::Json {
        let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| json::each_row(&path, take);
        report_file::print_json(&report, &rows)?;
    } else {
        output::print(&report::render_terminal(&report))?;
    }
    Ok(gate::exit_status(&report))
}
