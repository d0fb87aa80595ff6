//! What can be typed after `llmops prompt`.

use clap::{Args, Subcommand};
use semver::Version;

use crate::prompt::Bump;

#[derive(Debug, Args)]
pub(crate) struct Prompt {
    #[command(subcommand)]
    pub(crate) command: PromptCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PromptCommand {
    /// List the prompts with their versions and labels, or the versions of one
    List(List),
    /// Print a version's file
    Show(Which),
    /// Begin a draft: of a new prompt, or from the latest version of one
    New(New),
    /// Make a version of the draft that never changes
    Release(Release),
    /// Print what happened to a prompt, the newest first
    History(Named),
    /// Check that no release was edited or lost, and that no ledger was tampered with
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Prompt whose versions are listed
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// NAME, NAME@VERSION, NAME@draft or NAME@LABEL; without a version the latest
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) prompt: String,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// NAME, or NAME@VERSION to begin from a version
    #[arg(value_name = "NAME[@VERSION]")]
    pub(crate) prompt: String,
}

#[derive(Debug, Args)]
pub(crate) struct Release {
    /// NAME releases the draft; NAME@VERSION records a version whose file is there already
    #[arg(value_name = "NAME[@VERSION]")]
    pub(crate) prompt: String,
    /// How far the draft is from the latest version
    #[arg(long, value_enum, value_name = "PART", conflicts_with = "as_version")]
    pub(crate) bump: Option<Bump>,
    /// The version that the draft becomes, for pre-releases and older lines
    #[arg(long = "as", value_name = "VERSION")]
    pub(crate) as_version: Option<Version>,
    /// Why there is this version
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: String,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Only this prompt
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Every ledger must go on from what it was where the branch left REF; without it, from the last commit and the one before
    #[arg(long, value_name = "REF")]
    pub(crate) since: Option<String>,
}
