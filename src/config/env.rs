//! The environment as the program sees it: the process's variables, then the project's `.env` file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::error::{Error, Problem, Result};

/// A value that must never be shown: its debug form hides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// `text` without this secret in it.
    pub(crate) fn redact(&self, text: &str) -> String {
        // Very short values would tear holes into ordinary words.
        if self.0.len() < 6 { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Environment variables, read once at the start.
#[derive(Clone, Default)]
pub(crate) struct Env(BTreeMap<String, String>);

impl Env {
    /// The process's variables, and those of `.env` in `folder` that the process does not set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let mut variables = read_dotenv(&folder.join(".env"))?;
        variables.extend(
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))),
        );
        Ok(Self(variables))
    }

    /// The variable's value; an empty one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The names of the variables that are set, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str())
    }

    /// The first of several names that is set.
    pub(crate) fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// Whether a CI system runs the program.
    pub(crate) fn is_ci(&self) -> bool {
        self.get("CI").is_some_and(|value| !matches!(value, "false" | "0"))
    }

    /// What a configured value means: `env:NAME` is the variable NAME, anything else itself.
    pub(crate) fn resolve(&self, value: &str) -> std::result::Result<String, Problem> {
        match value.strip_prefix("env:") {
            None => Ok(value.to_owned()),
            Some(name) => self.get(name).map(str::to_owned).ok_or_else(|| {
                Problem::new(format!("the environment variable {name} is not set"))
                    .hint(format!("export {name}=..., or put it into the file .env"))
            }),
        }
    }

    #[cfg(test)]
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }
}

fn read_dotenv(file: &Path) -> Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(Error::config(format!("cannot read {}", file.display())).source(error)),
    };
    let mut variables = BTreeMap::new();
    let mut problems = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match parse_line(line) {
            Ok(None) => {}
            Ok(Some((key, value))) => {
                variables.insert(key, value);
            }
            // The line itself may hold a secret, so it is not quoted.
            Err(message) => problems.push(Problem::new(message).at(file.display(), Some(index + 1))),
        }
    }
    Error::unless_empty(problems)?;
    Ok(variables)
}

/// `KEY=value`, `export KEY='value' # comment`, or nothing.
fn parse_line(line: &str) -> std::result::Result<Option<(String, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (key, value) = line.split_once('=').ok_or("expected NAME=value")?;
    let key = key.trim();
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err("expected NAME=value");
    }
    let value = value.trim();
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).ok_or("the quote is not closed")?.0,
        _ => value.split(" #").next().unwrap_or_default().trim_end(),
    };
    Ok(Some((key.to_owned(), value.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotenv_line_is_a_name_and_a_value() {
        let cases = [
            ("A=1", Some(("A", "1"))),
            ("export A = 'x # y' # z", Some(("A", "x # y"))),
            ("A=\"b=c\"", Some(("A", "b=c"))),
            ("A=b # comment", Some(("A", "b"))),
            ("# comment", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
            assert_eq!(parse_line(line), Ok(expected), "{line}");
        }
        for wrong in ["no equals", "A='open", "A B=1"] {
            assert!(parse_line(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_shown_nowhere() {
        let secret = Secret::new("sk-1234567");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(secret.redact("key sk-1234567 is wrong"), "key *** is wrong");
    }
}
