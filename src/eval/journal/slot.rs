//! Finds the file of a run's journal: the one of an interrupted run, or a new one. Every open journal is locked, so
//! that processes side by side do not write into each other's.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Header, Identity, Journal, SCHEMA, Spent, read};
use crate::error::{Error, Result};
use crate::lockfile;

/// How a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// From the first case; an interrupted run of the same identity stays as it is.
    Fresh,
    /// With the rows of an interrupted run, if there is one.
    Resume,
    /// With the rows of the last run, interrupted or finished; it is an error if there is none.
    Again,
}

/// Processes that run the same at once; each has a file of its own.
const MAX_SLOTS: usize = 64;
/// Journals that are kept, over all identities.
const KEPT: usize = 20;

pub(super) fn open(folder: &Path, identity: &Identity, start: Start) -> Result<Journal> {
    // One process at a time chooses: looking at a journal locks it for a moment, which must not look like a run.
    let choosing = folder.join("choosing.lock");
    let _choosing = lockfile::hold(&choosing).map_err(|error| cannot_write(&choosing, error))?;
    let mut free = None;
    let mut best: Option<(SystemTime, Journal)> = None;
    let mut left = None;
    for slot in 1..=MAX_SLOTS {
        let path = path(folder, identity, slot);
        if !path.exists() {
            free.get_or_insert(path);
            break;
        }
        let Some((file, modified)) = lock(&path).map_err(|error| cannot_write(&path, error))? else { continue };
        let Some(found) = read::read(file, &path, identity)? else {
            free.get_or_insert(path);
            continue;
        };
        let done = found.journal.done();
        // One that was killed before its first row has nothing to lose.
        let is_interrupted = !found.finished && done > 0;
        let wanted = match start {
            Start::Fresh => false,
            Start::Resume => is_interrupted,
            Start::Again => done > 0,
        };
        if wanted && best.as_ref().is_none_or(|(newest, _)| *newest < modified) {
            best = Some((modified, found.journal));
        } else if is_interrupted {
            left = left.max(Some(done));
        } else {
            free.get_or_insert(path);
        }
    }
    match (best, free, start) {
        (Some((_, journal)), ..) => Ok(journal),
        (None, _, Start::Again) => Err(Error::config("there is no run of this content whose errors could be retried")
            .hint("a run is found again if prompt, dataset, documents, model and [target] are the same")),
        (None, Some(path), _) => {
            let journal = create(&path, identity)?;
            prune(folder);
            Ok(Journal { left, ..journal })
        }
        (None, None, _) => {
            Err(Error::unavailable(format!("{MAX_SLOTS} runs of the same content are open in {}", folder.display())))
        }
    }
}

fn path(folder: &Path, identity: &Identity, slot: usize) -> PathBuf {
    let name = &identity.digest[..16.min(identity.digest.len())];
    folder.join(if slot == 1 { format!("{name}.jsonl") } else { format!("{name}-{slot}.jsonl") })
}

/// The file, locked, and when it was last written; `None` if another process has it.
fn lock(path: &Path) -> std::io::Result<Option<(File, SystemTime)>> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let modified = file.metadata()?.modified()?;
    Ok(Some((file, modified)))
}

fn create(path: &Path, identity: &Identity) -> Result<Journal> {
    let header = Header {
        schema: SCHEMA,
        identity: identity.digest.clone(),
        run: identity.run.clone(),
        timestamp: identity.timestamp.clone(),
        rows: identity.rows,
    };
    let mut line = serde_json::to_vec(&header).expect("a header is plain strings and numbers");
    line.push(b'\n');
    let failed = |error| cannot_write(path, error);
    let Some((mut file, _)) = lock(path).map_err(failed)? else {
        return Err(Error::unavailable(format!("another process has just taken {}", path.display())).hint("run again"));
    };
    file.set_len(0).and_then(|()| file.write_all(&line)).map_err(failed)?;
    Ok(Journal {
        file,
        path: path.to_owned(),
        run: header.run,
        timestamp: header.timestamp,
        spent: Spent::default(),
        places: vec![None; identity.rows],
        end: line.len() as u64,
        repaired: None,
        left: None,
    })
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    Error::io("write the journal", path, error).hint("nothing was run; free the disk or fix the folder")
}

/// Removes the oldest journals that nobody has open. What cannot be removed stays; it is only space.
fn prune(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jsonl"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let excess = files.len().saturating_sub(KEPT);
    for (_, path) in files.into_iter().take(excess) {
        if let Ok(Some(_lock)) = lock(&path) {
            let _ = std::fs::remove_file(&path);
        }
    }
}
