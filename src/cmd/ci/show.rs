//! The pipeline's own report: `llmops/ci_report.json` and `.md`, the job's summary, and the last lines on the terminal.

use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};

use super::stage::{Check, Finding, Outcome, Pipeline, StageReport};
use crate::cli::{Global, Stage};
use crate::cmd::eval::Gated;
use crate::cmd::formats::{remove_before_a_run, summarise};
use crate::cmd::{output, report_file};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::file::replace;
use crate::report::formats::{self, MARKER, Source, markdown_code as code};
use crate::report::json;

const JSON: &str = "llmops/ci_report.json";
const MARKDOWN: &str = "llmops/ci_report.md";
/// Findings of one check that are shown; the JSON has them all.
const SHOWN: usize = 20;

/// Removes what an earlier pipeline has left, for which this one must not be mistaken.
pub(super) fn remove(config: &Config) -> Result<()> {
    for file in [JSON, MARKDOWN] {
        remove_before_a_run(&config.path(file))?;
    }
    Ok(())
}

/// Writes the files, and adds to the job's summary on a forge that has one.
pub(super) fn write(config: &Config, pipeline: &Pipeline, gated: Option<&Gated>) -> Result<()> {
    let put = |file: &str, text: &str| {
        let path: PathBuf = config.path(file);
        replace(&path, text.as_bytes()).map_err(|error| Error::io("write", &path, error))
    };
    let text = serde_json::to_string_pretty(pipeline)
        .map_err(|error| Error::unavailable("cannot write the pipeline's report").source(error))?;
    put(JSON, &(text + "\n"))?;
    let markdown = markdown(config, pipeline, gated)?;
    put(MARKDOWN, &markdown)?;
    summarise(config, markdown.as_bytes())
}

/// What the evaluation's own report does not say.
pub(super) fn print(global: &Global, pipeline: &Pipeline, gated: Option<&Gated>) -> Result<()> {
    if global.json {
        return output::print_exactly(pipeline);
    }
    let mut text = String::new();
    if gated.is_some() {
        text.push('\n');
    }
    for stage in &pipeline.stages {
        let reused = if stage.reused { ", taken again from an earlier run" } else { "" };
        let _ = writeln!(text, "{:<10}{}  {}{reused}", stage.name, styled(stage.verdict), terminal_summary(stage));
    }
    if let Some(evidence) = pipeline.evidence() {
        let _ = writeln!(text, "evidence  {evidence}");
    }
    output::print(&text)
}

/// The terminal has the evaluation's own report above.
fn terminal_summary(stage: &StageReport) -> String {
    let is_evaluation = stage.name == Stage::Eval.name() && stage.verdict != Outcome::Error;
    if is_evaluation { format!("{} ms", stage.duration_ms) } else { stage.summary.clone() }
}

fn styled(verdict: Outcome) -> String {
    let colour = match verdict {
        Outcome::Pass => AnsiColor::Green,
        Outcome::Fail | Outcome::Error => AnsiColor::Red,
        Outcome::Undecided => AnsiColor::Yellow,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    format!("{style}{:<9}{style:#}", verdict.name())
}

fn markdown(config: &Config, pipeline: &Pipeline, gated: Option<&Gated>) -> Result<String> {
    let mut text = format!("{MARKER}\n### llmops: {}\n\n", capital(pipeline.verdict.name()));
    let commit = pipeline.commit.as_ref().map(|commit| format!(" · {}", code(&commit.sha))).unwrap_or_default();
    let _ = writeln!(text, "{}{commit}\n", code(&pipeline.project));
    text.push_str("| stage | verdict | |\n| --- | --- | --- |\n");
    for stage in &pipeline.stages {
        let reused = if stage.reused { " (taken again)" } else { "" };
        let _ = writeln!(text, "| {} | {}{reused} | {} |", stage.name, stage.verdict.name(), code(&stage.summary));
    }
    if let Some(evidence) = pipeline.evidence() {
        let _ = writeln!(text, "| evidence | | {} |", code(&evidence));
    }
    text.push('\n');
    for check in pipeline.stages.iter().flat_map(|stage| &stage.checks) {
        findings(&mut text, check);
    }
    if let Some(gated) = gated {
        text.push_str(&evaluation(config, gated)?);
    }
    Ok(text)
}

fn findings(text: &mut String, check: &Check) {
    for Finding { place, message, hint } in check.findings.iter().take(SHOWN) {
        let place = place.as_ref().map_or_else(String::new, |place| format!("{}: ", code(place)));
        let _ = writeln!(text, "- {place}{}", code(message));
        if let Some(hint) = hint {
            let _ = writeln!(text, "  {}", code(hint));
        }
    }
    let more = check.findings.len().saturating_sub(SHOWN);
    if more > 0 {
        let _ = writeln!(text, "- {more} more in {JSON}");
    }
    if !check.findings.is_empty() {
        text.push('\n');
    }
}

/// The report of the evaluation, below the stages.
fn evaluation(config: &Config, gated: &Gated) -> Result<String> {
    let Some(format) = formats::find("markdown") else { return Ok(String::new()) };
    let rows = json::rows_of(&gated.path);
    let baseline = report_file::baseline_in(&config.root, &gated.report);
    let baseline = baseline.as_deref().map(json::rows_of);
    let baseline = baseline.as_ref().map(|rows| rows as _);
    let source = Source { report: &gated.report, rows: &rows, baseline };
    let failed = |error| Error::unavailable("cannot write the pipeline's report").source(error);
    let mut text = Vec::new();
    (format.write)(&source, &mut text, &failed)?;
    // It has a heading of its own, which would stand here twice.
    let text = String::from_utf8_lossy(&text);
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    Ok(format!("#### Evaluation\n\n{body}"))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
