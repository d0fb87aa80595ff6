//! Reads the documents folder: one file a format under `readers/`, one row each in `READERS`.

mod apart;
mod csv;
mod html;
mod jsonl;
mod markdown;
mod pdf;
mod row;
mod text;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Document;
use crate::error::{Error, Problem, Result};

/// One file format.
struct Reader {
    /// Lower case, without the dot.
    extensions: &'static [&'static str],
    /// Adds what the file holds, and what is wrong with it.
    read: fn(&File, &mut Reading),
}

const READERS: &[Reader] = &[
    Reader { extensions: &["md", "markdown", "mdx"], read: markdown::read },
    Reader { extensions: &["txt", "text", "rst", "adoc"], read: text::read },
    Reader { extensions: &["html", "htm", "xhtml"], read: html::read },
    Reader { extensions: &["pdf"], read: pdf::read },
    Reader { extensions: &["jsonl", "ndjson"], read: jsonl::read },
    Reader { extensions: &["csv"], read: csv::read },
];

/// A file under the reader's eyes.
struct File {
    /// Path below the documents folder, with `/`; the id of a document that is a whole file.
    id: String,
    /// The path as messages name it.
    name: String,
    bytes: Vec<u8>,
}

impl File {
    /// The file's name without its extension: the last resort of a title.
    fn stem(&self) -> String {
        let stem = Path::new(&self.id).file_stem();
        stem.map_or_else(|| self.id.clone(), |stem| stem.to_string_lossy().into_owned())
    }

    /// The text, without a byte order mark and with `\n` at line ends, so that it is the same on every system.
    fn text(&self) -> std::result::Result<Cow<'_, str>, Problem> {
        if self.bytes.starts_with(&[0xFF, 0xFE]) || self.bytes.starts_with(&[0xFE, 0xFF]) {
            let hint = format!("convert it: iconv -f UTF-16 -t UTF-8 {}", self.name);
            return Err(Problem::new("this file is UTF-16, only UTF-8 can be read").at(&self.name, None).hint(hint));
        }
        let bytes = self.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains('\r') => Ok(text.replace("\r\n", "\n").into()),
            Ok(text) => Ok(text.into()),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
                Err(Problem::new("this is not UTF-8").at(&self.name, Some(line)).hint("save the file as UTF-8"))
            }
        }
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Reading {
    /// Never blank, each with an id of its own.
    pub(super) documents: Vec<Document>,
    /// Files that no reader knows.
    pub(super) skipped_files: usize,
    problems: Vec<Problem>,
    /// Where each id was found.
    places: BTreeMap<String, String>,
}

impl Reading {
    /// Takes a document up; a blank one says nothing and is left out.
    fn add(&mut self, file: &File, line: Option<usize>, document: Document) {
        if document.body.trim().is_empty() {
            return;
        }
        let place = line.map_or_else(|| file.name.clone(), |line| format!("{}:{line}", file.name));
        if let Some(first) = self.places.get(&document.id) {
            let message = format!("the id \"{}\" is taken by {first}", document.id);
            self.problems.push(Problem::new(message).at(place, None));
            return;
        }
        self.places.insert(document.id.clone(), place);
        self.documents.push(document);
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The text of a file, or a problem more.
    fn text<'f>(&mut self, file: &'f File) -> Option<Cow<'f, str>> {
        file.text().map_err(|problem| self.problem(problem)).ok()
    }
}

/// Reads a file, or every file of a folder in the order of their paths. `name` is what messages call it.
///
/// `on` is told how many files are done, of how many.
///
/// Errors with every problem of every file, or if there is no document with text at all.
pub(super) fn read(path: &Path, name: &str, on: &dyn Fn(usize, usize)) -> Result<Reading> {
    let mut reading = Reading::default();
    let files = files(path, &mut reading.problems);
    let total = files.len();
    for (done, found) in files.into_iter().enumerate() {
        on(done, total);
        let extension = found.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let Some(reader) = READERS.iter().find(|reader| reader.extensions.contains(&extension.as_str())) else {
            reading.skipped_files += 1;
            continue;
        };
        let id = id(path, &found);
        let name = if found == path { name.to_owned() } else { format!("{}/{id}", name.trim_end_matches('/')) };
        match std::fs::read(&found) {
            Ok(bytes) => (reader.read)(&File { id, name, bytes }, &mut reading),
            Err(error) => reading.problem(Problem::new(format!("cannot read it: {error}")).at(name, None)),
        }
    }
    Error::unless_empty(std::mem::take(&mut reading.problems))?;
    if reading.documents.is_empty() {
        return Err(Error::config(format!("no document with text in {name}"))
            .hint(format!("put documents there ({}), or set retrieval.documents", known_extensions())));
    }
    Ok(reading)
}

fn known_extensions() -> String {
    READERS
        .iter()
        .filter_map(|reader| reader.extensions.first())
        .map(|name| format!(".{name}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Every file that is not hidden, once, by its shortest path. Links are followed; the walker notices when they lead in
/// circles.
fn files(path: &Path, problems: &mut Vec<Problem>) -> BTreeSet<PathBuf> {
    let mut walk = ignore::WalkBuilder::new(path);
    walk.standard_filters(false).hidden(true).follow_links(true).sort_by_file_path(Path::cmp);
    let mut files: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for entry in walk.build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                let real = entry.path().canonicalize().unwrap_or_else(|_| entry.path().to_owned());
                let path = files.entry(real).or_insert_with(|| entry.path().to_owned());
                if entry.path().components().count() < path.components().count() {
                    *path = entry.into_path();
                }
            }
            Ok(_) => {}
            Err(error) if is_loop(&error) => {}
            Err(error) => problems.push(Problem::new(error.to_string())),
        }
    }
    files.into_values().collect()
}

fn is_loop(error: &ignore::Error) -> bool {
    match error {
        ignore::Error::Loop { .. } => true,
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => is_loop(err),
        _ => false,
    }
}

fn id(root: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(root).ok().filter(|relative| !relative.as_os_str().is_empty());
    let relative = relative.or_else(|| file.file_name().map(Path::new)).unwrap_or(file);
    let parts = relative.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
