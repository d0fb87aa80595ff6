//! `llmops compare`: the same cases on several prompts or models.
//!
//! The variants run one after the other, each as `llmops eval` would run it: with its own journal, so that an interrupted
//! comparison goes on with `--resume`, and with all of a provider's limits for itself, so that none slows another down. What
//! they share is prepared once.

mod promote;
mod variant;

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::variant::{Chosen, chosen, since};
use super::eval::{Prepared, open_journal, prepare_each, report, start};
use super::prompt::label::named;
use super::tracing::{self, Tracing};
use super::{configuration_for, interrupted, output};
use crate::cli::{Compare, Global};
use crate::config::{Config, TargetKind};
use crate::error::{Error, ExitStatus, Result, suggestion};
use crate::eval::{Ended, Event, Identity, Journal, Run, run as run_cases};
use crate::file::replace;
use crate::gate;
use crate::report::experiment::{self, Experiment, Experiments, Values, Variant};
use crate::report::{Facts, Progress, Report};
use crate::trace::{self, Kind};

/// Where the last comparison is, in the project's folder.
const FILE: &str = "llmops/comparison.json";

pub(super) async fn run(global: &Global, arguments: &Compare) -> Result<ExitStatus> {
    // On the heap: a whole run is a large future.
    Box::pin(compare(global, arguments)).await
}

async fn compare(global: &Global, arguments: &Compare) -> Result<ExitStatus> {
    let config = configuration_for(global, arguments.asking.purpose())?;
    if let Some(label) = &arguments.promote {
        named(label)?;
    }
    if !matches!(config.target.kind, TargetKind::Rag | TargetKind::Prompt) {
        return Err(Error::config(
            "this project's kind of target chooses prompt and model itself; there is nothing to vary",
        )
        .hint("run `llmops eval` on each version, with `llmops baseline` between them"));
    }
    let groups = match &arguments.since {
        Some(reference) => since(global, arguments, &config, reference)?,
        None => vec![chosen(global, arguments)?],
    };
    if groups.is_empty() {
        let reference = arguments.since.as_deref().unwrap_or_default();
        output::print(&format!("no prompt differs from what it was in {reference}\n"))?;
        return Ok(ExitStatus::Pass);
    }
    let tracing = Tracing::open(&config);
    let mut span = tracing.begin("compare", &config);
    let deadline = arguments.asking.max_time.map(|time| Instant::now() + time);
    let mut comparisons = Vec::new();
    let mut journals = Vec::new();
    for group in groups {
        let running = Running { global, arguments, deadline };
        let (experiment, of_group) = tracing::inside(&mut span, Box::pin(running.experiment(group))).await?;
        comparisons.push(experiment);
        journals.extend(of_group);
    }
    drop(span);
    finish(global, arguments, &config, comparisons, journals)
}

/// Writes and shows what was compared.
fn finish(
    global: &Global,
    arguments: &Compare,
    config: &Config,
    comparisons: Vec<Experiment>,
    journals: Vec<Journal>,
) -> Result<ExitStatus> {
    let undecided = comparisons.iter().any(|experiment| experiment.recommendation.is_undecided());
    let experiments = Experiments::new(arguments.since.clone(), comparisons)
        .ok_or_else(|| Error::unavailable("nothing was compared"))?;
    let path = config.root.join(FILE);
    let written = write(&experiments, &path);
    if global.json {
        output::print(&format!("{}\n", json(&experiments)?))?;
    } else {
        let shown: Vec<String> = experiments.comparisons.iter().map(experiment::render).collect();
        output::print(&shown.join("\n"))?;
        if written.is_ok() {
            output::print(&format!("\ncomparison: {}\n", path.strip_prefix(".").unwrap_or(&path).display()))?;
        }
    }
    written?;
    let promoted = match &arguments.promote {
        Some(label) => promote_to(global, config, &experiments, (label, &path)),
        None => Ok(()),
    };
    // Only a comparison that is whole is done; `--resume` goes on with any other.
    let mut reports = experiments.comparisons.iter().flat_map(Experiment::reports);
    if reports.all(|report| report.ended_early.is_none()) {
        journals.into_iter().for_each(Journal::finish);
    }
    promoted.map(|()| if undecided { ExitStatus::Undecided } else { ExitStatus::Pass })
}

/// Moves the label to what is better, and says so where the comparison is shown.
fn promote_to(global: &Global, config: &Config, experiments: &Experiments, to: (&str, &Path)) -> Result<()> {
    for moved in promote::promote(config, experiments, to)? {
        let text = moved.text();
        if global.json { output::note(text.trim_end()) } else { output::print(&text)? }
    }
    Ok(())
}

fn json(experiments: &Experiments) -> Result<String> {
    serde_json::to_string_pretty(experiments)
        .map_err(|error| Error::unavailable("cannot write the comparison as JSON").source(error))
}

