//! `llmops cost`: what calls cost, before and after, and what may still be spent.

mod budget;
pub(super) mod estimate;
mod import;
mod prices;
mod report;

use super::{block_on, unless_interrupted, vocabulary};
use crate::cli::{CostCommand, Global};
use crate::config::{Config, Purpose};
use crate::error::{ExitStatus, Result};

/// A ledger in a database has a runtime of its own, so that only what needs no ledger is asynchronous.
pub(super) fn run(global: &Global, command: &CostCommand) -> Result<ExitStatus> {
    match command {
        CostCommand::Estimate(arguments) => estimate::run(global, arguments),
        CostCommand::Budget => budget::run(global),
        CostCommand::Report(arguments) => report::run(global, arguments),
        CostCommand::Import(arguments) => import::run(global, arguments),
        CostCommand::Prices(arguments) => block_on(unless_interrupted(prices::run(global, arguments))),
    }
}

/// With the secrets of a ledger that is elsewhere, though no model is called.
fn configuration(global: &Global) -> Result<Config> {
    Config::find(&global.directory, global.config.as_deref(), &vocabulary(Purpose::Online))
}
