//! Files that hold questions: our own datasets as they are, others converted as far as their fields have a counterpart.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::eval::{Dataset, dataset_rows};
use crate::prompt::import::{Source, python_literals};

/// Cases of a file.
pub(in crate::cmd::init) struct Cases {
    pub(in crate::cmd::init) file: String,
    pub(in crate::cmd::init) count: usize,
    /// Lines of a dataset; `None`: the file is one already.
    pub(in crate::cmd::init) converted: Option<String>,
    pub(in crate::cmd::init) expected_docs: BTreeSet<String>,
    pub(in crate::cmd::init) has_keywords: bool,
    pub(in crate::cmd::init) has_references: bool,
    /// What has no counterpart.
    pub(in crate::cmd::init) left_out: Vec<String>,
}

impl Cases {
    /// Where converted cases lie.
    pub(in crate::cmd::init) fn dataset(&self) -> String {
        if self.converted.is_none() {
            return self.file.clone();
        }
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        format!("evals/{}{CONVERTED}", name.rsplit_once('.').map_or(name, |(stem, _)| stem))
    }
}

const CONVERTED: &str = ".cases.jsonl";

pub(super) fn find(config: &Config, files: &[String], notes: &mut Vec<String>) -> Vec<Cases> {
    let mut found = Vec::new();
    // The project's own dataset is no news once there is a project.
    let own = config.path(super::super::FILE).is_file().then_some(config.eval.dataset.value.as_str());
    let is_document = |file: &str| super::FOLDERS.iter().any(|folder| file.starts_with(&format!("{folder}/")));
    let candidates = files.iter().filter(|file| !is_document(file) && !file.ends_with(CONVERTED));
    for file in candidates.filter(|file| own != Some(file.as_str()) && !file.starts_with("prompts/")) {
        match of_file(config, file) {
            Ok(Some(cases)) => found.push(cases),
            Ok(None) => {}
            Err(error) => notes.push(format!("{file} holds questions and was not read: {error}")),
        }
    }
    // The file that is called after what it is comes first.
    let named =
        |file: &str| ["golden", "eval", "dataset", "question"].iter().any(|word| file.to_lowercase().contains(word));
    found.sort_by_key(|cases| (cases.converted.is_some(), !named(&cases.file)));
    found
}

fn of_file(config: &Config, file: &str) -> Result<Option<Cases>> {
    let path = config.root.join(file);
    let name = file.rsplit('/').next().unwrap_or(file).to_lowercase();
    if name.starts_with("promptfooconfig.") {
        return of_promptfoo(&path, file);
    }
    let is_python = path.extension().is_some_and(|extension| extension == "py");
    let rows = if is_python { of_python(&path, file) } else { of_data(&path, file) };
    if rows.is_empty() || !rows.iter().any(|row| ours(row).contains_key("question")) {
        return Ok(None);
    }
    if !is_python && let Ok(dataset) = Dataset::read(&path, file) {
        return described(&dataset, file, None, Vec::new()).map(Some);
    }
    let rows = rows.iter().map(ours).collect();
    converted(rows, file, Vec::new()).map(Some)
}

/// The rows of a file whose rows are objects, else none.
fn of_data(path: &Path, file: &str) -> Vec<Map<String, Value>> {
    let rows = dataset_rows(path, file).unwrap_or_default();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The dicts of the first list that holds questions.
fn of_python(path: &Path, file: &str) -> Vec<Map<String, Value>> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let literals = python_literals(&Source { path, shown: file, text: &text }).unwrap_or_default();
    let lists = literals.into_iter().filter_map(|(_, value)| match value {
        Value::Array(rows) => {
            let rows = rows.into_iter().map(|row| if let Value::Object(row) = row { Some(row) } else { None });
            rows.collect::<Option<Vec<_>>>()
        }
        _ => None,
    });
    let mut lists = lists.filter(|rows| rows.iter().any(|row| ours(row).contains_key("question")));
    lists.next().unwrap_or_default()
}

/// Our fields and what other tools call them.
const NAMES: [(&str, &[&str]); 7] = [
    ("id", &["id", "caseid", "testid"]),
    ("question", &["question", "query", "input", "userinput", "userquery", "q"]),
    (
        "reference_answer",
        &[
            "referenceanswer",
            "reference",
            "expectedanswer",
            "expectedoutput",
            "expected",
            "groundtruth",
            "ideal",
            "answer",
            "a",
        ],
    ),
    ("expected_docs", &["expecteddocs", "expecteddocuments", "relevantdocs", "sources", "documents", "docs"]),
    ("expected_answer_keywords", &["expectedanswerkeywords", "expectedkeywords", "keywords"]),
    ("category", &["category", "topic"]),
    ("answerable", &["answerable"]),
];