/// A reader sees the old file or the new one.
fn write(experiments: &Experiments, path: &Path) -> Result<()> {
    let failed = |error| {
        Error::io("write the comparison", path, error)
            .hint("what was measured is kept; free the disk or fix the folder, and `--resume` writes it")
    };
    replace(path, (json(experiments)? + "\n").as_bytes()).map_err(failed)
}

/// What holds for every variant.
struct Running<'a> {
    global: &'a Global,
    arguments: &'a Compare,
    deadline: Option<Instant>,
}

impl Running<'_> {
    async fn experiment(&self, group: Chosen) -> Result<(Experiment, Vec<Journal>)> {
        let Chosen { origin, mut candidates } = group;
        let prepared = prepare_each(self.global, &mut candidates).await?;
        let metric = &self.arguments.metric;
        if let Some(first) = prepared.first() {
            check_metric(metric, &first.facts)?;
        }
        let names = variant::names(&prepared, origin.as_deref());
        check_different(&prepared, &names)?;
        let client = prepared.first().map(|first| first.client.clone());
        let mut measured: Vec<(Variant, Values)> = Vec::new();
        let mut journals = Vec::new();
        for ((prepared, candidate), name) in prepared.into_iter().zip(&candidates).zip(names) {
            if !self.global.quiet {
                output::note(&name);
            }
            let mut span = trace::begin(|| format!("eval {name}"), Kind::Internal);
            let (report, journal) =
                tracing::inside(&mut span, Box::pin(self.measure(prepared, &candidate.config))).await?;
            tracing::decided(span.as_mut(), &report);
            drop(span);
            let rows = |take: &mut dyn FnMut(&[u8]) -> Result<()>| journal.each(&mut |_, row| take(row));
            let values = experiment::values(&rows, &report)?;
            measured.push((Variant::new(name, report, metric), values));
            journals.push(journal);
        }
        client.map_or(Ok(()), |client| client.finish_recording())?;
        Ok((Experiment::new(metric, measured), journals))
    }

    /// Runs one variant over all cases. Nothing stops early: what decides here is not a bar.
    async fn measure(&self, prepared: Prepared, config: &Config) -> Result<(Report, Journal)> {
        let rows = prepared.dataset.cases * config.eval.repeats as usize;
        let content = prepared.facts.content(config);
        let timestamp = prepared.facts.timestamp.clone();
        let identity = Identity {
            digest: prepared.facts.identity(&content),
            run: prepared.client.run().to_string(),
            timestamp,
            rows,
        };
        let quiet = self.global.quiet;
        let journal = open_journal(config, &identity, start(config, &self.arguments.asking), (!quiet).then_some(rows))?;
        prepared.client.go_on_with(journal.run());
        let work = Run {
            dataset: Arc::clone(&prepared.dataset),
            measurer: prepared.measurer(config, config.eval.repeats),
            concurrency: config.eval.concurrency,
            queue: None,
            shard: None,
            stop: None,
            max_time: self.time_left(),
            embedder_tokens: Box::new(prepared.embedder_tokens()),
        };
        let client = prepared.client.clone();
        let facts = Facts { timestamp: journal.timestamp().to_owned(), ..prepared.facts };
        let mut progress = Progress::new("cases", rows, quiet);
        let was_interrupted = Cell::new(false);
        let interrupt = async {
            interrupted().await;
            was_interrupted.set(true);
        };
        let ended = run_cases(work, journal, interrupt, &mut |event: Event<'_>| progress.on(&event)).await;
        progress.finish();
        let Ended { journal, early, over_budget, .. } = ended?;
        if was_interrupted.get() {
            return Err(Error::unavailable("interrupted").hint("what is done is kept; `--resume` goes on with it"));
        }
        if let Some(reason) = early.as_ref().filter(|_| over_budget) {
            return Err(Error::over_budget(reason).hint("what is done is kept; `--resume` goes on with it"));
        }
        // A comparison has its own reference; the baseline plays no part.
        let report = Report { regression: None, ..report(facts, &journal, early, client.tariff())? };
        let verdict = gate::check(&report);
        Ok((report.decided(verdict), journal))
    }

    fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

fn check_metric(metric: &str, facts: &Facts) -> Result<()> {
    let known: Vec<&str> = facts.scorers.iter().map(|scorer| &*scorer.name).collect();
    if known.contains(&metric) {
        return Ok(());
    }
    Err(Error::config(format!("--metric: this project does not measure \"{metric}\"")).hint(suggestion(metric, known)))
}

/// Equal variants would be told apart by chance, if at all.
fn check_different(prepared: &[Prepared], names: &[String]) -> Result<()> {
    let what = |prepared: &Prepared| (prepared.facts.digests.prompt.clone(), prepared.facts.target.model.clone());
    for (place, one) in prepared.iter().enumerate() {
        if let Some(other) = prepared[..place].iter().position(|other| what(other) == what(one)) {
            let message = format!("{} and {} have the same prompt and model", names[other], names[place]);
            return Err(Error::config(message).hint("name variants that differ; eval.repeats measures chance"));
        }
    }
    Ok(())
}
