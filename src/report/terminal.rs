//! The report for people at a terminal: first the verdict and what failed and why, then the numbers.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{CaseReport, Decision, Estimate, Report};
use crate::eval::Outcome;
use crate::eval::metrics::{self, Scale};
use crate::llm::Finish;
use crate::text::{count, printable};

/// How many cases are shown for each reason to fail; the report file has all.
const SHOWN_CASES: usize = 5;

/// The whole summary, with ANSI styles that the printing stream strips where they are not wanted.
pub(crate) fn render(report: &Report) -> String {
    let mut text = String::new();
    headline(&mut text, report);
    for reason in &report.verdict.reasons {
        let _ = writeln!(text, "  {}", printable(reason));
    }
    let failed = report.results.iter().filter(|result| result.failure().is_some()).collect::<Vec<_>>();
    cases(&mut text, report, "failed with an error", &failed, |case| case.failure().unwrap_or_default().to_owned());
    for breach in &report.verdict.breaches {
        worst_cases(&mut text, report, &breach.metric);
    }
    table(&mut text, report);
    text
}

fn headline(text: &mut String, report: &Report) {
    let (word, colour) = match report.verdict.decision {
        Decision::Pass => ("PASS", AnsiColor::Green),
        Decision::Fail => ("FAIL", AnsiColor::Red),
        Decision::Undecided => ("UNDECIDED", AnsiColor::Yellow),
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let mut about = vec![report.project.clone()];
    about.extend(report.prompt.as_ref().map(|prompt| format!("{}@{}", prompt.name, prompt.version)));
    about.push(report.target.model.clone().unwrap_or_else(|| format!("{} target", report.target.kind)));
    let counts = report.cases;
    let cases = if counts.finished == counts.total {
        count(counts.total, "case")
    } else {
        format!("{} of {} cases", counts.finished, counts.total)
    };
    about.push(format!("{cases} in {}", seconds(report.duration_ms)));
    let _ = writeln!(text, "{style}{word}{style:#}  {}", printable(&about.join(" · ")));
}

fn seconds(milliseconds: f64) -> String {
    if milliseconds < 1000.0 { format!("{milliseconds:.0} ms") } else { format!("{:.1} s", milliseconds / 1000.0) }
}

/// The cases that pulled a metric down, worst first.
fn worst_cases(text: &mut String, report: &Report, metric: &str) {
    let lower_is_better = metrics::find(metric).is_some_and(|metric| metric.scale == Scale::Milliseconds);
    let value = |case: &CaseReport| case.outcomes.get(metric).and_then(Outcome::value);
    let threshold = report.thresholds.get(metric).copied().unwrap_or_default();
    let misses = |value: f64| if lower_is_better { value > threshold } else { value < threshold };
    let mut worst: Vec<&CaseReport> = report.results.iter().filter(|case| value(case).is_some_and(misses)).collect();
    worst.sort_by(|a, b| {
        let order = value(a).unwrap_or_default().total_cmp(&value(b).unwrap_or_default());
        if lower_is_better { order.reverse() } else { order }
    });
    cases(text, report, &format!("missed {metric}"), &worst, |case| {
        let reason = match case.outcomes.get(metric) {
            Some(Outcome::Scored { reason: Some(reason), .. }) => format!("  {reason}"),
            _ => String::new(),
        };
        format!("{}{reason}", show(metric, value(case)))
    });
}

fn cases(
    text: &mut String,
    report: &Report,
    what: &str,
    cases: &[&CaseReport],
    detail: impl Fn(&CaseReport) -> String,
) {
    if cases.is_empty() {
        return;
    }
    let bold = Style::new().bold();
    let _ = writeln!(text, "\n{bold}{} {what}{bold:#}", count(cases.len(), "case"));
    for case in cases.iter().take(SHOWN_CASES) {
        let question = one_line(&case.question, 72);
        let (dataset, id) = (printable(&report.dataset), printable(&case.id));
        let _ = writeln!(text, "  {dataset}:{} {id}  {question}", case.line);
        let _ = writeln!(text, "      {}", one_line(&detail(case), 200));
    }
    if cases.len() > SHOWN_CASES {
        let _ = writeln!(text, "  ... and {} more in the report", cases.len() - SHOWN_CASES);
    }
}

fn one_line(text: &str, limit: usize) -> String {
    let short: String = printable(text).chars().take(limit).collect();
    if text.chars().count() > limit { format!("{short}…") } else { short }
}

fn table(text: &mut String, report: &Report) {
    let _ = writeln!(text);
    for metric in metrics::METRICS {
        let Some(estimate) = report.estimates.get(metric.name) else { continue };
        row(text, report, metric.name, estimate);
    }
    if let Some(latency) = report.latency.filter(|_| !report.estimates.contains_key("latency")) {
        let _ = writeln!(
            text,
            "  {:<18} p50 {:.0} ms, p95 {:.0} ms, max {:.0} ms",
            "latency", latency.p50_ms, latency.p95_ms, latency.max_ms
        );
    }
    let cut = report.results.iter().filter(|case| case.finish == Some(Finish::Length)).count();
    if cut > 0 {
        let _ = writeln!(text, "  {:<18} {cut} at the model's token limit", "answers cut off");
    }
    let tokens = report.usage.target;
    if tokens.total() > 0 {
        let input = tokens.input + tokens.cached_input + tokens.cache_write;
        let _ = writeln!(text, "  {:<18} {input} in, {} out", "tokens", tokens.output + tokens.reasoning);
    }
}

fn row(text: &mut String, report: &Report, name: &str, estimate: &Estimate) {
    let breached = report.verdict.breaches.iter().any(|breach| breach.metric == name);
    let bar = report.thresholds.get(name).map(|threshold| {
        let lower_is_better = metrics::find(name).is_some_and(|metric| metric.scale == Scale::Milliseconds);
        let sign = match (lower_is_better, breached || estimate.mean.is_none()) {
            (false, false) => "≥",
            (false, true) => "<",
            (true, false) => "≤",
            (true, true) => ">",
        };
        format!("{sign} {}", show(name, Some(*threshold)))
    });
    let style = if breached { Style::new().fg_color(Some(AnsiColor::Red.into())) } else { Style::new() };
    let mut about = vec![format!("n = {}", estimate.n)];
    if estimate.skipped > 0 {
        about.push(format!("{} skipped", estimate.skipped));
    }
    if estimate.errored > 0 {
        about.push(format!("{} errored", estimate.errored));
    }
    let value = show(name, estimate.mean);
    let bar = bar.unwrap_or_default();
    let _ = writeln!(text, "  {style}{name:<18} {value:>12} {bar:<10}{style:#} {}", about.join(", "));
}

fn show(metric: &str, value: Option<f64>) -> String {
    match value {
        None => "not measured".to_owned(),
        Some(value) if metrics::find(metric).is_some_and(|metric| metric.scale == Scale::Milliseconds) => {
            format!("{value:.0} ms")
        }
        Some(value) => format!("{value:.3}"),
    }
}