/// The row with our names; the first of several counts, and empty values do not.
fn ours(row: &Map<String, Value>) -> Map<String, Value> {
    let plain = |key: &str| key.to_lowercase().replace(['_', '-', ' '], "");
    let mut renamed = Map::new();
    for (field, names) in NAMES {
        let value =
            names.iter().find_map(|name| row.iter().find(|(key, value)| plain(key) == *name && !is_empty(value)));
        if let Some((_, value)) = value {
            renamed.insert(field.to_owned(), value.clone());
        }
    }
    renamed
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The tests of a promptfoo configuration.
fn of_promptfoo(path: &Path, file: &str) -> Result<Option<Cases>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    let config: Value = serde_saphyr::from_str(&text)
        .map_err(|error| Error::config(format!("it cannot be read: {}", error.without_snippet())))?;
    let Value::Array(tests) = &config["tests"] else {
        return match config["tests"].as_str() {
            Some(named) => Err(Error::config(format!("its tests are in {named}: look there"))),
            None => Ok(None),
        };
    };
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for test in tests {
        match of_test(test, &mut left) {
            Some(row) => rows.push(row),
            None => *left.entry("tests without a question".to_owned()).or_default() += 1,
        }
    }
    let left_out = left.into_iter().map(|(what, times)| format!("{what} ({times})")).collect();
    if rows.is_empty() { Ok(None) } else { converted(rows, file, left_out).map(Some) }
}

fn of_test(test: &Value, left: &mut BTreeMap<String, usize>) -> Option<Map<String, Value>> {
    let vars = test["vars"].as_object()?;
    let mut row = ours(vars);
    if !row.contains_key("question") {
        // A single variable is what is asked, whatever it is called.
        let (_, value) = vars.iter().next().filter(|_| vars.len() == 1)?;
        row.insert("question".to_owned(), value.clone());
    }
    row.get("question").filter(|question| question.is_string())?;
    let mut keywords: Vec<Value> = Vec::new();
    for assert in test["assert"].as_array().into_iter().flatten() {
        let (kind, value) = (assert["type"].as_str().unwrap_or_default(), &assert["value"]);
        match (kind, value) {
            ("contains" | "icontains", Value::String(_)) => keywords.push(value.clone()),
            ("contains-all" | "icontains-all", Value::Array(values)) => keywords.extend(values.iter().cloned()),
            ("contains-all" | "icontains-all", Value::String(list)) => {
                keywords.extend(list.split(',').map(|word| Value::from(word.trim())));
            }
            ("equals" | "similar" | "factuality", Value::String(_)) if !row.contains_key("reference_answer") => {
                row.insert("reference_answer".to_owned(), value.clone());
            }
            _ => *left.entry(format!("assertions of type {kind}")).or_default() += 1,
        }
    }
    if !keywords.is_empty() {
        row.insert("expected_answer_keywords".to_owned(), keywords.into());
    }
    Some(row)
}

/// The rows as a dataset, checked as one.
fn converted(rows: Vec<Map<String, Value>>, file: &str, left_out: Vec<String>) -> Result<Cases> {
    let stem = file.rsplit('/').next().unwrap_or(file).split('.').next().unwrap_or("case");
    let mut lines = String::new();
    let mut ids = BTreeSet::new();
    for (place, mut row) in rows.into_iter().enumerate() {
        let given = row.shift_remove("id").and_then(|id| match id {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let given = given.filter(|id| !ids.contains(id));
        let id = given.unwrap_or_else(|| format!("{stem}-{}", place + 1));
        ids.insert(id.clone());
        row.shift_insert(0, "id".to_owned(), json!(id));
        lines.push_str(&Value::Object(row).to_string());
        lines.push('\n');
    }
    let folder =
        tempfile::tempdir().map_err(|error| Error::unavailable("cannot make a temporary folder").source(error))?;
    let path = folder.path().join("cases.jsonl");
    std::fs::write(&path, &lines).map_err(|error| Error::io("write", &path, error))?;
    described(&Dataset::read(&path, file)?, file, Some(lines), left_out)
}

fn described(dataset: &Dataset, file: &str, converted: Option<String>, left_out: Vec<String>) -> Result<Cases> {
    let (mut expected_docs, mut has_keywords, mut has_references) = (BTreeSet::new(), false, false);
    dataset.each(&mut |case| {
        expected_docs.extend(case.expected_docs);
        has_keywords |= !case.expected_answer_keywords.is_empty();
        has_references |= case.reference_answer.is_some();
        ControlFlow::Continue(())
    })?;
    if expected_docs.is_empty() && !has_keywords && !has_references {
        return Err(Error::config("no case says what a good answer looks like"));
    }
    let (file, count) = (file.to_owned(), dataset.cases);
    Ok(Cases { file, count, converted, expected_docs, has_keywords, has_references, left_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_tool_gets_our_names() {
        let row = json!({"Query": "Why?", "Ground Truth": "Because.", "expected": "", "keywords": ["b"], "model": "x"});
        let expected = json!({"question": "Why?", "reference_answer": "Because.", "expected_answer_keywords": ["b"]});
        assert_eq!(Value::Object(ours(row.as_object().unwrap())), expected);
    }

    #[test]
    fn what_promptfoo_asserts_is_converted_or_named() {
        let test = json!({"vars": {"q": "Why?"}, "assert": [
            {"type": "icontains", "value": "a"},
            {"type": "contains-all", "value": "b, c"},
            {"type": "equals", "value": "Because."},
            {"type": "llm-rubric", "value": "is kind"}]});
        let mut left = BTreeMap::new();
        let row = of_test(&test, &mut left).unwrap();
        assert_eq!(row["expected_answer_keywords"], json!(["a", "b", "c"]));
        assert_eq!(row["reference_answer"], "Because.");
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [("assertions of type llm-rubric".to_owned(), 1)]);
    }
}
