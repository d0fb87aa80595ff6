//! The comparison for people at a terminal: what to take and why, then the variants side by side, then each pair.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::recommendation::Conclusion;
use super::values::{COST, LATENCY};
use super::{Contrast, Experiment, Flip, Pair, Variant, position};
use crate::eval::metrics::Scale;
use crate::report::words::{range_of_change, show_p};
use crate::report::{Decision, Difference, Report};
use crate::text::{brief, count, printable};

/// Flips of a pair that are shown; the file has more.
const SHOWN_FLIPS: usize = 8;

/// The whole comparison, with ANSI styles that the printing stream strips where they are not wanted.
pub(crate) fn render(experiment: &Experiment) -> String {
    let mut text = String::new();
    headline(&mut text, experiment);
    variants(&mut text, experiment);
    for pair in &experiment.pairs {
        differences(&mut text, experiment, pair);
    }
    text
}

fn headline(text: &mut String, experiment: &Experiment) {
    let recommendation = &experiment.recommendation;
    let (word, colour) = match recommendation.conclusion {
        Conclusion::Better => ("BETTER", AnsiColor::Green),
        Conclusion::Alike => ("NO DIFFERENCE SHOWN", AnsiColor::Yellow),
        Conclusion::Undecided => ("UNDECIDED", AnsiColor::Yellow),
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    let about = recommendation.variant.clone().unwrap_or_else(|| recommendation.alike.join(", "));
    let about = if about.is_empty() { String::new() } else { format!("  {}", printable(&about)) };
    let _ = writeln!(text, "{style}{word}{style:#}{about}");
    for line in recommendation.reasons.iter().chain(&recommendation.notes) {
        let _ = writeln!(text, "  {}", printable(line));
    }
}

/// A column for each variant, by its letter.
fn variants(text: &mut String, experiment: &Experiment) {
    let Some(Variant { report, .. }) = experiment.reference() else { return };
    let repeats = if report.repeats > 1 { format!(" × {}", report.repeats) } else { String::new() };
    let _ = writeln!(text, "\n{} · {}{repeats}", printable(&report.project), count(report.cases.total, "case"));
    for (place, variant) in experiment.variants.iter().enumerate() {
        let role = if place == 0 { "  (reference)" } else { "" };
        let _ = writeln!(text, "  {}  {}{role}", letter(place), printable(&variant.name));
    }
    let mut table = vec![experiment.variants.iter().enumerate().map(|(place, _)| letter(place)).collect::<Vec<_>>()];
    let mut names = vec![String::new()];
    for (name, estimate) in report.in_order() {
        names.push(name.clone());
        table.push(each(experiment, |variant| match variant.report.estimates.get(name).and_then(|known| known.mean) {
            Some(mean) => estimate.scale.show(mean),
            None => "-".to_owned(),
        }));
    }
    let rows: [(&str, Show); 5] = [
        ("cost per case", cost_per_case),
        ("tokens per case", tokens_per_case),
        ("latency p50 / p95", latency),
        ("failed cases", |report| report.cases.errored.to_string()),
        ("bars of [gate]", bars),
    ];
    for (name, show) in rows {
        names.push(name.to_owned());
        table.push(each(experiment, |variant| show(&variant.report)));
    }
    let width = table.iter().flatten().map(|cell| cell.chars().count()).max().unwrap_or_default() + 2;
    let of_names = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let _ = writeln!(text);
    for (name, cells) in names.iter().zip(&table) {
        let _ = write!(text, "  {:<of_names$}", printable(name));
        for cell in cells {
            let _ = write!(text, "{cell:>width$}");
        }
        text.push('\n');
    }
}

/// How a figure of a variant is written.
type Show = fn(&Report) -> String;

fn each(experiment: &Experiment, show: impl Fn(&Variant) -> String) -> Vec<String> {
    experiment.variants.iter().map(show).collect()
}

fn letter(place: usize) -> String {
    let letter = u8::try_from(place).ok().filter(|place| *place < 26).map(|place| char::from(b'A' + place));
    letter.map_or_else(|| format!("#{}", place + 1), String::from)
}

/// At list prices, also of answers from the cache.
fn cost_per_case(report: &Report) -> String {
    let known = report.cost.answer_usd.filter(|_| report.target.model.is_some());
    known.map_or_else(|| "not known".to_owned(), |cost| cost.to_string())
}

fn tokens_per_case(report: &Report) -> String {
    let asked = report.cases.finished.saturating_sub(report.cases.errored) as u64;
    let usage = report.usage.target;
    match (usage.all_input().checked_div(asked), (usage.output + usage.reasoning).checked_div(asked)) {
        (Some(input), Some(output)) => format!("{input} + {output}"),
        _ => "-".to_owned(),
    }
}

fn latency(report: &Report) -> String {
    let show = |milliseconds| Scale::Milliseconds.show(milliseconds);
    match report.latency {
        Some(latency) => format!("{} / {}", show(latency.p50_ms), show(latency.p95_ms)),
        None => "not measured".to_owned(),
    }
}

fn bars(report: &Report) -> String {
    match report.verdict.decision {
        _ if report.thresholds.is_empty() => "none",
        Decision::Pass => "met",
        Decision::Fail => "missed",
        Decision::Undecided => "undecided",
    }
    .to_owned()
}

fn differences(text: &mut String, experiment: &Experiment, pair: &Pair) {
    let bold = Style::new().bold();
    let (first, second) = (letter(pair.first), letter(pair.second));
    let _ = writeln!(text, "\n{bold}{second} against {first}{bold:#}");
    let Some(Variant { report, .. }) = experiment.reference() else { return };
    let mut metrics: Vec<(&String, &Contrast)> = pair.metrics.iter().collect();
    metrics.sort_by_key(|(name, _)| position(report, name));
    // Between others than the reference, only what decides.
    let is_shown = |name: &str| pair.first == 0 || name == experiment.metric;
    let width = metrics.iter().map(|(name, _)| name.chars().count()).chain([18]).max().unwrap_or_default();
    for (name, contrast) in metrics.into_iter().filter(|(name, _)| is_shown(name)) {
        let _ = writeln!(text, "  {:<width$} {}", printable(name), line(contrast));
    }
    for (name, what) in [(COST, "prices"), (LATENCY, "times")] {
        if pair.first == 0 && !pair.metrics.contains_key(name) {
            let _ = writeln!(text, "  {name:<width$} not compared: no {what} that both have");
        }
    }
    if pair.fell + pair.rose > 0 {
        let _ = writeln!(text, "  {} fail in {second} only, {} in {first} only", pair.fell, pair.rose);
    }
    for flip in pair.flips.iter().take(if pair.first == 0 { SHOWN_FLIPS } else { 0 }) {
        let _ = writeln!(text, "    {}", flipped(flip, report));
    }
}

fn line(contrast: &Contrast) -> String {
    let Difference { scale, change, low, high, wins, ties, losses, lost, .. } = &contrast.difference;
    let (change, range) = (scale.show_change(*change), range_of_change(*scale, *low, *high));
    let p = contrast.difference.p_adjusted.map_or_else(String::new, |p| format!("{}, ", show_p(Some(p))));
    let missing = lost + contrast.gained;
    let missing = if missing > 0 { format!(", {missing} measured in one only") } else { String::new() };
    format!("{change:>10} {range:<20} {p}{wins} better, {ties} equal, {losses} worse{missing}")
}

fn flipped(flip: &Flip, report: &Report) -> String {
    let show = |value: Option<f64>| {
        value.map_or_else(|| "not measured".to_owned(), |value| report.scale(&flip.metric).show(value))
    };
    let question = brief(&flip.question, 60);
    let place = format!("{}:{} {}", report.dataset, flip.line, flip.id);
    format!("{}  {} {} -> {}  {question}", printable(&place), flip.metric, show(flip.first), show(flip.second))
}
