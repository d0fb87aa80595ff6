//! What can be typed after `llmops cost`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Cost {
    #[command(subcommand)]
    pub(crate) command: CostCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CostCommand {
    /// Show how much of each limit of [cost] is used
    Budget,
}
