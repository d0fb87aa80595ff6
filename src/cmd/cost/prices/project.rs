//! The project whose models are priced, if there is one.

use super::super::super::eval::{answers_itself, find_prompt, model_of};
use super::super::super::vocabulary;
use crate::cli::Global;
use crate::config::{Config, Purpose, TargetKind};
use crate::error::Result;

/// The project that the command works in; `None` outside of one. Nothing is sent to a model, so that no secret is needed.
pub(super) fn find(global: &Global) -> Result<Option<Config>> {
    let file = global.config.as_deref();
    if file.is_none() && Config::root_of(&global.directory, file).is_err() {
        return Ok(None);
    }
    Config::find(&global.directory, file, &vocabulary(Purpose::Offline)).map(Some)
}

/// What a project calls, each model with what for.
pub(super) fn models(config: &Config) -> Vec<(&'static str, String)> {
    let mut models = Vec::new();
    if answers_itself(config) {
        // A project without its prompt asks the configured model.
        let prompt = find_prompt(config).ok();
        let named = prompt.as_ref().and_then(|prompt| model_of(config, prompt));
        models.push(("target", named.unwrap_or(&config.target.model.value).to_owned()));
    }
    models.extend(config.judge.models.iter().map(|model| ("judge", model.value.clone())));
    match config.retrieval.embedder.value.as_str() {
        _ if config.target.kind != TargetKind::Rag => {}
        "none" => {}
        "local" => models.push(("embedder", "local/all-minilm-l6-v2".to_owned())),
        model => models.push(("embedder", model.to_owned())),
    }
    models.extend(config.cost.models.iter().map(|model| ("[cost.models]", model.model.value.clone())));
    models
}
