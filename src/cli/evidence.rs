//! `llmops evidence`: what can be typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Evidence {
    #[command(subcommand)]
    pub(crate) command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Whether evidence is signed by somebody whose word counts, fresh, and of exactly this commit; exit code 1 if not
    Verify(VerifyEvidence),
    /// Make a key: the private half in .llmops/evidence.key, the public half in evals/evidence.pub
    Key,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyEvidence {
    /// The file; default: `llmops/evidence.json`, which `llmops ci` writes
    pub(crate) file: Option<PathBuf>,
}
