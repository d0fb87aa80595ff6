//! The dataset: JSONL, JSON, CSV or YAML read into cases, with every bad row reported at once.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use super::Case;
use crate::digest::sha256;
use crate::error::{Error, Problem, Result};

/// All cases of one file.
pub(crate) struct Dataset {
    /// The file as messages name it.
    pub(crate) file: String,
    pub(crate) cases: Vec<Case>,
    /// SHA-256 of the file's bytes.
    pub(crate) digest: String,
}

const FIELDS: [&str; 7] =
    ["id", "question", "expected_docs", "expected_answer_keywords", "reference_answer", "category", "answerable"];

impl Dataset {
    /// Reads the dataset; `shown` is what messages call it.
    pub(crate) fn read(path: &Path, shown: &str) -> Result<Self> {
        let bytes = std::fs::read(path)
            .map_err(|error| Error::config(format!("cannot read the dataset {shown}")).source(error))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| Error::config("the dataset is not UTF-8").source(error).at(shown, None))?;
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        Ok(Self { file: shown.to_owned(), cases: parse(text, &extension, shown)?, digest: sha256(&bytes) })
    }

    /// Every name in `expected_docs`, with the lines that ask for it.
    pub(crate) fn expected_docs(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut names: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for case in &self.cases {
            for name in &case.expected_docs {
                names.entry(name).or_default().push(case.line);
            }
        }
        names
    }
}

fn parse(text: &str, extension: &str, file: &str) -> Result<Vec<Case>> {
    let (rows, mut problems) = rows::read(text.strip_prefix('\u{feff}').unwrap_or(text), extension, file)?;
    let mut cases = Vec::with_capacity(rows.len());
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for (line, row) in rows {
        let Some(case) = case(row, line, file, &mut problems) else { continue };
        if let Some(first) = ids.insert(case.id.clone(), line) {
            let problem = Problem::new(format!("the id \"{}\" is already used on line {first}", case.id));
            problems.push(problem.at(file, Some(line)));
        }
        cases.push(case);
    }
    Error::unless_empty(problems)?;
    if cases.is_empty() {
        return Err(Error::unavailable("the dataset has no cases, so there is nothing to decide")
            .at(file, None)
            .hint("a case is a line like {\"id\": \"a\", \"question\": \"...\", \"expected_docs\": [\"...\"]}"));
    }
    Ok(cases)
}

/// One row as a case; `None` if it is too broken to go on with.
fn case(mut row: Map<String, Value>, line: usize, file: &str, problems: &mut Vec<Problem>) -> Option<Case> {
    let mut report = |message: String, hint: Option<&str>| {
        let problem = Problem::new(message).at(file, Some(line));
        problems.push(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    };
    for key in row.keys() {
        if let Some(field) = misspelt(key) {
            report(format!("unknown field \"{key}\""), Some(&format!("did you mean \"{field}\"?")));
        }
    }
    let mut take = |field: &str| row.shift_remove(field).filter(|value| !value.is_null());
    let fields = [take("id"), take("question"), take("reference_answer"), take("category")];
    let [id, question, reference_answer, category] = fields.map(|value| value.map(text_of));
    let lists =
        [("expected_docs", take("expected_docs")), ("expected_answer_keywords", take("expected_answer_keywords"))];
    let answerable = take("answerable");
    for (name, value) in [("id", &id), ("question", &question)] {
        match value {
            None => report(format!("the case has no {name}"), None),
            Some(Err(kind)) => report(format!("{name} must be a string, not {kind}"), None),
            Some(Ok(text)) if text.trim().is_empty() => report(format!("the {name} is empty"), None),
            Some(Ok(_)) => {}
        }
    }
    for (name, value) in [("reference_answer", &reference_answer), ("category", &category)] {
        if let Some(Err(kind)) = value {
            report(format!("{name} must be a string, not {kind}"), None);
        }
    }
    let [expected_docs, expected_answer_keywords] = lists.map(|(name, value)| match value.map(strings_of) {
        None => Vec::new(),
        Some(Some(strings)) => strings,
        Some(None) => {
            report(format!("{name} must be an array of strings"), None);
            Vec::new()
        }
    });
    let answerable = match answerable.as_ref().map(boolean_of) {
        None => None,
        Some(Some(value)) => Some(value),
        Some(None) => {
            report("answerable must be true or false".to_owned(), None);
            None
        }
    };
    Some(Case {
        id: id?.ok()?,
        question: question?.ok()?,
        expected_docs,
        expected_answer_keywords,
        reference_answer: reference_answer.and_then(std::result::Result::ok),
        category: category.and_then(std::result::Result::ok),
        answerable,
        metadata: row,
        line,
    })
}

/// The field that `key` almost is. Any other name is the user's own metadata.
fn misspelt(key: &str) -> Option<&'static str> {
    const USUAL: [(&str, &str); 3] = [
        ("expected_keywords", "expected_answer_keywords"),
        ("expected_documents", "expected_docs"),
        ("reference", "reference_answer"),
    ];
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    if let Some((_, field)) = USUAL.iter().find(|(usual, _)| plain(usual) == plain(key)) {
        return Some(field);
    }
    FIELDS.into_iter().find(|field| {
        *field != key && field.len() > 3 && strsim::osa_distance(&plain(field), &plain(key)) <= field.len() / 5
    })
}

/// Strings as they are; numbers by their digits, since ids often are numbers.
fn text_of(value: Value) -> std::result::Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) => Err("a boolean"),
        Value::Array(_) => Err("an array"),
        Value::Object(_) | Value::Null => Err("an object"),
    }
}

/// The distinct non-empty strings of an array, in order; one string counts as an array of one.
fn strings_of(value: Value) -> Option<Vec<String>> {
    let values = match value {
        Value::Array(values) => values,
        single => vec![single],
    };
    let strings: Option<Vec<String>> = values.into_iter().map(|value| text_of(value).ok()).collect();
    let mut seen = BTreeSet::new();
    Some(strings?.into_iter().filter(|text| !text.trim().is_empty() && seen.insert(text.clone())).collect())
}

/// CSV has no booleans, so their usual spellings count too.
fn boolean_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;
