//! A file whose lock keeps other processes out while several steps must look like one.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// Waits for the lock of this file, which is made if need be with the folders above it. It is held until the result is
/// dropped, or the process ends however it ends.
pub(crate) fn hold(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::create(path)?;
    file.lock()?;
    Ok(file)
}

/// A lock that was asked for without waiting.
pub(crate) enum Tried {
    /// Held until this is dropped.
    Held(File),
    /// Another process has it, which calls itself so.
    By(String),
}

/// Takes the lock of this file, or says who has it: what `by` is, is kept beside it for those who ask meanwhile.
pub(crate) fn try_hold(path: &Path, by: &str) -> io::Result<Tried> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let holder = path.with_extension("holder");
    let file = File::options().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {
            std::fs::write(&holder, by)?;
            Ok(Tried::Held(file))
        }
        Err(TryLockError::WouldBlock) => Ok(Tried::By(std::fs::read_to_string(&holder).unwrap_or_default())),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
