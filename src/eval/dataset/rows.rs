//! The rows of a dataset file, whatever its format: an object each, with the line that it begins on.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::{Error, Problem, Result};

pub(super) type Row = (usize, Map<String, Value>);

/// All rows that could be read, and a problem for each that could not.
pub(super) fn read(text: &str, extension: &str, file: &str) -> Result<(Vec<Row>, Vec<Problem>)> {
    match extension {
        "jsonl" | "ndjson" => Ok(jsonl(text, file)),
        "json" => json(text, file),
        "csv" => Ok(csv(text, file)),
        "yaml" | "yml" => yaml(text, file),
        other => Err(Error::config(format!("\"{other}\" is not a dataset format"))
            .at(file, None)
            .hint("use .jsonl, .json, .csv or .yaml")),
    }
}

fn jsonl(text: &str, file: &str) -> (Vec<Row>, Vec<Problem>) {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    partition(lines.map(|(index, line)| (index + 1, serde_json::from_str::<Value>(line).map_err(json_message))), file)
}

fn json(text: &str, file: &str) -> Result<(Vec<Row>, Vec<Problem>)> {
    let rows: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        let message = format!("the dataset must be an array of objects: {}", json_message(&error));
        Error::config(message).at(file, Some(error.line()))
    })?;
    // A raw value is a slice of the text, so its position tells its line; the rows come in order.
    let (mut counted, mut lines) = (0, 1);
    let mut line = |row: &RawValue| {
        let offset = row.get().as_ptr() as usize - text.as_ptr() as usize;
        lines += text[counted..offset].matches('\n').count();
        counted = offset;
        lines
    };
    Ok(partition(rows.into_iter().map(|row| (line(row), serde_json::from_str(row.get()).map_err(json_message))), file))
}

fn yaml(text: &str, file: &str) -> Result<(Vec<Row>, Vec<Problem>)> {
    let rows: Vec<serde_saphyr::Spanned<Value>> = serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        Error::config(format!("the dataset must be a list of cases: {error}")).at(file, line)
    })?;
    let line = |row: &serde_saphyr::Spanned<Value>| usize::try_from(row.defined.line()).unwrap_or(1);
    Ok(partition(rows.into_iter().map(|row| (line(&row), Ok(row.value))), file))
}

/// A header row names the fields; lists are written as JSON arrays or separated by semicolons.
fn csv(text: &str, file: &str) -> (Vec<Row>, Vec<Problem>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return (Vec::new(), vec![Problem::new(error.to_string()).at(file, Some(1))]),
    };
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let fields = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
                let row = fields.map(|(name, cell)| (name.to_owned(), cell_value(name, cell))).collect();
                rows.push((usize::try_from(line).unwrap_or_default(), row));
            }
            Err(error) => {
                let line = error.position().and_then(|position| usize::try_from(position.line()).ok());
                let message = match error.kind() {
                    csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        format!("the row has {len} fields, the header {expected_len}")
                    }
                    _ => error.to_string(),
                };
                problems.push(Problem::new(message).at(file, line));
            }
        }
    }
    (rows, problems)
}

fn cell_value(name: &str, cell: &str) -> Value {
    if !matches!(name, "expected_docs" | "expected_answer_keywords") {
        return cell.into();
    }
    match serde_json::from_str::<Value>(cell) {
        Ok(list @ Value::Array(_)) => list,
        _ => cell.split(';').map(|part| Value::from(part.trim())).collect(),
    }
}

fn partition(
    rows: impl Iterator<Item = (usize, std::result::Result<Value, String>)>,
    file: &str,
) -> (Vec<Row>, Vec<Problem>) {
    let (mut good, mut problems) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match row {
            Ok(Value::Object(fields)) => good.push((line, fields)),
            Ok(_) => problems.push(Problem::new("a case must be an object").at(file, Some(line))),
            Err(message) => problems.push(Problem::new(format!("not valid JSON: {message}")).at(file, Some(line))),
        }
    }
    (good, problems)
}

/// Without serde's own "at line 1 column 5": for one row of many its line would mislead.
fn json_message(error: impl std::borrow::Borrow<serde_json::Error>) -> String {
    let text = error.borrow().to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
