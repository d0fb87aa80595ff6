//! What can be typed after `llmops cost`.

use clap::{Args, Subcommand};

use super::Tested;

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
}

#[derive(Debug, Args)]
pub(crate) struct Estimate {
    #[command(flatten)]
    pub(crate) tested: Tested,
    /// Ask each case N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) repeats: Option<u32>,
}
