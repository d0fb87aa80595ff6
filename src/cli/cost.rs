//! What can be typed after `llmops cost`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::Tested;
use crate::config::parse_duration;
use crate::cost::ledger::By;

#[derive(Debug, Args)]
pub(crate) struct Cost {
    #[command(subcommand)]
    pub(crate) command: CostCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CostCommand {
    /// Say what a run of `llmops eval` would cost, without making a call
    Estimate(Estimate),
    /// Show how much of each limit of [cost] is used
    Budget,
    /// Show what was spent and saved, why it changed, and how the month will end
    Report(CostReport),
    /// Write the calls of the running application into the ledger, from its logs or traces
    Import(CostImport),
    /// Show where the prices are from and what models cost, or take newer prices
    Prices(Prices),
}

#[derive(Debug, Args)]
pub(crate) struct CostReport {
    /// From this day on (2026-11-01), or for so long until now ("7 d", "12 h"); days are those of the configured time
    /// zone, today among them
    #[arg(long, value_name = "DATE|TIME", value_parser = since, default_value = "30 d")]
    pub(crate) since: Since,
    /// Up to the end of this day; default: now
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) until: Option<Date>,
    /// What rows are of: day, model, prompt, role, run, project. A comma begins another table, a plus divides rows further:
    /// "day+model,role"
    #[arg(long, value_name = "BY", value_delimiter = ',', value_parser = grouping, default_value = "day,model,prompt,role")]
    pub(crate) by: Vec<Grouping>,
    /// How to show it; default: for a terminal, or as --json says
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<CostFormat>,
    /// The calls of every project in the ledger
    #[arg(long)]
    pub(crate) all_projects: bool,
}

/// Where a report begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Day(Date),
    Ago(Duration),
}

/// What the rows of one table are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grouping(pub(crate) Vec<By>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CostFormat {
    /// Tables with bars
    Terminal,
    /// One table with a row for each row of all, exact
    Csv,
    /// Everything, exact
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct CostImport {
    /// Logs with a call a line, or traces as the OpenTelemetry collector writes them; "-" is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Whose calls they are, instead of the configuration's project
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Who serves models that are named without a provider
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Import the others if some lines cannot be read, instead of nothing
    #[arg(long)]
    pub(crate) skip_bad: bool,
    /// Write nothing, and say what would be imported
    #[arg(long)]
    pub(crate) dry_run: bool,
}

fn since(text: &str) -> Result<Since, &'static str> {
    let ago = || parse_duration(text).filter(|time| time.as_secs() > 0).map(Since::Ago);
    let found = date(text).map(Since::Day).ok().or_else(ago);
    found.ok_or("write a day like 2026-11-01, or a time like \"7 d\" or \"12 h\"")
}

fn date(text: &str) -> Result<Date, &'static str> {
    // The library also reads times, of which no more than the day would count.
    let is_plain = text.len() == "2026-11-01".len();
    text.parse().ok().filter(|_| is_plain).ok_or("write a day like 2026-11-01")
}

fn grouping(text: &str) -> Result<Grouping, String> {
    let mut found = Vec::new();
    for name in text.split('+') {
        let by = By::named(name.trim()).ok_or_else(|| {
            let names: Vec<&str> = By::ALL.iter().map(|(_, name)| *name).collect();
            format!("\"{name}\" is none of {}", names.join(", "))
        })?;
        if !found.contains(&by) {
            found.push(by);
        }
    }
    Ok(Grouping(found))
}

#[derive(Debug, Args)]
pub(crate) struct Estimate {
    #[command(flatten)]
    pub(crate) tested: Tested,
    /// Ask each case N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) repeats: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Prices {
    /// PROVIDER/MODEL, or a part of a name; without it, where the prices are from, and those of the project's models
    #[arg(value_name = "MODEL")]
    pub(crate) model: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<PricesCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PricesCommand {
    /// Make a newer price map into the project's, unless what it changes is hard to believe
    Update(UpdatePrices),
}

#[derive(Debug, Args)]
pub(crate) struct UpdatePrices {
    /// litellm's `model_prices_and_context_window.json`, or a price map as this command writes it, plain or packed with
    /// gzip: a file, or an http or https address
    #[arg(value_name = "FILE|URL")]
    pub(crate) source: String,
    /// What the prices are of, instead of the name of the source: "litellm 1.106.2"
    #[arg(long, value_name = "TEXT", value_parser = release)]
    pub(crate) release: Option<String>,
    /// Their day, instead of today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<Date>,
    /// Write FILE instead of `cost.prices` of the configuration; packed with gzip if it ends in .gz
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write nothing, and say what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take prices that are hard to believe
    #[arg(long)]
    pub(crate) force: bool,
}

fn release(text: &str) -> Result<String, &'static str> {
    let is_line = !text.trim().is_empty() && !text.contains(char::is_control);
    if is_line { Ok(text.to_owned()) } else { Err("it takes a line of text") }
}
