//! The configuration: `llmops.toml` over the embedded default, validated whole before anything runs.
//!
//! `config/default.toml` is the reference of every key; flags and environment variables win over the file.

mod cost;
mod deploy;
mod document;
mod env;
mod evidence;
mod prompts;
mod read;
mod trace;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use cost::{Budgets, Cost, LedgerPlace, ModelCost, Rates};
pub(crate) use deploy::{Deploy, Deploys, Identity as LiveIdentity, PromptsAre, Smoke, Watch};
pub(crate) use document::{Located, parse_duration};
pub(crate) use env::{Env, Secret};
pub(crate) use evidence::{Evidence, EvidenceSigner};
pub(crate) use prompts::{LABEL_HINT, LabelRule, Prompts, is_label};
pub(crate) use trace::{Trace, TraceNames, TraceTo};

use document::{Document, Section};

use crate::error::{Error, Problem, Result};

/// The commented default, which is also the reference page.
pub(crate) const DEFAULT: &str = include_str!("config/default.toml");
pub(crate) const FILE_NAME: &str = "llmops.toml";
/// Local state, never committed.
pub(crate) const STATE_FOLDER: &str = ".llmops";

/// A project's configuration, complete: every key has its value or its default.
pub(crate) struct Config {
    /// The project's folder; every relative path in the configuration starts here.
    pub(crate) root: PathBuf,
    /// The configuration file as messages name it.
    pub(crate) file: String,
    /// SHA-256 of the configuration file's bytes.
    pub(crate) digest: String,
    /// SHA-256 of what the file says of everything that can change an answer: not of bars, limits and names.
    pub(crate) identity: String,
    pub(crate) name: String,
    pub(crate) target: Target,
    pub(crate) retrieval: Retrieval,
    pub(crate) eval: Eval,
    pub(crate) judge: Judge,
    pub(crate) metrics: Vec<OwnMetric>,
    pub(crate) gate: Gate,
    pub(crate) cost: Cost,
    pub(crate) guard: Guard,
    pub(crate) prompts: Prompts,
    pub(crate) evidence: Evidence,
    pub(crate) deploys: Deploys,
    pub(crate) cache: Cache,
    /// Only a flag says so, never the file.
    pub(crate) cassette: Option<Cassette>,
    /// Calls are only counted, and the embedded store lies in this folder meanwhile. Only a command says so.
    pub(crate) estimates_in: Option<PathBuf>,
    pub(crate) queue: Queue,
    pub(crate) report: Report,
    pub(crate) trace: Trace,
    pub(crate) providers: Vec<CustomProvider>,
    pub(crate) limits: Vec<ProviderLimits>,
    pub(crate) env: Env,
}

/// `[guard]`: what the validator lets through, and what it must show that it finds.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) flag_at: f64,
    pub(crate) block_at: f64,
    pub(crate) max_characters: usize,
    pub(crate) forbidden_topics: Vec<String>,
    /// Weights of the project's own, instead of those that ship.
    pub(crate) model: Option<Located<String>>,
    pub(crate) min_recall: Option<f64>,
    pub(crate) max_false_positive_rate: Option<f64>,
    /// Kinds that a corpus must have rows of.
    pub(crate) required_kinds: Vec<String>,
    pub(crate) output: GuardOutput,
    pub(crate) documents: GuardDocuments,
}

/// `[guard.documents]`: what is stored to be retrieved.
#[derive(Clone)]
pub(crate) struct GuardDocuments {
    pub(crate) quarantine: bool,
    pub(crate) trusted: Vec<String>,
}

/// `[guard.output]`: what answers may hold.
#[derive(Clone)]
pub(crate) struct GuardOutput {
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) max_characters: Option<usize>,
    pub(crate) canaries: Vec<String>,
    pub(crate) keep_known_data: bool,
}

