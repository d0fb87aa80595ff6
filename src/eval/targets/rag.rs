//! The built-in RAG application: retrieve, fill in the prompt, ask the model.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::prompt::{Asking, ask, check_prompt, system_prompt};
use super::{Question, Target};
use crate::error::{Problem, Result};
use crate::eval::{Case, Output};
use crate::llm::{Client, Grounding, GroundingPassage, Model};
use crate::prompt::PromptVersion;
use crate::rag::{Passage, Retriever};

pub(super) struct RagTarget {
    pub(super) client: Client,
    pub(super) model: Model,
    pub(super) prompt: PromptVersion,
    pub(super) retriever: Arc<Retriever>,
    pub(super) top_k: usize,
}

impl Target for RagTarget {
    fn answer<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Output>> {
        Box::pin(async move {
            let Question { case, added, .. } = question;
            let started = Instant::now();
            let mut passages = self.retriever.search(&case.question, self.top_k).await?;
            if let Some(passage) = &added.passage {
                passages.truncate(self.top_k.saturating_sub(1));
                passages.push(passage.clone());
            }
            let retrieval = started.elapsed();
            let mut values = case.fields();
            values.extend(provided(&passages));
            let grounding = Grounding { question: case.question.clone(), passages: grounding(&passages) };
            let asking = Asking { client: &self.client, model: &self.model, prompt: &self.prompt, question };
            let output = ask(asking, &values, grounding).await?;
            Ok(Output { passages: Some(passages), latency: output.latency.map(|model| retrieval + model), ..output })
        })
    }

    /// With passages that stand for those to come.
    fn check(&self, case: &Case) -> std::result::Result<(), Problem> {
        check_prompt(&self.prompt, case, &provided(&vec![Passage::default(); self.top_k]))
    }

    fn system_prompt(&self, case: &Case) -> Option<String> {
        let mut values = case.fields();
        values.extend(provided(&[]));
        system_prompt(&self.prompt, &values)
    }
}

/// What a prompt gets beside the case's own fields.
pub(crate) fn provided(passages: &[Passage]) -> Map<String, Value> {
    let list = passages.iter().map(passage_value).collect();
    Map::from_iter([("context".to_owned(), context(passages).into()), ("passages".to_owned(), list)])
}

/// The passages as one text, numbered so that an answer can cite them.
fn context(passages: &[Passage]) -> String {
    let mut text = String::new();
    for (index, passage) in passages.iter().enumerate() {
        let separator = if index == 0 { "" } else { "\n\n" };
        let _ = write!(text, "{separator}[{}] {}", index + 1, passage.title);
        if !passage.heading.is_empty() {
            let _ = write!(text, " > {}", passage.heading);
        }
        let _ = write!(text, "\n{}", passage.text);
    }
    text
}

fn passage_value(passage: &Passage) -> Value {
    json!({
        "document": passage.document,
        "title": passage.title,
        "heading": passage.heading,
        "text": passage.text,
        "score": passage.score,
    })
}

fn grounding(passages: &[Passage]) -> Vec<GroundingPassage> {
    let grounding = |passage: &Passage| {
        let title = if passage.heading.is_empty() {
            passage.title.clone()
        } else {
            format!("{} > {}", passage.title, passage.heading)
        };
        GroundingPassage { title, text: passage.text.clone() }
    };
    passages.iter().map(grounding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_numbers_its_passages() {
        let passage = |title: &str, heading: &str, text: &str| Passage {
            title: title.into(),
            heading: heading.into(),
            text: text.into(),
            ..Passage::default()
        };
        let passages = [passage("Gate", "Bars", "0.8"), passage("Costs", "", "None {{ x }}")];
        assert_eq!(context(&passages), "[1] Gate > Bars\n0.8\n\n[2] Costs\nNone {{ x }}");
    }
}
