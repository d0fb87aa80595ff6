//! Files that are replaced as a whole: a reader sees the old one or the new one, never half of one.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes something; what a failure to write becomes is given.
type Content<'a> = &'a dyn Fn(&mut dyn Write, &dyn Fn(io::Error) -> Error) -> Result<()>;

/// Replaces the file at `path` by what `content` writes. If that fails, the old file stays.
pub(super) fn replace(path: &Path, content: Content<'_>) -> Result<()> {
    let temporary = temporary(path);
    let written = write(&temporary, path, content);
    let placed = written.and_then(|()| std::fs::rename(&temporary, path).map_err(|error| cannot_write(path, error)));
    if placed.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    placed
}

/// A name beside `path` that no other process uses.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    name.into()
}

fn write(temporary: &Path, path: &Path, content: Content<'_>) -> Result<()> {
    let file = File::create(temporary).map_err(|error| cannot_write(path, error))?;
    let mut out = BufWriter::with_capacity(1 << 18, file);
    content(&mut out, &|error| cannot_write(path, error))?;
    let file = out.into_inner().map_err(|error| cannot_write(path, error.into_error()))?;
    file.sync_all().map_err(|error| cannot_write(path, error))
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::io("write the report", path, error)
        .hint("the run is finished and kept; free the disk or fix the folder, and `--resume` writes the report")
}
