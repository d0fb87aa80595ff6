//! `llmops cost`: what calls cost, before and after, and what may still be spent.

mod budget;
pub(super) mod estimate;
mod import;
mod report;

use super::{block_on, unless_interrupted, vocabulary};
use crate::cli::{CostCommand, Global};
use crate::config::{Config, Purpose};
use crate::error::{ExitStatus, Result};

pub(super) fn run(global: &Global, command: &CostCommand) -> Result<ExitStatus> {
    match command {
        CostCommand::Estimate(arguments) => block_on(unless_interrupted(estimate::run(global, arguments))),
        CostCommand::Budget => budget::run(global),
        CostCommand::Report(arguments) => report::run(global, arguments),
        CostCommand::Import(arguments) => import::run(global, arguments),
    }
}

/// With the secrets of a ledger that is elsewhere, though no model is called.
fn configuration(global: &Global) -> Result<Config> {
    Config::find(&global.directory, global.config.as_deref(), &vocabulary(Purpose::Online))
}
