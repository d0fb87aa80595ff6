//! `llmops judge calibrate`: the judge of one metric held against answers that people labelled, and kept for the gate.

mod show;

use std::sync::Arc;

use super::eval::scorers;
use super::{Closing, configuration, output, unless_interrupted};
use crate::cli::{Calibrate, Global, JudgeCommand};
use crate::clock::timestamp;
use crate::config::Config;
use crate::cost::Spent;
use crate::error::{Error, ExitStatus, Result};
use crate::eval::judge::Judge;
use crate::eval::metrics::Scorer;
use crate::eval::{Event, JudgedTwice, Judging, Labels, judge_twice};
use crate::llm::Client;
use crate::lockfile;
use crate::report::calibration::{
    Calibration, CalibrationFile, Evidence, Figures, JudgedMetric, LabelsFacts, evidence,
};
use crate::report::{Estimate, Progress};

pub(super) async fn run(global: &Global, command: &JudgeCommand) -> Result<ExitStatus> {
    match command {
        JudgeCommand::Calibrate(arguments) => Box::pin(calibrate(global, arguments)).await,
    }
}

/// What is known before the first call.
struct Checked {
    client: Client,
    scorer: Arc<Scorer>,
    judge: Arc<Judge>,
    labels: Labels,
}

/// What was found.
struct Found {
    figures: Figures,
    calibration: Calibration,
    spent: Spent,
}

async fn calibrate(global: &Global, arguments: &Calibrate) -> Result<ExitStatus> {
    let mut config = configuration(global)?;
    config.cache.enabled &= !arguments.no_cache;
    let concurrency = arguments.concurrency.map_or(config.eval.concurrency, usize::from);
    let checked = check(global, &config, arguments)?;
    let _closing = Closing(checked.client.clone());
    let twice = unless_interrupted(judge(global, &checked, concurrency)).await?;
    if let Some(reason) = checked.client.over_budget() {
        return Err(
            Error::over_budget(reason).hint("raise it, and run again: verdicts that are known are in the cache")
        );
    }
    refuse_errors(&config, &twice)?;
    let found = found(&config, &checked, &twice)?;
    keep(&config, &checked.scorer, &found.calibration)?;
    if global.json {
        output::print_json(&show::json(&config, &checked, &found)?)?;
    } else {
        output::print(&show::text(&config, &checked, &found))?;
    }
    Ok(ExitStatus::Pass)
}

/// All that can be wrong, at once. What was kept must be readable, or what is found could not be added to it.
fn check(global: &Global, config: &Config, arguments: &Calibrate) -> Result<Checked> {
    let mut failures = Vec::new();
    let client = Client::new(config)?;
    let judge = open_judge(config, &client).map_err(|error| failures.push(error)).ok();
    let scorer = choose(config, arguments.metric.as_deref()).map_err(|error| failures.push(error)).ok();
    let path = global.directory.join(&arguments.labels);
    let shown = arguments.labels.display().to_string();
    let labels = scorer.as_ref().map(|scorer| Labels::read(&path, &shown, scorer));
    let labels = labels.and_then(|labels| labels.map_err(|error| failures.push(error)).ok());
    failures.extend(kept(config).err());
    match (Error::all(failures), judge, scorer, labels) {
        (None, Some(judge), Some(scorer), Some(labels)) => Ok(Checked { client, scorer, judge, labels }),
        (error, ..) => Err(error.unwrap_or_else(|| Error::unavailable("the labels could not be prepared"))),
    }
}

/// Whatever the model under test: an answer that people labelled may be of any.
fn open_judge(config: &Config, client: &Client) -> Result<Arc<Judge>> {
    let judge = Judge::open(config, client, None)?;
    judge.map(Arc::new).ok_or_else(|| {
        let hint = "set judge.model, for example to \"openai/gpt-5-mini\"";
        Error::config("[judge] names no model").at(&config.file, None).hint(hint)
    })
}

