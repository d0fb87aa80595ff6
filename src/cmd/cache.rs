//! `llmops cache`: what is kept of models' replies, and how to be rid of it.

use std::fmt::Write as _;
use std::time::Duration;

use super::{configuration, output};
use crate::cli::{CacheCommand, Global};
use crate::clock::{timestamp_of, unix_seconds};
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::llm::{CacheStats, Keep, Pruned, prune, stats};

pub(super) fn run(global: &Global, command: &CacheCommand) -> Result<ExitStatus> {
    let config = configuration(global)?;
    match command {
        CacheCommand::Stats => show(global, &config)?,
        CacheCommand::Prune { older_than, all } => {
            let keep = if *all { Keep::Nothing } else { Keep::After(before(older_than.unwrap_or(config.cache.ttl))) };
            remove(global, &config, keep)?;
        }
    }
    Ok(ExitStatus::Pass)
}

fn before(age: Duration) -> i64 {
    unix_seconds().saturating_sub(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
}

const NO_CACHE: &str = "no replies are kept\n";

fn show(global: &Global, config: &Config) -> Result<()> {
    let stats = stats(config, unix_seconds())?;
    if global.json {
        return print_json(&stats.unwrap_or_default());
    }
    output::print(&stats.map_or_else(|| NO_CACHE.to_owned(), |stats| render(&stats)))
}

fn render(stats: &CacheStats) -> String {
    let CacheStats { replies, bytes, oldest, newest, expired } = stats;
    let mut text = format!("replies  {replies}\nsize     {}\n", size(*bytes));
    if let (Some(oldest), Some(newest)) = (oldest, newest) {
        let _ = write!(text, "oldest   {}\nnewest   {}\n", timestamp_of(*oldest), timestamp_of(*newest));
    }
    let _ = writeln!(text, "expired  {expired}");
    text
}

fn remove(global: &Global, config: &Config, keep: Keep) -> Result<()> {
    let pruned = prune(config, keep)?;
    if global.json {
        return print_json(&pruned.unwrap_or(Pruned { removed: 0, left: 0, freed_bytes: 0 }));
    }
    let Some(Pruned { removed, left, freed_bytes }) = pruned else { return output::print(NO_CACHE) };
    let noun = if removed == 1 { "reply" } else { "replies" };
    output::print(&format!("{removed} {noun} removed, {left} left, {} freed\n", size(freed_bytes)))
}

fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let value = serde_json::to_value(value);
    output::print_json(&value.map_err(|error| Error::unavailable("cannot write the result as JSON").source(error))?)
}

/// `512 B`, `20 kB`, `1.5 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
