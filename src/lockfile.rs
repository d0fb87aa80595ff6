//! A file whose lock keeps other processes out while several steps must look like one.

use std::fs::File;
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
