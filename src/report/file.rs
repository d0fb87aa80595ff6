//! The files of a finished run, each replaced as a whole.

use std::io::{self, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::file::Replacement;

/// Writes something; what a failure to write becomes is given.
type Content<'a> = &'a dyn Fn(&mut dyn Write, &dyn Fn(io::Error) -> Error) -> Result<()>;

/// Replaces the file at `path` by what `content` writes. If that fails, the old file stays.
pub(super) fn replace(path: &Path, content: Content<'_>) -> Result<()> {
    let failed = |error| {
        Error::io("write the report", path, error)
            .hint("the run is finished and kept; free the disk or fix the folder, and `--resume` writes the report")
    };
    let mut file = Replacement::begin(path).map_err(failed)?;
    content(&mut file, &failed)?;
    file.finish().map_err(failed)
}
