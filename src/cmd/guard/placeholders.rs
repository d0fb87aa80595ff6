//! The file of `--placeholders`: what was masked in the texts of one conversation.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::Global;
use crate::error::{Error, Result};
use crate::guard::Vault;
use crate::{file, lockfile};

/// An open file, which other processes wait for.
pub(super) struct Placeholders {
    path: PathBuf,
    pub(super) vault: Vault,
    _lock: File,
}

impl Placeholders {
    /// Reads the file, if there is one yet.
    pub(super) fn open(global: &Global, path: &Path) -> Result<Self> {
        let path = global.directory.join(path);
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let lock = lockfile::hold(Path::new(&lock));
        let lock = lock.map_err(|error| Error::io("lock", &path, error))?;
        let vault = match std::fs::read_to_string(&path) {
            Ok(text) => Vault::read(&text).map_err(|error| error.at(path.display(), None))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vault::default(),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        Ok(Self { path, vault, _lock: lock })
    }

    /// Writes the file, for nobody but its owner.
    pub(super) fn keep(&self) -> Result<()> {
        file::replace_private(&self.path, self.vault.written().as_bytes())
            .map_err(|error| Error::io("write", &self.path, error))
    }
}
