//! promptfoo: the prompts of a `promptfooconfig.yaml`, with the files that it names, or such a file by itself.
//!
//! Source: <https://www.promptfoo.dev/docs/configuration/prompts/>. Its templates are Nunjucks, which is Jinja for what prompts use.

use std::path::Path;

use serde_json::Value;

use super::shape::{Tree, messages};
use super::{Braces, Found, Imported, ImportedMessage, Source};
use crate::error::{Error, Result};
use crate::llm::Role;

pub(super) fn is_like(source: &Source<'_>) -> bool {
    let name = source.path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("promptfooconfig.")
}

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let mut found = Found { braces: Some(Braces::Jinja), ..Found::default() };
    if !has_extension(source.path, &["yaml", "yml", "json"]) {
        of_file(source, &source.stem(), &mut found)?;
        return Ok(found);
    }
    let config: Value = serde_saphyr::from_str(source.text).map_err(|error| {
        Error::from(source.problem(None, format!("it cannot be read: {}", error.without_snippet())))
    })?;
    if config["prompts"].is_null() {
        of_file(source, &source.stem(), &mut found)?;
        return Ok(found);
    }
    let one = std::slice::from_ref(&config["prompts"]);
    for (place, entry) in config["prompts"].as_array().map_or(one, Vec::as_slice).iter().enumerate() {
        entry_of(source, place, entry, &mut found)?;
    }
    Ok(found)
}

fn entry_of(source: &Source<'_>, place: usize, entry: &Value, found: &mut Found) -> Result<()> {
    let (written, label) = match entry {
        Value::String(text) => (text.as_str(), None),
        entry => {
            let label = entry["label"].as_str().or(entry["id"].as_str());
            (entry["raw"].as_str().or(entry["id"].as_str()).unwrap_or_default(), label)
        }
    };
    let Some(file) = written.strip_prefix("file://") else {
        let name = label.map_or_else(|| format!("{}_{}", source.stem(), place + 1), str::to_owned);
        return text(source, &name, written, None, found);
    };
    let label = label.filter(|label| !label.starts_with("file://"));
    if file.contains(['*', '?']) || Path::new(file).is_dir() {
        found.notes.push(format!("{file} is left out: import each of its files"));
        return Ok(());
    }
    if !has_extension(Path::new(file), &["txt", "md", "json", "yaml", "yml", "j2", "prompt"]) {
        found.notes.push(format!("{file} is left out: its prompts are made by a program"));
        return Ok(());
    }
    let path = source.path.parent().unwrap_or(Path::new("")).join(file);
    let content = std::fs::read_to_string(&path).map_err(|error| {
        Error::from(source.problem(None, format!("cannot read {file}, which it names"))).source(error)
    })?;
    let inner = Source { path: &path, shown: file, text: &content };
    let name = label.map_or_else(|| inner.stem(), str::to_owned);
    of_file(&inner, &name, found)
}

/// A file of prompts: messages as JSON or YAML, or texts with lines of dashes between them.
fn of_file(source: &Source<'_>, name: &str, found: &mut Found) -> Result<()> {
    if has_extension(source.path, &["json", "yaml", "yml"]) {
        let value: Value = serde_saphyr::from_str(source.text).map_err(|error| {
            Error::from(source.problem(None, format!("it cannot be read: {}", error.without_snippet())))
        })?;
        if let Value::Array(items) = &value {
            return chat(source, name, items, found);
        }
        return Err(Error::from(
            source.problem(None, "this is no list of messages").hint("[{\"role\": \"user\", \"content\": \"...\"}]"),
        ));
    }
    if has_extension(source.path, &["md", "j2"]) {
        return text(source, name, source.text, Some(1), found);
    }
    let (mut parts, mut start, mut first) = (Vec::new(), 0, 1);
    let mut offset = 0;
    for (place, line) in source.text.split_inclusive('\n').enumerate() {
        if line.trim_end() == "---" {
            parts.push((first, &source.text[start..offset]));
            (start, first) = (offset + line.len(), place + 2);
        }
        offset += line.len();
    }
    parts.push((first, &source.text[start..]));
    parts.retain(|(_, part)| !part.trim().is_empty());
    let several = parts.len() > 1;
    for (place, (line, part)) in parts.into_iter().enumerate() {
        let name = if several { format!("{name}_{}", place + 1) } else { name.to_owned() };
        text(source, &name, part, Some(line), found)?;
    }
    Ok(())
}

/// A text, which may be a list of messages.
fn text(source: &Source<'_>, name: &str, written: &str, line: Option<usize>, found: &mut Found) -> Result<()> {
    if written.trim_start().starts_with('[')
        && let Ok(Value::Array(items)) = serde_json::from_str(written)
    {
        return chat(source, name, &items, found);
    }
    let mut message = ImportedMessage { role: Role::User, text: written.to_owned(), line };
    super::text::trim(&mut message);
    if message.text.is_empty() {
        return Err(Error::from(source.problem(line, format!("the prompt \"{name}\" is empty"))));
    }
    found.prompts.push(Imported {
        name: name.to_owned(),
        line: message.line,
        messages: vec![message],
        ..Imported::default()
    });
    Ok(())
}

fn chat(source: &Source<'_>, name: &str, items: &[Value], found: &mut Found) -> Result<()> {
    let items: Vec<Tree> = items.iter().map(Tree::of).collect();
    let messages = messages(source, name, &items)?;
    found.prompts.push(Imported { name: name.to_owned(), messages, ..Imported::default() });
    Ok(())
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    path.extension().is_some_and(|extension| known.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}
