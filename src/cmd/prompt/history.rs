//! `llmops prompt history`: what happened to a prompt, the newest first.

use std::fmt::Write as _;

use super::output;
use crate::cli::{Global, Named};
use crate::config::Config;
use crate::error::{ExitStatus, Result};
use crate::prompt::{Entry, Event, Folder};
use crate::text::printable;

pub(super) fn run(global: &Global, config: &Config, arguments: &Named) -> Result<ExitStatus> {
    let folder = Folder::existing(&config.root, &arguments.name)?;
    let entries = folder.entries()?;
    if global.json {
        output::print_json(&serde_json::to_value(&entries).unwrap_or_default())?;
        return Ok(ExitStatus::Pass);
    }
    let mut text = String::new();
    for entry in entries.iter().rev() {
        let signed = if entry.signature.is_some() { ", signed" } else { "" };
        let _ = writeln!(text, "{}  {}", entry.time, printable(&what(entry)));
        let _ = writeln!(text, "    by {}{signed}", printable(&entry.by));
        for line in why(entry).lines() {
            let _ = writeln!(text, "    {}", printable(line));
        }
    }
    if entries.is_empty() {
        text = format!("nothing is recorded of {}: it has no release\n", folder.name);
    }
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}

fn what(entry: &Entry) -> String {
    match &entry.event {
        Event::Released { version, digest, .. } => format!("released {version} ({})", short(digest)),
        Event::Approved { version, digest, .. } => format!("approved {version} ({})", short(digest)),
        Event::Labelled { label, version, from, rollback, .. } => {
            let before = from.as_ref().map(|from| format!(" (was {from})")).unwrap_or_default();
            match version {
                None => format!("removed the label {label}{before}"),
                Some(version) if *rollback => format!("rolled {label} back to {version}{before}"),
                Some(version) => format!("labelled {version} as {label}{before}"),
            }
        }
    }
}

fn why(entry: &Entry) -> &str {
    match &entry.event {
        Event::Released { message, .. } | Event::Approved { message, .. } => message,
        Event::Labelled { reason, .. } => reason,
    }
}

fn short(digest: &str) -> &str {
    &digest[..digest.len().min(12)]
}
