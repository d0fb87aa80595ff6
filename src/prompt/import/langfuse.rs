//! Prompts as Langfuse's API and SDKs return them: one object, a list, or `{"data": [...]}`.
//!
//! Source: <https://api.reference.langfuse.com>, `GET /api/public/v2/prompts/{name}`. Its version N is N.0.0 here.

use semver::Version;
use serde_json::{Map, Value};

use super::{Braces, Found, Imported, ImportedMessage, Source, role, settings};
use crate::error::{Error, Problem, Result};
use crate::llm::Role;

pub(super) fn is_like(source: &Source<'_>) -> bool {
    let text = source.text.trim_start();
    text.starts_with(['{', '['])
        && source
            .json()
            .is_ok_and(|value| !entries(&value).is_empty() && entries(&value).iter().all(|entry| is_entry(entry)))
}

fn is_entry(entry: &Value) -> bool {
    entry["name"].is_string()
        && entry["version"].is_u64()
        && (entry["prompt"].is_string() || entry["prompt"].is_array())
}

fn entries(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => match fields.get("data") {
            Some(Value::Array(items)) => items.iter().collect(),
            _ => vec![value],
        },
        _ => Vec::new(),
    }
}

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let value = source.json()?;
    let mut found = Found { braces: Some(Braces::Double), ..Found::default() };
    let mut problems = Vec::new();
    for entry in entries(&value) {
        if !is_entry(entry) {
            let what = if entry["versions"].is_array() {
                "the list of prompts holds no texts"
            } else {
                "this is no prompt of Langfuse"
            };
            let hint = "export each version: GET /api/public/v2/prompts/NAME?version=N, alone, as a list, or as {\"data\": [...]}";
            return Err(Error::from(source.problem(None, what).hint(hint)));
        }
        match imported(source, entry, &mut found.notes) {
            Ok(imported) => found.prompts.push(imported),
            Err(problem) => problems.push(problem),
        }
    }
    Error::unless_empty(problems)?;
    Ok(found)
}

fn imported(source: &Source<'_>, entry: &Value, notes: &mut Vec<String>) -> std::result::Result<Imported, Problem> {
    let name = entry["name"].as_str().unwrap_or_default();
    let number = entry["version"].as_u64().unwrap_or_default();
    let which = format!("{name} {number}");
    let strings = |key: &str| entry[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let mut imported = Imported {
        name: name.to_owned(),
        version: Some(Version::new(number, 0, 0)),
        labels: strings("labels").filter(|label| label != "latest").collect(),
        message: entry["commitMessage"].as_str().map(str::to_owned),
        ..Imported::default()
    };
    match &entry["prompt"] {
        Value::Array(items) => {
            for item in items {
                imported.messages.push(message(source, &which, item)?);
            }
        }
        text => imported.messages.push(ImportedMessage {
            role: Role::User,
            text: text.as_str().unwrap_or_default().to_owned(),
            line: None,
        }),
    }
    if imported.messages.iter().any(|message| message.text.contains("@@@langfusePrompt:")) {
        let hint = "export it with resolve=true, or make the other prompt a partial";
        return Err(source.problem(None, format!("{which} refers to another prompt")).hint(hint));
    }
    settings(&mut imported, entry["config"].as_object().unwrap_or(&Map::new()), notes);
    Ok(imported)
}

fn message(source: &Source<'_>, which: &str, item: &Value) -> std::result::Result<ImportedMessage, Problem> {
    if item["type"] == "placeholder" {
        let name = item["name"].as_str().unwrap_or_default();
        let hint =
            "a prompt here is what is always sent; let the application add the history, and remove the placeholder";
        return Err(source.problem(None, format!("{which} has a place for messages, \"{name}\"")).hint(hint));
    }
    let said = item["role"].as_str().unwrap_or_default();
    match (role(said), item["content"].as_str()) {
        (Some(role), Some(text)) => Ok(ImportedMessage { role, text: text.to_owned(), line: None }),
        (None, _) => Err(source
            .problem(None, format!("{which} has a message of the role \"{said}\""))
            .hint("roles are system, user and assistant")),
        (_, None) => Err(source.problem(None, format!("a message of {which} has no text"))),
    }
}
