//! `llmops eval`: the dataset against the target, scored, gated, reported.

mod documents;
mod prepare;
pub(super) mod scorers;
mod setup;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cost::estimate::before_a_run;
use super::formats::Wanted;
use super::ingest::Fill;
use super::results::Results;
use super::tracing::{self, Tracing};
use super::{configuration_for, evaluation, interrupted, output, report_file, unless_interrupted};
use crate::cli::{Asking, Eval, Global, Tested};
use crate::config::{Cassette, Config, Located, Secret, TargetKind};
use crate::cost::{Cost, Tariff, Usage};
use crate::error::{Error, ExitStatus, Result};
use crate::eval::{Connection, Ended, Event, Identity, Journal, Queue, Run, Start, run as run_cases};
use crate::gate;
use crate::llm::Client;
use crate::report::formats::Source;
use crate::report::json::Rows;
use crate::report::{self, Facts, Outline, Progress, Report, Summary, json};
use crate::trace;

pub(super) use self::prepare::{Candidate, GRACE, Prepared, prepare, prepare_each};
pub(super) use self::scorers::keep_measurable_bars;
pub(super) use self::setup::{
    answers_itself, choose_prompt, find_model, find_prompt, kind_name, model_of, prompt_name,
};

pub(super) async fn run(global: &Global, arguments: &Eval) -> Result<ExitStatus> {
    let config = configuration_for(global, arguments.asking.purpose())?;
    let wanted = Wanted::of(&config);
    let way = Way { fill: Fill::Embedded, wanted, results: None };
    // On the heap: a whole run is a large future.
    Box::pin(gate(global, config, arguments, way)).await.map(|gated| gated.status)
}

/// How a command goes about an evaluation.
pub(super) struct Way {
    pub(super) fill: Fill,
    pub(super) wanted: Wanted,
    /// Where passing results are kept, and whether one is taken again.
    pub(super) results: Option<Results>,
}

/// An evaluation that was decided, and where its report is.
pub(super) struct Gated {
    pub(super) status: ExitStatus,
    pub(super) report: Report,
    pub(super) path: PathBuf,
    /// Whether an earlier result was taken again.
    pub(super) is_reused: bool,
}

/// Evaluates, decides, writes and shows the report.
pub(super) async fn gate(global: &Global, mut config: Config, arguments: &Eval, way: Way) -> Result<Gated> {
    if !global.quiet {
        trace::within(None, Box::pin(say_cost(global, arguments))).await?;
    }
    apply(&mut config, &arguments.tested)?;
    apply_asking(&mut config, global, &arguments.asking);
    let path = report_file::path(global, arguments.report.as_deref())?;
    let Way { fill, wanted, results } = way;
    json::prepare(&path)?;
    wanted.prepare(&path)?;
    let tracing = Tracing::open(&config);
    let mut span = tracing.begin("eval", &config);
    let work = measure(global, &config, arguments, (fill, results.as_ref()));
    let measured = tracing::inside(&mut span, Box::pin(work)).await?;
    tracing::decided(span.as_mut(), measured.report());
    drop(span);
    let gated = match measured {
        Measured::Before { report, file } => {
            let rows = json::rows_of(&file);
            give(global, (&report, &rows), &wanted, &path)?;
            evaluation::keep(&config.root, &report, &path);
            return Ok(Gated { status: ExitStatus::Pass, report: *report, path, is_reused: true });
        }
        Measured::Now { evaluated, key } => (*evaluated, key),
    };
    let (Evaluated { report, journal, client, over_budget }, key) = gated;
    let recorded = client.finish_recording();
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| journal.each(&mut |_, row| take(row));
    give(global, (&report, &rows), &wanted, &path)?;
    evaluation::keep(&config.root, &report, &path);
    if let Some((results, key)) = results.as_ref().zip(key.as_deref()) {
        results.keep(key, &report, &path);
    }
    if report.ended_early.is_none() {
        journal.finish();
    }
    recorded?;
    let status = if over_budget { ExitStatus::OverBudget } else { gate::exit_status(&report) };
    Ok(Gated { status, report, path, is_reused: false })
}

/// What a run came to.
enum Measured {
    /// An earlier one of the same content, in the file where it is kept.
    Before { report: Box<Report>, file: PathBuf },
    Now {
        evaluated: Box<Evaluated>,
        /// What it is to be kept by.
        key: Option<String>,
    },
}

impl Measured {
    fn report(&self) -> &Report {
        match self {
            Self::Before { report, .. } => report,
            Self::Now { evaluated, .. } => &evaluated.report,
        }
    }
}

