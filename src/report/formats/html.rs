//! One page that holds everything and needs nothing: it opens from a disk, without a network, in any browser.
//!
//! The data stands in it as JSON in which `<` is escaped, so that no text can end its element; the page's script makes
//! elements and text nodes of it, never markup. A content security policy allows this script and this style, by their
//! digests, and no request to anywhere. Rows go through one by one; a passage that several cases retrieved stands there once.

mod baseline;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Failed, Source};
use crate::digest::{raw_sha256, raw_sha256_parts};
use crate::error::{Error, Result};

const PAGE: &str = include_str!("../html/page.html");
const STYLE: &str = include_str!("../html/style.css");
const SCRIPT: &str = concat!(
    include_str!("../html/data.js"),
    include_str!("../html/charts.js"),
    include_str!("../html/comparison.js"),
    include_str!("../html/diff.js"),
    include_str!("../html/detail.js"),
    include_str!("../html/table.js"),
    include_str!("../html/page.js"),
);

/// With more rows, the passages stay in the JSON report: a page must open.
const MOST_ROWS_WITH_PASSAGES: usize = 20_000;

pub(super) fn write(source: &Source<'_>, out: &mut dyn Write, failed: Failed<'_>) -> Result<()> {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(raw_sha256(text.as_bytes())));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let page = PAGE.replace("@csp@", &policy).replace("@style@", STYLE);
    let (head, rest) = page.split_once("@data@").unwrap_or((&page, ""));
    out.write_all(head.as_bytes()).map_err(failed)?;
    write_data(source, out, failed)?;
    out.write_all(rest.replace("@script@", SCRIPT).as_bytes()).map_err(failed)
}

fn write_data(source: &Source<'_>, out: &mut dyn Write, failed: Failed<'_>) -> Result<()> {
    let report = source.report;
    let without_passages = report.cases.total * report.repeats as usize > MOST_ROWS_WITH_PASSAGES;
    let order: Vec<&String> = report.in_order().into_iter().map(|(name, _)| name).collect();
    let distrusted: Vec<&&String> = order.iter().filter(|name| report.distrust(name).is_some()).collect();
    let head = serde_json::json!({
        "report": report, "order": order, "distrusted": distrusted, "without_passages": without_passages,
    });
    out.write_all(b"<script type=\"application/json\" id=\"report\">").map_err(failed)?;
    Escaped(out).write_all(head.to_string().as_bytes()).map_err(failed)?;
    out.write_all(b"</script>\n").map_err(failed)?;

    let mut answers = baseline::Answers::default();
    let mut passages = Passages { known: HashMap::new(), left_out: without_passages };
    out.write_all(b"<script type=\"application/json\" id=\"rows\">[").map_err(failed)?;
    let mut separator = "\n";
    (source.rows)(&mut |row| {
        let no_case = |error| Error::config("a row is no case").source(error);
        if source.baseline.is_some() {
            answers.add(row).map_err(no_case)?;
        }
        let row = passages.row(row).map_err(no_case)?;
        out.write_all(separator.as_bytes()).and_then(|()| Escaped(out).write_all(&row)).map_err(failed)?;
        separator = ",\n";
        Ok(())
    })?;
    out.write_all(b"\n]</script>\n").map_err(failed)?;
    out.write_all(b"<script type=\"application/json\" id=\"baseline\">").map_err(failed)?;
    match source.baseline {
        Some(rows) => answers.write(rows, &mut Escaped(out), failed)?,
        None => out.write_all(b"null").map_err(failed)?,
    }
    out.write_all(b"</script>\n").map_err(failed)
}

/// JSON that ends no element: `<` stands in strings only, and there it can be written as an escape.
struct Escaped<'a>(&'a mut dyn Write);

impl Write for Escaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (index, part) in bytes.split(|byte| *byte == b'<').enumerate() {
            if index > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Replaces passages by numbers. The first row that has one brings its text.
struct Passages {
    known: HashMap<[u8; 32], usize>,
    left_out: bool,
}

/// As it stands in the row: text that is copied need not be understood.
#[derive(Deserialize)]
struct Retrieved<'a> {
    #[serde(borrow)]
    document: &'a RawValue,
    #[serde(borrow)]
    title: &'a RawValue,
    #[serde(borrow, default)]
    heading: Option<&'a RawValue>,
    #[serde(borrow)]
    text: &'a RawValue,
    #[serde(borrow)]
    score: &'a RawValue,
}

/// A row as the page has it.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    fields: BTreeMap<String, &'a RawValue>,
    /// Number and score.
    passages: Option<Vec<(usize, &'a RawValue)>>,
    /// Those that get the next numbers.
    new_passages: Vec<Known<'a>>,
}

#[derive(Serialize)]
struct Known<'a> {
    document: &'a RawValue,
    title: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<&'a RawValue>,
    text: &'a RawValue,
}

impl Passages {
    /// The row without what it says twice: values of metrics beside their outcomes, and known passages.
    fn row(&mut self, row: &[u8]) -> serde_json::Result<Vec<u8>> {
        let mut fields: BTreeMap<String, &RawValue> = serde_json::from_slice(row)?;
        let outcomes: BTreeMap<String, &RawValue> = match fields.get("outcomes") {
            Some(outcomes) => serde_json::from_str(outcomes.get())?,
            None => BTreeMap::new(),
        };
        fields.retain(|name, value| !outcomes.contains_key(name) || value.get().starts_with(['{', '[', '"']));
        let passages = match fields.remove("passages") {
            Some(passages) if !self.left_out => serde_json::from_str(passages.get())?,
            _ => None,
        };
        let mut new = Vec::new();
        let places = passages.map(|passages: Vec<Retrieved<'_>>| self.places(&passages, &mut new));
        serde_json::to_vec(&Row { fields, passages: places, new_passages: new })
    }

    fn places<'a>(&mut self, passages: &[Retrieved<'a>], new: &mut Vec<Known<'a>>) -> Vec<(usize, &'a RawValue)> {
        let mut places = Vec::with_capacity(passages.len());
        for Retrieved { document, title, heading, text, score } in passages {
            let parts = [document.get(), title.get(), heading.map_or("", RawValue::get), text.get()];
            let next = self.known.len();
            let place = *self.known.entry(raw_sha256_parts(parts.map(str::as_bytes))).or_insert_with(|| {
                new.push(Known { document, title, heading: *heading, text });
                next
            });
            places.push((place, *score));
        }
        places
    }
}

#[cfg(test)]
mod tests;
