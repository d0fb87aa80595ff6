//! The formats that `[report]` asks for, written and printed by the run itself.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::output;
use crate::cli::Global;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::file;
use crate::report::formats::{self, Format, Place, Source, TERMINAL};
use crate::report::json;

/// What a run leaves beside its printed summary.
pub(super) struct Wanted {
    formats: Vec<&'static Format>,
    /// Whether this is a job of GitHub Actions, which reads commands from the output.
    in_github: bool,
    /// Where such a job collects its summary.
    step_summary: Option<PathBuf>,
    /// Whether the report is shown.
    pub(super) is_shown: bool,
}

/// The format that a job's summary is written in.
const SUMMARY: &str = "markdown";

impl Wanted {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            formats: config.report.formats.iter().filter_map(|name| formats::find(name)).collect(),
            in_github: config.env.get("GITHUB_ACTIONS") == Some("true"),
            step_summary: config.env.get("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            is_shown: true,
        }
    }

    /// The JSON report alone.
    pub(super) fn nothing() -> Self {
        Self { formats: Vec::new(), in_github: false, step_summary: None, is_shown: true }
    }

    /// Removes what an earlier run has left, for which this one must not be mistaken if it fails.
    pub(super) fn prepare(&self, report: &Path) -> Result<()> {
        for path in self.formats.iter().filter_map(|format| format.file_beside(report)) {
            remove_before_a_run(&path)?;
        }
        Ok(())
    }

    /// Writes the report and the files beside it. One that cannot be written keeps none of the others away.
    pub(super) fn write(&self, source: &Source<'_>, report: &Path) -> (Vec<PathBuf>, Result<()>) {
        let mut written = Vec::new();
        let mut errors = Vec::new();
        let mut take = |path: PathBuf, result: Result<()>| match result {
            Ok(()) => written.push(path),
            Err(error) => errors.push(error),
        };
        take(report.to_owned(), json::write(source.report, source.rows, report));
        for format in &self.formats {
            if let Some(path) = format.file_beside(report) {
                let result = format.write_file(source, &path);
                take(path, result);
            }
        }
        errors.extend(self.summarise(source).err());
        (written, Error::all(errors).map_or(Ok(()), Err))
    }

    /// Adds to the job's summary, in which earlier steps may stand.
    fn summarise(&self, source: &Source<'_>) -> Result<()> {
        let Some(path) = self.step_summary.as_ref().filter(|_| self.in_github) else { return Ok(()) };
        let Some(format) = self.formats.iter().find(|format| format.name == SUMMARY) else { return Ok(()) };
        let mut text = Vec::new();
        (format.write)(source, &mut text, &|error| Error::io("add to the job's summary", path, error))?;
        append(path, &text)
    }

    /// For a command that writes the job's summary itself, and says more than the report.
    pub(super) fn for_pipeline(self, is_shown: bool) -> Self {
        Self { step_summary: None, is_shown, ..self }
    }

    /// Prints what is not a file. Elsewhere than in the system that reads it, it would only be noise.
    pub(super) fn print(&self, global: &Global, source: &Source<'_>) -> Result<()> {
        let printed = self.formats.iter().filter(|format| format.place == Place::Printed && self.in_github);
        for format in printed {
            if global.json {
                // Standard output is the JSON's; the runner reads commands from standard error too.
                let mut text = Vec::new();
                let failed = |error| Error::unavailable("cannot write to standard error").source(error);
                (format.write)(source, &mut text, &failed)?;
                output::raw_message(&text);
            } else {
                print(format, source)?;
            }
        }
        Ok(())
    }
}

/// Removes what an earlier run has left, for which the next must not be mistaken.
pub(super) fn remove_before_a_run(path: &Path) -> Result<()> {
    let failed = |error| Error::io("replace", path, error).hint("nothing was run; fix the folder");
    file::remove(path).map_err(failed)
}

/// Adds a text to the job's summary, in a system that has one.
pub(super) fn summarise(config: &Config, text: &[u8]) -> Result<()> {
    let Wanted { in_github, step_summary, .. } = Wanted::of(config);
    step_summary.filter(|_| in_github).map_or(Ok(()), |path| append(&path, text))
}

fn append(path: &Path, text: &[u8]) -> Result<()> {
    let failed = |error| Error::io("add to the job's summary", path, error);
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(failed)?;
    file.write_all(text).map_err(failed)
}

/// Prints the report in this format to standard output.
pub(super) fn print(format: &Format, source: &Source<'_>) -> Result<()> {
    let failed = |error| Error::unavailable("cannot write to standard output").source(error);
    if format.name == TERMINAL.name {
        // Only this one has styles, which are taken away where they are not wanted.
        let mut text = Vec::new();
        (format.write)(source, &mut text, &failed)?;
        return output::print(&String::from_utf8_lossy(&text));
    }
    output::stream(&mut |out| (format.write)(source, out, &failed))
}
