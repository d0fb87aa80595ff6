//! What can be typed after `llmops init`.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that can be typed")]
pub(crate) struct Init {
    /// Whose CI the workflow is for; default: what the git remote, `.github` or `.gitlab-ci.yml` say, else github
    #[arg(long, value_enum, value_name = "FORGE")]
    pub(crate) forge: Option<Forge>,
    /// Where the passages come from; default: embedded
    #[arg(long, value_enum, value_name = "STORE")]
    pub(crate) store: Option<Store>,
    /// The model under test: provider/model; default: local/extractive, which needs no key
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub(crate) model: Option<String>,
    /// Take over what was found: prompts and cases of other tools, a table with vectors
    #[arg(long, overrides_with = "no_import")]
    pub(crate) import: bool,
    /// Take over nothing
    #[arg(long)]
    pub(crate) no_import: bool,
    /// Have the workflow deploy with this driver after a push to the default branch that passes
    #[arg(long, value_enum, value_name = "DRIVER")]
    pub(crate) deploy: Option<Driver>,
    /// Where CI gets the program, instead of the variable `LLMOPS_URL` of the repository
    #[arg(long, value_name = "URL", requires = "binary_sha256")]
    pub(crate) binary_url: Option<String>,
    /// The program's SHA-256, instead of the variable `LLMOPS_SHA256`
    #[arg(long, value_name = "HEX", requires = "binary_url", value_parser = sha256)]
    pub(crate) binary_sha256: Option<String>,
    /// Ask nothing, and take the answer that each question offers
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Write nothing, and say what would be written
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Forge {
    Github,
    Gitlab,
    /// No workflow
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// An SQLite file that is made from the documents
    Embedded,
    /// A table in PostgreSQL
    Pgvector,
}

/// How a deployment is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Driver {
    Render,
    RenderHook,
    Vercel,
    Fly,
    Github,
    Webhook,
    Command,
}

fn sha256(text: &str) -> Result<String, &'static str> {
    let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_one { Ok(text.to_lowercase()) } else { Err("it has 64 hexadecimal digits, as sha256sum prints them") }
}
