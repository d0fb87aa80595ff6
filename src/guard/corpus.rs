//! Labelled texts: JSONL of `{"text", "label", "kind"}`, label `attack` or `benign`; `id`, `source` and whatever else are
//! kept where they are of use.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::error::{Error, Problem, Result};

const EMBEDDED: &[u8] = include_bytes!("../../data/guard/corpus.jsonl.gz");
/// The day on which the rows that ship were last changed, see data/guard/README.md.
pub(crate) const DATE: &str = "2026-11-27";
/// Where rows come from that do not say it.
pub(crate) const NO_SOURCE: &str = "(no source)";

/// One labelled text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// As the corpus says, or its line.
    pub(crate) id: String,
    /// In its file, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) is_attack: bool,
    pub(crate) kind: String,
    pub(crate) source: String,
    /// `"use": "training"`: made for learning hard cases, and no sample of what comes in.
    pub(crate) is_for_training: bool,
}

impl Row {
    #[cfg(test)]
    pub(crate) fn new(text: &str, is_attack: bool, kind: &str, source: &str) -> Self {
        Self {
            id: text.into(),
            line: 1,
            text: text.into(),
            is_attack,
            kind: kind.into(),
            source: source.into(),
            is_for_training: false,
        }
    }
}

/// The rows that ship, as they are in their file.
pub(crate) fn embedded() -> String {
    let mut text = String::new();
    GzDecoder::new(EMBEDDED).read_to_string(&mut text).expect("the embedded corpus is the one that the tests read");
    text
}

/// The rows of a corpus.
///
/// # Errors
///
/// All rows that cannot be used, each with its line; or that there is none.
pub(crate) fn parse(file: &str, text: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for (line, content) in text.lines().enumerate().filter(|(_, content)| !content.trim().is_empty()) {
        match row(content, line + 1) {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(problem.at(file, Some(line + 1))),
        }
    }
    Error::unless_empty(problems)?;
    if rows.is_empty() {
        return Err(Error::config(format!("{file}: there are no rows")));
    }
    Ok(rows)
}

fn row(content: &str, line: usize) -> std::result::Result<Row, Problem> {
    const SHAPE: &str = "write {\"text\": \"...\", \"label\": \"attack\" or \"benign\", \"kind\": \"...\"}";
    let value: Value =
        serde_json::from_str(content).map_err(|error| Problem::new(format!("this is no JSON: {error}")).hint(SHAPE))?;
    let string = |key: &str| value.get(key).and_then(Value::as_str);
    let required = |key: &str| string(key).ok_or_else(|| Problem::new(format!("there is no \"{key}\"")).hint(SHAPE));
    let is_attack = match required("label")? {
        "attack" => true,
        "benign" => false,
        other => return Err(Problem::new(format!("unknown label \"{other}\"")).hint("it is \"attack\" or \"benign\"")),
    };
    let kind = required("kind")?;
    if kind.is_empty() {
        return Err(Problem::new("the kind is empty").hint(SHAPE));
    }
    let id = match value.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => format!("line {line}"),
    };
    let source = string("source").filter(|source| !source.is_empty()).unwrap_or(NO_SOURCE);
    let is_for_training = string("use") == Some("training");
    let (text, kind, source) = (required("text")?.to_owned(), kind.to_owned(), source.to_owned());
    Ok(Row { id, line, text, is_attack, kind, source, is_for_training })
}
