//! Adds lines to a ledger, so that many processes at once lose nothing, and one that is killed leaves the old file or the new.

use std::fs::File;
use std::path::{Path, PathBuf};

use semver::Version;

use super::{Entry, Event, FILE, History, read};
use crate::clock;
use crate::error::{Error, Result};
use crate::file::{remove_leftovers, replace};
use crate::lockfile;

/// A ledger that nobody else writes while this lives.
pub(crate) struct Writing {
    path: PathBuf,
    shown: String,
    by: String,
    entries: Vec<Entry>,
    signs: bool,
    _lock: File,
}

/// Waits for a prompt's ledger. `folder` is the prompt's, `state` the project's for what is not in git; `by` is whoever writes.
pub(crate) fn with_lock(folder: &Path, shown: &str, state: &Path, by: String) -> Result<Writing> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let lock = state.join("prompts").join(format!("{name}.lock"));
    let lock = lockfile::hold(&lock).map_err(|error| Error::io("lock", &lock, error))?;
    remove_leftovers(folder);
    let path = folder.join(FILE);
    // Nothing is added to a history that cannot be trusted.
    let entries = read(&path, shown)?.sound()?;
    Ok(Writing { path, shown: shown.to_owned(), by, entries, signs: false, _lock: lock })
}

impl Writing {
    pub(crate) fn history(&self) -> Result<History> {
        let mut history = History::of(&self.entries, &self.shown);
        Error::unless_empty(std::mem::take(&mut history.problems))?;
        Ok(history)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn by(&self) -> &str {
        &self.by
    }

    /// The same, of a project that signs its lines.
    pub(crate) fn signing(self, signs: bool) -> Self {
        Self { signs, ..self }
    }

    /// Whether a release was left unsigned in a project that signs now: then its content may be released once more, signed.
    pub(crate) fn may_sign_again(&self, version: &Version) -> bool {
        let is_it = |entry: &&Entry| matches!(&entry.event, Event::Released { version: released, .. } if *released == version.to_string());
        self.signs && self.entries.iter().find(is_it).is_some_and(|entry| entry.signature.is_none())
    }

    /// The number that the next line has.
    pub(crate) fn next_seq(&self) -> usize {
        self.entries.last().map_or(1, |last| last.seq + 1)
    }

    /// Adds a line, signed by `sign` if it gives a signature of the line's hash.
    pub(crate) fn add(&mut self, event: Event, sign: &dyn Fn(&str) -> Result<Option<String>>) -> Result<()> {
        let mut entry = Entry::after(self.entries.last(), clock::timestamp(), self.by.clone(), event);
        entry.signature = sign(&entry.hash)?;
        self.entries.push(entry);
        let mut text = Vec::new();
        for entry in &self.entries {
            let line = serde_json::to_string(entry)
                .map_err(|error| Error::unavailable("cannot write the entry of a ledger").source(error))?;
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        replace(&self.path, &text).map_err(|error| Error::io("write", &self.path, error))
    }
}
