//! `llmops eval`: the dataset against the target, scored, gated, reported.

mod documents;
mod setup;

use std::time::{Duration, Instant};

use super::ingest::Fill;
use super::{configuration, ingest, interrupted, output, unless_interrupted};
use crate::cli::{Eval, Global};
use crate::config::{Config, Located, TargetKind};
use crate::error::{Error, ExitStatus, Problem, Result};
use crate::eval::{Event, Run, Target, open_target, run as run_cases};
use crate::report::{self, Progress, Report};
use crate::{clock, gate};

/// Where every run leaves its report, in the project's folder.
pub(super) const REPORT_FILE: &str = "llmops/eval_report.json";

/// A target ends its own work at its time limit and says why; this much later the runner ends it without knowing why.
const GRACE: Duration = Duration::from_secs(2);

pub(super) async fn run(global: &Global, arguments: &Eval) -> Result<ExitStatus> {
    gate(global, arguments, Fill::Embedded).await
}

/// Evaluates, decides, writes and shows the report.
pub(super) async fn gate(global: &Global, arguments: &Eval, fill: Fill) -> Result<ExitStatus> {
    let mut config = configuration(global)?;
    apply(&mut config, arguments)?;
    let path = config.path(REPORT_FILE);
    report::json::prepare(&path)?;
    let report = evaluate(global, &config, fill).await?;
    // What was measured is shown even if it cannot be written; then the run is no success all the same.
    let written = report::json::write(&report, &path);
    if global.json {
        output::print_json(&report::json::value(&report)?)?;
    } else {
        output::print(&report::render_terminal(&report))?;
        if written.is_ok() {
            output::print(&format!("\nreport: {}\n", path.strip_prefix(".").unwrap_or(&path).display()))?;
        }
    }
    written.map(|()| report.verdict.exit_status())
}

/// Flags win over the environment, and both over the file. A flag that the kind of target does not look at is refused,
/// since it would silently test something else than was asked for.
fn apply(config: &mut Config, arguments: &Eval) -> Result<()> {
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
        config.target.prompt.value = setup::choose_prompt(&config.target.prompt.value, prompt);
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
    Ok(())
}

/// Everything from the configuration to the decided report.
async fn evaluate(global: &Global, config: &Config, fill: Fill) -> Result<Report> {
    let timestamp = clock::timestamp();
    let checked = setup::check(config)?;
    let (retriever, facts) = unless_interrupted(async {
        let retriever = ingest::open_retriever(config, &checked.client, fill, global.quiet).await?;
        if let Some(retriever) = &retriever {
            documents::check(config, &checked, retriever).await?;
        }
        let facts = setup::facts(config, &checked, retriever.as_deref(), timestamp).await?;
        Ok((retriever, facts))
    })
    .await?;
    let (cases, metrics) = (checked.dataset.cases.clone(), checked.metrics.clone());
    let target = open_target(config, checked.into_parts(retriever.clone()))?;
    check_cases(config, target.as_ref(), &cases)?;

    let started = Instant::now();
    let mut progress = Progress::new("cases", cases.len(), global.quiet);
    let work =
        Run { cases, target, metrics, concurrency: config.eval.concurrency, time_limit: config.target.timeout + GRACE };
    let results = run_cases(work, interrupted(), &mut |event: Event<'_>| progress.on(&event)).await;
    progress.finish();
    let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
    let embedder = retriever.as_ref().map(|retriever| retriever.usage()).unwrap_or_default();
    let report = report::build(facts, results, duration_ms, embedder);
    let verdict = gate::check(&report);
    Ok(report.decided(verdict))
}

/// What can be known to fail is said of all cases at once, before any call.
fn check_cases(config: &Config, target: &dyn Target, cases: &[crate::eval::Case]) -> Result<()> {
    let file = &config.eval.dataset.value;
    let problems = cases.iter().filter_map(|case| target.check(case).err().map(|problem| (case, problem)));
    // What is wrong with a template itself has its place already, and is the same for every case.
    let place = |(case, problem): (&crate::eval::Case, Problem)| match problem.place {
        Some(_) => problem,
        None => problem.at(file, Some(case.line)),
    };
    let mut problems: Vec<Problem> = problems.map(place).collect();
    problems.dedup_by(|later, earlier| later.place == earlier.place);
    Error::unless_empty(problems)
}
