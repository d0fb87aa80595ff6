//! The report as JSON: `llmops/eval_report.json`, and back. Its cases stand one a line in `results`, and go through
//! without being held.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Report, SCHEMA, Summary, file};
use crate::error::{Error, Result};
use crate::eval::Measured;

/// JSON Schema (2020-12) of what is written here.
pub(crate) const SCHEMA_DOCUMENT: &str = include_str!("schema.json");

/// Gives each row of a report in order, to whoever takes them.
pub(crate) type Rows<'a> = &'a dyn Fn(Take<'_>) -> Result<()>;

/// Takes one row.
type Take<'a> = &'a mut dyn FnMut(&[u8]) -> Result<()>;

/// Makes room for a report before anything is spent on it: the folder can be written to, and the report of an earlier
/// run, for which a run that fails must not be mistaken, is set aside as `NAME.previous.json`.
pub(crate) fn prepare(path: &Path) -> Result<()> {
    let failed =
        |error| Error::io("write the report", path, error).hint("nothing was run; free the disk or fix the folder");
    crate::file::probe(path).map_err(failed)?;
    match std::fs::rename(path, path.with_extension("previous.json")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
        _ => Ok(()),
    }
}

/// Writes the report so that a reader sees the old one or the new one, never half of one.
pub(crate) fn write(report: &Report, rows: Rows<'_>, path: &Path) -> Result<()> {
    file::replace(path, &|out, failed| write_to(report, rows, out, failed))
}

/// Writes the report as one JSON object, its cases last.
pub(crate) fn write_to(
    report: &Report,
    rows: Rows<'_>,
    out: &mut dyn Write,
    failed: &dyn Fn(io::Error) -> Error,
) -> Result<()> {
    let head = serde_json::to_string_pretty(report)
        .map_err(|error| Error::unavailable("cannot write the report as JSON").source(error))?;
    let head = head.strip_suffix("\n}").unwrap_or(&head);
    write!(out, "{head},\n  \"results\": [").map_err(failed)?;
    let mut separator = "\n    ";
    rows(&mut |row| {
        let written = out.write_all(separator.as_bytes()).and_then(|()| out.write_all(row));
        separator = ",\n    ";
        written.map_err(failed)
    })?;
    out.write_all(b"\n  ]\n}\n").map_err(failed)
}

/// Reads a report that this program wrote; its cases are only added up.
pub(crate) fn read(path: &Path) -> Result<Report> {
    let head = head(path)?;
    match head.get("schema").and_then(Value::as_u64) {
        Some(schema) if schema == u64::from(SCHEMA) => {}
        Some(schema) => {
            let message = format!("the report has schema {schema}, this program reads {SCHEMA}");
            return Err(Error::config(message).at(path.display(), None));
        }
        None => return Err(Error::config("not a report: it has no \"schema\"").at(path.display(), None)),
    }
    let report: Report = serde_json::from_value(Value::Object(head)).map_err(|error| not_a_report(path, error))?;
    let mut summary = Summary::new(report.repeats, report.bars());
    each_row(path, &mut |row| {
        summary.add(Measured::of_row(row).map_err(|error| not_a_report(path, error))?);
        Ok(())
    })?;
    Ok(Report { shown: summary.close().shown, ..report })
}

/// Gives every row of a report's file as it stands there.
pub(crate) fn each_row(path: &Path, on: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut failed = None;
    let mut take = |row: &RawValue| on(row.get().as_bytes()).map_err(|error| failed = Some(error)).is_ok();
    let read = scan(path, Scan { rows: Some(&mut take), head: &mut Map::new() });
    match failed {
        Some(error) => Err(error),
        None => read,
    }
}

/// The rows of a report's file, as formats take them.
pub(crate) fn rows_of(path: &Path) -> impl Fn(Take<'_>) -> Result<()> + use<'_> {
    move |take| each_row(path, take)
}

/// Everything of a report's file but its cases.
fn head(path: &Path) -> Result<Map<String, Value>> {
    let mut head = Map::new();
    scan(path, Scan { rows: None, head: &mut head })?;
    Ok(head)
}

fn scan(path: &Path, scan: Scan<'_>) -> Result<()> {
    let file = File::open(path).map_err(|error| {
        Error::config(format!("cannot read the report {}", path.display()))
            .source(error)
            .hint("`llmops eval` writes it")
    })?;
    let mut reader = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, file));
    scan.deserialize(&mut reader).and_then(|()| reader.end()).map_err(|error| not_a_report(path, error))
}

fn not_a_report(path: &Path, error: serde_json::Error) -> Error {
    Error::config("not a report").source(error).at(path.display(), None)
}

/// One way through a report's file: its rows go to `rows`, if anybody wants them, everything else into `head`.
struct Scan<'a> {
    /// False stops.
    rows: Option<&'a mut dyn FnMut(&RawValue) -> bool>,
    head: &'a mut Map<String, Value>,
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> std::result::Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), &mut self.rows) {
                ("results", Some(take)) => map.next_value_seed(RowSeed(&mut **take))?,
                ("results", None) => drop(map.next_value::<IgnoredAny>()?),
                _ => drop(self.head.insert(key, map.next_value()?)),
            }
        }
        Ok(())
    }
}

struct RowSeed<'a>(&'a mut dyn FnMut(&RawValue) -> bool);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of cases")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut rows: S) -> std::result::Result<(), S::Error> {
        let mut going = true;
        while let Some(row) = rows.next_element::<Box<RawValue>>()? {
            going = going && (self.0)(&row);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) fn empty_for_tests() -> Report {
    let value = serde_json::json!({
        "schema": SCHEMA, "tool_version": "0", "project": "p", "timestamp": "", "duration_ms": 0.0,
        "target": {"kind": "rag"}, "metrics": {}, "thresholds": {}, "max_error_rate": 0.0, "estimates": {},
        "passed": false, "verdict": "undecided", "reasons": [], "breaches": [],
        "cases": {"total": 0, "finished": 0, "errored": 0}, "latency": null,
        "usage": {"target": {}, "embedder": {}}, "digests": {"configuration": "", "dataset": ""}, "git": null,
        "dataset": "d",
    });
    serde_json::from_value(value).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_goes_through_its_file_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let row = |id: &str| format!(r#"{{"id":"{id}","question":"Q","line":1,"outcomes":{{}},"error":"down"}}"#);
        for ids in [&["a", "b"][..], &[]] {
            let rows =
                |take: &mut dyn FnMut(&[u8]) -> Result<()>| ids.iter().try_for_each(|id| take(row(id).as_bytes()));
            write(&empty_for_tests(), &rows, &path).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(serde_json::from_str::<Value>(&text).unwrap()["results"].as_array().unwrap().len() == ids.len());
            let mut found = Vec::new();
            let mut take = |row: &[u8]| {
                found.push(String::from_utf8(row.to_vec()).unwrap());
                Ok(())
            };
            each_row(&path, &mut take).unwrap();
            assert_eq!(found, ids.iter().map(|id| row(id)).collect::<Vec<_>>());
            assert_eq!(read(&path).unwrap().shown.failed.count, ids.len());
        }
    }

    #[test]
    fn what_is_no_report_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        for (text, expected) in [
            ("", "not a report: EOF while parsing a value at line 1 column 0"),
            ("{}", "not a report: it has no \"schema\""),
            ("{\"schema\": 9}", "the report has schema 9, this program reads 1"),
            ("{\"schema\": 1, \"results\": 3}", "not a report: "),
            ("[1]", "not a report: "),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read(&path).err().unwrap().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