/// `[target]`: what is under test.
pub(crate) struct Target {
    pub(crate) kind: TargetKind,
    pub(crate) prompt: Located<String>,
    pub(crate) model: Located<String>,
    /// Whether a flag or the environment chose it, not the file.
    pub(crate) prompt_is_chosen: bool,
    pub(crate) model_is_chosen: bool,
    pub(crate) top_k: usize,
    pub(crate) timeout: Duration,
    pub(crate) http: HttpTarget,
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Rag,
    Prompt,
    Http,
    Command,
}

/// The keys of `[target]` that `kind = "http"` reads.
pub(crate) struct HttpTarget {
    pub(crate) url: Located<String>,
    pub(crate) method: String,
    /// Resolved: may hold secrets.
    pub(crate) headers: Vec<(String, Secret)>,
    /// The values of headers that the environment gave.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) body: Option<Located<String>>,
    /// JSON pointers (RFC 6901) into the reply.
    pub(crate) answer: String,
    pub(crate) passages: Option<String>,
    pub(crate) usage: Option<String>,
}

/// `[retrieval]`: where the passages come from.
pub(crate) struct Retrieval {
    pub(crate) store: StoreKind,
    /// `none`, `local` or `provider/model`.
    pub(crate) embedder: Located<String>,
    pub(crate) dimensions: Option<usize>,
    pub(crate) documents: Located<String>,
    pub(crate) chunk_words: usize,
    pub(crate) chunk_overlap_words: usize,
    pub(crate) pgvector: Pgvector,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Embedded,
    Pgvector,
}

/// `[retrieval.pgvector]`: the table and its columns.
pub(crate) struct Pgvector {
    /// From the configuration or the environment; `None` if neither says.
    pub(crate) url: Option<Secret>,
    pub(crate) table: String,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) embedding: String,
}

/// `[eval]`
pub(crate) struct Eval {
    pub(crate) dataset: Located<String>,
    pub(crate) metrics: Vec<Located<String>>,
    pub(crate) concurrency: usize,
    /// How often each case is asked.
    pub(crate) repeats: u32,
    /// The field of cases by which they belong together.
    pub(crate) cluster: Option<Located<String>>,
    pub(crate) stop: Stop,
}

/// When a run may end before its last case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Never,
    /// When nothing that the remaining cases could score would change the verdict.
    Decided,
    /// When the verdict is known with confidence.
    Confident,
}

/// `[metrics.NAME]`: a metric under a name of the project's own, with its options.
pub(crate) struct OwnMetric {
    pub(crate) name: String,
    pub(crate) line: Option<usize>,
    /// Every key of its table, `type` among them.
    pub(crate) table: serde_json::Map<String, serde_json::Value>,
}

/// `[judge]`: the models that metrics ask for verdicts.
pub(crate) struct Judge {
    /// One, or a panel; none if nobody named one.
    pub(crate) models: Vec<Located<String>>,
    pub(crate) temperature: Temperature,
    pub(crate) seed: Option<i64>,
    /// Most tokens of one reply, thinking included where the provider counts it so.
    pub(crate) max_tokens: Option<u32>,
    /// Whether the provider is told the shape of a verdict.
    pub(crate) structured_output: bool,
    /// Whether to ask for log probabilities; `None` asks where they are known to be told.
    pub(crate) logprobs: Option<bool>,
    /// Whether the model under test may judge itself.
    pub(crate) allow_same_model: bool,
    /// Where `llmops judge calibrate` keeps what it found.
    pub(crate) calibration: Located<String>,
    /// The least agreement with people of a judge whose metrics are gated; `None` gates on any.
    pub(crate) min_kappa: Option<f64>,
}

/// How the judge is to choose its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Temperature {
    /// 0, or what the model fixes.
    Unset,
    Fixed(f64),
    /// As the provider does it when nothing is said.
    Provider,
}

/// `[gate]`: the bar.
pub(crate) struct Gate {
    /// Metric name and threshold, in the order of the file; names are checked by `eval::metrics`.
    pub(crate) thresholds: Vec<(Located<String>, f64)>,
    pub(crate) max_error_rate: f64,
    /// Share of a metric's cases whose answers may give it nothing to measure.
    pub(crate) max_not_applicable: f64,
    pub(crate) rule: Rule,
    pub(crate) regression: Regression,
}

