//! `llmops cost`: what calls cost, before and after, and what may still be spent.

mod budget;
pub(super) mod estimate;
mod import;
mod prices;
mod report;

use super::{unless_interrupted, vocabulary};
use crate::cli::{CostCommand, Global};
use crate::config::{Config, Purpose};
use crate::error::{ExitStatus, Result};

pub(super) async fn run(global: &Global, command: &CostCommand) -> Result<ExitStatus> {
    match command {
        CostCommand::Estimate(arguments) => unless_interrupted(estimate::run(global, arguments)).await,
        CostCommand::Budget => budget::run(global),
        CostCommand::Report(arguments) => report::run(global, arguments),
        CostCommand::Import(arguments) => import::run(global, arguments),
        CostCommand::Prices(arguments) => unless_interrupted(prices::run(global, arguments)).await,
    }
}

/// With the secrets of a ledger that is elsewhere, though no model is called.
fn configuration(global: &Global) -> Result<Config> {
    Config::find(&global.directory, global.config.as_deref(), &vocabulary(Purpose::Online))
}
