//! The result of `llmops guard test`, for people and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Verdict;
use crate::cmd::guard::{check, value};
use crate::error::ExitStatus;
use crate::eval::stats::Share;
use crate::guard::{Group, Judged, Measures};
use crate::text::{count, printable};

/// A line a kind, attacks first, perhaps a line a source, then the figures of all and what the bars say.
pub(super) fn table(
    name: &str,
    (is_held_out, by_source): (bool, bool),
    measured: &Measures,
    verdict: &Verdict,
) -> String {
    let mut text = format!("{name}{}\n\n", if is_held_out { ", each source held out" } else { "" });
    groups(&mut text, "kind", &measured.kinds);
    if by_source {
        groups(&mut text, "source", &measured.sources);
    }
    for (label, figure) in figures(measured) {
        let _ = writeln!(text, "{label:<34} {figure}");
    }
    let _ = writeln!(text, "\n{}", said(measured, verdict));
    text
}

fn groups(text: &mut String, what: &str, groups: &[Group]) {
    let width = groups.iter().map(|group| group.name.chars().count()).max().unwrap_or_default().max(40);
    for (is_attack, title) in [(true, "attacks, share found"), (false, "benign, share taken for attacks")] {
        let title = format!("{title}, by {what}");
        let _ = writeln!(text, "{title:<width$}  {:>6}  {:>6}  95 % interval", "rows", "share");
        for group in groups.iter().filter(|group| group.is_attack == is_attack) {
            let name = printable(&group.name);
            let _ = writeln!(text, "{name:<width$}  {:>6}  {}", group.found.n, share(Some(group.found)));
        }
        text.push('\n');
    }
}

fn figures(measured: &Measures) -> [(&'static str, String); 6] {
    let number = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.4}"));
    [
        ("recall", share(measured.recall)),
        ("false-positive rate", share(measured.false_positive_rate)),
        ("precision", share(measured.precision)),
        ("F1", number(measured.f1)),
        ("recall at 1 % false positives", share(measured.recall_at_one_percent)),
        ("area under the ROC curve", number(measured.auroc)),
    ]
}

fn share(share: Option<Share>) -> String {
    let Some(share) = share else { return "not measured".to_owned() };
    format!("{:.4}  {:.4} to {:.4}", share.value, share.interval.low, share.interval.high)
}

fn said(measured: &Measures, verdict: &Verdict) -> String {
    let counted = format!("{} and {}", count(measured.attacks, "attack"), count(measured.benign, "benign text"));
    match verdict.status() {
        ExitStatus::Undecided => format!("UNDECIDED: {}", verdict.undecided.join("; ")),
        ExitStatus::Failed => format!("FAILED: {} ({counted})", verdict.missed.join("; ")),
        _ if verdict.has_bars => format!("PASSED: {counted}"),
        _ => format!("measured {counted}; [guard] sets no bar"),
    }
}

/// The whole table, and of every row the verdict, the score and the findings.
pub(super) fn value(
    name: &str,
    is_held_out: bool,
    (judged, measured): (&[Judged<'_>], &Measures),
    verdict: &Verdict,
) -> Value {
    json!({
        "schema": 1,
        "corpus": name,
        "held_out": is_held_out,
        "attacks": measured.attacks,
        "benign": measured.benign,
        "recall": value::share(measured.recall),
        "false_positive_rate": value::share(measured.false_positive_rate),
        "precision": value::share(measured.precision),
        "f1": measured.f1,
        "recall_at_one_percent": value::share(measured.recall_at_one_percent),
        "auroc": measured.auroc,
        "kinds": measured.kinds.iter().map(group).collect::<Vec<_>>(),
        "sources": measured.sources.iter().map(group).collect::<Vec<_>>(),
        "verdict": match verdict.status() {
            ExitStatus::Undecided => "undecided",
            ExitStatus::Failed => "fail",
            _ => "pass",
        },
        "reasons": verdict.undecided.iter().chain(&verdict.missed).collect::<Vec<_>>(),
        "rows": judged.iter().map(row).collect::<Vec<_>>(),
    })
}

fn group(group: &Group) -> Value {
    let label = if group.is_attack { "attack" } else { "benign" };
    json!({"name": group.name, "label": label, "found": value::share(Some(group.found))})
}

fn row(judged: &Judged<'_>) -> Value {
    let mut value = check::value(&judged.assessment);
    value["id"] = judged.row.id.clone().into();
    value["label"] = if judged.row.is_attack { "attack" } else { "benign" }.into();
    value["kind"] = judged.row.kind.clone().into();
    value["source"] = judged.row.source.clone().into();
    value["found"] = judged.is_found.into();
    value
}