/// What must clear the bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rule {
    /// The mean.
    #[default]
    Point,
    /// Its one-sided 95 % bound.
    Strict,
}

/// `[gate.regression]`: against an earlier report.
pub(crate) struct Regression {
    pub(crate) baseline: Located<String>,
    /// `None` compares and decides nothing.
    pub(crate) max_drop: Option<f64>,
}

/// `[cache]`: the replies of models that earlier runs have paid for.
pub(crate) struct Cache {
    pub(crate) enabled: bool,
    /// An older reply is asked for again.
    pub(crate) ttl: Duration,
}

/// The file that all calls of a run are written to, or that answers them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cassette {
    Record(PathBuf),
    /// Nothing is sent, so no key is needed.
    Replay(PathBuf),
}

/// `[queue]`: runs over many machines.
pub(crate) struct Queue {
    /// A case whose worker is silent for this time is given to another.
    pub(crate) redeliver_after: Duration,
}

/// `[report]`: how a run is shown beside its JSON report.
pub(crate) struct Report {
    /// Names of formats, known to exist.
    pub(crate) formats: Vec<String>,
}

/// `[providers.NAME]`: a server of the user's own.
#[derive(Clone)]
pub(crate) struct CustomProvider {
    pub(crate) name: String,
    pub(crate) line: Option<usize>,
    pub(crate) dialect: String,
    pub(crate) base_url: String,
    /// As written, perhaps `env:NAME`: read only when the provider is used.
    pub(crate) api_key: Option<Located<String>>,
}

/// `[limits.NAME]`: what a provider allows of one key. `None` is no limit.
#[derive(Debug, Clone)]
pub(crate) struct ProviderLimits {
    /// A known provider or one of the configuration's own.
    pub(crate) provider: String,
    pub(crate) line: Option<usize>,
    pub(crate) requests_per_minute: Option<usize>,
    /// Input and output together.
    pub(crate) tokens_per_minute: Option<usize>,
    /// Most calls at once.
    pub(crate) concurrency: Option<usize>,
}

/// The names that a configuration may use and that only the layers above know.
pub(crate) struct Vocabulary {
    /// The names of metrics, for suggestions.
    pub(crate) metrics: Vec<&'static str>,
    /// How the threshold of a metric is written; `None` if there is no such metric.
    pub(crate) metric_unit: fn(&str) -> Option<MetricUnit>,
    pub(crate) providers: Vec<&'static str>,
    /// Formats that a run can write beside its report.
    pub(crate) formats: Vec<&'static str>,
    pub(crate) purpose: Purpose,
}

/// What the configuration is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Work that sends requests, and so must have the secrets in them.
    Online,
    /// Work that sends nothing: replays, reports, prompts.
    Offline,
}

/// How a metric's threshold is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricUnit {
    /// A number from 0 to 1.
    Share,
    /// A time with its unit.
    Time,
    /// An amount of US dollars with its unit.
    Dollars,
}

