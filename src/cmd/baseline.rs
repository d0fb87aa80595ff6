//! `llmops baseline`: accepts a report as what later runs are measured against.

use super::{configuration_for, output, report_file};
use crate::cli::{Baseline, Global};
use crate::config::Purpose;
use crate::error::{Error, ExitStatus, Result};
use crate::gate;
use crate::report::json;
use crate::report::{Decision, Report, baseline};

pub(super) fn run(global: &Global, arguments: &Baseline) -> Result<ExitStatus> {
    let config = configuration_for(global, Purpose::Offline)?;
    let path = report_file::path(global, arguments.report.as_deref())?;
    let report = json::read(&path)?;
    refuse(&report, arguments.force).map_err(|error| error.at(path.display(), None))?;
    let target = config.path(&config.gate.regression.baseline.value);
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| json::each_row(&path, take);
    baseline::accept(&report, &rows, &target)?;
    let shown = target.strip_prefix(".").unwrap_or(&target).display();
    output::print(&format!("{shown} is now the baseline: {} cases of {}\n", report.cases.total, report.timestamp))?;
    Ok(ExitStatus::Pass)
}

/// A report of a part of a run never becomes the baseline; one that fails its own bars only if the user insists.
fn refuse(report: &Report, force: bool) -> Result<()> {
    if report.stopped.is_some() {
        return Err(Error::config("this run was stopped before its last case")
            .hint("a baseline needs all cases: run `llmops eval` with eval.stop = \"never\""));
    }
    let alone = Report { regression: None, comparison: None, ..report.clone() };
    let verdict = gate::check(&alone);
    let reasons = verdict.reasons.join("; ");
    match verdict.decision {
        Decision::Pass => Ok(()),
        Decision::Fail if force => Ok(()),
        Decision::Fail => Err(Error::config(format!("this run does not meet its own bars: {reasons}"))
            .hint("mend it first; --force accepts it all the same")),
        Decision::Undecided => Err(Error::config(format!("this run decides nothing: {reasons}"))
            .hint("a baseline needs all cases measured; run `llmops eval` again")),
    }
}
