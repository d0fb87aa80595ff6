//! `llmops ci --dry-run`: what would be done.

use std::fmt::Write as _;

use crate::cli::{Ci, Global, Stage};
use crate::cmd::cost::estimate::before_a_run;
use crate::cmd::{eval, output, unless_interrupted};
use crate::config::{Config, TargetKind};
use crate::error::{ExitStatus, Result};
use crate::eval::Dataset;
use crate::evidence::Signing;
use crate::text::count;

/// Nothing is sent and nothing is written, but for what the estimate needs, which is gone afterwards.
pub(super) async fn show(global: &Global, mut config: Config, arguments: &Ci, stages: &[Stage]) -> Result<ExitStatus> {
    let mut text = String::new();
    if stages.contains(&Stage::Security) {
        text.push_str("security  ");
        text.push_str(&security(&config, arguments.since.as_deref()));
    }
    if stages.contains(&Stage::Eval) {
        eval::apply(&mut config, &arguments.eval.tested)?;
        text.push_str("eval      ");
        text.push_str(&evaluation(&config, arguments)?);
        let signing = Signing::open(&config)?.shown();
        let both = stages.contains(&Stage::Security);
        let evidence = if both { signing } else { "none, since security is not run".to_owned() };
        output::print(&text)?;
        let cost = unless_interrupted(async { Ok(before_a_run(global, config).await) }).await?;
        let cost = cost.unwrap_or_else(|| "nothing is billed".to_owned());
        text = format!("cost      {cost}\nevidence  {evidence}\n");
    }
    if stages.contains(&Stage::Deploy) {
        text.push_str("deploy    what the evidence is of; `llmops deploy --dry-run` says more\n");
    }
    text.push_str("nothing was done\n");
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}

fn security(config: &Config, since: Option<&str>) -> String {
    let mut looked = vec!["the history of prompts".to_owned()];
    let changed = since.map_or_else(String::new, |since| format!(" that changed since {since}"));
    looked.push(format!("secrets in prompts, dataset and {}{changed}", config.file));
    if config.target.kind == TargetKind::Rag && config.path(&config.retrieval.documents.value).exists() {
        looked.push(format!("the documents in {}", config.retrieval.documents.value));
    }
    if config.guard.min_recall.is_some() || config.guard.max_false_positive_rate.is_some() {
        looked.push("the validator against its bars".to_owned());
    }
    looked.join(", ") + "\n"
}

fn evaluation(config: &Config, arguments: &Ci) -> Result<String> {
    let dataset = Dataset::read(&config.path(&config.eval.dataset.value), &config.eval.dataset.value)?;
    let mut text = format!("{} of {}", count(dataset.cases, "case"), dataset.file);
    if config.eval.repeats > 1 {
        let _ = write!(text, ", {} times each", config.eval.repeats);
    }
    if eval::answers_itself(config) {
        let prompt = eval::find_prompt(config)?;
        let model = eval::model_of(config, &prompt).unwrap_or(&config.target.model.value);
        let _ = write!(text, ", {} with {model}", prompt.full_name());
    }
    if arguments.since.is_some() {
        text.push_str(", unless there is a passing result of the same content");
    }
    Ok(text + "\n")
}
