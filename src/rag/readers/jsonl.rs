//! JSONL: one object a line, with `id`, `title`, `body` (or `text`, or `content`) and `category`.

use serde_json::{Map, Value};

use super::{File, Reading, row};
use crate::error::Problem;

pub(super) fn read(file: &File, reading: &mut Reading) {
    let Some(text) = reading.text(file) else { return };
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index + 1;
        let object: Result<Map<String, Value>, _> = serde_json::from_str(line);
        let document = match &object {
            Ok(object) => row::document(file, number, |name| string(object, name)),
            Err(error) => Err(format!("not a JSON object: {}", reason(error))),
        };
        match document {
            Ok(document) => reading.add(file, Some(number), document),
            Err(message) => reading.problem(Problem::new(message).at(&file.name, Some(number))),
        }
    }
}

fn string(object: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(format!("\"{name}\" is not a string")),
    }
}

/// The parser counts lines from its own start; here only the column means something.
fn reason(error: &serde_json::Error) -> String {
    error.to_string().replace("at line 1 column", "at column")
}
