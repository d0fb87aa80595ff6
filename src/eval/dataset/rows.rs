//! The rows of a dataset file, whatever its format: an object each, with the line that it begins on.

use std::io::BufRead;
use std::ops::ControlFlow;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::{Error, Problem, Result};

/// A row and the line that it begins on, or what is wrong with it.
pub(super) type Row = std::result::Result<(usize, Map<String, Value>), Problem>;

/// Takes a row, and says whether to go on.
pub(super) type Take<'a> = &'a mut dyn FnMut(Row) -> ControlFlow<()>;

/// Gives every row, in order. JSONL and CSV are read as a stream; JSON and YAML are held in memory as a whole.
pub(super) fn read(mut reader: impl BufRead, extension: &str, file: &str, take: Take<'_>) -> Result<()> {
    skip_mark(&mut reader).map_err(|error| cannot_read(file, error))?;
    match extension {
        "jsonl" | "ndjson" => jsonl(reader, file, take),
        "csv" => csv(reader, file, take),
        "json" => json(&whole(reader, file)?, file, take),
        "yaml" | "yml" => yaml(&whole(reader, file)?, file, take),
        other => Err(Error::config(format!("\"{other}\" is not a dataset format"))
            .at(file, None)
            .hint("use .jsonl, .json, .csv or .yaml")),
    }
}

/// A byte order mark is no part of the text.
fn skip_mark(reader: &mut impl BufRead) -> std::io::Result<()> {
    if reader.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
        reader.consume('\u{feff}'.len_utf8());
    }
    Ok(())
}

pub(super) fn cannot_read(file: &str, error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::InvalidData {
        return not_utf8(file, None);
    }
    Error::config(format!("cannot read the dataset {file}")).source(error)
}

fn not_utf8(file: &str, line: Option<usize>) -> Error {
    Error::config("the dataset is not UTF-8").at(file, line)
}

fn whole(mut reader: impl BufRead, file: &str) -> Result<String> {
    let mut text = String::new();
    reader.read_to_string(&mut text).map_err(|error| cannot_read(file, error))?;
    Ok(text)
}

fn jsonl(mut reader: impl BufRead, file: &str, take: Take<'_>) -> Result<()> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(|error| cannot_read(file, error))? == 0 {
            break;
        }
        let text = std::str::from_utf8(&line).map_err(|_| not_utf8(file, Some(number)))?;
        if text.trim().is_empty() {
            continue;
        }
        if take(object(number, serde_json::from_str(text).map_err(json_message), file)).is_break() {
            break;
        }
    }
    Ok(())
}

fn json(text: &str, file: &str, take: Take<'_>) -> Result<()> {
    let rows: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        let message = format!("the dataset must be an array of objects: {}", json_message(&error));
        Error::config(message).at(file, Some(error.line()))
    })?;
    // A raw value is a slice of the text, so its position tells its line; the rows come in order.
    let (mut counted, mut line) = (0, 1);
    for row in rows {
        let offset = row.get().as_ptr() as usize - text.as_ptr() as usize;
        line += text[counted..offset].matches('\n').count();
        counted = offset;
        if take(object(line, serde_json::from_str(row.get()).map_err(json_message), file)).is_break() {
            break;
        }
    }
    Ok(())
}

fn yaml(text: &str, file: &str, take: Take<'_>) -> Result<()> {
    let rows: Vec<serde_saphyr::Spanned<Value>> = serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok());
        Error::config(format!("the dataset must be a list of cases: {error}")).at(file, line)
    })?;
    for row in rows {
        let line = usize::try_from(row.defined.line()).unwrap_or(1);
        if take(object(line, Ok(row.value), file)).is_break() {
            break;
        }
    }
    Ok(())
}

/// A header row names the fields; lists are written as JSON arrays or separated by semicolons.
fn csv(reader: impl BufRead, file: &str, take: Take<'_>) -> Result<()> {
    let mut reader = csv::Reader::from_reader(reader);
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(Problem::new(error.to_string()).at(file, Some(1)).into()),
    };
    for record in reader.into_records() {
        let row = match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let fields = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
                let row = fields.map(|(name, cell)| (name.to_owned(), cell_value(name, cell))).collect();
                Ok((usize::try_from(line).unwrap_or_default(), row))
            }
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => return Err(cannot_read(file, error)),
                kind => Err(csv_problem(&kind, file)),
            },
        };
        if take(row).is_break() {
            break;
        }
    }
    Ok(())
}

fn csv_problem(kind: &csv::ErrorKind, file: &str) -> Problem {
    let line =
        |position: &Option<csv::Position>| position.as_ref().and_then(|position| usize::try_from(position.line()).ok());
    match kind {
        csv::ErrorKind::UnequalLengths { expected_len, len, pos } => {
            Problem::new(format!("the row has {len} fields, the header {expected_len}")).at(file, line(pos))
        }
        csv::ErrorKind::Utf8 { pos, .. } => Problem::new("the row is not UTF-8").at(file, line(pos)),
        other => Problem::new(format!("the row cannot be read: {other:?}")).at(file, None),
    }
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

fn object(line: usize, value: std::result::Result<Value, String>, file: &str) -> Row {
    match value {
        Ok(Value::Object(fields)) => Ok((line, fields)),
        Ok(_) => Err(Problem::new("a case must be an object").at(file, Some(line))),
        Err(message) => Err(Problem::new(format!("not valid JSON: {message}")).at(file, Some(line))),
    }
}

/// Without serde's own "at line 1 column 5": for one row of many its line would mislead.
fn json_message(error: impl std::borrow::Borrow<serde_json::Error>) -> String {
    let text = error.borrow().to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
