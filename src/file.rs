//! Files that are replaced as a whole: a reader sees the old one or the new one, never half of one.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A new file that is not there yet. It takes the place of the old one with `finish`; dropped before, it leaves nothing.
pub(crate) struct Replacement {
    path: PathBuf,
    temporary: PathBuf,
    /// `None` once it is in its place.
    out: Option<BufWriter<File>>,
}

impl Replacement {
    /// Begins a file that is to stand at `path`, with the folders above it.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        Self::begin_with(path, File::options().write(true).create(true).truncate(true))
    }

    fn begin_with(path: &Path, options: &OpenOptions) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let temporary = temporary(path);
        let out = BufWriter::with_capacity(1 << 18, options.open(&temporary)?);
        Ok(Self { path: path.to_owned(), temporary, out: Some(out) })
    }

    /// Puts the file in its place. The disk has it when this returns.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if let Some(out) = &mut self.out {
            out.flush()?;
            out.get_ref().sync_all()?;
            std::fs::rename(&self.temporary, &self.path)?;
        }
        self.out = None;
        sync_folder(&self.path)
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if self.out.is_some() {
            // It is of no use to anybody; that it cannot be removed changes nothing.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Replaces the file at `path`. If that fails, the old one stays.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = Replacement::begin(path)?;
    file.write_all(content)?;
    file.finish()
}

/// Removes the file at `path`; that there is none is as good.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Replaces the file at `path` by one that nobody but its owner may read, where the system knows such files.
pub(crate) fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = Replacement::begin_with(path, &options)?;
    file.write_all(content)?;
    file.finish()
}

/// Whether a file could be put at `path`: the folder takes one, and the disk has room for some of it.
pub(crate) fn probe(path: &Path) -> io::Result<()> {
    let mut file = Replacement::begin(path)?;
    file.write_all(b"{}")?;
    file.flush()
}

/// Removes what processes that were killed have left of new files in a folder. Nobody else may be writing there.
pub(crate) fn remove_leftovers(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name.strip_suffix(SUFFIX).and_then(|name| name.rsplit_once('.'));
        if number.is_some_and(|(_, process)| process.parse::<u32>().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

const SUFFIX: &str = ".tmp";

/// A name beside `path` that no other process uses.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}{SUFFIX}", std::process::id()));
    name.into()
}

/// The name of a file is in its folder, which the disk must have too. Systems that cannot be asked for it do it themselves.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.json");
        replace(&path, b"one").unwrap();
        let mut abandoned = Replacement::begin(&path).unwrap();
        abandoned.write_all(b"half").unwrap();
        drop(abandoned);
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        replace(&path, b"two").unwrap();
        probe(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(names(path.parent().unwrap()), ["a.json"]);
    }

    #[test]
    fn only_leftovers_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.md", "a.md.123.tmp", "notes.tmp", "a.1.0.tmpl"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_leftovers(folder.path());
        assert_eq!(names(folder.path()), ["a.1.0.tmpl", "a.md", "notes.tmp"]);
    }
}
