//! The dataset: JSONL, JSON, CSV or YAML read into cases, with every bad row reported at once.
//!
//! It is never held as a whole: one pass checks it, a later one gives its cases, and notices if it has changed.

mod labels;
mod rows;

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::hash::BuildHasher as _;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Case;
use super::metrics::{Assertion, expected_grades};
use crate::digest::Hashing;
use crate::error::{Error, Problem, Result};

pub(crate) use labels::{LabelKind, Labelled, Labels};

/// A checked dataset file, and what a run must know of it as a whole.
pub(crate) struct Dataset {
    path: PathBuf,
    /// The file as messages name it.
    pub(crate) file: String,
    /// How many cases it has.
    pub(crate) cases: usize,
    /// SHA-256 of the file's bytes.
    pub(crate) digest: String,
    /// The metrics that cases assert, each with the first line that does.
    pub(crate) asserted: BTreeMap<&'static str, usize>,
    /// Every name in `expected_docs`, with the first lines that ask for it.
    pub(crate) expected_docs: BTreeMap<String, Vec<usize>>,
}

const FIELDS: [&str; 8] = [
    "id",
    "question",
    "expected_docs",
    "expected_answer_keywords",
    "reference_answer",
    "category",
    "answerable",
    "assert",
];

/// More are not read by anybody, and a wrong file must not fill the memory with them.
const MAX_PROBLEMS: usize = 200;
/// Lines remembered of those that expect a document.
const MAX_LINES: usize = 20;
/// Keys remembered; a dataset has a handful.
const MAX_KEYS: usize = 1000;

impl Dataset {
    /// Checks the dataset; `shown` is what messages call it.
    pub(crate) fn read(path: &Path, shown: &str) -> Result<Self> {
        let mut dataset = Self {
            path: path.to_owned(),
            file: shown.to_owned(),
            cases: 0,
            digest: String::new(),
            asserted: BTreeMap::new(),
            expected_docs: BTreeMap::new(),
        };
        let mut checks = Checks::default();
        let (mut rows, mut cases) = (0, 0);
        let mut asserted: BTreeMap<&str, usize> = BTreeMap::new();
        let mut expected: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        dataset.digest = dataset.pass(&mut |row| {
            rows += 1;
            let Some(case) = checks.case(row, shown) else { return ControlFlow::Continue(()) };
            for kind in checks.assertions(&case, shown) {
                asserted.entry(kind).or_insert(case.line);
            }
            cases += 1;
            for name in case.expected_docs {
                let lines = expected.entry(name).or_default();
                if lines.len() < MAX_LINES {
                    lines.push(case.line);
                }
            }
            ControlFlow::Continue(())
        })?;
        checks.finish(shown)?;
        if rows == 0 {
            return Err(Error::unavailable("the dataset has no cases, so there is nothing to decide")
                .at(shown, None)
                .hint("a case is a line like {\"id\": \"a\", \"question\": \"...\", \"expected_docs\": [\"...\"]}"));
        }
        Ok(Self { cases, asserted, expected_docs: expected, ..dataset })
    }

    /// Gives every case in order, until `take` says stop. An error if the file is no longer the one that was checked.
    pub(crate) fn each(&self, take: &mut dyn FnMut(Case) -> ControlFlow<()>) -> Result<()> {
        let mut problems = Vec::new();
        let mut stopped = false;
        let digest = self.pass(&mut |row| {
            let Some(case) = row.ok().and_then(|(line, row)| case(row, line, &self.file, &mut problems)) else {
                return ControlFlow::Break(());
            };
            let next = take(case);
            stopped = next.is_break();
            next
        })?;
        if stopped || digest == self.digest {
            return Ok(());
        }
        Err(Error::unavailable("the dataset was changed while the run was under way").at(&self.file, None))
    }

    /// One pass over the file; gives the SHA-256 of what was read.
    fn pass(&self, take: rows::Take<'_>) -> Result<String> {
        let file = File::open(&self.path).map_err(|error| rows::cannot_read(&self.file, error))?;
        let mut hashing = Hashing::new(file);
        let extension = self.path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        rows::read(BufReader::with_capacity(1 << 16, &mut hashing), &extension, &self.file, take)?;
        hashing.finish().map_err(|error| rows::cannot_read(&self.file, error))
    }
}

