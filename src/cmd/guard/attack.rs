//! `llmops guard attack`: attacks on the project's own target, and whether that is a failure.

mod list;
mod prepare;
mod sample;
mod show;
mod value;

use std::path::Path;
use std::sync::Arc;

use self::prepare::{About, Prepared, prepare};
use crate::cli::{Attack, Global};
use crate::cmd::{eval, interrupted, output, unless_interrupted};
use crate::config::{Config, Purpose};
use crate::error::{Error, ExitStatus, Result};
use crate::eval::Event;
use crate::file;
use crate::guard::attack::{
    Asking, Bars, Compared, Earlier, Finished, Measured, Plan, Sampled, SystemPrompt, Tried, Utility, Verdict, measure,
    run as run_plan, utility,
};
use crate::report::Progress;

/// A run, and what it means.
struct Ran<'a> {
    about: &'a About,
    /// Its attempts are those that were made, and no longer here.
    plan: &'a Plan,
    planned: usize,
    finished: &'a Finished,
    measured: &'a Measured,
    /// Or why it was not measured.
    utility: std::result::Result<&'a Utility, &'a str>,
    compared: Option<&'a Compared>,
    verdict: &'a Verdict,
}

pub(super) async fn run(global: &Global, arguments: &Attack) -> Result<ExitStatus> {
    if arguments.list {
        return list::print(global.json).map(|()| ExitStatus::Pass);
    }
    let mut config = crate::cmd::configuration_for(global, Purpose::Online)?;
    eval::apply(&mut config, &arguments.tested)?;
    // On the heap: a whole run is a large future.
    Box::pin(attack(global, &config, arguments)).await
}

async fn attack(global: &Global, config: &Config, arguments: &Attack) -> Result<ExitStatus> {
    let earlier = arguments.baseline.as_deref().map(|file| read_baseline(global, file)).transpose()?;
    let target = arguments.output.as_ref().map(|file| global.directory.join(file));
    if let Some(path) = &target {
        file::probe(path).map_err(|error| Error::io("write", path, error))?;
    }
    let first = earlier.as_ref().map(Earlier::hits).unwrap_or_default();
    let prepared = unless_interrupted(prepare(global, config, arguments, first)).await?;
    let Prepared { about, mut plan, mut asking, system_prompt, sampled, closing } = prepared;
    let utility = match sampled {
        Ok(_) if plan.attempts.is_empty() => Err("there is nothing to attack with".to_owned()),
        Ok(sampled) => Ok(unless_interrupted(work(global, config, &asking, &sampled)).await?),
        Err(reason) => Err(reason),
    };
    let ordinary = utility.as_ref().map(|utility| utility.plain_answers.iter().map(String::as_str).collect());
    let ordinary: Vec<&str> = ordinary.unwrap_or_default();
    asking.system_prompt = system_prompt.map(|text| Arc::new(SystemPrompt::new(&text, &ordinary)));
    let client = asking.client.clone();
    let attempts = std::mem::take(&mut plan.attempts);
    let planned = attempts.len();
    let mut progress = Progress::new("attempts", planned, global.quiet);
    let mut tell = |event: Event<'_>| progress.on(&event);
    let finished = run_plan(attempts, Arc::new(asking), config.eval.concurrency, interrupted(), &mut tell).await;
    progress.finish();
    drop(closing);
    let tried = finished.trials.iter().map(|trial| {
        let outcome = trial.ended.as_ref().ok().map(|answered| &answered.outcome);
        Tried { attempt: &trial.attempt, outcome }
    });
    let measured = measure(&tried.collect::<Vec<_>>());
    let compared = earlier.map(|earlier| earlier.compared(&finished.trials));
    let bars = Bars { max_rate: arguments.fail_on, rule: config.gate.rule, max_error_rate: config.gate.max_error_rate };
    let verdict = Verdict::new(&measured, finished.early.as_deref(), compared.as_ref(), bars);
    let ran = Ran {
        about: &about,
        plan: &plan,
        planned,
        finished: &finished,
        measured: &measured,
        utility: utility.as_ref().map_err(String::as_str),
        compared: compared.as_ref(),
        verdict: &verdict,
    };
    report(global, &ran, target.as_deref())?;
    Ok(if client.over_budget().is_some() { ExitStatus::OverBudget } else { verdict.status() })
}

/// What the target's own work is worth, behind a progress bar.
async fn work(global: &Global, config: &Config, asking: &Asking, sampled: &Sampled) -> Result<Utility> {
    let mut progress = Progress::new("cases asked under attack", sampled.cases.len(), global.quiet);
    let mut done = 0;
    let mut tell = || {
        done += 1;
        progress.reach(done);
    };
    let found = utility(asking, sampled, config.eval.concurrency, &mut tell).await;
    progress.finish();
    found
}

fn read_baseline(global: &Global, file: &Path) -> Result<Earlier> {
    let text = super::read(&global.directory.join(file))?;
    Earlier::read(&text).map_err(|error| error.at(file.display(), None))
}

/// What was found is shown even if it cannot be written; then the run is no success all the same.
fn report(global: &Global, ran: &Ran<'_>, target: Option<&Path>) -> Result<()> {
    let value = (global.json || target.is_some()).then(|| value::of(ran));
    let text = value.as_ref().map(|value| format!("{value:#}\n")).unwrap_or_default();
    let written = match target {
        Some(path) => file::replace(path, text.as_bytes()).map_err(|error| Error::io("write", path, error)),
        None => Ok(()),
    };
    if global.json {
        output::print(&text)?;
    } else {
        output::print(&show::text(ran))?;
        if let (Some(path), Ok(())) = (target, &written) {
            output::print(&format!("\nwritten to {}\n", path.strip_prefix(".").unwrap_or(path).display()))?;
        }
    }
    written
}
