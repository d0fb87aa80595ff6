//! Reads a journal back: which rows are whole, where they stand, and whether the last line was torn.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Header, Identity, Journal, Place, SCHEMA, Spent};
use crate::error::{Error, Result};
use crate::eval::Measured;

pub(super) struct Found {
    pub(super) journal: Journal,
    /// Its report has been written.
    pub(super) finished: bool,
}

/// The last line of a run whose report has been written.
#[derive(Deserialize)]
struct End {
    finished: bool,
}

/// The journal in this file; `None` if it is empty, or another run's.
pub(super) fn read(mut file: File, path: &Path, identity: &Identity) -> Result<Option<Found>> {
    let failed = |error| Error::io("read the journal", path, error);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut reader = BufReader::with_capacity(1 << 18, &file);
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).map_err(failed)?;
    let header: Option<Header> = serde_json::from_slice(&line).ok();
    let Some(header) = header.filter(|header| is_of(header, identity)) else { return Ok(None) };
    let mut places = vec![None; header.rows];
    let (mut end, mut spent, mut finished, mut damaged) = (line.len() as u64, Spent::default(), false, 0_usize);
    loop {
        line.clear();
        let start = end;
        reader.read_until(b'\n', &mut line).map_err(failed)?;
        if !line.ends_with(b"\n") {
            break;
        }
        end += line.len() as u64;
        match row(&line, start, header.rows) {
            Some((number, place, so_far)) => {
                places[number] = Some(place);
                spent.elapsed_ms = spent.elapsed_ms.max(so_far.elapsed_ms);
                spent.embedder_tokens = spent.embedder_tokens.max(so_far.embedder_tokens);
                finished = false;
            }
            None => match serde_json::from_slice::<End>(&line) {
                Ok(last) => finished = last.finished,
                Err(_) => damaged += 1,
            },
        }
    }
    let torn = !line.is_empty();
    drop(reader);
    if torn {
        // What is appended next must begin on a line of its own.
        file.set_len(end).map_err(|error| Error::io("repair the journal", path, error))?;
    }
    let repaired = repaired(torn, damaged);
    let (run, timestamp) = (header.run, header.timestamp);
    let journal = Journal { file, path: path.to_owned(), run, timestamp, spent, places, end, repaired, left: None };
    Ok(Some(Found { journal, finished }))
}

fn is_of(header: &Header, identity: &Identity) -> bool {
    header.schema == SCHEMA && header.identity == identity.digest && header.rows == identity.rows
}

/// A line's row number, its place and what had been spent; `None` if it is not a whole row of this run.
fn row(line: &[u8], start: u64, rows: usize) -> Option<(usize, Place, Spent)> {
    let (number, elapsed_ms, embedder_tokens, row): (usize, f64, u64, &RawValue) = serde_json::from_slice(line).ok()?;
    let row = row.get().as_bytes();
    Measured::of_row(row).ok()?;
    let offset = start + (row.as_ptr() as usize - line.as_ptr() as usize) as u64;
    let place = Place { offset, bytes: u32::try_from(row.len()).ok()? };
    (number < rows).then_some((number, place, Spent { elapsed_ms, embedder_tokens }))
}

fn repaired(torn: bool, damaged: usize) -> Option<String> {
    match (torn, damaged) {
        (false, 0) => None,
        (true, 0) => Some("its last line was torn and is dropped; that case is asked again".to_owned()),
        (_, damaged) => Some(format!(
            "{} damaged and dropped; their cases are asked again",
            if damaged + usize::from(torn) == 1 {
                "1 line was".to_owned()
            } else {
                format!("{} lines were", damaged + usize::from(torn))
            }
        )),
    }
}
