//! The application under test. One file a kind; a target turns a case into an output or an error of that case.

mod command;
mod http;
mod prompt;
mod rag;
mod usual;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::{Config, TargetKind};
use crate::error::{Error, Problem, Result};
use crate::llm::{Client, Message, Model, Role};
use crate::prompt::PromptVersion;
use crate::rag::{Passage, Retriever};

pub(crate) use rag::provided;
pub(crate) use usual::usual_target;

use super::{Case, Output};

/// Answers cases; shared by all that are under way.
pub(crate) trait Target: Send + Sync {
    fn answer<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Output>>;

    /// Everything that would make `case` fail before any call is made, such as a template variable that it lacks.
    fn check(&self, case: &Case) -> std::result::Result<(), Problem>;

    /// The system message that `case` is asked under, without what was retrieved for it; `None` if it is not known.
    fn system_prompt(&self, _case: &Case) -> Option<String> {
        None
    }
}

/// What a target is asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) case: &'a Case,
    /// Which of several answers to the same case this one is, from 0.
    pub(crate) repeat: u32,
    pub(crate) added: &'a Added,
}

impl<'a> Question<'a> {
    /// A case as the dataset has it.
    pub(crate) fn plain(case: &'a Case, repeat: u32) -> Self {
        Self { case, repeat, added: &NOTHING }
    }

    /// What stands behind a closed door cannot be added to, and leaving it out would test something else.
    fn must_be_plain(&self) -> Result<()> {
        if *self.added == NOTHING {
            return Ok(());
        }
        Err(Error::config("nothing can be added to what this kind of target puts before its model"))
    }
}

/// What is put before the model beside a case, to see what it makes of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Added {
    /// A paragraph at the end of the system message; one is made where the prompt has none.
    pub(crate) system: Option<String>,
    /// Takes the place of the last passage that was retrieved.
    pub(crate) passage: Option<Passage>,
    /// Earlier turns of the conversation.
    pub(crate) conversation: Vec<Message>,
}

static NOTHING: Added = Added { system: None, passage: None, conversation: Vec::new() };

impl Added {
    /// The messages of a prompt with what is added to them.
    fn to(&self, mut messages: Vec<Message>) -> Vec<Message> {
        let is_system = |message: &Message| message.role == Role::System;
        if let Some(line) = &self.system {
            match messages.iter_mut().rfind(|message| is_system(message)) {
                Some(message) => message.content = format!("{}\n\n{line}", message.content),
                None => messages.insert(0, Message { role: Role::System, content: line.clone() }),
            }
        }
        let start = messages.iter().take_while(|message| is_system(message)).count();
        messages.splice(start..start, self.conversation.iter().cloned());
        messages
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: Role, content: &str) -> Message {
        Message { role, content: content.to_owned() }
    }

    fn shown(messages: &[Message]) -> Vec<String> {
        messages.iter().map(|message| format!("{}: {}", message.role.name(), message.content)).collect()
    }

    #[test]
    fn what_is_added_stands_where_it_belongs() {
        let conversation = vec![message(Role::User, "hello"), message(Role::Assistant, "yes?")];
        let added = Added { system: Some("Secret.".to_owned()), passage: None, conversation };
        let prompt = || vec![message(Role::System, "Be kind."), message(Role::User, "question")];
        assert_eq!(
            shown(&added.to(prompt())),
            ["system: Be kind.\n\nSecret.", "user: hello", "assistant: yes?", "user: question"]
        );
        assert_eq!(shown(&added.to(vec![message(Role::User, "q")]))[0], "system: Secret.");
        assert_eq!(NOTHING.to(prompt()), prompt());
    }
}
