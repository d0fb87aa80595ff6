//! How dicts and objects of prompts are usually written, and what in them is a name, a version, a role or a setting.

use serde_json::{Map, Value};

use super::text::trim;
use super::{Imported, ImportedMessage, Source, role, settings, version};
use crate::error::Problem;
use crate::llm::Role;

/// Nested texts, as JSON objects and Python's dicts hold them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Text {
        text: String,
        line: Option<usize>,
    },
    Map {
        entries: Vec<(String, Tree)>,
        line: Option<usize>,
    },
    List {
        items: Vec<Tree>,
        line: Option<usize>,
    },
    /// Numbers, booleans and null.
    Other(Value),
}

/// Keys that hold the text of a message.
const TEXTS: &[(&str, Role)] = &[
    ("system", Role::System),
    ("system_prompt", Role::System),
    ("system_template", Role::System),
    ("system_message", Role::System),
    ("developer", Role::System),
    ("user", Role::User),
    ("user_prompt", Role::User),
    ("user_template", Role::User),
    ("user_message", Role::User),
    ("human", Role::User),
    ("template", Role::User),
    ("prompt", Role::User),
    ("text", Role::User),
    ("content", Role::User),
    ("assistant", Role::Assistant),
];

impl Tree {
    /// Of JSON, whose lines are not known.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text { text: text.clone(), line: None },
            Value::Array(items) => Self::List { items: items.iter().map(Self::of).collect(), line: None },
            Value::Object(fields) => Self::Map {
                entries: fields.iter().map(|(key, value)| (key.clone(), Self::of(value))).collect(),
                line: None,
            },
            other => Self::Other(other.clone()),
        }
    }

    pub(super) fn line(&self) -> Option<usize> {
        match self {
            Self::Text { line, .. } | Self::Map { line, .. } | Self::List { line, .. } => *line,
            Self::Other(_) => None,
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Text { text, .. } => text.as_str().into(),
            Self::List { items, .. } => items.iter().map(Self::value).collect(),
            Self::Map { entries, .. } => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), value.value())).collect::<Map<_, _>>())
            }
            Self::Other(value) => value.clone(),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Of a map; all others have none.
    fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map { entries, .. } => entries,
            _ => &[],
        }
    }

    fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Whether it is one prompt: a text, a list of messages, or a map that holds one of them.
    pub(super) fn is_prompt(&self) -> bool {
        match self {
            Self::Text { .. } => true,
            Self::List { items, .. } => !items.is_empty() && items.iter().all(|item| item.get("role").is_some()),
            Self::Map { entries, .. } => entries.iter().any(|(key, value)| match key.as_str() {
                "messages" => value.is_prompt(),
                // A prompt that is called "user" has a text or more below it; so has a message. Both are read as a message.
                key => is_text_key(key) && value.text().is_some(),
            }),
            Self::Other(_) => false,
        }
    }

    /// Whether every key is a version and every value a prompt.
    fn is_versions(&self) -> bool {
        !self.entries().is_empty()
            && self.entries().iter().all(|(key, value)| version(key).is_some() && value.is_prompt())
    }
}

fn is_text_key(key: &str) -> bool {
    TEXTS.iter().any(|(name, _)| *name == key)
}