/// The judged metric of this name, or the only one.
fn choose(config: &Config, name: Option<&str>) -> Result<Arc<Scorer>> {
    let mut problems = Vec::new();
    let mut judged = scorers::build(config, &mut problems);
    Error::unless_empty(problems)?;
    judged.retain(|scorer| !scorer.rubrics().is_empty());
    let names = judged.iter().map(|scorer| scorer.name.to_string()).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        let hint = "name one in eval.metrics or give it a bar in [gate], for example faithfulness";
        return Err(Error::config("the project has no metric that a model judges").at(&config.file, None).hint(hint));
    }
    match name {
        Some(name) => judged.into_iter().find(|scorer| *scorer.name == *name).ok_or_else(|| {
            Error::config(format!("\"{name}\" is no metric of the project that a model judges"))
                .hint(format!("it has: {names}"))
        }),
        None if judged.len() > 1 => Err(Error::config("the project has several metrics that a model judges")
            .hint(format!("choose one with --metric: {names}"))),
        None => Ok(judged.remove(0)),
    }
}

async fn judge(global: &Global, checked: &Checked, concurrency: usize) -> Result<Vec<JudgedTwice>> {
    let Checked { scorer, judge, labels, .. } = checked;
    let mut progress = Progress::new("answers", labels.rows.len(), global.quiet);
    let judging = Judging { scorer, judge: Arc::clone(judge), concurrency };
    let mut tell = |judged: &JudgedTwice| progress.on(&Event::Finished { failed: judged.failure().is_some() });
    let twice = judge_twice(&labels.rows, judging, &mut tell).await;
    progress.finish();
    twice
}

/// Answers that could not be judged say nothing of the judge; too many of them, and the others may be the easy ones.
fn refuse_errors(config: &Config, twice: &[JudgedTwice]) -> Result<()> {
    let failures: Vec<&str> = twice.iter().filter_map(JudgedTwice::failure).collect();
    let allowed = config.gate.max_error_rate;
    let (failed, of) = (failures.len(), twice.len());
    #[expect(clippy::cast_precision_loss, reason = "numbers of answers are far below 2^52")]
    let share = failed as f64 / of as f64;
    let Some(first) = failures.first().filter(|_| share > allowed) else { return Ok(()) };
    let allowed = allowed * 100.0;
    let message = format!("{failed} of {of} answers could not be judged (allowed: {allowed} %); for example: {first}");
    Err(Error::unavailable(message).hint("nothing was kept; mend it, or allow more with gate.max_error_rate"))
}

fn found(config: &Config, checked: &Checked, twice: &[JudgedTwice]) -> Result<Found> {
    let Checked { scorer, judge, labels, .. } = checked;
    let bar = config.gate.thresholds.iter().find(|(name, _)| name.value == *scorer.name).map(|(_, bar)| *bar);
    let figures = Figures::new(labels, twice, scorer, bar)
        .ok_or_else(|| Error::unavailable(format!("no answer gave {} anything to measure", scorer.name)))?;
    let facts = LabelsFacts { file: labels.file.clone(), sha256: labels.digest.clone(), n: figures.n };
    let now = JudgedMetric::of(scorer, judge);
    let calibration = now.calibrated(facts, timestamp(), figures.kappa, evidence(labels, twice, scorer));
    let mut spent = Spent::default();
    for twice in twice {
        spent += twice.first.judge;
        spent += twice.second.judge;
    }
    Ok(Found { figures, calibration, spent })
}

fn kept(config: &Config) -> Result<CalibrationFile> {
    let file = &config.judge.calibration.value;
    CalibrationFile::read(&config.path(file), file)
}

/// Adds the calibration to those of other metrics, also if several are made at once.
fn keep(config: &Config, scorer: &Scorer, calibration: &Calibration) -> Result<()> {
    let lock = config.state_folder().join("calibration.lock");
    let _held = lockfile::hold(&lock).map_err(|error| Error::io("lock", &lock, error))?;
    let mut all = kept(config)?;
    all.metrics.insert(scorer.name.to_string(), calibration.clone());
    all.write(&config.path(&config.judge.calibration.value))
}

impl Found {
    /// The mean of the labelled answers as the gate would correct it.
    fn of_labels(&self) -> Option<(f64, f64, f64)> {
        let values = match &self.calibration.evidence {
            Evidence::Pairs(pairs) => pairs.iter().map(|(_, judged)| *judged).collect(),
            // Only how many there are matters.
            Evidence::Counts { .. } => vec![0.0; self.figures.n],
        };
        let estimate = Estimate { mean: Some(self.figures.mean_judged), ..Estimate::default() };
        let corrected = self.calibration.correct(&values, &estimate);
        Some((corrected.value?, corrected.low?, corrected.high?))
    }
}
