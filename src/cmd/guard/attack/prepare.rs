//! Everything between the configuration and the first question.

use std::ops::ControlFlow;

use super::sample::{MaybeSampled, sample};
use crate::cli::{Attack, AttackMethod, Global};
use crate::cmd::ingest::{Fill, open_retriever};
use crate::cmd::{Closing, eval};
use crate::config::{Config, TargetKind};
use crate::cost::ledger::Role;
use crate::error::{Error, Problem, Result};
use crate::eval::{Case, Dataset, Parts, Target, open_target};
use crate::guard::attack::{Asking, Attacker, Method, Options, Plan, Reach, plan};
use crate::llm::{Client, Model};
use crate::prompt::PromptVersion;

/// A run that is ready to begin.
pub(super) struct Prepared {
    pub(super) about: About,
    pub(super) plan: Plan,
    pub(super) asking: Asking,
    /// The text of the system prompt, if it is known.
    pub(super) system_prompt: Option<String>,
    /// The cases to ask under attack, or why there are none.
    pub(super) sampled: MaybeSampled,
    pub(super) closing: Closing,
}

/// Who was attacked, by whom.
pub(super) struct About {
    pub(super) project: String,
    pub(super) kind: &'static str,
    /// `name@version`; `None` where the target brings its own.
    pub(super) prompt: Option<String>,
    pub(super) model: Option<String>,
    pub(super) attacker: Option<String>,
    pub(super) seed: u64,
    pub(super) timestamp: String,
}

/// What can be wrong is said before anything is asked.
pub(super) async fn prepare(
    global: &Global,
    config: &Config,
    arguments: &Attack,
    first: Vec<String>,
) -> Result<Prepared> {
    let plan = plan(&options(config, arguments, first))?;
    let prompt = eval::answers_itself(config).then(|| eval::find_prompt(config)).transpose()?;
    let client = Client::new(config)?.for_run_of(prompt.as_ref().map(eval::prompt_name));
    let closing = Closing(client.clone());
    let model = prompt.as_ref().map(|prompt| eval::find_model(config, &client, prompt)).transpose()?;
    let attacker = attacker(arguments, &client)?;
    let about = about(config, arguments, prompt.as_ref(), model.as_ref());
    let retriever = open_retriever(config, &client, Fill::Embedded, global.quiet).await?;
    let target = open_target(config, Parts { client: client.clone(), model, prompt, retriever })?;
    let path = config.path(&config.eval.dataset.value);
    let dataset = path.exists().then(|| Dataset::read(&path, &config.eval.dataset.value)).transpose()?;
    let base = base(dataset.as_ref())?;
    check(&*target, &base)?;
    let system_prompt = target.system_prompt(&base);
    let time_limit = config.target.timeout + eval::GRACE;
    let sampled = sample(config, arguments, dataset.as_ref(), reach(config))?;
    let asking = Asking { target, base, system_prompt: None, attacker, client, time_limit };
    Ok(Prepared { about, plan, asking, system_prompt, sampled, closing })
}

fn options(config: &Config, arguments: &Attack, first: Vec<String>) -> Options {
    Options {
        seed: arguments.seed,
        strategies: arguments.strategies.clone(),
        goals: arguments.goals.clone(),
        method: arguments.attacker.as_ref().map(|_| method(arguments)),
        limit: (!arguments.all).then(|| usize::try_from(arguments.limit).unwrap_or(usize::MAX)),
        target: reach(config),
        first,
    }
}

fn reach(config: &Config) -> Reach {
    match config.target.kind {
        TargetKind::Rag => Reach::Passages,
        TargetKind::Prompt => Reach::Prompt,
        TargetKind::Http | TargetKind::Command => Reach::Question,
    }
}

fn method(arguments: &Attack) -> Method {
    match arguments.method {
        AttackMethod::Iterative => Method::Iterative,
        AttackMethod::Crescendo => Method::Crescendo,
    }
}

fn attacker(arguments: &Attack, client: &Client) -> Result<Option<Attacker>> {
    let Some(name) = &arguments.attacker else { return Ok(None) };
    let model: Model = name.parse()?;
    client.check(&model)?;
    let max_steps = usize::try_from(arguments.steps).unwrap_or(usize::MAX);
    Ok(Some(Attacker { client: client.as_role(Role::Attacker), model, method: method(arguments), max_steps }))
}

fn about(config: &Config, arguments: &Attack, prompt: Option<&PromptVersion>, model: Option<&Model>) -> About {
    About {
        project: config.name.clone(),
        kind: eval::kind_name(config.target.kind),
        prompt: prompt.map(|prompt| format!("{}@{}", prompt.name, prompt.version)),
        model: model.map(ToString::to_string),
        attacker: arguments.attacker.clone(),
        seed: arguments.seed,
        timestamp: crate::clock::timestamp(),
    }
}

/// What templates want beside the question is taken from the first case of the dataset, if there is one.
fn base(dataset: Option<&Dataset>) -> Result<Case> {
    let mut base = Case { id: "attack".to_owned(), question: "?".to_owned(), ..Case::default() };
    if let Some(dataset) = dataset {
        dataset.each(&mut |case| {
            base.metadata = case.metadata;
            base.category = case.category;
            ControlFlow::Break(())
        })?;
    }
    Ok(base)
}

fn check(target: &dyn Target, base: &Case) -> Result<()> {
    target.check(base).map_err(|problem| {
        let hint = "other fields than the question are those of the dataset's first case";
        let problem = Problem { hint: problem.hint.or_else(|| Some(hint.to_owned())), ..problem };
        Error::from(problem)
    })
}
