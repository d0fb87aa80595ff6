//! `llmops deploy status`: what is deployed as the record knows it, and what is under way.

use std::fmt::Write as _;

use serde_json::json;

use super::{chosen, output};
use crate::cli::{DeployPlace, Global};
use crate::cmd::configuration_for;
use crate::config::Purpose;
use crate::deploy::{Entry, Journal, Kind, Outcome, Record, short};
use crate::error::{ExitStatus, Result};

/// Earlier deployments that are shown.
const SHOWN: usize = 5;

pub(super) fn run(global: &Global, place: &DeployPlace) -> Result<ExitStatus> {
    let config = configuration_for(global, Purpose::Offline)?;
    let deploy = chosen(&config, place)?;
    let environment = &deploy.environment;
    let record = Record::read(&config.root, environment)?;
    let journal = Journal::read(&config.state_folder().join("deploy").join(environment))?;
    let standing = record.standing();
    let now = standing.last();
    let under_way = journal.intent().map(|intent| {
        let step = journal.failure().map_or_else(|| journal.next().map_or("end", |step| step.name()), |_| "rollback");
        (intent, step)
    });
    if global.json {
        let under_way = under_way.map(|(intent, step)| json!({ "intent": intent, "step": step }));
        output::print_json(&json!({
            "environment": environment, "deployed": now, "under_way": under_way, "last": record.entries.last(),
        }))?;
        return Ok(ExitStatus::Pass);
    }
    let mut text = match now {
        None => format!("nothing was deployed to {environment} that is known\n"),
        Some(now) => deployed(environment, now),
    };
    if let Some((intent, step)) = under_way {
        let (commit, began) = (short(&intent.commit), &intent.began);
        let _ = writeln!(
            text,
            "under way: {commit} since {began}, at {step}; `llmops deploy` goes on with it if it was interrupted"
        );
    }
    for entry in record.entries.iter().rev().take(SHOWN) {
        text.push_str(&line(entry));
    }
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}

fn deployed(environment: &str, now: &Entry) -> String {
    let mut text = format!("{environment} runs {} since {}\n", now.runs, now.time);
    for prompt in &now.prompts {
        let _ = writeln!(text, "  {}@{} is {}", prompt.name, prompt.version, now.label);
    }
    text
}

fn line(entry: &Entry) -> String {
    let what = match (entry.outcome, entry.kind) {
        (Outcome::Deployed, Kind::Prompts) => "prompts",
        (Outcome::Deployed, _) => "deployed",
        (Outcome::RolledBack, _) => "rolled back",
        (Outcome::Returned, _) => "returned",
        (Outcome::Failed, _) => "failed",
    };
    let reason = entry.reason.as_ref().map_or_else(String::new, |reason| format!("  {reason}"));
    let commit = if entry.outcome == Outcome::Returned { &entry.runs } else { &entry.commit };
    format!("{}  {what:11}  {}{reason}\n", entry.time, short(commit))
}