/// Takes an earlier result again, if one may be taken, or measures.
async fn measure(
    global: &Global,
    config: &Config,
    arguments: &Eval,
    (fill, results): (Fill, Option<&Results>),
) -> Result<Measured> {
    let opening = open(global, config, arguments, fill).await?;
    let key = results.map(|_| Results::key(config, &opening.prepared)).transpose()?;
    if let Some((results, key)) = results.zip(key.as_deref())
        && let Some(report) = results.find(config, &opening.prepared, key)
    {
        return Ok(Measured::Before { report: Box::new(report), file: results.file(key) });
    }
    let evaluated = Box::new(evaluate(global, config, arguments, opening).await?);
    Ok(Measured::Now { evaluated, key })
}

/// Writes and shows a report. What was measured is shown even if it cannot be written; then the run is no success all the same.
fn give(global: &Global, (report, rows): (&Report, Rows<'_>), wanted: &Wanted, path: &Path) -> Result<()> {
    let baseline = report_file::baseline(global, report);
    let baseline = baseline.as_deref().map(json::rows_of);
    let source = Source { report, rows, baseline: baseline.as_ref().map(|rows| rows as _) };
    let (files, written) = wanted.write(&source, path);
    if wanted.is_shown {
        report_file::show(global, &source, &files)?;
    }
    wanted.print(global, &source)?;
    written
}

/// Says what the run will cost, where it costs anything, is a whole one and sends calls itself.
async fn say_cost(global: &Global, arguments: &Eval) -> Result<()> {
    let Eval { asking, queue, shard, .. } = arguments;
    if asking.replay.is_some() || asking.retry_errors || queue.is_some() || shard.is_some() {
        return Ok(());
    }
    let mut config = configuration_for(global, asking.purpose())?;
    apply(&mut config, &arguments.tested)?;
    if let Some(repeats) = asking.repeats {
        config.eval.repeats = repeats;
    }
    if let Some(line) = unless_interrupted(async { Ok(before_a_run(global, config).await) }).await? {
        output::note(&line);
    }
    Ok(())
}

/// Flags win over the environment, and both over the file. A flag that the kind of target does not look at is refused,
/// since it would silently test something else than was asked for.
pub(super) fn apply(config: &mut Config, arguments: &Tested) -> Result<()> {
    use TargetKind::{Prompt, Rag};
    let kind = config.target.kind;
    let given = [
        ("--prompt", arguments.prompt.is_some(), matches!(kind, Rag | Prompt)),
        ("--model", arguments.model.is_some(), matches!(kind, Rag | Prompt)),
        ("--top-k", arguments.top_k.is_some(), kind == Rag),
    ];
    if let Some((flag, ..)) = given.iter().find(|(_, is_given, has_meaning)| *is_given && !has_meaning) {
        return Err(Error::config(format!("{flag} has no meaning for this project's kind of target")));
    }
    if let Some(prompt) = arguments.prompt.as_deref().or(config.env.get("PROMPT_VERSION")) {
        config.target.prompt.value = setup::choose_prompt(&config.root, &config.target.prompt.value, prompt);
        config.target.prompt.line = None;
        config.target.prompt_is_chosen = true;
    }
    if let Some(model) = &arguments.model {
        config.target.model = Located { value: model.clone(), line: None };
        config.target.model_is_chosen = true;
    }
    if let Some(top_k) = arguments.top_k {
        config.target.top_k = top_k.into();
    }
    if let Some(concurrency) = arguments.concurrency {
        config.eval.concurrency = concurrency.into();
    }
    config.cache.enabled &= !arguments.no_cache;
    Ok(())
}

/// How often and from where the cases are answered.
pub(super) fn apply_asking(config: &mut Config, global: &Global, arguments: &Asking) {
    if let Some(repeats) = arguments.repeats {
        config.eval.repeats = repeats;
    }
    config.cassette = cassette(global, arguments);
}

fn cassette(global: &Global, arguments: &Asking) -> Option<Cassette> {
    let path = |file: &std::path::PathBuf| global.directory.join(file);
    let record = arguments.record.as_ref().map(|file| Cassette::Record(path(file)));
    record.or_else(|| arguments.replay.as_ref().map(|file| Cassette::Replay(path(file))))
}

/// A decided report, the journal that holds its cases, and the client that asked.
struct Evaluated {
    report: Report,
    journal: Journal,
    client: Client,
    /// Whether a limit of `[cost]` ended the run.
    over_budget: bool,
}

/// What measures, and the queue that the cases go through, if they do.
struct Opening {
    connection: Option<Connection>,
    prepared: Prepared,
}

async fn open(global: &Global, config: &Config, arguments: &Eval, fill: Fill) -> Result<Opening> {
    let connection = match &arguments.queue {
        Some(url) => Some(unless_interrupted(connect(config, url)).await?),
        None => None,
    };
    Ok(Opening { connection, prepared: prepare(global, config, fill, arguments.shard).await? })
}

/// Everything from the first case to the decided report.
async fn evaluate(global: &Global, config: &Config, arguments: &Eval, opening: Opening) -> Result<Evaluated> {
    let Opening { connection, prepared } = opening;
    let shard = arguments.shard;
    let start = start(config, &arguments.asking);
    let rows = prepared.dataset.cases * config.eval.repeats as usize;
    let content = prepared.facts.content(config);
    let timestamp = prepared.facts.timestamp.clone();
    let identity =
        Identity { digest: prepared.facts.identity(&content), run: prepared.client.run().to_string(), timestamp, rows };
    // Of a shard's rows the others are none of its business.
    let ours = prepared.facts.cases * config.eval.repeats as usize;
    let journal = open_journal(config, &identity, start, (!global.quiet).then_some(ours))?;

    prepared.client.go_on_with(journal.run());
    let work = Run {
        dataset: Arc::clone(&prepared.dataset),
        measurer: prepared.measurer(config, config.eval.repeats),
        concurrency: config.eval.concurrency,
        queue: connection.map(|connection| Queue {
            connection,
            content,
            redeliver_after: config.queue.redeliver_after,
        }),
        shard,
        stop: prepared.stop_rule(config)?,
        max_time: arguments.asking.max_time,
        embedder_tokens: Box::new(prepared.embedder_tokens()),
    };
    let facts = Facts { timestamp: journal.timestamp().to_owned(), ..prepared.facts };
    let mut progress = Progress::new("cases", ours, global.quiet);
    let ended = run_cases(work, journal, interrupted(), &mut |event: Event<'_>| progress.on(&event)).await;
    progress.finish();
    let Ended { journal, early, over_budget, stopped } = ended?;
    let report = Report { stopped, ..report(facts, &journal, early, prepared.client.tariff())? };
    let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| journal.each(&mut |_, row| take(row));
    let report = report_file::compare(report, &rows, &config.root, Some(prepared.client.tariff()))?;
    let verdict = gate::check(&report);
    Ok(Evaluated { report: report.decided(verdict), journal, client: prepared.client, over_budget })
}

/// Flags say where a run begins; a job that a CI system starts again goes on by itself.
pub(super) fn start(config: &Config, arguments: &Asking) -> Start {
    let in_ci = config.env.is_ci();
    match (arguments.retry_errors, arguments.resume || in_ci) {
        (true, _) => Start::Again,
        (false, true) => Start::Resume,
        (false, false) => Start::Fresh,
    }
}

/// `rows` is how many the run is to have, if what is found should be said.
pub(super) fn open_journal(config: &Config, identity: &Identity, start: Start, rows: Option<usize>) -> Result<Journal> {
    let mut journal = Journal::open(&config.state_folder(), identity, start)?;
    if let Some(damage) = journal.repaired() {
        output::note(&format!("the journal of the interrupted run was repaired: {damage}"));
    }
    let failed = if start == Start::Again { journal.forget_failures()? } else { 0 };
    let done = journal.done();
    let Some(all) = rows else { return Ok(journal) };
    match start {
        Start::Again => output::note(&format!("{failed} failed and are asked again; {done} of {all} are kept")),
        Start::Resume if done > 0 => {
            output::note(&format!("going on with an interrupted run: {done} of {all} are done"));
        }
        Start::Resume | Start::Fresh => {}
    }
    if let Some(left) = journal.left() {
        output::note(&format!(
            "an interrupted run of the same content has {left} of {all}; --resume would go on with it"
        ));
    }
    Ok(journal)
}

/// What the rows of the journal add up to, at these prices.
pub(super) fn report(facts: Facts, journal: &Journal, early: Option<String>, tariff: &Tariff) -> Result<Report> {
    let mut summary = Summary::new(facts.repeats, facts.bars());
    journal.each_measured(&mut |_, row| summary.add(row))?;
    let spent = journal.spent();
    let embedder = Usage { input: spent.embedder_tokens, ..Usage::default() };
    let outline = Outline {
        duration_ms: spent.elapsed_ms,
        embedder_usd: match facts.target.embedder.as_deref().and_then(|model| model.split_once('/')) {
            Some((provider, name)) => tariff.of_calls(provider, name, &embedder),
            // None is configured.
            None => Some(Cost::ZERO),
        },
        embedder,
        prices: tariff.about(),
        ended_early: early,
    };
    Ok(report::build(facts, summary.close(), outline))
}

/// The connection to the queue, with the credentials that the environment names.
pub(super) async fn connect(config: &Config, url: &Secret) -> Result<Connection> {
    let url = Secret::new(config.env.resolve(url.reveal())?);
    Connection::open(&url, config.env.get("NATS_CREDS").map(Path::new)).await
}
