//! `llmops explain`: what a name means, from the same entries that the program works by.

use std::fmt::Write as _;

use serde_json::json;

use super::{output, reference};
use crate::cli::{Explain, Global};
use crate::config;
use crate::error::{Error, ExitStatus, Result, suggestion};
use crate::eval::metrics::{self, METRICS};
use crate::guard::attack::{GOALS, strategies};
use crate::guard::{INPUT_RULES, OUTPUT_RULES, RULES, kinds, subjects};

const TOPICS: [(&str, &str); 3] = [
    ("config", "every key of llmops.toml with its default"),
    ("providers", "the model providers, their keys and addresses"),
    ("exit-codes", "what the process tells its caller"),
];

pub(super) fn run(global: &Global, arguments: &Explain) -> Result<ExitStatus> {
    let text = match arguments.name.as_deref() {
        None => list(),
        Some("config") => config::DEFAULT.to_owned(),
        Some("providers") => reference::providers(),
        Some("exit-codes") => reference::EXIT_CODES.to_owned(),
        Some(name) => {
            let found = METRICS.iter().find(|metric| metric.name == name);
            match found.or_else(|| Some(metrics::find(name)?.0)) {
                Some(metric) => format!("{}: {}\n\n{}\n", metric.name, metric.summary, metric.manual()),
                None => guarded(name).ok_or_else(|| unknown(name))?,
            }
        }
    };
    if global.json {
        output::print_json(&json!({ "name": arguments.name, "text": text }))?;
    } else {
        output::print(&text)?;
    }
    Ok(ExitStatus::Pass)
}

/// A name may be that of a finding and of a goal: what is looked for, and what is tried.
fn guarded(name: &str) -> Option<String> {
    match (finding(name), attack(name)) {
        (Some(finding), Some(attack)) => Some(format!("As a finding of the guard\n{finding}\nIn attacks\n{attack}")),
        (finding, attack) => finding.or(attack),
    }
}

/// What a rule of the validator looks for, or a kind of personal data or secret is.
fn finding(name: &str) -> Option<String> {
    if let Some(rule) = RULES.iter().find(|rule| rule.name == name) {
        let (message, severity) = (rule.message, rule.severity.name());
        return Some(format!(
            "{name}: {message}\n\n{}\nSeverity: {severity}. OWASP: {}.\n",
            rule.documentation, rule.owasp
        ));
    }
    if let Some((_, summary)) = plain_findings().find(|(known, _)| *known == name) {
        return Some(format!("{name}: {summary}\n"));
    }
    let kind = kinds().find(|kind| kind.name == name)?;
    let (severity, placeholder) = (kind.severity.name(), kind.placeholder);
    Some(format!(
        "{name}: {}\n\nSeverity: {severity}. Masked as [{placeholder}_1], [{placeholder}_2], ...\n",
        kind.summary
    ))
}

/// Findings that have no more to explain than what they are about.
fn plain_findings() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    INPUT_RULES.iter().chain(OUTPUT_RULES).copied().chain(subjects())
}

/// What an attack is to achieve, or how it is dressed.
fn attack(name: &str) -> Option<String> {
    if let Some(goal) = GOALS.iter().find(|goal| goal.name == name) {
        let (summary, documentation, owasp) = (goal.summary, goal.documentation, goal.owasp.join(", "));
        return Some(format!("{name}: {summary}\n\n{documentation}\nOWASP: {owasp}.\n"));
    }
    let strategy = strategies().find(|strategy| strategy.name == name)?;
    let (summary, documentation, scope) = (strategy.summary, strategy.documentation, strategy.scope.name());
    Some(format!("{name}: {summary}\n\n{documentation}\nApplies to {scope}.\n"))
}

fn list() -> String {
    let width = METRICS.iter().map(|metric| metric.name.len()).max().unwrap_or_default();
    let mut text = String::from("metrics\n");
    for metric in METRICS {
        let _ = writeln!(text, "  {:<width$}  {}", metric.name, metric.summary);
    }
    text.push_str("\nfindings of the guard\n");
    for rule in RULES {
        let _ = writeln!(text, "  {:<width$}  {}", rule.name, rule.message);
    }
    for (name, summary) in plain_findings() {
        let _ = writeln!(text, "  {name:<width$}  {summary}");
    }
    for kind in kinds() {
        let _ = writeln!(text, "  {:<width$}  {}", kind.name, kind.summary);
    }
    text.push_str("\ngoals of attacks; `llmops guard attack --list` has the strategies too\n");
    for goal in GOALS {
        let _ = writeln!(text, "  {:<width$}  {}", goal.name, goal.summary);
    }
    text.push_str("\nother\n");
    for (name, summary) in TOPICS {
        let _ = writeln!(text, "  {name:<width$}  {summary}");
    }
    text
}

fn unknown(name: &str) -> Error {
    let names = METRICS.iter().map(|metric| metric.name);
    let known = names
        .chain(RULES.iter().map(|rule| rule.name))
        .chain(plain_findings().map(|(name, _)| name))
        .chain(kinds().map(|kind| kind.name))
        .chain(GOALS.iter().map(|goal| goal.name))
        .chain(strategies().map(|strategy| strategy.name))
        .chain(TOPICS.iter().map(|(name, _)| *name));
    Error::config(format!("there is nothing named \"{name}\"")).hint(suggestion(name, known))
}
