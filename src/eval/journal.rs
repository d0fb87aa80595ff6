//! The journal of a run: every finished case is appended to a file as it ends, so that a run that is killed at any
//! moment goes on where it stopped, and so that no run holds its cases in memory.
//!
//! ```text
//! .llmops/runs/<identity>.jsonl
//!   {"schema":1,"identity":"...","run":"...","timestamp":"...","rows":1000}
//!   [17,152.3,40,{"id":"a", ...}]     number of the row in the report, what the run has taken so far, the row
//!   {"finished":true}                 the report has been written
//! ```

mod read;
mod slot;
mod write;

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Measured;
use crate::error::{Error, Result};

pub(crate) use self::slot::Start;
pub(super) use self::write::Writer;

const SCHEMA: u32 = 1;

/// The first line: of which run this is the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    schema: u32,
    identity: String,
    /// Tells this run from every other, also from another machine's of the same identity.
    run: String,
    timestamp: String,
    rows: usize,
}

/// What a run is, for finding its journal again: two runs of one identity ask the same and measure the same.
pub(crate) struct Identity {
    /// SHA-256 of everything that can change a row.
    pub(crate) digest: String,
    /// What the run that is about to start is called: random, and no other run's, also on another machine.
    pub(crate) run: String,
    /// When the run that is about to start starts.
    pub(crate) timestamp: String,
    /// How many rows the report will have.
    pub(crate) rows: usize,
}

/// An open journal, locked against other processes, with the place of each row.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    run: String,
    /// When the run first started.
    timestamp: String,
    spent: Spent,
    /// By the row's number in the report.
    places: Vec<Option<Place>>,
    /// Where the next line goes: the end of the last whole one.
    end: u64,
    /// What was found to be damaged, in words.
    repaired: Option<String>,
    /// Rows of an interrupted run of the same identity that was not asked for.
    left: Option<usize>,
}

/// What a run has taken so far, over all its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spent {
    pub(crate) elapsed_ms: f64,
    pub(crate) embedder_tokens: u64,
}

/// Where a row stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    offset: u64,
    bytes: u32,
}

impl Journal {
    /// Opens the journal of a run, new or continued, in the project's state folder.
    pub(crate) fn open(state: &Path, identity: &Identity, start: Start) -> Result<Self> {
        slot::open(&state.join("runs"), identity, start)
    }

    /// Names this run, and no other, through all its parts.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    pub(crate) fn timestamp(&self) -> &str {
        &self.timestamp
    }

    pub(crate) fn spent(&self) -> Spent {
        self.spent
    }

    /// How many rows an interrupted run has that could be continued instead, if there is one.
    pub(crate) fn left(&self) -> Option<usize> {
        self.left
    }

    /// How many rows are there already.
    pub(crate) fn done(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Which rows are there already.
    pub(super) fn done_rows(&self) -> Vec<bool> {
        self.places.iter().map(Option::is_some).collect()
    }

    /// What was damaged and has been repaired, if anything was.
    pub(crate) fn repaired(&self) -> Option<&str> {
        self.repaired.as_deref()
    }

    /// Forgets the rows of cases that failed, so that they are asked again.
    pub(crate) fn forget_failures(&mut self) -> Result<usize> {
        let mut failed = Vec::new();
        self.each_measured(&mut |number, row| failed.extend(row.failure().is_some().then_some(number)))?;
        for number in &failed {
            self.places[*number] = None;
        }
        Ok(failed.len())
    }

    /// Every row in the order of the report.
    pub(crate) fn each(&self, on: &mut dyn FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let failed = |error| Error::io("read the journal", &self.path, error);
        // Rows stand nearly in order, so most of the way is within the buffer.
        let mut reader = BufReader::with_capacity(1 << 18, &self.file);
        let mut at = reader.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut row = Vec::new();
        for (number, place) in self.places.iter().enumerate() {
            let Some(place) = place else { continue };
            #[expect(clippy::cast_possible_wrap, reason = "files are far below 2^63 bytes")]
            reader.seek_relative(place.offset as i64 - at as i64).map_err(failed)?;
            row.resize(place.bytes as usize, 0);
            reader.read_exact(&mut row).map_err(failed)?;
            at = place.offset + u64::from(place.bytes);
            on(number, &row)?;
        }
        Ok(())
    }

    /// The same without answers and passages.
    pub(crate) fn each_measured(&self, on: &mut dyn FnMut(usize, Measured)) -> Result<()> {
        self.each(&mut |number, row| {
            let row = Measured::of_row(row).map_err(|error| {
                Error::unavailable(format!("the journal {} is damaged", self.path.display()))
                    .source(error)
                    .hint("delete it, and run again")
            })?;
            on(number, row);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
