//! `llmops deploy`: what can be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Deploy {
    #[command(subcommand)]
    pub(crate) command: Option<DeployCommand>,
    #[command(flatten)]
    pub(crate) now: DeployNow,
}

#[derive(Debug, Args)]
pub(crate) struct DeployNow {
    /// What proves that this commit passed; default: `deploy.evidence`
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: DeployPlace,
    /// Check everything, and say what would be done; nothing is begun
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeployPlace {
    /// The environment; default: the one that [deploy] describes
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeployCommand {
    /// What is deployed, what was before, and what is under way
    Status(DeployPlace),
    /// Return platform and labels to the deployment before the last
    Rollback {
        /// Why, for the record
        #[arg(short, long, value_name = "REASON")]
        message: String,
        #[command(flatten)]
        place: DeployPlace,
    },
}
