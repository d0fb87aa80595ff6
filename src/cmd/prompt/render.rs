//! `llmops prompt render`: the messages that a model would be sent.

use std::ops::ControlFlow;

use serde_json::{Map, Value, json};

use super::super::ingest::{Fill, open_retriever};
use super::super::{Closing, configuration, eval, output};
use crate::cli::{Global, Render};
use crate::config::{Config, TargetKind};
use crate::error::{Error, ExitStatus, Result, suggestion};
use crate::eval::{Case, Dataset, provided};
use crate::llm::{Client, Message};
use crate::prompt::{PromptVersion, Selector, Variable, find};
use crate::text::printable;

pub(super) async fn run(global: &Global, config: &Config, arguments: &Render) -> Result<ExitStatus> {
    let chosen = eval::choose_prompt(&config.root, &config.target.prompt.value, &arguments.prompt);
    let prompt = find(&config.root, &Selector::parse(&chosen))?;
    let mut values = match &arguments.case {
        Some(id) => of_case(global, id, &prompt).await?,
        None => examples(&prompt),
    };
    for (name, text) in &arguments.set {
        values.insert(name.clone(), set(&prompt, name, text)?);
    }
    check(&prompt, &values)?;
    let messages = prompt.render(&values)?;
    show(global, arguments, &prompt, &messages)?;
    Ok(ExitStatus::Pass)
}

/// The fields of a case of the dataset, and the passages that it would be answered from.
async fn of_case(global: &Global, id: &str, prompt: &PromptVersion) -> Result<Map<String, Value>> {
    // Passages may need an embedder of a provider.
    let config = configuration(global)?;
    let case = case(&config, id)?;
    let mut values = case.fields();
    let uses_passages = ["context", "passages"].iter().any(|name| prompt.variables.find(name).is_some());
    if uses_passages && config.target.kind == TargetKind::Rag {
        let client = Client::new(&config)?;
        let _closing = Closing(client.clone());
        if let Some(retriever) = open_retriever(&config, &client, Fill::Embedded, global.quiet).await? {
            values.extend(provided(&retriever.search(&case.question, config.target.top_k).await?));
        }
    }
    Ok(values)
}

fn case(config: &Config, id: &str) -> Result<Case> {
    let file = &config.eval.dataset.value;
    let dataset = Dataset::read(&config.path(file), file)?;
    let (mut found, mut ids) = (None, Vec::new());
    dataset.each(&mut |case| {
        if case.id == id {
            found = Some(case);
            return ControlFlow::Break(());
        }
        ids.push(case.id);
        ControlFlow::Continue(())
    })?;
    found.ok_or_else(|| {
        let error = Error::config(format!("the dataset has no case \"{id}\"")).at(file, None);
        error.hint(suggestion(id, ids.iter().take(20).map(String::as_str)))
    })
}

fn examples(prompt: &PromptVersion) -> Map<String, Value> {
    let variables = prompt.variables.0.iter();
    variables.filter_map(|variable| Some((variable.name.clone(), variable.example.clone()?))).collect()
}

/// A value from the command line: text as it stands where the variable takes text, else JSON.
fn set(prompt: &PromptVersion, name: &str, text: &str) -> Result<Value> {
    let Some(variable) = prompt.variables.find(name) else {
        return Err(Error::config(format!("{} has no variable \"{name}\"", prompt.full_name()))
            .hint(suggestion(name, prompt.variables.names())));
    };
    let as_text = Value::from(text);
    if variable.check(&as_text).is_ok() {
        return Ok(as_text);
    }
    serde_json::from_str(text).map_err(|_| {
        let wrong = variable.check(&as_text).err().unwrap_or_default();
        Error::config(format!("--set {name}: {wrong}")).hint("write it as JSON, for example --set 'items=[1, 2]'")
    })
}

/// Everything that is missing, at once.
fn check(prompt: &PromptVersion, values: &Map<String, Value>) -> Result<()> {
    let is_missing = |name: &&str| {
        let required = prompt.variables.find(name).is_some_and(Variable::is_required);
        required && !values.contains_key(*name)
    };
    let missing: Vec<&str> = prompt.variables.names().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(", ");
    Err(Error::config(format!("{} needs a value for: {list}", prompt.full_name())).hint(format!(
        "--set {}=\"...\" gives one, --case ID takes them from the dataset, and an example in the front matter stands in",
        missing[0]
    )))
}

fn show(global: &Global, arguments: &Render, prompt: &PromptVersion, messages: &[Message]) -> Result<()> {
    if global.json {
        let message = |message: &Message| json!({ "role": message.role.name(), "content": message.content });
        return output::print_json(&json!({
            "name": prompt.name,
            "version": prompt.version,
            "digest": prompt.digest,
            "case": arguments.case,
            "parameters": prompt.parameters,
            "messages": messages.iter().map(message).collect::<Vec<_>>(),
        }));
    }
    let shown = messages.iter().map(|message| format!("{}:\n{}\n", message.role.name(), visible(&message.content)));
    output::print(&shown.collect::<Vec<_>>().join("\n"))
}

/// The text without what commands a terminal; lines and tabs stay.
fn visible(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(printable).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
