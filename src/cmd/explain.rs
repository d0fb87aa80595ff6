//! `llmops explain`: what a name means, from the same entries that the program works by.

use std::fmt::Write as _;

use serde_json::json;

use super::{output, reference};
use crate::cli::{Explain, Global};
use crate::config;
use crate::error::{Error, ExitStatus, Result, suggestion};
use crate::eval::metrics::{self, METRICS};

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
                None => return Err(unknown(name)),
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

fn list() -> String {
    let width = METRICS.iter().map(|metric| metric.name.len()).max().unwrap_or_default();
    let mut text = String::from("metrics\n");
    for metric in METRICS {
        let _ = writeln!(text, "  {:<width$}  {}", metric.name, metric.summary);
    }
    text.push_str("\nother\n");
    for (name, summary) in TOPICS {
        let _ = writeln!(text, "  {name:<width$}  {summary}");
    }
    text
}

fn unknown(name: &str) -> Error {
    let known = METRICS.iter().map(|metric| metric.name).chain(TOPICS.iter().map(|(name, _)| *name));
    Error::config(format!("there is nothing named \"{name}\"")).hint(suggestion(name, known))
}
