//! The application under test. One file a kind; a target turns a case into an output or an error of that case.

mod command;
mod http;
mod prompt;
mod rag;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::{Config, TargetKind};
use crate::error::{Error, Problem, Result};
use crate::llm::{Client, Model};
use crate::prompt::PromptVersion;
use crate::rag::Retriever;

pub(crate) use rag::provided;

use super::{Case, Output};

/// Answers cases; shared by all that are under way.
pub(crate) trait Target: Send + Sync {
    /// `repeat` says which of several answers to the same case this one is, from 0.
    fn answer<'a>(&'a self, case: &'a Case, repeat: u32) -> BoxFuture<'a, Result<Output>>;

    /// Everything that would make `case` fail before any call is made, such as a template variable that it lacks.
    fn check(&self, case: &Case) -> std::result::Result<(), Problem>;
}

/// What the targets that we answer for ourselves are made of.
pub(crate) struct Parts {
    pub(crate) client: Client,
    pub(crate) model: Option<Model>,
    pub(crate) prompt: Option<PromptVersion>,
    pub(crate) retriever: Option<Arc<Retriever>>,
}

/// The target that the configuration describes.
pub(crate) fn open(config: &Config, parts: Parts) -> Result<Arc<dyn Target>> {
    let missing = |what: &str| Error::config(format!("the target needs a {what}"));
    match config.target.kind {
        TargetKind::Http => Ok(Arc::new(http::HttpTarget::open(config, parts.client)?)),
        TargetKind::Command => Ok(Arc::new(command::CommandTarget::open(config))),
        TargetKind::Prompt => {
            let prompt = parts.prompt.ok_or_else(|| missing("prompt"))?;
            let model = parts.model.ok_or_else(|| missing("model"))?;
            Ok(Arc::new(prompt::PromptTarget { client: parts.client, model, prompt }))
        }
        TargetKind::Rag => {
            let prompt = parts.prompt.ok_or_else(|| missing("prompt"))?;
            let model = parts.model.ok_or_else(|| missing("model"))?;
            let retriever = parts.retriever.ok_or_else(|| missing("store"))?;
            let top_k = config.target.top_k;
            Ok(Arc::new(rag::RagTarget { client: parts.client, model, prompt, retriever, top_k }))
        }
    }
}
