//! Everything that can be checked before the first call, checked at once.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::scorers;
use crate::config::{Budgets, Config, StoreKind, TargetKind, is_label};
use crate::cost::ledger::PromptName;
use crate::digest::sha256;
use crate::error::{Error, Problem, Result};
use crate::eval::judge::Judge;
use crate::eval::metrics::{Need, Scorer};
use crate::eval::{Content, Dataset, Parts, Shard};
use crate::git::{self, Commit};
use crate::llm::{Client, Model};
use crate::prompt::{self, Folder, PromptVersion, Selector};
use crate::rag::Retriever;
use crate::report::calibration::CalibrationFile;
use crate::report::{CostLimits, Digests, Facts, JudgeFacts, PromptFacts, RegressionFacts, ShardFacts, TargetFacts};

/// A run that is ready to begin, but for its store.
pub(super) struct Checked {
    pub(super) client: Client,
    pub(super) model: Option<Model>,
    pub(super) prompt: Option<PromptVersion>,
    pub(super) dataset: Arc<Dataset>,
    pub(super) scorers: Vec<Arc<Scorer>>,
    /// `None` if nothing is judged.
    pub(super) judge: Option<Arc<Judge>>,
    /// The judge for people; also what labels say of it.
    judge_facts: Option<JudgeFacts>,
}

impl Checked {
    /// The same with another prompt or model: nothing is opened twice.
    pub(super) fn alike(&self, config: &Config, prompt: Option<PromptVersion>) -> Result<Self> {
        let prompt = match prompt {
            Some(given) => given,
            None => find_prompt(config)?,
        };
        let client = self.client.for_run_of(Some(prompt_name(&prompt)));
        let model = find_model(config, &client, &prompt)?;
        // Who may judge depends on who answers.
        let judge = match &self.judge {
            Some(_) => Judge::open(config, &client, Some(&model))?.map(Arc::new),
            None => None,
        };
        Ok(Self {
            client,
            model: Some(model),
            prompt: Some(prompt),
            dataset: Arc::clone(&self.dataset),
            scorers: self.scorers.clone(),
            judge,
            judge_facts: self.judge_facts.clone(),
        })
    }

    pub(super) fn into_parts(self, retriever: Option<Arc<Retriever>>) -> Parts {
        Parts { client: self.client, model: self.model, prompt: self.prompt, retriever }
    }
}

/// `@1.2.0` and `1.2.0` mean a version of the configured prompt, `name` and `name@1.2.0` another prompt. A word that is no prompt
/// is a label of the configured one, if that has it.
pub(in crate::cmd) fn choose_prompt(root: &Path, configured: &str, chosen: &str) -> String {
    let name = Selector::parse(configured).name;
    let chosen = chosen.trim();
    if let Some(version) = chosen.strip_prefix('@') {
        format!("{name}@{version}")
    } else if chosen.contains('@') {
        chosen.to_owned()
    } else if let Some(version) = prompt::plain_version(chosen) {
        format!("{name}@{version}")
    } else if is_label_of(root, &name, chosen) {
        format!("{name}@{chosen}")
    } else {
        chosen.to_owned()
    }
}

/// Whether a word is a label of a prompt, and not itself one.
fn is_label_of(root: &Path, name: &str, word: &str) -> bool {
    let has_it = |folder: Folder<'_>| folder.history().is_ok_and(|history| history.labels.contains_key(word));
    is_label(word) && Folder::existing(root, word).is_err() && Folder::existing(root, name).is_ok_and(has_it)
}

/// Configuration, prompt, model and dataset; all problems come together. `prompt` is tested instead of the configured one, if
/// it is given.
pub(super) fn check(config: &Config, prompt: Option<PromptVersion>) -> Result<Checked> {
    let mut failures: Vec<Error> = Vec::new();
    let mut problems = Vec::new();
    let mut scorers = scorers::build(config, &mut problems);
    let client = keep(Client::new(config), &mut failures);
    let prompt = match prompt {
        None if answers_itself(config) => keep(find_prompt(config), &mut failures),
        given => given,
    };
    let client = client.map(|client| client.for_run_of(prompt.as_ref().map(prompt_name)));
    let model = match (&client, &prompt) {
        (Some(client), Some(prompt)) => keep(find_model(config, client, prompt), &mut failures),
        _ => None,
    };
    let path = config.path(&config.eval.dataset.value);
    let dataset = keep(Dataset::read(&path, &config.eval.dataset.value), &mut failures);
    if let Some(dataset) = &dataset {
        failures.extend(check_cluster(config, dataset).err());
    }
    let measurable = scorers::keep_measurable(config, dataset.as_ref(), &mut scorers, &mut problems);
    failures.extend(measurable.err());
    if dataset.is_some() && scorers::thresholds(config, &scorers).is_empty() {
        let hint = "give at least one metric its bar, for example context_recall = 0.80 under [gate]";
        problems
            .push(Problem::new("[gate] has no threshold, so it could never fail").at(&config.file, None).hint(hint));
    }
    let judge = match (&client, &dataset) {
        (Some(client), Some(dataset)) if scorers::need(Need::Judge, &scorers, dataset) => {
            keep(Judge::open(config, client, model.as_ref()), &mut failures).flatten()
        }
        _ => None,
    };
    let judge_facts = judge.as_ref().and_then(|judge| keep(judge_facts(config, judge, &scorers), &mut failures));
    failures.extend(Error::unless_empty(problems).err());
    if let Some(first) = Error::all(failures) {
        return Err(first);
    }
    match (client, dataset) {
        (Some(client), Some(dataset)) => {
            let (dataset, judge) = (Arc::new(dataset), judge.map(Arc::new));
            Ok(Checked { client, model, prompt, dataset, scorers, judge, judge_facts })
        }
        _ => Err(Error::unavailable("the run could not be prepared")),
    }
}

