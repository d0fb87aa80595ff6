//! `llmops doctor`: the usual mistakes, each with what mends it. Nothing of the project is changed, and no model answers anything; at
//! most one word is embedded.
//!
//! A check is one file below `doctor/` and one row of `CHECKS`.

mod configuration;
mod dataset;
mod deployment;
mod finding;
mod limits;
mod models;
mod prompts;
mod repository;
mod secrets;
mod store;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use futures_util::future::BoxFuture;
use serde_json::json;

use self::finding::{Finding, State};
use super::{Closing, output, vocabulary};
use crate::cli::{Doctor, Global};
use crate::config::{Config, Purpose};
use crate::error::{ErrorKind, ExitStatus, Result};
use crate::llm::Client;
use crate::text::{count, printable};

/// What checks look at.
struct Patient {
    config: Config,
    client: Client,
    offline: bool,
}

struct Check {
    name: &'static str,
    /// Whether it makes sense of a configuration that cannot be read.
    needs_configuration: bool,
    run: for<'a> fn(&'a Patient) -> BoxFuture<'a, Vec<Finding>>,
}

const CHECKS: &[Check] = &[
    Check { name: "configuration", needs_configuration: true, run: |patient| ready(configuration::check(patient)) },
    Check { name: "repository", needs_configuration: false, run: |patient| ready(repository::check(patient)) },
    Check { name: "prompts", needs_configuration: true, run: |patient| ready(prompts::check(patient)) },
    Check { name: "dataset", needs_configuration: true, run: |patient| ready(dataset::check(patient)) },
    Check { name: "secrets", needs_configuration: true, run: |patient| ready(secrets::check(patient)) },
    Check { name: "models", needs_configuration: true, run: |patient| Box::pin(models::check(patient)) },
    Check { name: "store", needs_configuration: true, run: |patient| Box::pin(store::check(patient)) },
    Check { name: "limits", needs_configuration: true, run: |patient| ready(limits::check(patient)) },
    Check { name: "deployment", needs_configuration: false, run: |patient| ready(deployment::check(patient)) },
];

fn ready<'a>(findings: Vec<Finding>) -> BoxFuture<'a, Vec<Finding>> {
    Box::pin(std::future::ready(findings))
}

/// Exit status 1 if there is a problem, 3 if the configuration cannot be read.
pub(super) async fn run(global: &Global, arguments: &Doctor) -> Result<ExitStatus> {
    let vocabulary = vocabulary(Purpose::Offline);
    let (config, unread) = match Config::find(&global.directory, global.config.as_deref(), &vocabulary) {
        Ok(config) => (config, None),
        // What is wrong may be above the folder, or be the environment; then there is nothing to look at.
        Err(error) => (Config::absent(&global.directory, &vocabulary).map_err(|_| error.again())?, Some(error)),
    };
    let client = Client::new(&config);
    let (client, unread) = match (client, unread) {
        (Ok(client), unread) => (client, unread),
        (Err(error), _) => {
            let defaults = Config::absent(&global.directory, &vocabulary)?;
            (Client::new(&defaults)?, Some(error))
        }
    };
    let mut found: Vec<(&str, Finding)> = Vec::new();
    if let Some(error) = &unread {
        found.extend(Finding::of_error(error).into_iter().map(|finding| ("configuration", finding)));
    }
    let _closing = Closing(client.clone());
    let patient = Patient { config, client, offline: arguments.offline };
    for check in CHECKS {
        if unread.is_some() && check.needs_configuration {
            if check.name != "configuration" {
                found.push((check.name, Finding::skipped("the configuration cannot be read")));
            }
            continue;
        }
        found.extend((check.run)(&patient).await.into_iter().map(|finding| (check.name, finding)));
    }
    show(global, &found)?;
    let has_problem = found.iter().any(|(_, finding)| finding.state == State::Problem);
    Ok(match unread {
        Some(error) if error.kind == ErrorKind::Config => ExitStatus::Config,
        _ if has_problem => ExitStatus::Failed,
        _ => ExitStatus::Pass,
    })
}

fn show(global: &Global, found: &[(&str, Finding)]) -> Result<()> {
    let of = |state| found.iter().filter(|(_, finding)| finding.state == state).count();
    let (problems, warnings) = (of(State::Problem), of(State::Warning));
    if global.json {
        let row = |(check, finding): &(&str, Finding)| json!({ "check": check, "state": finding.state.name(), "message": finding.message, "fix": finding.fix });
        let findings: Vec<_> = found.iter().map(row).collect();
        return output::print_json(&json!({ "problems": problems, "warnings": warnings, "findings": findings }));
    }
    let mut text = String::new();
    for (check, finding) in found {
        let style = match finding.state {
            State::Ok => Style::new().fg_color(Some(AnsiColor::Green.into())),
            State::Warning => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            State::Problem => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
            State::Skipped => Style::new().dimmed(),
        };
        let _ =
            writeln!(text, "{style}{:<7}{style:#}  {check:<13}  {}", finding.state.name(), printable(&finding.message));
        for line in finding.fix.iter().flat_map(|fix| fix.lines()) {
            let _ = writeln!(text, "{:24} fix: {}", "", printable(line));
        }
    }
    let _ = writeln!(text, "{}, {}", count(problems, "problem"), count(warnings, "warning"));
    output::print(&text)
}
