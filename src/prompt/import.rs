//! Prompts of other tools, read as ours.
//!
//! ```text
//! file -> format -> tree of texts -> prompts (names, versions, messages) -> braces -> a version's file
//! ```
//!
//! Everything here is a function of texts; nothing is written.

mod braces;
mod file;
mod langfuse;
mod ours;
mod promptfoo;
mod python;
mod shape;
mod text;

use std::path::Path;

use semver::Version;
use serde_json::{Map, Value};

use crate::error::{Error, Problem, Result};
use crate::llm::Role;

pub(crate) use braces::Braces;
pub(crate) use file::{VersionFile, version_file};
pub(crate) use python::literals as python_literals;

/// One version of a prompt as another tool has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Imported {
    /// As the source has it; it may be no name of ours.
    pub(crate) name: String,
    /// `None` if the source has no versions.
    pub(crate) version: Option<Version>,
    pub(crate) description: Option<String>,
    /// `provider/model`.
    pub(crate) model: Option<String>,
    pub(crate) parameters: Map<String, Value>,
    /// As a front matter has them; empty if the source does not say.
    pub(crate) variables: Map<String, Value>,
    pub(crate) output: Option<Value>,
    pub(crate) messages: Vec<ImportedMessage>,
    pub(crate) labels: Vec<String>,
    /// Why there is this version, in the source's words.
    pub(crate) message: Option<String>,
    /// In the source; `None` where lines are not known.
    pub(crate) line: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ImportedMessage {
    pub(crate) role: Role,
    pub(crate) text: String,
    /// Of the text's beginning in the source.
    pub(crate) line: Option<usize>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) prompts: Vec<Imported>,
    /// How the file's templates mark variables, where its format says so.
    pub(crate) braces: Option<Braces>,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
}

/// A file that is to be imported.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    /// As messages name it.
    pub(crate) shown: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// The file's name without its extension, for what has no name of its own.
    fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn problem(&self, line: Option<usize>, message: impl Into<String>) -> Problem {
        Problem::new(message).at(self.shown, line)
    }

    /// The file as JSON.
    fn json(&self) -> Result<Value> {
        serde_json::from_str(self.text).map_err(|error| {
            Error::from(Problem::new(format!("this is no JSON: {error}")).at_column(
                self.shown,
                error.line(),
                error.column(),
            ))
        })
    }
}

