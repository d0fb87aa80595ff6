//! JSON: a bundle of `llmops prompt export`, what `llmops prompt show --json` prints, or an object of names and prompts.

use serde_json::{Map, Value};

use super::shape::{Tree, prompts};
use super::{Braces, Found, Imported, ImportedMessage, Source, role, version};
use crate::error::{Error, Problem, Result};

pub(super) fn is_like(source: &Source<'_>) -> bool {
    source.text.trim_start().starts_with(['{', '['])
        && source.path.extension().is_some_and(|extension| extension == "json")
}

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let value = source.json()?;
    if value["schema"].is_u64() && value["prompts"].is_object() {
        return bundle(source, &value);
    }
    if value["content"]["messages"].is_array() && value["digest"].is_string() {
        let imported =
            version_of(source, value["name"].as_str().unwrap_or_default(), &value["content"], &value["version"])?;
        let description = value["description"].as_str().map(str::to_owned);
        return Ok(Found {
            prompts: vec![Imported { description, ..imported }],
            braces: Some(Braces::Jinja),
            notes: Vec::new(),
        });
    }
    let mut notes = Vec::new();
    let found = prompts(source, &source.stem(), &Tree::of(&value), &mut notes).map_err(several)?;
    Ok(Found { prompts: found, braces: None, notes })
}

fn several(problems: Vec<Problem>) -> Error {
    Error::unless_empty(problems).err().unwrap_or_else(|| Error::config("the file cannot be read"))
}

fn bundle(source: &Source<'_>, value: &Value) -> Result<Found> {
    let label = value["label"].as_str();
    let mut found = Found { braces: Some(Braces::Jinja), ..Found::default() };
    for (name, prompt) in value["prompts"].as_object().into_iter().flatten() {
        let imported = version_of(source, name, prompt, &prompt["version"])?;
        found.prompts.push(Imported { labels: label.iter().map(ToString::to_string).collect(), ..imported });
    }
    Ok(found)
}

/// The content of a version, as we write it.
fn version_of(source: &Source<'_>, name: &str, content: &Value, number: &Value) -> Result<Imported> {
    let wrong = |what: &str| Error::from(source.problem(None, format!("the prompt \"{name}\" has no right {what}")));
    let message = |message: &Value| {
        let role = message["role"].as_str().and_then(role)?;
        Some(ImportedMessage { role, text: message["template"].as_str()?.to_owned(), line: None })
    };
    let messages =
        content["messages"].as_array().map(|messages| messages.iter().map(message).collect::<Option<Vec<_>>>());
    let mut parameters = content["parameters"].as_object().cloned().unwrap_or_default();
    parameters.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
    Ok(Imported {
        name: name.to_owned(),
        version: number.as_str().and_then(version),
        model: content["model"].as_str().map(str::to_owned),
        parameters,
        variables: variables(&content["variables"]).ok_or_else(|| wrong("variables"))?,
        output: Some(content["output"].clone()).filter(|output| !output.is_null()),
        messages: messages.flatten().ok_or_else(|| wrong("messages"))?,
        ..Imported::default()
    })
}

fn variables(list: &Value) -> Option<Map<String, Value>> {
    let variable = |variable: &Value| {
        let mut fields = variable.as_object()?.clone();
        let name = fields.shift_remove("name")?.as_str()?.to_owned();
        fields.retain(|_, value| !value.is_null());
        Some((name, Value::Object(fields)))
    };
    list.as_array()?.iter().map(variable).collect()
}
