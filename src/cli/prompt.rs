//! What can be typed after `llmops prompt`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueEnum};
use semver::Version;

use crate::prompt::Bump;
use crate::prompt::import::{Braces, FORMATS};

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
    /// Show what changed between two versions: lines, words, variables, parameters, tokens and cost
    Diff(Compared),
    /// Print the messages that a model would be sent
    Render(Render),
    /// Write the prompts that a label means into one file, for the running application
    Export(Export),
    /// Release the prompts of another tool: a Python file, Langfuse, promptfoo, JSON, text
    Import(Import),
    /// Begin a draft: of a new prompt, or from the latest version of one
    New(New),
    /// Make a version of the draft that never changes
    Release(Release),
    /// Approve a version that somebody else released
    Approve(Approve),
    /// Let a label such as production mean a version
    Label(Label),
    /// Return a label to what it meant before
    Rollback(Rollback),
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
pub(crate) struct Compared {
    /// The older one: NAME@VERSION or NAME@LABEL; NAME alone is its latest version, and with --since the only prompt that is looked at
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) old: Option<String>,
    /// The newer one: VERSION, LABEL or NAME@VERSION; without it the draft, or else the latest version
    #[arg(value_name = "VERSION", conflicts_with = "since")]
    pub(crate) new: Option<String>,
    /// Every prompt that differs from what it was where the branch left REF
    #[arg(long, value_name = "REF")]
    pub(crate) since: Option<String>,
    /// By default side by side on a wide terminal, else unified
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<DiffFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// Lines below each other
    Unified,
    /// Two columns
    SideBySide,
    /// For a comment on a pull request
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    /// NAME, NAME@VERSION, VERSION or @LABEL, as `llmops eval -p` takes it
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) prompt: String,
    /// Fill it with this case of the dataset, and with the passages that are found for it; without it, with the examples of its variables
    #[arg(long, value_name = "ID")]
    pub(crate) case: Option<String>,
    /// Give a variable this value: text, or JSON where it takes something else
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Only these prompts
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// The label that chooses each prompt's version
    #[arg(long, value_name = "LABEL", default_value = "production")]
    pub(crate) label: String,
    /// The file to write; without it, the bundle is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write nothing; fail if the file is not what the label means now
    #[arg(long, requires = "out")]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What kind of file it is, instead of what it looks like
    #[arg(long = "as", value_name = "FORMAT", value_parser = formats())]
    pub(crate) format: Option<String>,
    /// What marks a variable, instead of what the texts look like
    #[arg(long, value_enum, value_name = "STYLE")]
    pub(crate) braces: Option<Braces>,
    /// The prompt's name, for a file that holds one
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Write nothing, and say what would be released
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Why there are these versions, instead of what the source says
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
}

fn formats() -> PossibleValuesParser {
    FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.summary)).collect::<Vec<_>>().into()
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
pub(crate) struct Approve {
    /// The version that you have looked at
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) prompt: String,
    /// What you looked at
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) message: String,
}

#[derive(Debug, Args)]
pub(crate) struct Label {
    /// The version that the label is to mean, also by another label: NAME@staging; NAME alone with --remove
    #[arg(value_name = "NAME@VERSION")]
    pub(crate) prompt: String,
    /// The label: letters, digits, `_`, `-` and `.`, not a version's number
    #[arg(value_name = "LABEL")]
    pub(crate) name: String,
    /// Let the label mean nothing
    #[arg(long, conflicts_with = "evidence")]
    pub(crate) remove: bool,
    /// A report of exactly this version, as CI keeps it, instead of the last evaluation on this machine
    #[arg(long, value_name = "REPORT")]
    pub(crate) evidence: Option<PathBuf>,
    /// Why
    #[arg(short, long, value_name = "REASON")]
    pub(crate) message: String,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The prompt
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The label
    #[arg(default_value = "production")]
    pub(crate) label: String,
    /// To this version that the label has meant, instead of the one before
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<String>,
    /// Why
    #[arg(short, long, value_name = "REASON")]
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
