//! `llmops ci`: what can be typed.

use clap::{Args, ValueEnum};

use super::Eval;

#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Run only these stages; default: security,eval. A deployment is only made when it is asked for
    #[arg(long, value_name = "STAGE", value_enum, value_delimiter = ',')]
    pub(crate) stage: Vec<Stage>,
    /// Do not do again what cannot have changed since REF: files that are the same are not scanned, and the last passing
    /// result of the same prompt, dataset, model, index and bars is taken again
    #[arg(long, value_name = "REF")]
    pub(crate) since: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The digest of the container image that is to be deployed, which the evidence is then of too: sha256:...
    #[arg(long, value_name = "DIGEST", value_parser = image)]
    pub(crate) image: Option<String>,
    #[command(flatten)]
    pub(crate) eval: Eval,
}

/// A part of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Stage {
    /// The history of prompts is whole, no file holds a secret, no document holds instructions, the validator meets its bars
    Security,
    /// The documents are stored, the dataset is measured, the gate decides
    Eval,
    /// What the evidence is of is deployed, as `llmops deploy` does it
    Deploy,
}

impl Stage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Eval => "eval",
            Self::Deploy => "deploy",
        }
    }
}

fn image(text: &str) -> Result<String, &'static str> {
    let is_digest = text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
    });
    if is_digest { Ok(text.to_owned()) } else { Err("write sha256: and 64 hexadecimal digits") }
}
