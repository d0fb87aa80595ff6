//! `llmops explain`: what a name means, from the same entries that the program works by.

use std::fmt::Write as _;

use serde_json::json;

use super::{output, reference};
use crate::cli::{Explain, Global};
use crate::config;
use crate::error::{Error, ExitStatus, Result, suggestion};
use crate::eval::metrics::{self, METRICS};
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
                None => finding(name).ok_or_else(|| unknown(name))?,
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
        .chain(TOPICS.iter().map(|(name, _)| *name));
    Error::config(format!("there is nothing named \"{name}\"")).hint(suggestion(name, known))
}