/// What the ledger of costs calls a prompt.
pub(in crate::cmd) fn prompt_name(prompt: &PromptVersion) -> PromptName {
    PromptName { name: prompt.full_name(), digest: prompt.digest.clone() }
}

/// Who judges, with the calibrations that the project has kept.
fn judge_facts(config: &Config, judge: &Judge, scorers: &[Arc<Scorer>]) -> Result<JudgeFacts> {
    let file = &config.judge.calibration.value;
    let kept = CalibrationFile::read(&config.path(file), file)?;
    Ok(JudgeFacts::of(judge, scorers, config.judge.min_kappa, kept))
}

/// A field that no case has would make every case its own cluster.
fn check_cluster(config: &Config, dataset: &Dataset) -> Result<()> {
    let Some(field) = &config.eval.cluster else { return Ok(()) };
    let mut found = false;
    dataset.each(&mut |case| {
        found = case.field(&field.value).is_some();
        if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if found {
        return Ok(());
    }
    let message = format!("no case of the dataset has the field \"{}\" that eval.cluster names", field.value);
    Err(config.problem(field, message).hint("name a field that the cases have").into())
}

fn keep<T>(result: Result<T>, failures: &mut Vec<Error>) -> Option<T> {
    result.map_err(|error| failures.push(error)).ok()
}

/// Whether the prompt and the model are ours to choose.
pub(in crate::cmd) fn answers_itself(config: &Config) -> bool {
    matches!(config.target.kind, TargetKind::Rag | TargetKind::Prompt)
}

pub(in crate::cmd) fn find_prompt(config: &Config) -> Result<PromptVersion> {
    let selector = Selector::parse(&config.target.prompt.value);
    prompt::find(&config.root, &selector).map_err(|error| {
        // A prompt's own problems have their file already; what a flag chose has none.
        let placed = error.problems.iter().any(|problem| problem.place.is_some());
        if placed || config.target.prompt_is_chosen { error } else { error.at(&config.file, config.target.prompt.line) }
    })
}

/// The chosen or configured model if there is one, else the prompt's own, else the default; `None` if the application chooses.
pub(in crate::cmd) fn model_of<'a>(config: &'a Config, prompt: &'a PromptVersion) -> Option<&'a str> {
    let configured = &config.target.model;
    let is_given = configured.line.is_some() || config.target.model_is_chosen;
    match &prompt.model {
        Some(own) if !is_given => Some(own),
        _ => (is_given || answers_itself(config)).then_some(&configured.value),
    }
}

pub(in crate::cmd) fn find_model(config: &Config, client: &Client, prompt: &PromptVersion) -> Result<Model> {
    let configured = &config.target.model;
    let name = model_of(config, prompt).unwrap_or(&configured.value);
    let at_line = |error: Error| match configured.line {
        Some(line) => error.at(&config.file, Some(line)),
        None => error,
    };
    let model: Model = name.parse().map_err(at_line)?;
    client.check(&model).map_err(at_line)?;
    Ok(model)
}

pub(super) async fn facts(
    config: &Config,
    checked: &Checked,
    retriever: Option<&Retriever>,
    timestamp: String,
    shard: Option<Shard>,
) -> Result<Facts> {
    let documents = match retriever {
        Some(retriever) => Some(retriever.digest().await?),
        None => None,
    };
    let dataset_cases = checked.dataset.cases;
    let prompt = checked.prompt.as_ref().map(|prompt| PromptFacts {
        name: prompt.name.clone(),
        version: prompt.version.clone(),
        digest: prompt.digest.clone(),
    });
    Ok(Facts {
        project: config.name.clone(),
        timestamp,
        target: target_facts(config, checked),
        judge: checked.judge_facts.clone(),
        scorers: checked.scorers.clone(),
        thresholds: scorers::thresholds(config, &checked.scorers).into_iter().collect(),
        max_error_rate: config.gate.max_error_rate,
        max_not_applicable: config.gate.max_not_applicable,
        rule: config.gate.rule,
        cost_limits: CostLimits {
            max_increase: config.cost.max_increase,
            max_per_case: config.cost.max_per_case,
            requests_per_month: config.cost.requests_per_month.map(|requests| requests as u64),
            max_per_month: config.cost.max_per_month,
            has_budget: config.cost.budgets != Budgets::default(),
        },
        regression: RegressionFacts {
            baseline: config.gate.regression.baseline.value.clone(),
            max_drop: config.gate.regression.max_drop,
        },
        digests: Digests {
            configuration: config.digest.clone(),
            dataset: checked.dataset.digest.clone(),
            prompt: prompt.as_ref().map(|prompt| prompt.digest.clone()),
            documents,
        },
        prompt,
        git: git::commit(&config.root),
        dataset: checked.dataset.file.clone(),
        cases: shard.map_or(dataset_cases, |shard| shard.size(dataset_cases)),
        repeats: config.eval.repeats,
        shard: shard.map(|shard| ShardFacts { shard, dataset_cases }),
    })
}

impl Facts {
    /// SHA-256 of everything that can change a row of the run's report.
    pub(in crate::cmd) fn identity(&self, content: &Content) -> String {
        let parts = serde_json::json!({
            "content": content.digest(),
            "repeats": self.repeats,
            "shard": self.shard,
        });
        sha256(parts.to_string().as_bytes())
    }

    /// Everything that can change how a single case is measured.
    pub(in crate::cmd) fn content(&self, config: &Config) -> Content {
        let metrics: Vec<&str> = self.scorers.iter().map(|scorer| scorer.definition.as_str()).collect();
        // The rest of the repository is the application under test only if it runs on its own.
        // What it answered while it was edited is not what the commit answers.
        let named = |git: &Commit| if git.dirty { format!("{} edited", git.sha) } else { git.sha.clone() };
        let commit = if answers_itself(config) { None } else { self.git.as_ref().map(named) };
        let TargetFacts { kind, model, top_k, store, embedder } = &self.target;
        let prompt = self.prompt.as_ref().map(|prompt| format!("{}@{} {}", prompt.name, prompt.version, prompt.digest));
        let parts = [
            ("version", Some(env!("CARGO_PKG_VERSION").to_owned())),
            ("prompt", prompt),
            ("model", model.clone()),
            ("dataset", Some(format!("{} {}", self.dataset, self.digests.dataset))),
            ("documents", self.digests.documents.clone()),
            ("target", Some(kind.clone())),
            ("top_k", top_k.map(|top_k| top_k.to_string())),
            ("store", store.clone()),
            ("embedder", embedder.clone()),
            ("metrics", Some(metrics.join(", "))),
            ("cluster", config.eval.cluster.as_ref().map(|field| field.value.clone())),
            ("judge", self.judge.as_ref().map(JudgeFacts::definition)),
            ("commit", commit),
            ("configuration", Some(config.identity.clone())),
        ];
        Content::new(parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// As the configuration writes it.
pub(in crate::cmd) fn kind_name(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Rag => "rag",
        TargetKind::Prompt => "prompt",
        TargetKind::Http => "http",
        TargetKind::Command => "command",
    }
}

fn target_facts(config: &Config, checked: &Checked) -> TargetFacts {
    let rag = config.target.kind == TargetKind::Rag;
    let store = match config.retrieval.store {
        StoreKind::Embedded => "embedded",
        StoreKind::Pgvector => "pgvector",
    };
    TargetFacts {
        kind: kind_name(config.target.kind).to_owned(),
        model: checked.model.as_ref().map(ToString::to_string),
        top_k: rag.then_some(config.target.top_k),
        store: rag.then(|| store.to_owned()),
        embedder: (rag || scorers::need(Need::Embedder, &checked.scorers, &checked.dataset))
            .then(|| config.retrieval.embedder.value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_chosen_by_name_version_or_both() {
        let cases = [
            ("@1.0.0", "rag_answer@1.0.0"),
            ("1.0.0", "rag_answer@1.0.0"),
            ("v1.0.0", "rag_answer@1.0.0"),
            ("latest", "rag_answer@latest"),
            ("other", "other"),
            ("other@2.0.0", "other@2.0.0"),
        ];
        for (chosen, expected) in cases {
            assert_eq!(choose_prompt(Path::new("nowhere"), "rag_answer@1.1.0", chosen), expected);
        }
    }
}
