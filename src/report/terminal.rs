//! The report for people at a terminal: first the verdict and what failed and why, then the numbers.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::summary::{Flaky, Shown};
use super::words::{range_of_change, show_p};
use super::{Decision, Difference, Estimate, Flip, Report, numbers, spend};
use crate::text::{brief, count, printable};

/// The whole summary, with ANSI styles that the printing stream strips where they are not wanted.
pub(crate) fn render(report: &Report) -> String {
    let mut text = String::new();
    headline(&mut text, report);
    for reason in &report.verdict.reasons {
        let _ = writeln!(text, "  {}", printable(reason));
    }
    if report.verdict.decision != Decision::Pass {
        for (fault, number) in &report.shown.faults {
            let _ = writeln!(text, "  {} under a bar: {}", count(*number, "case"), fault.text());
        }
    }
    cases(&mut text, report, "failed with an error", &report.shown.failed);
    // A metric under its bar may have dropped as well.
    let mut breached = Vec::new();
    for breach in &report.verdict.breaches {
        if !breached.contains(&&breach.metric)
            && let Some(missed) = report.shown.missed.get(&breach.metric)
        {
            cases(&mut text, report, &format!("missed {}", breach.metric), missed);
        }
        breached.push(&breach.metric);
    }
    flaky(&mut text, report);
    table(&mut text, report);
    changes(&mut text, report);
    sensitivity(&mut text, report);
    for note in &report.verdict.notes {
        let _ = writeln!(text, "  {}", printable(note));
    }
    text
}

/// What changed since the baseline.
fn changes(text: &mut String, report: &Report) {
    let Some(comparison) = &report.comparison else { return };
    let counts = comparison.cases;
    let bold = Style::new().bold();
    let since = comparison.baseline.prompt_version.as_deref().map(|version| format!(", prompt {version}"));
    let about = format!("{}{}", comparison.baseline.file, since.unwrap_or_default());
    let about = printable(&about);
    let _ =
        writeln!(text, "\n{bold}against {about}{bold:#}  {} paired, {} new", count(counts.paired, "case"), counts.new);
    let width = width(report);
    for (name, _) in report.in_order() {
        let Some(difference) = comparison.metrics.get(name) else { continue };
        let _ = writeln!(text, "  {name:<width$} {}", change(difference));
    }
    if let Some(cost) = spend::change(report) {
        let _ = writeln!(text, "  {:<width$} {cost}", "cost of an answer");
    }
    let line = |flip: &Flip| {
        let after =
            flip.after.map_or_else(|| "not measured".to_owned(), |after| report.scale(&flip.metric).show(after));
        let before = report.scale(&flip.metric).show(flip.before);
        let place = format!("{}:{}", report.dataset, flip.line);
        format!("  {} {}  {} {before} -> {after}", printable(&place), printable(&flip.id), flip.metric)
    };
    for flip in comparison.flips.iter().filter(|flip| flip.fell(report.scale(&flip.metric))).take(SHOWN) {
        let _ = writeln!(text, "{}", line(flip));
    }
    if comparison.fell + comparison.rose > 0 {
        let _ = writeln!(text, "  {} fell under a bar, {} rose over one", comparison.fell, comparison.rose);
    }
}

const SHOWN: usize = 5;

fn change(difference: &Difference) -> String {
    let Difference { scale, change, low, high, wins, ties, losses, lost, .. } = difference;
    let (change, range) = (scale.show_change(*change), range_of_change(*scale, *low, *high));
    let p = difference.p_adjusted.map_or_else(String::new, |p| format!("{}, ", show_p(Some(p))));
    let lost = if *lost > 0 { format!(", {lost} no longer measured") } else { String::new() };
    format!("{change:>12} {range:<18} {p}{wins} better, {ties} equal, {losses} worse{lost}")
}

/// How far a metric would have to be beyond its bar for these cases to show it.
fn sensitivity(text: &mut String, report: &Report) {
    let seen = |(name, estimate): (&String, &Estimate)| {
        let name = printable(name);
        estimate.detectable.map(|drop| format!("{name} {}", estimate.scale.show(drop)))
    };
    let list: Vec<String> = report.in_order().into_iter().filter_map(seen).collect();
    if !list.is_empty() {
        let _ = writeln!(text, "\n  in 4 of 5 runs these cases show misses of the bar over: {}", list.join(", "));
    }
}

