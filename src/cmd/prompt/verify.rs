//! `llmops prompt verify`: whether the history of prompts is whole.

use std::fmt::Write as _;

use serde_json::json;

use super::output;
use crate::cli::{Global, Verify};
use crate::config::Config;
use crate::error::{ExitStatus, Result};
use crate::prompt::{self, Entry, Folder, History, Protection, Verified};
use crate::text::{count, printable};

pub(super) fn run(global: &Global, config: &Config, arguments: &Verify) -> Result<ExitStatus> {
    if let Some(name) = &arguments.name {
        Folder::existing(&config.root, name)?;
    }
    let verified = verified(config, arguments.name.as_deref(), arguments.since.as_deref())?;
    show(global, &verified)?;
    Ok(if verified.problems.is_empty() { ExitStatus::Pass } else { ExitStatus::Failed })
}

/// What is found of all prompts, or of one.
pub(in crate::cmd) fn verified(config: &Config, only: Option<&str>, since: Option<&str>) -> Result<Verified> {
    let protection = Protection::open(config)?;
    let check = |name: &str, entries: &[Entry], history: &History| protection.check(name, entries, history);
    prompt::verify(&config.root, only, since, &check)
}

/// Each with what to do about it.
fn problems(verified: &Verified) -> String {
    let mut text = String::new();
    for problem in &verified.problems {
        let _ = writeln!(text, "{}", printable(&problem.to_string()));
        for line in problem.hint.iter().flat_map(|hint| hint.lines()) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn show(global: &Global, verified: &Verified) -> Result<()> {
    let Verified { prompts, versions, entries, problems } = verified;
    if global.json {
        let problem = |problem: &crate::error::Problem| json!({ "place": problem.place, "message": problem.message, "hint": problem.hint });
        return output::print_json(&json!({
            "prompts": prompts,
            "versions": versions,
            "entries": entries,
            "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        }));
    }
    let mut text = self::problems(verified);
    let looked = format!("{}, {}, {}", count(*prompts, "prompt"), count(*versions, "version"), entries_of(*entries));
    let found = if problems.is_empty() { "whole".to_owned() } else { count(problems.len(), "problem") };
    let _ = writeln!(text, "{looked}: {found}");
    output::print(&text)
}

fn entries_of(entries: usize) -> String {
    if entries == 1 { "1 ledger entry".to_owned() } else { format!("{entries} ledger entries") }
}
