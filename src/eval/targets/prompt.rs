//! A prompt and a model, without retrieval.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::usual::expected;
use super::{Question, Target};
use crate::error::{Problem, Result};
use crate::eval::{Case, Output};
use crate::llm::{Client, Grounding, Model, Request, Role};
use crate::prompt::PromptVersion;

pub(super) struct PromptTarget {
    pub(super) client: Client,
    pub(super) model: Model,
    pub(super) prompt: PromptVersion,
}

impl Target for PromptTarget {
    fn answer<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Output>> {
        Box::pin(async move {
            let case = question.case;
            let grounding = Grounding { question: case.question.clone(), passages: Vec::new() };
            let asking = Asking { client: &self.client, model: &self.model, prompt: &self.prompt, question };
            ask(asking, &case.fields(), grounding).await
        })
    }

    fn check(&self, case: &Case) -> std::result::Result<(), Problem> {
        check_prompt(&self.prompt, case, &Map::new())
    }

    fn system_prompt(&self, case: &Case) -> Option<String> {
        system_prompt(&self.prompt, &case.fields())
    }
}

/// Who is asked, with what, and what.
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) model: &'a Model,
    pub(super) prompt: &'a PromptVersion,
    pub(super) question: Question<'a>,
}

/// Renders the prompt and calls the model.
pub(super) async fn ask(asking: Asking<'_>, values: &Map<String, Value>, grounding: Grounding) -> Result<Output> {
    let Asking { client, model, prompt, question } = asking;
    let messages = question.added.to(prompt.render(values)?);
    let request = Request {
        messages,
        parameters: prompt.parameters.clone(),
        grounding,
        repeat: question.repeat,
        schema: prompt.schema(),
        expected: Some(expected(question.case)),
        ..Request::default()
    };
    let reply = client.chat(model, &request).await?;
    Ok(Output {
        answer: reply.text,
        passages: None,
        cost: Some(reply.cost),
        usage: reply.usage,
        abstained: reply.abstained,
        finish: Some(reply.finish),
        latency: reply.latency,
        attempts: reply.attempts,
        cached: reply.cached,
    })
}

/// The prompt's system messages as one text.
pub(super) fn system_prompt(prompt: &PromptVersion, values: &Map<String, Value>) -> Option<String> {
    let messages = prompt.render(values).ok()?;
    let texts = messages.into_iter().filter(|message| message.role == Role::System).map(|message| message.content);
    Some(texts.collect::<Vec<_>>().join("\n\n"))
}

/// Every declared variable must come from the case or be among what the target provides, and with them the template
/// must render.
pub(super) fn check_prompt(
    prompt: &PromptVersion,
    case: &Case,
    provided: &Map<String, Value>,
) -> std::result::Result<(), Problem> {
    let mut values = case.fields();
    values.extend(provided.clone());
    let needed = prompt.variables.0.iter().filter(|variable| variable.is_required()).map(|variable| &variable.name);
    if let Some(variable) = needed.into_iter().find(|variable| !values.contains_key(*variable)) {
        let (id, name, version) = (&case.id, &prompt.name, &prompt.version);
        let message = format!("the case \"{id}\" has no field \"{variable}\", which the prompt {name}@{version} needs");
        let known: BTreeSet<&str> = values.keys().map(String::as_str).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Problem::new(message).hint(format!("there is: {known}")));
    }
    prompt.render(&values).map(drop)
}
