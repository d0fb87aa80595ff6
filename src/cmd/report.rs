//! `llmops report`: a finished run again. Its exit code is the run's verdict.

use super::eval::REPORT_FILE;
use super::output;
use crate::cli::{Global, Report, ReportFormat};
use crate::config::Config;
use crate::error::{ExitStatus, Result};
use crate::{gate, report};

pub(super) fn run(global: &Global, arguments: &Report) -> Result<ExitStatus> {
    let path = match &arguments.run {
        Some(file) => global.directory.join(file),
        None => Config::root_of(&global.directory, global.config.as_deref())?.join(REPORT_FILE),
    };
    let report = report::json::read(&path)?;
    // The file may have been edited; the gate is a function of what was measured.
    let verdict = gate::check(&report);
    let report = report.decided(verdict);
    if global.json || arguments.format == ReportFormat::Json {
        output::print_json(&report::json::value(&report)?)?;
    } else {
        output::print(&report::render_terminal(&report))?;
    }
    Ok(report.verdict.exit_status())
}
