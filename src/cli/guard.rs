//! What can be typed after `llmops guard`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Tested;
use crate::guard::attack::{DEFAULT_LIMIT, MAX_STEPS, UTILITY_CASES};

#[derive(Debug, Args)]
pub(crate) struct Guard {
    #[command(subcommand)]
    pub(crate) command: GuardCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuardCommand {
    /// Judge one text, of a user, a document or a model: allowed, flagged or blocked, and why
    Check(Check),
    /// Judge the documents that are to be retrieved: planted orders, hidden text, keys
    Documents(Documents),
    /// Measure the validator against labelled texts, and gate it by [guard]
    Test(Test),
    /// Attack the project's own target, and say what worked
    Attack(Attack),
    /// Learn the weights of the validator from labelled texts
    Train(Train),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The text; `-`: standard input
    pub(crate) text: String,
    /// The text is a document: however long, it is judged
    #[arg(long, conflicts_with = "output")]
    pub(crate) document: bool,
    /// What is masked in texts of one conversation, kept in this file: an answer gets it back
    #[arg(long, value_name = "FILE")]
    pub(crate) placeholders: Option<PathBuf>,
    /// The text is an answer of a model
    #[arg(long)]
    pub(crate) output: bool,
    /// The prompt whose instructions must not come out, as NAME or NAME@VERSION
    #[arg(long, requires = "output", help_heading = ANSWERS, conflicts_with = "system")]
    pub(crate) prompt: Option<String>,
    /// The instructions that must not come out, in a file
    #[arg(long, value_name = "FILE", requires = "output", help_heading = ANSWERS)]
    pub(crate) system: Option<PathBuf>,
    /// A file with what the answer may rest on: a passage, or the question. Links are held against all of them
    #[arg(long, value_name = "FILE", requires = "output", help_heading = ANSWERS)]
    pub(crate) passage: Vec<PathBuf>,
    /// A text that must not come out, however it is spelt, beside those of the configuration
    #[arg(long, value_name = "TEXT", requires = "output", help_heading = ANSWERS)]
    pub(crate) canary: Vec<String>,
}

const ANSWERS: &str = "Options for answers";

#[derive(Debug, Args)]
pub(crate) struct Documents {
    /// A file or folder; default: retrieval.documents
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// JSONL of rows {"text", "label": "attack" or "benign", "kind"}; default: the rows that ship with the program
    pub(crate) corpus: Option<PathBuf>,
    /// Judge the rows of each source by weights that have seen no row of that source; without CORPUS always so
    #[arg(long)]
    pub(crate) held_out: bool,
    /// Show a line for each source too
    #[arg(long)]
    pub(crate) by_source: bool,
    /// A kind that is shown but not counted
    #[arg(long, value_name = "KIND")]
    pub(crate) leave_out: Vec<String>,
    /// Write the rows that were judged wrongly as SARIF 2.1.0, which code scanning shows
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Attack {
    #[command(flatten)]
    pub(crate) tested: Tested,
    /// Show the goals and strategies that there are, and ask nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// What attacks are to achieve; default: everything
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) goals: Vec<String>,
    /// How attacks are dressed; names joined by + are applied one after the other: base64+authority. Default:
    /// each alone
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) strategies: Vec<String>,
    /// At most N attempts, spread over goals and strategies
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT as u64, value_parser = at_least_one())]
    pub(crate) limit: u64,
    /// All attempts that there are
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    /// Another seed makes other canaries and other noise
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Ask N cases of the dataset as they are and with an attack beside them, to see whether the target still works; 0:
    /// none
    #[arg(long, value_name = "N", default_value_t = UTILITY_CASES as u64)]
    pub(crate) utility: u64,
    /// Fail only if more than this share of the attempts works: 0.02 or 2%. Without it and --baseline, no attempt
    /// may work
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) fail_on: Option<f64>,
    /// Fail only on what did not work in this run's JSON; what worked then is tried first
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the JSON of the run to FILE too, for people and as the next baseline
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Let this model write the attacks, from the plain wording of each seed on
    #[arg(long, value_name = "PROVIDER/MODEL", conflicts_with = "strategies")]
    pub(crate) attacker: Option<String>,
    /// How it goes on
    #[arg(long, value_name = "NAME", default_value = "iterative", requires = "attacker")]
    pub(crate) method: AttackMethod,
    /// How many texts it may write for each seed
    #[arg(long, value_name = "N", default_value_t = 5, requires = "attacker", value_parser = steps())]
    pub(crate) steps: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AttackMethod {
    /// A better text each time, asked afresh
    Iterative,
    /// One conversation that comes nearer step by step
    Crescendo,
}

fn steps() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(1..=MAX_STEPS as u64)
}

fn at_least_one() -> clap::builder::RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(1..)
}

fn rate(text: &str) -> Result<f64, &'static str> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |percent| (percent.trim_end(), 100.0));
    let rate = number.parse::<f64>().ok().map(|number| number / unit);
    rate.filter(|rate| (0.0..1.0).contains(rate)).ok_or("write a share from 0 to below 1, like 0.02 or 2%")
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// JSONL of rows {"text", "label": "attack" or "benign", "kind", "source"}; default: the rows that ship with the program
    pub(crate) corpus: Option<PathBuf>,
    /// Where the weights go
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// The day of the rows of CORPUS, which the weights then say of themselves
    #[arg(long, value_name = "YYYY-MM-DD", requires = "corpus")]
    pub(crate) date: Option<String>,
}
