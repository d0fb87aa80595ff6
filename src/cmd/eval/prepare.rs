//! Everything between the configuration and the first call, the same for a run and for a worker of one.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use super::super::ingest::{self, Fill};
use super::super::{Closing, unless_interrupted};
use super::{documents, scorers, setup};
use crate::cli::Global;
use crate::clock;
use crate::config::{Config, Rule, Stop, TargetKind};
use crate::error::{Error, Problem, Result};
use crate::eval::metrics::{Need, Scorer, Tools};
use crate::eval::{Dataset, Measurer, Measuring, Shard, StopBar, StopRule, Target, open_target, usual_target};
use crate::llm::Client;
use crate::prompt::PromptVersion;
use crate::rag::{Embedder, Retriever, open_embedder};
use crate::report::Facts;

/// A target ends its own work at its time limit and says why; this much later the runner ends it without knowing why.
pub(in crate::cmd) const GRACE: Duration = Duration::from_secs(2);

/// What measures, and what is known of it.
pub(in crate::cmd) struct Prepared {
    pub(in crate::cmd) facts: Facts,
    pub(in crate::cmd) dataset: Arc<Dataset>,
    scorers: Vec<Arc<Scorer>>,
    target: Arc<dyn Target>,
    tools: Tools,
    retriever: Option<Arc<Retriever>>,
    pub(in crate::cmd) client: Client,
    /// Last, so that whatever else asks has ended by then.
    _closing: Arc<Closing>,
}

impl Prepared {
    /// What measures cases that are asked so often.
    pub(in crate::cmd) fn measurer(&self, config: &Config, repeats: u32) -> Measurer {
        let measuring = Measuring {
            target: Arc::clone(&self.target),
            scorers: self.scorers.clone(),
            tools: self.tools.clone(),
            client: self.client.clone(),
        };
        let cluster = config.eval.cluster.as_ref().map(|field| field.value.clone());
        Measurer::new(measuring, config.target.timeout + GRACE, repeats, cluster).traced(&self.facts.thresholds)
    }

    /// What asks as a run would, for estimates: metrics that call nothing are left out, and an application is not asked.
    pub(in crate::cmd) fn counting_measurer(&self, config: &Config) -> Measurer {
        let calls = |scorer: &&Arc<Scorer>| {
            let needs = scorer.metric.needs;
            needs.contains(&Need::Judge) || needs.contains(&Need::Embedder) || scorer.metric.name == "assertions"
        };
        let is_application = matches!(config.target.kind, TargetKind::Http | TargetKind::Command);
        let measuring = Measuring {
            target: if is_application { usual_target() } else { Arc::clone(&self.target) },
            scorers: self.scorers.iter().filter(calls).cloned().collect(),
            tools: self.tools.clone(),
            client: self.client.clone(),
        };
        Measurer::new(measuring, config.target.timeout + GRACE, config.eval.repeats, None)
    }

    /// When the run may end before its last case. A part of a run never does, since it decides nothing alone.
    pub(in crate::cmd) fn stop_rule(&self, config: &Config) -> Result<Option<StopRule>> {
        if config.eval.stop == Stop::Never || self.facts.shard.is_some() {
            return Ok(None);
        }
        let thresholds = &self.facts.thresholds;
        let gated = self.scorers.iter().filter_map(|scorer| Some((scorer, *thresholds.get(&*scorer.name)?)));
        let mut bars: Vec<(&Scorer, StopBar)> = gated
            .map(|(scorer, threshold)| {
                let (metric, scale) = (Arc::clone(&scorer.name), scorer.scale());
                let judge = self.facts.judge.as_ref();
                let is_corrected = judge.is_some_and(|judge| judge.calibrations.contains_key(&*metric));
                (&**scorer, StopBar { metric, scale, threshold, population: 0, is_corrected })
            })
            .collect();
        self.dataset.each(&mut |case| {
            for (scorer, bar) in &mut bars {
                bar.population += usize::from((scorer.metric.skip)(&case).is_none());
            }
            ControlFlow::Continue(())
        })?;
        Ok(Some(StopRule {
            stop: config.eval.stop,
            bars: bars.into_iter().map(|(_, bar)| bar).collect(),
            may_pass: config.gate.rule == Rule::Point
                && config.gate.regression.max_drop.is_none()
                && !self.facts.cost_limits.is_a_bar(),
            max_error_rate: config.gate.max_error_rate,
            max_not_applicable: config.gate.max_not_applicable,
        }))
    }

