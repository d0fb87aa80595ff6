//! `llmops ci`: every stage as CI runs it, with one report and one exit code.
//!
//! ```text
//! security ── pass ──> eval ── pass ──> evidence
//!     \________ fail ____/________________ nothing after it is run; the report says why
//!
//! deploy is run where it is asked for, and where the others have passed or were not asked for
//! ```

mod plan;
mod proof;
mod security;
mod show;
mod stage;

use self::stage::{Pipeline, StageReport};
use super::eval::{self, Gated, Way};
use super::formats::Wanted;
use super::ingest::Fill;
use super::results::Results;
use super::{configuration_for, deploy, output};
use crate::cli::{Ci, Global, Stage};
use crate::clock;
use crate::error::{ExitStatus, Result};
use crate::evidence::Signing;
use crate::git;

pub(super) async fn run(global: &Global, arguments: &Ci) -> Result<ExitStatus> {
    let config = configuration_for(global, arguments.eval.asking.purpose())?;
    let mut stages = arguments.stage.clone();
    if stages.is_empty() {
        stages.extend([Stage::Security, Stage::Eval]);
    }
    stages.sort_unstable();
    stages.dedup();
    if arguments.dry_run {
        return Box::pin(plan::show(global, config, arguments, &stages)).await;
    }
    // A key that does not sign is known before anything is spent.
    let signing = Signing::open(&config)?;
    let deploys = stages.pop_if(|last| *last == Stage::Deploy).is_some();
    show::remove(&config)?;
    if !stages.is_empty() {
        proof::remove(&config)?;
    }
    let mut pipeline = Pipeline::new(config.name.clone(), git::commit(&config.root));
    let mut gated = None;
    for &stage in &stages {
        let started = clock::now();
        let (report, evaluation) = if stage == Stage::Security {
            (security::run(global, &config, arguments.since.as_deref()), None)
        } else {
            evaluate(global, arguments).await
        };
        let passed = pipeline.add(report, clock::now().duration_since(started).unwrap_or_default());
        gated = evaluation.or(gated);
        if !passed {
            break;
        }
    }
    proof::make(&config, arguments, &signing, (&mut pipeline, gated.as_ref()));
    if deploys && pipeline.status() == ExitStatus::Pass {
        let started = clock::now();
        let report = deployment(global).await;
        pipeline.add(report, clock::now().duration_since(started).unwrap_or_default());
    }
    show::write(&config, &pipeline, gated.as_ref())?;
    show::print(global, &pipeline, gated.as_ref())?;
    Ok(pipeline.status())
}

/// The last stage, which is told apart since it needs what the others have proven.
async fn deployment(global: &Global) -> StageReport {
    match deploy::stage(global).await {
        Ok((status, line)) => StageReport::of_deployment(status, line),
        Err(error) => {
            output::error(&error);
            StageReport::broken(Stage::Deploy, &error)
        }
    }
}

/// An evaluation that also fills a database; an embedded store is filled by every evaluation.
async fn evaluate(global: &Global, arguments: &Ci) -> (StageReport, Option<Gated>) {
    match gate(global, arguments).await {
        Ok(gated) => (StageReport::of_evaluation(&gated), Some(gated)),
        Err(error) => {
            output::error(&error);
            (StageReport::broken(Stage::Eval, &error), None)
        }
    }
}

async fn gate(global: &Global, arguments: &Ci) -> Result<Gated> {
    let config = configuration_for(global, arguments.eval.asking.purpose())?;
    let asking = &arguments.eval.asking;
    // A part of a run and a replay say nothing that would hold without them.
    let may_be_kept = asking.replay.is_none() && arguments.eval.shard.is_none();
    let results = may_be_kept.then(|| Results::new(&config, arguments.since.is_some() && asking.record.is_none()));
    let wanted = Wanted::of(&config).for_pipeline(!global.json);
    let way = Way { fill: Fill::Every, wanted, results };
    // On the heap: a whole run is a large future.
    let gated = Box::pin(eval::gate(global, config, &arguments.eval, way)).await?;
    if gated.is_reused {
        let (time, commit) = (&gated.report.timestamp, gated.report.git.as_ref().map_or("", |git| &git.sha));
        output::note(&format!(
            "nothing that decides has changed since {time}, so that result is taken again{}",
            if commit.is_empty() { String::new() } else { format!(": commit {commit}") }
        ));
    }
    Ok(gated)
}
