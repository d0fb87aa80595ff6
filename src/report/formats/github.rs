//! Workflow commands of GitHub Actions, which it shows at the lines of a pull request's files.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest without a word, so the worst come
//! first and a last notice says how many there are. Source: docs.github.com, "Workflow commands for GitHub Actions";
//! escaping as in `actions/toolkit`, `packages/core/src/command.ts`.

use std::io;

use super::{Failed, Source};
use crate::error::Result;
use crate::report::cases::{ReportedCase, State, Worst, each_case};
use crate::report::{Decision, Report};
use crate::text::{count, printable};

/// What GitHub shows of each kind.
const SHOWN: usize = 10;
/// Characters; GitHub cuts longer messages at 64 KiB, and nobody reads them so far.
const LONGEST: usize = 2000;

pub(super) fn write(source: &Source<'_>, out: &mut dyn io::Write, failed: Failed<'_>) -> Result<()> {
    // The verdict is one of the errors that are shown.
    let mut errors = Worst::new(SHOWN - 1);
    let mut warnings = Worst::new(SHOWN);
    each_case(source.report, source.rows, &mut |case| {
        if matches!(case.state, State::Errored(_) | State::Missed(_)) {
            let kept = if case.is_to_blame(source.report) { &mut errors } else { &mut warnings };
            kept.push(case.badness(), case.clone());
        }
        Ok(())
    })?;
    let mut text = verdict(source.report);
    for (kind, cases) in [("error", &errors), ("warning", &warnings)] {
        for case in cases.iter() {
            text.push_str(&annotation(source.report, kind, case));
        }
    }
    let left_out = errors.left_out() + warnings.left_out();
    if left_out > 0 {
        let of = count(errors.count + warnings.count, "case");
        text.push_str(&command(
            "notice",
            &[],
            &format!("{of} missed a bar or failed; {left_out} are in the report only"),
        ));
    }
    out.write_all(text.as_bytes()).map_err(failed)
}

/// A pass says nothing: a green job is enough.
fn verdict(report: &Report) -> String {
    let kind = match report.verdict.decision {
        Decision::Pass => return String::new(),
        Decision::Undecided if report.shard.is_some() => "notice",
        Decision::Fail | Decision::Undecided => "error",
    };
    let title = format!("llmops: {} is {}", report.project, report.verdict.decision.adjective());
    command(kind, &[("title", &title)], &report.verdict.reasons.join("\n"))
}

fn annotation(report: &Report, kind: &str, case: &ReportedCase) -> String {
    let mut lines = case.complaints();
    lines.extend(case.fault.map(|fault| fault.text().to_owned()));
    lines.push(format!("question: {}", case.question));
    let properties =
        [("file", report.dataset_in_repository()), ("line", case.line.to_string()), ("title", title(case))];
    let properties: Vec<(&str, &str)> = properties.iter().map(|(name, value)| (*name, value.as_str())).collect();
    command(kind, &properties, &lines.join("\n"))
}

fn title(case: &ReportedCase) -> String {
    match &case.state {
        State::Missed(misses) => {
            let names: Vec<&str> = misses.iter().map(|miss| miss.metric.as_str()).collect();
            format!("{} misses {}", case.id, names.join(", "))
        }
        _ => format!("{} failed with an error", case.id),
    }
}

/// `::error file=F,line=3,title=T::message`, on one line whatever is in it.
fn command(kind: &str, properties: &[(&str, &str)], message: &str) -> String {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", escape_property(&printable(value)))).collect();
    let space = if properties.is_empty() { "" } else { " " };
    let short: String = message.chars().take(LONGEST).collect();
    format!("::{kind}{space}{}::{}\n", properties.join(","), escape(&short))
}

/// Line breaks stay line breaks in the message that GitHub shows.
fn escape(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| printable(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

fn escape_property(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::cases::tests::{report, rows, written};

    #[test]
    fn the_worst_come_first_and_the_rest_are_counted() {
        let mut report = report(&["refusal"]);
        let lines: Vec<String> = (0..30).map(|index| format!(r#"{{"refusal": 0.{index:02}}}"#)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let text = written(write, &report, &rows(&lines));
        let commands: Vec<&str> = text.lines().collect();
        assert_eq!(commands.len(), 1 + (SHOWN - 1) + 1, "{text}");
        assert_eq!(commands[0], "::error title=llmops%3A p is failed::refusal is low%0Athe second reason");
        let expected = "::error file=evals/d.jsonl,line=1,title=c0 misses refusal::refusal is 0.000, under its bar of \
                        0.500: because%0Aquestion: Q0";
        assert_eq!(commands[1], expected);
        assert_eq!(commands[10], "::notice::30 cases missed a bar or failed; 21 are in the report only");

        report.verdict.decision = Decision::Pass;
        report.verdict.breaches.clear();
        let text = written(write, &report, &rows(&lines[..2]));
        assert_eq!(text.matches("::warning ").count(), 2, "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn hostile_text_stays_inside_its_command() {
        let text = command("error", &[("title", "a:b,c%\n::warning::x")], "50 % \r\n::error::y\u{1b}[0m\u{202e}z");
        assert_eq!(text, "::error title=a%3Ab%2Cc%25 %3A%3Awarning%3A%3Ax::50 %25 %0A::error::y [0m z\n");
    }
}