/// A kind of file: one row here, one file in `import/`.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// One line, without a full stop.
    pub(crate) summary: &'static str,
    /// Whether a file looks like it.
    is_like: fn(&Source<'_>) -> bool,
    read: fn(&Source<'_>) -> Result<Found>,
}

/// In the order in which a file is held against them.
pub(crate) const FORMATS: &[Format] = &[
    Format {
        name: "python",
        summary: "a file with a dict of prompts; it is read, not run",
        is_like: python::is_like,
        read: python::read,
    },
    Format {
        name: "promptfoo",
        summary: "promptfooconfig.yaml or a file of prompts",
        is_like: promptfoo::is_like,
        read: promptfoo::read,
    },
    Format {
        name: "langfuse",
        summary: "prompts as Langfuse's API returns them",
        is_like: langfuse::is_like,
        read: langfuse::read,
    },
    Format {
        name: "json",
        summary: "a bundle of ours, or an object of names and prompts",
        is_like: ours::is_like,
        read: ours::read,
    },
    Format { name: "text", summary: "one prompt, named after its file", is_like: |_| true, read: text::read },
];

/// Reads a file as the format of this name, or as what it looks like.
pub(crate) fn read(source: &Source<'_>, format: Option<&str>) -> Result<(&'static Format, Found)> {
    let format = match format {
        Some(name) => FORMATS.iter().find(|format| format.name == name),
        None => FORMATS.iter().find(|format| (format.is_like)(source)),
    };
    let format = format.ok_or_else(|| Error::config("there is no such format"))?;
    let found = (format.read)(source)?;
    if found.prompts.is_empty() {
        let error = Error::from(source.problem(None, "no prompts are found in it"));
        let why = found.notes.join("; ");
        return Err(error.hint(if why.is_empty() {
            format!("it was read as {} ({}); --as reads it as something else", format.name, format.summary)
        } else {
            why
        }));
    }
    Ok((format, found))
}

/// The role that other tools call so.
fn role(name: &str) -> Option<Role> {
    match name {
        "system" | "developer" => Some(Role::System),
        "user" | "human" => Some(Role::User),
        "assistant" | "ai" => Some(Role::Assistant),
        _ => None,
    }
}

/// `v1`, `1`, `v1.2` or `1.2.3` as a version.
fn version(text: &str) -> Option<Version> {
    let number = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let missing = 2_usize.checked_sub(number.split(['-', '+']).next()?.matches('.').count())?;
    if missing > 0 && number.contains(['-', '+']) {
        return None;
    }
    Version::parse(&format!("{number}{}", ".0".repeat(missing))).ok()
}

/// The model as we name it, if its provider can be told.
fn model(name: &str) -> Option<String> {
    const PROVIDERS: &[(&str, &[&str])] = &[
        ("openai", &["gpt-", "o1", "o3", "o4", "chatgpt-"]),
        ("anthropic", &["claude-"]),
        ("gemini", &["gemini-"]),
        ("mistral", &["mistral-", "ministral-", "codestral-"]),
    ];
    if name.contains('/') {
        return Some(name.to_owned());
    }
    let provider = PROVIDERS.iter().find(|(_, begins)| begins.iter().any(|begin| name.starts_with(begin)));
    provider.map(|(provider, _)| format!("{provider}/{name}"))
}

/// Takes what we know of a tool's settings for a call; the rest is named in `notes`.
fn settings(imported: &mut Imported, given: &Map<String, Value>, notes: &mut Vec<String>) {
    let mut left: Vec<&str> = Vec::new();
    for (key, value) in given {
        let name = match key.as_str() {
            "max_tokens" | "maxTokens" | "max_output_tokens" | "max_completion_tokens" => "max_tokens",
            "temperature" | "top_p" | "seed" => key.as_str(),
            "topP" => "top_p",
            "stop" | "stop_sequences" => "stop",
            "model" => "model",
            _ => {
                left.push(key);
                continue;
            }
        };
        match (name, value) {
            (_, Value::Null) => {}
            ("model", Value::String(text)) => match model(text) {
                Some(model) => imported.model = Some(model),
                None => notes
                    .push(format!("{}: the model \"{text}\" is left out: whose it is cannot be told", imported.name)),
            },
            ("stop", Value::String(text)) => {
                drop(imported.parameters.insert(name.to_owned(), vec![text.clone()].into()));
            }
            ("temperature" | "top_p" | "max_tokens" | "seed", Value::Number(_)) | ("stop", Value::Array(_)) => {
                imported.parameters.insert(name.to_owned(), value.clone());
            }
            _ => left.push(key),
        }
    }
    if !left.is_empty() {
        notes.push(format!("{}: left out, as prompts here have no such setting: {}", imported.name, left.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_other_tools_have_three_numbers_here() {
        let cases = [
            ("v1", Some("1.0.0")),
            ("2", Some("2.0.0")),
            ("1.2", Some("1.2.0")),
            ("V1.2.3", Some("1.2.3")),
            ("1.0.0-rc.1", Some("1.0.0-rc.1")),
            ("1-rc", None),
            ("1.2.3.4", None),
            ("vague", None),
            ("", None),
            ("v", None),
        ];
        for (text, expected) in cases {
            assert_eq!(version(text).map(|version| version.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_model_without_a_provider_gets_the_one_that_makes_it() {
        assert_eq!(model("gpt-4o").as_deref(), Some("openai/gpt-4o"));
        assert_eq!(model("claude-sonnet-4-5").as_deref(), Some("anthropic/claude-sonnet-4-5"));
        assert_eq!(model("groq/llama").as_deref(), Some("groq/llama"));
        assert_eq!(model("llama"), None);
    }
}
