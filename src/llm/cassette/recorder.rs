//! Writes a cassette: a line for each exchange as it comes, sorted at the end so that git shows what changed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::value::to_raw_value;

use super::{Answered, Asked, Line, SCHEMA, shown};
use crate::config::Secret;
use crate::error::{Error, Result};
use crate::file::Replacement;
use crate::llm::exchange::{Exchange, hide};

pub(in crate::llm) struct Recorder {
    path: PathBuf,
    secrets: Vec<Secret>,
    tape: Mutex<Written>,
}

/// The file as far as it is written.
struct Written {
    /// `None` once it is finished.
    file: Option<File>,
    lines: Vec<Position>,
    end: u64,
    failure: Option<io::Error>,
}

struct Position {
    key: String,
    start: u64,
    bytes: usize,
}

impl Recorder {
    /// Makes sure that the file can be written. What it holds goes only when the first exchange comes.
    pub(super) fn open(path: &Path, secrets: Vec<Secret>) -> Result<Self> {
        let open = || {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)?;
            }
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
        };
        let file = open().map_err(|error| {
            Error::unavailable(format!("cannot write the recording {}", shown(path)))
                .source(error)
                .hint("nothing was run")
        })?;
        let tape = Mutex::new(Written { file: Some(file), lines: Vec::new(), end: 0, failure: None });
        Ok(Self { path: path.to_owned(), secrets, tape })
    }

    /// Appends a successful exchange. A failure is said by `finish`: the run itself has what it needs.
    pub(in crate::llm) fn record(&self, exchange: &Exchange<'_>, answered: &Answered) {
        let (key, line) = self.line(exchange, answered);
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        if tape.failure.is_none()
            && let Err(error) = line.and_then(|line| tape.append(key, &line))
        {
            tape.failure = Some(error);
        }
    }

    fn line(&self, exchange: &Exchange<'_>, answered: &Answered) -> (String, io::Result<Vec<u8>>) {
        let asked = Asked::of(exchange, &self.secrets);
        let key = asked.key();
        let mut response = answered.body.clone();
        response.sort_all_objects();
        self.secrets.iter().chain(&exchange.secrets()).for_each(|secret| hide(&mut response, secret));
        let write = || {
            let line = Line {
                schema: SCHEMA,
                key: key.clone(),
                provider: asked.provider,
                method: asked.method.to_owned(),
                path: asked.path,
                request: to_raw_value(&asked.body)?,
                repeat: asked.repeat,
                response: to_raw_value(&response)?,
                latency_ms: answered.latency.map(|latency| u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)),
            };
            let mut line = serde_json::to_vec(&line)?;
            line.push(b'\n');
            Ok(line)
        };
        let line = write();
        (key, line)
    }

    /// Sorts the lines by key, each key once, and puts the file in its place whole.
    pub(in crate::llm) fn finish(&self) -> Result<()> {
        let mut tape = self.tape.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error| {
            Error::unavailable(format!("cannot write the recording {}", shown(&self.path)))
                .source(error)
                .hint("it is incomplete: record it again")
        };
        if let Some(error) = tape.failure.take() {
            return Err(failed(error));
        }
        let Some(file) = tape.file.take() else { return Ok(()) };
        let mut lines = std::mem::take(&mut tape.lines);
        // Of equal requests, the last reply counts; the sort keeps their order.
        lines.sort_by(|a, b| a.key.cmp(&b.key));
        lines.reverse();
        lines.dedup_by(|later, earlier| later.key == earlier.key);
        lines.reverse();
        self.replace(file, &lines).map_err(failed)
    }

    fn replace(&self, mut file: File, lines: &[Position]) -> io::Result<()> {
        let mut to = Replacement::begin(&self.path)?;
        let mut line = Vec::new();
        for position in lines {
            line.resize(position.bytes, 0);
            file.seek(SeekFrom::Start(position.start))?;
            file.read_exact(&mut line)?;
            to.write_all(&line)?;
        }
        to.finish()
    }
}

impl Written {
    fn append(&mut self, key: String, line: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if self.lines.is_empty() {
            file.set_len(0)?;
        }
        file.seek(SeekFrom::Start(self.end))?;
        if let Err(error) = file.write_all(line) {
            // Half a line would make the others unreadable.
            let _ = file.set_len(self.end);
            return Err(error);
        }
        self.lines.push(Position { key, start: self.end, bytes: line.len() });
        self.end += line.len() as u64;
        Ok(())
    }
}