fn headline(text: &mut String, report: &Report) {
    let (word, colour) = match report.verdict.decision {
        _ if report.shard.is_some() => ("SHARD", AnsiColor::Yellow),
        Decision::Pass => ("PASS", AnsiColor::Green),
        Decision::Fail => ("FAIL", AnsiColor::Red),
        Decision::Undecided => ("UNDECIDED", AnsiColor::Yellow),
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let _ = writeln!(text, "{style}{word}{style:#}  {}", printable(&report.about().join(" · ")));
}

fn cases(text: &mut String, report: &Report, what: &str, shown: &Shown) {
    if shown.count == 0 {
        return;
    }
    let bold = Style::new().bold();
    let _ = writeln!(text, "\n{bold}{} {what}{bold:#}", count(shown.count, "case"));
    for case in &shown.cases {
        let question = brief(&case.question, 72);
        let (dataset, id) = (printable(&report.dataset), printable(&case.id));
        let _ = writeln!(text, "  {dataset}:{} {id}  {question}", case.line);
        let _ = writeln!(text, "      {}", brief(&case.detail, 200));
    }
    if shown.count > shown.cases.len() {
        let _ = writeln!(text, "  ... and {} more in the report", shown.count - shown.cases.len());
    }
}

/// Cases whose repeats disagree.
fn flaky(text: &mut String, report: &Report) {
    if report.flaky.is_empty() {
        return;
    }
    let bold = Style::new().bold();
    let _ = writeln!(text, "\n{bold}flaky: a bar met in some repeats and missed in others{bold:#}");
    for case in report.flaky.iter().take(SHOWN) {
        let place = format!("{}:{} {}", report.dataset, case.line, case.id);
        let Flaky { metric, passed, of, .. } = case;
        let _ = writeln!(text, "  {}  {} met in {passed} of {of}", printable(&place), printable(metric));
    }
    if report.flaky.len() > SHOWN {
        let _ = writeln!(text, "  ... and {} more in the report", report.flaky.len() - SHOWN);
    }
}

/// Of the column of names.
fn width(report: &Report) -> usize {
    report.estimates.keys().map(|name| name.chars().count()).chain([18]).max().unwrap_or_default()
}

fn table(text: &mut String, report: &Report) {
    let width = width(report);
    let _ = writeln!(text);
    for numbers in numbers(report) {
        let style = if numbers.is_breached { Style::new().fg_color(Some(AnsiColor::Red.into())) } else { Style::new() };
        let (name, value, bar) = (numbers.name, numbers.value(), numbers.bar().unwrap_or_default());
        let about = numbers.interval().into_iter().map(|interval| format!("95 % {interval}")).chain([numbers.cases()]);
        let about = about.collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {style}{name:<width$} {value:>12} {bar:<10}{style:#} {about}");
    }
    if let Some(latency) = report.latency.filter(|_| !report.estimates.contains_key("latency")) {
        let _ = writeln!(
            text,
            "  {:<width$} p50 {:.0} ms, p95 {:.0} ms, max {:.0} ms",
            "latency", latency.p50_ms, latency.p95_ms, latency.max_ms
        );
    }
    let cached = report.shown.cached;
    if cached > 0 {
        let _ = writeln!(text, "  {:<width$} {}", "from the cache", count(cached, "answer"));
    }
    let cut = report.shown.cut_off;
    if cut > 0 {
        let _ = writeln!(text, "  {:<width$} {cut} at the model's token limit", "answers cut off");
    }
    let judge = report.usage.judge;
    if judge.total() > 0 {
        let input = judge.input + judge.cached_input + judge.cache_write;
        let _ = writeln!(text, "  {:<width$} {input} in, {} out", "judge's tokens", judge.output + judge.reasoning);
    }
    let tokens = report.usage.target;
    if tokens.total() > 0 {
        let input = tokens.all_input();
        let _ = writeln!(text, "  {:<width$} {input} in, {} out", "tokens", tokens.output + tokens.reasoning);
    }
    if let Some(cost) = spend::line(report) {
        let _ = writeln!(text, "  {:<width$} {}", "cost of the run", printable(&cost));
    }
    if let Some(month) = spend::month(report) {
        let _ = writeln!(text, "  {:<width$} {month}", "cost of a month");
    }
}
