//! Calls of the running application, read from what it or its gateway has written down.
//!
//! ```text
//! file -> lines -> JSON -> format: what was called, when, with how many tokens -> model, price, id -> entry of the ledger
//!                                  `-> spans are held until all are read: those above others count nothing twice
//! ```
//!
//! What is read is hostile: a line that makes no sense is a problem with its place, and nothing else.

mod entry;
mod lines;
mod log;
mod otlp;
mod providers;

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Read};
use std::sync::Arc;

use serde_json::Value;

use self::lines::Text;
use super::Tariff;
use super::ledger::Entry;
use crate::digest::raw_sha256_parts;
use crate::error::{Problem, Result};

/// What is known beside the files.
pub(crate) struct Settings<'a> {
    pub(crate) project: &'a str,
    /// Who serves models that are named without a provider.
    pub(crate) provider: Option<&'a str>,
    pub(crate) tariff: &'a Tariff,
    /// In seconds since 1970: no call is of the future.
    pub(crate) now: i64,
}

/// What files come to.
#[derive(Debug)]
pub(crate) struct Imported {
    /// Each call once.
    pub(crate) entries: Vec<Entry>,
    /// The first of what could not be read.
    pub(crate) problems: Vec<Problem>,
    /// How many that were.
    pub(crate) bad: usize,
}

/// How calls are written down: one row here, one file in `import/`.
struct Format {
    is_like: fn(&Value) -> bool,
    read: fn(&Value, &mut Reading<'_>),
}

/// In the order in which a value is held against them.
const FORMATS: &[Format] = &[otlp::FORMAT, log::FORMAT];

/// What is shown of problems.
const MOST_PROBLEMS: usize = 24;

/// Reads files one after another.
pub(crate) struct Reading<'a> {
    settings: &'a Settings<'a>,
    project: Arc<str>,
    /// Names that many calls share.
    names: HashSet<Arc<str>>,
    file: String,
    line: Option<usize>,
    /// How often a call without an id was seen in this file.
    seen: HashMap<i64, u64>,
    entries: Vec<Entry>,
    spans: otlp::Spans,
    problems: Vec<Problem>,
    bad: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(settings: &'a Settings<'a>) -> Self {
        Self {
            settings,
            project: settings.project.into(),
            names: HashSet::new(),
            file: String::new(),
            line: None,
            seen: HashMap::new(),
            entries: Vec::new(),
            spans: otlp::Spans::default(),
            problems: Vec::new(),
            bad: 0,
        }
    }

    /// Reads one file: a JSON value a line, or one over many lines.
    pub(crate) fn file(&mut self, name: &str, reader: impl BufRead) -> Result<()> {
        name.clone_into(&mut self.file);
        self.seen.clear();
        lines::each(name, reader, &mut |line, text| {
            self.line = Some(line);
            match text {
                Text::Json(value) => self.value(&value),
                Text::Bad(message) => self.bad(Problem::new(message)),
            }
        })
    }

    pub(crate) fn finish(mut self) -> Imported {
        for made in std::mem::take(&mut self.spans).calls() {
            match made {
                Ok(entry) => self.entries.push(entry),
                Err(problem) => self.keep(problem),
            }
        }
        let mut ids = HashSet::new();
        self.entries.retain(|entry| ids.insert(entry.id));
        Imported { entries: self.entries, problems: self.problems, bad: self.bad }
    }

    fn value(&mut self, value: &Value) {
        if let Value::Array(values) = value {
            return values.iter().for_each(|value| self.one(value));
        }
        self.one(value);
    }

    fn one(&mut self, value: &Value) {
        match FORMATS.iter().find(|format| (format.is_like)(value)) {
            Some(format) => (format.read)(value, self),
            None => self.bad(Problem::new("this is no JSON object")),
        }
    }

    /// A problem of the line that is read.
    fn bad(&mut self, problem: Problem) {
        let problem = problem.at(&self.file, self.line);
        self.keep(problem);
    }

    fn keep(&mut self, problem: Problem) {
        self.bad += 1;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// The same name, kept once.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }
}

/// An id of 63 bits that is the same whenever these parts are.
fn id_of(parts: &[&str]) -> i64 {
    let digest = raw_sha256_parts(parts.iter().map(|part| part.as_bytes()));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    (i64::from_be_bytes(first) & i64::MAX).max(1)
}

/// A file's bytes without the mark that some editors begin it with.
pub(crate) fn without_mark(reader: impl Read) -> impl BufRead {
    lines::without_mark(reader)
}

#[cfg(test)]
mod tests;
