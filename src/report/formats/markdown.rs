//! Markdown for a job's summary or a comment on a pull request: the verdict, the numbers, the worst cases.
//!
//! Everything that comes from datasets, models and documents stands in `<code>`, its punctuation as entities: it is neither
//! markup nor a mention, a reference or a link. A comment on GitHub holds 65,536 characters; the text stays below.

use std::fmt::Write as _;
use std::io;

use super::{Failed, Source};
use crate::error::Result;
use crate::report::cases::{ReportedCase, State, Worst, each_case};
use crate::report::summary::Fault;
use crate::report::words::range_of_change;
use crate::report::{Decision, Difference, DropFinding, Report, numbers, spend};
use crate::text::{count, printable};

/// Cases that are shown, the worst first.
const SHOWN: usize = 25;
const SHOWN_REASONS: usize = 20;
/// Characters of one text of a case.
const LONGEST: usize = 160;
/// Bytes, of which a text never has fewer than characters.
const MOST: usize = 60_000;
/// The same before the wrong cases, which must have room too.
const MOST_WITH_LISTS: usize = 40_000;
/// Finds the comment again, to replace it.
pub(crate) const MARKER: &str = "<!-- llmops report -->";

pub(super) fn write(source: &Source<'_>, out: &mut dyn io::Write, failed: Failed<'_>) -> Result<()> {
    let report = source.report;
    let mut wrong = Wrong::default();
    each_case(report, source.rows, &mut |case| {
        wrong.add(report, case);
        Ok(())
    })?;
    let mut text = String::new();
    headline(&mut text, report);
    table(&mut text, report);
    if let Some(cost) = spend::change(report) {
        let _ = writeln!(text, "An answer costs {}.\n", code(&cost));
    }
    if let Some(month) = spend::month(report) {
        let _ = writeln!(text, "A month costs {}.\n", code(&month));
    }
    flips(&mut text, report);
    flaky(&mut text, report);
    wrong.render(&mut text, report);
    footer(&mut text, report);
    out.write_all(text.as_bytes()).map_err(failed)
}

fn headline(text: &mut String, report: &Report) {
    let word = match report.verdict.decision {
        _ if report.shard.is_some() => "Shard",
        Decision::Pass => "Pass",
        Decision::Fail => "Fail",
        Decision::Undecided => "Undecided",
    };
    let _ = writeln!(text, "{MARKER}\n### llmops: {word}\n");
    let about: Vec<String> = report.about().iter().map(|part| code(part)).collect();
    let _ = writeln!(text, "{}\n", about.join(" · "));
    for reason in report.verdict.reasons.iter().take(SHOWN_REASONS) {
        let _ = writeln!(text, "- {}", code(reason));
    }
    let more = report.verdict.reasons.len().saturating_sub(SHOWN_REASONS);
    if more > 0 {
        let _ = writeln!(text, "- {more} more in the report");
    }
    if !report.verdict.reasons.is_empty() {
        text.push('\n');
    }
}

fn table(text: &mut String, report: &Report) {
    let since = report.comparison.as_ref();
    let (head, rule) = if since.is_some() { (" since the baseline |", " ---: |") } else { ("", "") };
    let _ = writeln!(text, "| metric | value | bar | |{head} cases |\n| --- | ---: | ---: | --- |{rule} --- |");
    for row in numbers(report) {
        let bar = row.bar().unwrap_or_default();
        let state = match (row.bar, row.is_breached, row.estimate.mean) {
            (None, ..) => "",
            (Some(_), true, _) => "**missed**",
            (Some(_), false, Some(_)) if row.is_distrusted => "**not decided**",
            (Some(_), false, Some(_)) => "met",
            (Some(_), false, None) => "**not measured**",
        };
        let interval = row.interval().map_or_else(String::new, |interval| format!(" {interval}"));
        let change = since.map_or_else(String::new, |since| {
            format!(" {} |", since.metrics.get(row.name).map(change).unwrap_or_default())
        });
        let (name, value) = (code(row.name), row.value());
        let _ = writeln!(text, "| {name} | {value}{interval} | {bar} | {state} |{change} {} |", row.cases());
    }
    text.push('\n');
}

/// `-0.040 [-0.070, -0.010], 3 better, 9 worse`
fn change(difference: &Difference) -> String {
    let Difference { scale, change, low, high, wins, losses, .. } = difference;
    let change = format!("{} {}", scale.show_change(*change), range_of_change(*scale, *low, *high));
    let drop = if difference.drop == Some(DropFinding::Shown) { " **dropped**" } else { "" };
    format!("{}, {wins} better, {losses} worse{drop}", change.trim_end())
}

/// Cases that are on the other side of a bar than in the baseline: those that fell under one first.
fn flips(text: &mut String, report: &Report) {
    let Some(comparison) = report.comparison.as_ref().filter(|comparison| !comparison.flips.is_empty()) else { return };
    let (fell, rose) = (count(comparison.fell, "case"), comparison.rose);
    let title = format!("{fell} fell under a bar since the baseline, {rose} rose over one");
    let rows = comparison.flips.iter().map(|flip| {
        let scale = report.scale(&flip.metric);
        let after = flip.after.map_or_else(|| "not measured".to_owned(), |after| scale.show(after));
        let (before, question) = (scale.show(flip.before), code(&flip.question));
        format!("| {} | {} | {before} | {after} | {question} |\n", code(&flip.id), code(&flip.metric))
    });
    let head = "| case | metric | before | now | question |\n| --- | --- | ---: | ---: | --- |";
    folded(text, &format!("{title}</summary>\n\n{head}"), rows, comparison.fell + comparison.rose);
}

