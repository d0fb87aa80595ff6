//! CSV with a header: the columns `id`, `title`, `body` (or `text`, or `content`) and `category`.

use csv::StringRecord;

use super::{File, Reading, row};
use crate::error::Problem;

pub(super) fn read(file: &File, reading: &mut Reading) {
    let Some(text) = reading.text(file) else { return };
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = match rows.headers() {
        Ok(header) => header.iter().map(|name| name.trim().to_lowercase()).collect(),
        Err(error) => return reading.problem(Problem::new(error.to_string()).at(&file.name, Some(1))),
    };
    if !row::BODY.iter().any(|name| header.iter().any(|column| column == name)) {
        let message = format!("no column is named {}; there are: {}", row::BODY.join(", "), header.join(", "));
        return reading.problem(Problem::new(message).at(&file.name, Some(1)));
    }
    for row in rows.records() {
        let document = match &row {
            Ok(row) => row::document(file, line(row.position()), |name| Ok(cell(&header, row, name))),
            Err(error) => Err(reason(error)),
        };
        let line = line(row.as_ref().map_or_else(csv::Error::position, StringRecord::position));
        match document {
            Ok(document) => reading.add(file, Some(line), document),
            Err(message) => reading.problem(Problem::new(message).at(&file.name, Some(line))),
        }
    }
}

fn cell(header: &[String], row: &StringRecord, name: &str) -> Option<String> {
    header.iter().position(|column| column == name).and_then(|index| row.get(index)).map(str::to_owned)
}

fn line(position: Option<&csv::Position>) -> usize {
    position.and_then(|position| usize::try_from(position.line()).ok()).unwrap_or(1)
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} fields, the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}