/// Reads the prompts of a tree whose own name is `name`. What is none is said in `notes`.
pub(super) fn prompts(
    source: &Source<'_>,
    name: &str,
    tree: &Tree,
    notes: &mut Vec<String>,
) -> Result<Vec<Imported>, Vec<Problem>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, number, tree) in parts(name, tree, notes) {
        match prompt(source, name, tree, notes) {
            Ok(imported) => {
                let version = number.and_then(version).or(imported.version.clone());
                found.push(Imported { version, ..imported });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// The prompts of a tree: name, version if there is one, and content.
fn parts<'a>(name: &'a str, tree: &'a Tree, notes: &mut Vec<String>) -> Vec<(&'a str, Option<&'a str>, &'a Tree)> {
    let versions = |name: &'a str, tree: &'a Tree| {
        tree.entries().iter().map(move |(number, value)| (name, Some(number.as_str()), value))
    };
    if tree.is_versions() {
        return versions(name, tree).collect();
    }
    if is_one(tree) {
        return vec![(name, None, tree)];
    }
    let mut parts = Vec::new();
    for (key, value) in tree.entries() {
        if value.is_versions() {
            parts.extend(versions(key, value));
        } else if value.is_prompt() {
            parts.push((key, None, value));
        } else {
            notes.push(format!("{key} is left out: it is no prompt"));
        }
    }
    parts
}

/// Whether a map is one prompt and not several: `system` and `user` are messages, unless other keys hold texts too.
fn is_one(tree: &Tree) -> bool {
    if !matches!(tree, Tree::Map { .. }) {
        return true;
    }
    let known = |key: &str| {
        is_text_key(key)
            || matches!(key, "messages" | "model" | "description" | "version" | "name" | "parameters" | "config")
    };
    tree.is_prompt() && tree.entries().iter().all(|(key, value)| known(key) || matches!(value, Tree::Other(_)))
}

fn prompt(source: &Source<'_>, name: &str, tree: &Tree, notes: &mut Vec<String>) -> Result<Imported, Problem> {
    let mut imported = Imported { name: name.to_owned(), line: tree.line(), ..Imported::default() };
    match tree {
        Tree::Text { text, line } => {
            imported.messages.push(ImportedMessage { role: Role::User, text: text.clone(), line: *line });
        }
        Tree::List { items, .. } => imported.messages = messages(source, name, items)?,
        Tree::Map { entries, .. } => {
            let mut given = Map::new();
            for (key, value) in entries {
                field(source, (key, value), &mut imported, &mut given)?;
            }
            // System first, whatever the order of the keys.
            imported.messages.sort_by_key(|message| message.role != Role::System);
            settings(&mut imported, &given, notes);
        }
        Tree::Other(_) => {}
    }
    imported.messages.iter_mut().for_each(trim);
    imported.messages.retain(|message| !message.text.is_empty());
    if imported.messages.is_empty() {
        return Err(source.problem(imported.line, format!("the prompt \"{name}\" has no text")));
    }
    Ok(imported)
}

/// One entry of a map that is a prompt.
fn field(
    source: &Source<'_>,
    (key, value): (&str, &Tree),
    imported: &mut Imported,
    given: &mut Map<String, Value>,
) -> Result<(), Problem> {
    match (key, value) {
        ("messages", Tree::List { items, .. }) => imported.messages.extend(messages(source, &imported.name, items)?),
        ("description", Tree::Text { text, .. }) => imported.description = Some(text.clone()),
        ("name", Tree::Text { text, .. }) => imported.name.clone_from(text),
        ("version", value) => {
            let text = value.text().map_or_else(|| value.value().to_string(), str::to_owned);
            imported.version =
                Some(version(&text).ok_or_else(|| source.problem(value.line(), format!("\"{text}\" is no version")))?);
        }
        ("parameters" | "config", Tree::Map { entries, .. }) => {
            given.extend(entries.iter().map(|(key, value)| (key.clone(), value.value())));
        }
        (key, Tree::Text { text, line }) if is_text_key(key) => {
            let role = TEXTS.iter().find(|(name, _)| *name == key).map_or(Role::User, |(_, role)| *role);
            imported.messages.push(ImportedMessage { role, text: text.clone(), line: *line });
        }
        (key, value) => drop(given.insert(key.to_owned(), value.value())),
    }
    Ok(())
}

/// `[{"role": ..., "content": ...}]`
pub(super) fn messages(source: &Source<'_>, name: &str, items: &[Tree]) -> Result<Vec<ImportedMessage>, Problem> {
    let message = |item: &Tree| {
        let problem = |message: String| source.problem(item.line(), message);
        let said = item.get("role").and_then(Tree::text).unwrap_or_default();
        let role = role(said).ok_or_else(|| {
            problem(format!("the prompt \"{name}\" has a message of the role \"{said}\""))
                .hint("roles are system, user and assistant")
        })?;
        let content = item.get("content");
        let text = content.and_then(Tree::text).ok_or_else(|| {
            problem(format!("a message of the prompt \"{name}\" has no text"))
                .hint("`content` is a string; images and tool calls cannot be imported")
        })?;
        Ok(ImportedMessage { role, text: text.to_owned(), line: content.and_then(Tree::line) })
    };
    items.iter().map(message).collect()
}