/// Cases whose repeats disagree.
fn flaky(text: &mut String, report: &Report) {
    if report.flaky.is_empty() {
        return;
    }
    let rows = report
        .flaky
        .iter()
        .map(|case| format!("| {} | {} | {} of {} |\n", code(&case.id), code(&case.metric), case.passed, case.of));
    let head = "flaky: a bar met in some repeats and missed in others</summary>\n\n\
                | case | metric | met in |\n| --- | --- | --- |";
    folded(text, head, rows, report.flaky.len());
}

/// A list of cases below its head, as far as there is room, and how many are left of `all`.
fn folded(text: &mut String, head: &str, rows: impl Iterator<Item = String>, all: usize) {
    let _ = writeln!(text, "<details><summary>{head}");
    let mut shown = 0;
    for row in rows.take(SHOWN) {
        if text.len() + row.len() > MOST_WITH_LISTS {
            break;
        }
        text.push_str(&row);
        shown += 1;
    }
    let left = all.saturating_sub(shown);
    let more = if left == 0 { String::new() } else { format!("\n{left} more in the report.\n") };
    let _ = writeln!(text, "{more}\n</details>\n");
}

/// What is wrong with cases, with the worst of them.
struct Wrong {
    worst: Worst<ReportedCase>,
    missed_by_retrieval: usize,
    missed_by_answer: usize,
}

impl Default for Wrong {
    fn default() -> Self {
        Self { worst: Worst::new(SHOWN), missed_by_retrieval: 0, missed_by_answer: 0 }
    }
}

impl Wrong {
    fn add(&mut self, report: &Report, case: &ReportedCase) {
        if !matches!(case.state, State::Errored(_) | State::Missed(_)) {
            return;
        }
        match case.fault {
            Some(Fault::Retrieval) => self.missed_by_retrieval += 1,
            Some(Fault::Answer) => self.missed_by_answer += 1,
            None => {}
        }
        // Cases that made the gate red come before others, however far those are from their bars.
        let blame = if case.is_to_blame(report) { 1e9 } else { 0.0 };
        self.worst.push(case.badness() + blame, case.clone());
    }

    fn render(&self, text: &mut String, report: &Report) {
        if self.worst.count == 0 {
            return;
        }
        let mut summary = format!("{} under a bar or with an error", count(self.worst.count, "case"));
        for (number, fault) in [(self.missed_by_retrieval, Fault::Retrieval), (self.missed_by_answer, Fault::Answer)] {
            if number > 0 {
                let _ = write!(summary, "; {number}: {}", fault.text());
            }
        }
        let open = if report.verdict.decision == Decision::Pass { "" } else { " open" };
        let _ = writeln!(
            text,
            "<details{open}><summary>{summary}</summary>\n\n| case | question | what is wrong |\n| --- | --- | --- |"
        );
        let mut shown = 0;
        for case in self.worst.iter() {
            let row = case_row(report, case);
            if text.len() + row.len() > MOST {
                break;
            }
            text.push_str(&row);
            shown += 1;
        }
        let left = self.worst.count - shown;
        let more = if left == 0 { String::new() } else { format!("\n{left} more in the report.\n") };
        let _ = writeln!(text, "{more}\n</details>\n");
    }
}

fn case_row(report: &Report, case: &ReportedCase) -> String {
    let mut wrong: Vec<String> = case.complaints().iter().take(5).map(|complaint| code(complaint)).collect();
    wrong.extend(case.fault.map(|fault| fault.text().to_owned()));
    let place = code(&format!("{}:{}", report.dataset, case.line));
    format!("| {}<br>{place} | {} | {} |\n", code(&case.id), code(&case.question), wrong.join("<br>"))
}

fn footer(text: &mut String, report: &Report) {
    let mut parts = Vec::new();
    if let Some(latency) = report.latency {
        parts.push(format!("latency p50 {:.0} ms, p95 {:.0} ms", latency.p50_ms, latency.p95_ms));
    }
    let tokens = report.usage.target.total();
    if tokens > 0 {
        parts.push(format!("{tokens} tokens"));
    }
    parts.extend(spend::line(report).map(|cost| format!("cost {}", code(&cost))));
    if let Some(git) = &report.git {
        parts.push(format!("commit {}", code(&git.sha.chars().take(12).collect::<String>())));
    }
    parts.push(format!("llmops {}", code(&report.tool_version)));
    let _ = writeln!(text, "<sub>{}</sub>", parts.join(" · "));
}

/// Text that is only text.
pub(crate) fn code(text: &str) -> String {
    let short: String = printable(text).chars().take(LONGEST).collect();
    let end = if text.chars().count() > LONGEST { "…" } else { "" };
    let mut escaped = String::with_capacity(short.len() + 16);
    for character in short.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | ',' | ';' | '\'' | '/' | '-' | '%' | '?' => {
                escaped.push(character);
            }
            // Of a number; elsewhere it could be a part of an address, which becomes a link.
            '.' if escaped.ends_with(|c: char| c.is_ascii_digit()) => escaped.push('.'),
            _ if character.is_ascii() => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    format!("<code>{}{end}</code>", escaped.trim())
}

#[cfg(test)]
mod tests;
