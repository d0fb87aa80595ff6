//! The pages of `docs/reference/`, generated from the entries that the program works by.

use std::fmt::Write as _;

use clap::CommandFactory;

use super::output;
use crate::cli::{Cli, ReferencePage};
use crate::config;
use crate::error::{ExitStatus, Result};
use crate::eval::metrics::METRICS;
use crate::llm::{LOCAL, PROVIDERS};
use crate::report::json;

pub(super) const EXIT_CODES: &str = "\
0  pass       everything was measured and every bar was met; a shard of a run: its cases were measured
1  failed     the gate measured enough and said no
2  undecided  too many errors, no cases, nothing measured, a run that ended early, or a component that is down
3  config     the command line, the configuration, a prompt or the dataset is wrong
4  budget     a limit of [cost] is reached; what was finished is kept
";

pub(super) fn run(page: ReferencePage) -> Result<ExitStatus> {
    let text = match page {
        ReferencePage::Commands => commands(),
        ReferencePage::Configuration => configuration(),
        ReferencePage::Metrics => metrics(),
        ReferencePage::ReportSchema => json::SCHEMA_DOCUMENT.to_owned(),
        ReferencePage::Providers => format!("# Model providers\n\n{}", providers()),
    };
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}

fn configuration() -> String {
    format!(
        "# Configuration reference\n\nEvery key of `llmops.toml` with its default. `llmops explain config` prints this \
         file.\n\n```toml\n{}```\n",
        config::DEFAULT
    )
}

fn metrics() -> String {
    let mut text =
        String::from("# Metrics reference\n\nWhat each metric measures; `llmops explain NAME` says the same.\n");
    for metric in METRICS {
        let (first, rest) = metric.summary.split_at(1);
        let summary = format!("{}{rest}", first.to_uppercase());
        let _ = write!(text, "\n## {}\n\n{summary}.\n\n{}\n", metric.name, metric.manual());
    }
    text
}

fn commands() -> String {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut text = String::from("# Command reference\n");
    let _ = write!(text, "\n```text\n{}\n```\n", plain(&mut root));
    describe(&mut root, "##", &mut text);
    let _ = write!(text, "\n## Exit codes\n\n```text\n{EXIT_CODES}```\n");
    text
}

/// The commands below a command, each with those below it.
fn describe(parent: &mut clap::Command, heading: &str, text: &mut String) {
    for command in parent.get_subcommands_mut().filter(|command| !command.is_hide_set() && command.get_name() != "help")
    {
        let name = command.get_bin_name().unwrap_or_default().to_owned();
        let _ = write!(text, "\n{heading} {name}\n\n```text\n{}\n```\n", plain(command));
        describe(command, &format!("{heading}#"), text);
    }
}

fn plain(command: &mut clap::Command) -> String {
    let help = command.render_long_help().to_string();
    help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The providers' rows as a table.
pub(super) fn providers() -> String {
    let mut text = String::from(
        "| provider | what it is | key | address, and the variable that changes it |\n| --- | --- | --- | --- |\n",
    );
    for provider in PROVIDERS {
        let key = match provider.key_env {
            [] => "none".to_owned(),
            names if provider.key_required => code_list(names),
            names => format!("{}, optional", code_list(names)),
        };
        let address = match provider.base_url {
            "" => "none".to_owned(),
            url => format!("`{url}`"),
        };
        let (name, summary, variables) = (provider.name, provider.summary, code_list(provider.base_url_env));
        let _ = writeln!(text, "| `{name}` | {summary} | {key} | {address}, {variables} |");
    }
    for (name, summary) in LOCAL {
        let _ = writeln!(text, "| `{name}` | {summary} | none | none |");
    }
    text
}

fn code_list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}