/// The rows of a file as they stand, whatever their fields are called. An error if one cannot be read.
pub(crate) fn rows(path: &Path, shown: &str) -> Result<Vec<(usize, Map<String, Value>)>> {
    let file = File::open(path).map_err(|error| rows::cannot_read(shown, error))?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    rows::read(BufReader::new(file), &extension, shown, &mut |row| match row {
        Ok(row) => {
            found.push(row);
            ControlFlow::Continue(())
        }
        Err(problem) => {
            problems.push(problem);
            ControlFlow::Break(())
        }
    })?;
    Error::unless_empty(problems)?;
    Ok(found)
}

/// What is checked of all rows together, in little memory.
#[derive(Default)]
struct Checks {
    problems: Vec<Problem>,
    /// Problems that are beyond those kept.
    more: usize,
    /// Line of each id, by two hashes that only together stand for it: ids can be long.
    ids: HashMap<(u64, u64), usize>,
    hashes: (RandomState, RandomState),
    /// Keys that have been looked at, and the fields that they almost are.
    keys: HashMap<String, Option<&'static str>>,
}

impl Checks {
    /// The row as a case, unless it is too broken.
    fn case(&mut self, row: rows::Row, file: &str) -> Option<Case> {
        let mut problems = Vec::new();
        let case = match row {
            Ok((line, row)) => {
                for key in row.keys() {
                    if let Some(field) = self.misspelt(key) {
                        let problem = Problem::new(format!("unknown field \"{key}\"")).at(file, Some(line));
                        problems.push(problem.hint(format!("did you mean \"{field}\"?")));
                    }
                }
                case(row, line, file, &mut problems)
            }
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        if let Some(case) = &case {
            let id = (self.hashes.0.hash_one(&case.id), self.hashes.1.hash_one(&case.id));
            if let Some(first) = self.ids.insert(id, case.line) {
                let problem = Problem::new(format!("the id \"{}\" is already used on line {first}", case.id));
                problems.push(problem.at(file, Some(case.line)));
            }
            problems.extend(expected_grades(case).err().map(|wrong| Problem::new(wrong).at(file, Some(case.line))));
        }
        let room = MAX_PROBLEMS.saturating_sub(self.problems.len());
        self.more += problems.len().saturating_sub(room);
        self.problems.extend(problems.into_iter().take(room));
        case
    }

    /// The metrics that a case asserts; what is wrong with its assertions is noted.
    fn assertions(&mut self, case: &Case, file: &str) -> impl Iterator<Item = &'static str> + use<> {
        let mut kinds = Vec::new();
        for value in &case.assertions {
            let parsed = Assertion::parse(value).and_then(|assertion| {
                let metric = assertion.scorer.metric;
                let cannot = |reason| format!("{} cannot be asserted: {reason}", metric.name);
                (metric.skip)(case).map_or(Ok(metric.name), |reason| Err(cannot(reason)))
            });
            let message = match parsed {
                Ok(kind) => {
                    kinds.push(kind);
                    continue;
                }
                Err(message) => message,
            };
            self.note(Problem::new(format!("assertion {value}: {message}")).at(file, Some(case.line)));
        }
        kinds.into_iter()
    }

    /// One problem more.
    fn note(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Rows repeat their keys, so each is compared with the known fields once.
    fn misspelt(&mut self, key: &str) -> Option<&'static str> {
        if let Some(known) = self.keys.get(key) {
            return *known;
        }
        let found = misspelt(key);
        if self.keys.len() < MAX_KEYS {
            self.keys.insert(key.to_owned(), found);
        }
        found
    }

    fn finish(mut self, file: &str) -> Result<()> {
        if self.more > 0 {
            self.problems.push(Problem::new(format!("and {} more problems", self.more)).at(file, None));
        }
        Error::unless_empty(self.problems)
    }
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
    let mut take = |field: &str| row.shift_remove(field).filter(|value| !value.is_null());
    let fields = [take("id"), take("question"), take("reference_answer"), take("category")];
    let [id, question, reference_answer, category] = fields.map(|value| value.map(text_of));
    let lists =
        [("expected_docs", take("expected_docs")), ("expected_answer_keywords", take("expected_answer_keywords"))];
    let answerable = take("answerable");
    let assertions = match take("assert") {
        None => Vec::new(),
        Some(Value::Array(assertions)) => assertions,
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_else(|_| vec![text.into()]),
        Some(other) => vec![other],
    };
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
        assertions,
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