impl Config {
    /// Finds the project that `folder` lies in and reads its configuration.
    pub(crate) fn find(folder: &Path, file: Option<&Path>, vocabulary: &Vocabulary) -> Result<Self> {
        let path = Self::file_of(folder, file)?;
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Error::config(format!("cannot read the configuration {}", path.display())).source(error)
        })?;
        let root = folder_of(&path);
        let env = Env::load(&root)?;
        let name = path.file_name().map_or_else(|| FILE_NAME.to_owned(), |name| name.to_string_lossy().into_owned());
        let source = Source { root, file: &name, text: &text, env };
        Self::parse(source, vocabulary)
    }

    /// The same; without a project the defaults, for commands that need none.
    pub(crate) fn find_or_default(folder: &Path, file: Option<&Path>, vocabulary: &Vocabulary) -> Result<Self> {
        if file.is_some() || Self::file_of(folder, file).is_ok() {
            return Self::find(folder, file, vocabulary);
        }
        Self::absent(folder, vocabulary)
    }

    /// The defaults in a folder that is no project yet, whatever lies above it.
    pub(crate) fn absent(folder: &Path, vocabulary: &Vocabulary) -> Result<Self> {
        let env = Env::load(folder)?;
        Self::parse(Source { root: folder.to_owned(), file: FILE_NAME, text: "", env }, vocabulary)
    }

    /// The folder of the project that `folder` lies in, whatever its configuration says.
    pub(crate) fn root_of(folder: &Path, file: Option<&Path>) -> Result<PathBuf> {
        Ok(folder_of(&Self::file_of(folder, file)?))
    }

    fn file_of(folder: &Path, file: Option<&Path>) -> Result<PathBuf> {
        match file {
            Some(file) => Ok(folder.join(file)),
            None => search_upward(folder),
        }
    }

    /// Reads a configuration text. All problems come at once.
    fn parse(source: Source<'_>, vocabulary: &Vocabulary) -> Result<Self> {
        let document = Document::new(source.file, source.text);
        let default_document = Document::new("default.toml", DEFAULT);
        let (user, default) = (document.parse(), default_document.parse());
        // What a broken text seems to say would only mislead.
        Error::unless_empty(document.take_problems())?;
        let section = Section::root(&document, user.get_ref(), default.get_ref());
        let config = read::read(&section, &document, source, vocabulary);
        section.finish();
        let problems = document.take_problems();
        Error::unless_empty(problems)?;
        config.ok_or_else(|| Error::config("the embedded default configuration is incomplete"))
    }

    /// The configuration that a text means, with these variables set.
    #[cfg(test)]
    pub(crate) fn of_text(root: PathBuf, text: &str, env: &[(&str, &str)]) -> Result<Self> {
        let mut config = Self::parse(Source { root, file: FILE_NAME, text, env: Env::of(env) }, &tests::vocabulary())?;
        // A test that wants a cache gives it a folder of its own.
        config.cache.enabled = false;
        config.cost.ledger = LedgerPlace::Memory;
        Ok(config)
    }

    /// A path of the configuration, from the project's folder.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Where local state is kept; never committed.
    pub(crate) fn state_folder(&self) -> PathBuf {
        self.root.join(STATE_FOLDER)
    }

    /// Where the embedded store is.
    pub(crate) fn store_folder(&self) -> PathBuf {
        self.estimates_in.clone().unwrap_or_else(|| self.state_folder())
    }

    /// Whether the gate looks at a metric.
    pub(crate) fn gates(&self, metric: &str) -> bool {
        self.gate.thresholds.iter().any(|(name, _)| name.value == metric)
    }

    /// Whether every call is answered from a file.
    pub(crate) fn is_replayed(&self) -> bool {
        matches!(self.cassette, Some(Cassette::Replay(_)))
    }

    /// A problem with a configured value, at its line.
    pub(crate) fn problem<T>(&self, value: &Located<T>, message: impl Into<String>) -> Problem {
        Problem::new(message).at(&self.file, value.line)
    }
}

/// A configuration file as it was found.
struct Source<'a> {
    root: PathBuf,
    file: &'a str,
    text: &'a str,
    env: Env,
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn search_upward(folder: &Path) -> Result<PathBuf> {
    let start = folder
        .canonicalize()
        .map_err(|error| Error::config(format!("cannot open {}", folder.display())).source(error))?;
    let found = start.ancestors().find(|ancestor| ancestor.join(FILE_NAME).is_file());
    match found {
        // Keep the path as the user gave it, so that messages and reports stay short and portable.
        Some(ancestor) if ancestor == start => Ok(folder.join(FILE_NAME)),
        Some(ancestor) => Ok(ancestor.join(FILE_NAME)),
        None => Err(Error::config(format!("no {FILE_NAME} in {} or any folder above it", start.display()))
            .hint("go to the project's folder, or name it with -C DIR; a new project begins with `llmops init`")),
    }
}

#[cfg(test)]
mod tests;