    /// What the embedder has used since the program started, in tokens.
    pub(in crate::cmd) fn embedder_tokens(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let (retriever, embedder) = (self.retriever.clone(), self.tools.embedder.clone());
        // A retriever lends its embedder to the metrics.
        move || match (&retriever, &embedder) {
            (Some(retriever), _) => retriever.usage().total(),
            (None, Some(embedder)) => embedder.usage().total(),
            (None, None) => 0,
        }
    }
}

/// A configuration, and the prompt that it is tested with instead of its own.
pub(in crate::cmd) struct Candidate {
    pub(in crate::cmd) config: Config,
    pub(in crate::cmd) prompt: Option<PromptVersion>,
}

/// Checks all that can be checked, and brings the store up to date.
pub(in crate::cmd) async fn prepare(
    global: &Global,
    config: &Config,
    fill: Fill,
    shard: Option<Shard>,
) -> Result<Prepared> {
    let checked = setup::check(config, None)?;
    let opened = unless_interrupted(open(global, config, &checked, fill)).await?;
    opened.prepared(config, checked, shard).await
}

/// The same for several that differ in prompt or model only: they share client, store, dataset and metrics.
pub(in crate::cmd) async fn prepare_each(global: &Global, candidates: &mut [Candidate]) -> Result<Vec<Prepared>> {
    let Some((first, others)) = candidates.split_first_mut() else { return Ok(Vec::new()) };
    let checked = setup::check(&first.config, first.prompt.take())?;
    let mut failures = Vec::new();
    let mut all = Vec::new();
    for other in others.iter_mut() {
        match checked.alike(&other.config, other.prompt.take()) {
            Ok(alike) => all.push(alike),
            Err(error) => failures.push(error),
        }
    }
    if let Some(error) = Error::all(failures) {
        return Err(error);
    }
    let opened = unless_interrupted(open(global, &first.config, &checked, Fill::Embedded)).await?;
    all.insert(0, checked);
    let mut prepared = Vec::new();
    for (candidate, checked) in candidates.iter().zip(all) {
        prepared.push(opened.prepared(&candidate.config, checked, None).await?);
    }
    Ok(prepared)
}

/// What is opened once.
struct Opened {
    timestamp: String,
    retriever: Option<Arc<Retriever>>,
    closing: Arc<Closing>,
}

async fn open(global: &Global, config: &Config, checked: &setup::Checked, fill: Fill) -> Result<Opened> {
    let timestamp = clock::timestamp();
    let closing = Arc::new(Closing(checked.client.clone()));
    let retriever = ingest::open_retriever(config, &checked.client, fill, global.quiet).await?;
    if let Some(retriever) = &retriever {
        documents::check(config, checked, retriever).await?;
    }
    Ok(Opened { timestamp, retriever, closing })
}

impl Opened {
    async fn prepared(&self, config: &Config, checked: setup::Checked, shard: Option<Shard>) -> Result<Prepared> {
        let retriever = self.retriever.clone();
        let facts = setup::facts(config, &checked, retriever.as_deref(), self.timestamp.clone(), shard);
        let facts = unless_interrupted(facts).await?;
        let (dataset, scorers, client) =
            (Arc::clone(&checked.dataset), checked.scorers.clone(), checked.client.clone());
        let tools = Tools { judge: checked.judge.clone(), embedder: embedder(config, &checked, retriever.as_deref())? };
        let target = open_target(config, checked.into_parts(retriever.clone()))?;
        check_cases(target.as_ref(), &dataset)?;
        let closing = Arc::clone(&self.closing);
        Ok(Prepared { facts, dataset, scorers, target, tools, retriever, client, _closing: closing })
    }
}

/// What metrics embed texts with, if one does: what the retriever embeds with, where there is one.
fn embedder(
    config: &Config,
    checked: &setup::Checked,
    retriever: Option<&Retriever>,
) -> Result<Option<Arc<dyn Embedder>>> {
    match retriever {
        _ if !scorers::need(Need::Embedder, &checked.scorers, &checked.dataset) => Ok(None),
        Some(retriever) => Ok(retriever.embedder()),
        None => open_embedder(config, &checked.client),
    }
}

/// What can be known to fail is said of all cases at once, before any call.
fn check_cases(target: &dyn Target, dataset: &Dataset) -> Result<()> {
    /// What is wrong with every case is understood from the first ones.
    const ENOUGH: usize = 200;
    let mut problems: Vec<Problem> = Vec::new();
    dataset.each(&mut |case| {
        if let Err(problem) = target.check(&case) {
            // What is wrong with a template itself has its place already, and is the same for every case.
            let problem = match problem.place {
                Some(_) => problem,
                None => problem.at(&dataset.file, Some(case.line)),
            };
            if problems.last().is_none_or(|last| last.place != problem.place) {
                problems.push(problem);
            }
        }
        if problems.len() < ENOUGH { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Error::unless_empty(problems)
}
