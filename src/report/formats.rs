//! The formats that a report is shown in: one file each, one row here. The command line, the configuration check and the
//! reference all read these entries.

mod github;
mod html;
mod junit;
mod markdown;
mod sarif;

use std::io;
use std::path::{Path, PathBuf};

pub(crate) use markdown::{MARKER, code as markdown_code};

use super::json::{self, Rows};
use super::{Report, file, terminal};
use crate::error::{Error, Result};

/// One way to show a report.
pub(crate) struct Format {
    /// As users write it.
    pub(crate) name: &'static str,
    /// One line, without a full stop.
    pub(crate) summary: &'static str,
    pub(crate) place: Place,
    pub(crate) write: fn(&Source<'_>, &mut dyn io::Write, Failed<'_>) -> Result<()>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Where a format goes in the run itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Every run has it, asked for or not.
    Always,
    /// Beside `eval_report.json`, with this instead of `json`.
    File(&'static str),
    /// Among the run's own output.
    Printed,
}

/// What is shown.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) report: &'a Report,
    pub(crate) rows: Rows<'a>,
    /// The cases of the report that this one is measured against, where there is one.
    pub(crate) baseline: Option<Rows<'a>>,
}

/// What a failure to write becomes.
pub(crate) type Failed<'a> = &'a dyn Fn(io::Error) -> Error;

/// For people, printed by every run.
pub(crate) const TERMINAL: Format = Format {
    name: "terminal",
    summary: "what failed and why, then the numbers",
    place: Place::Always,
    write: |source, out, failed| out.write_all(terminal::render(source.report).as_bytes()).map_err(failed),
};

/// For programs, written by every run.
pub(crate) const JSON: Format = Format {
    name: "json",
    summary: "everything, for programs; docs/reference/report.schema.json describes it",
    place: Place::Always,
    write: |source, out, failed| json::write_to(source.report, source.rows, out, failed),
};

/// All formats.
pub(crate) const FORMATS: &[Format] = &[
    TERMINAL,
    JSON,
    Format {
        name: "html",
        summary: "one page with charts and every case, which opens anywhere without a network",
        place: Place::File("html"),
        write: html::write,
    },
    Format {
        name: "junit",
        summary: "JUnit XML, for GitLab, Jenkins and others that show test results",
        place: Place::File("junit.xml"),
        write: junit::write,
    },
    Format {
        name: "markdown",
        summary: "for a job's summary or a comment on a pull request",
        place: Place::File("md"),
        write: markdown::write,
    },
    Format {
        name: "sarif",
        summary: "SARIF 2.1.0, for code scanning: a finding at the dataset's line for each case that is wrong",
        place: Place::File("sarif"),
        write: sarif::write,
    },
    Format {
        name: "github",
        summary: "annotations of GitHub Actions, at the dataset's lines",
        place: Place::Printed,
        write: github::write,
    },
];

/// The formats that a run can write besides those that it always has.
pub(crate) fn optional() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().filter(|format| format.place != Place::Always)
}

/// The format of that name.
pub(crate) fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

impl Format {
    /// Where a run puts it, if its report is at `report`; `None` for what is printed.
    pub(crate) fn file_beside(&self, report: &Path) -> Option<PathBuf> {
        match self.place {
            Place::File(suffix) => Some(report.with_extension(suffix)),
            Place::Always | Place::Printed => None,
        }
    }

    /// Replaces the file by this format of a report.
    pub(crate) fn write_file(&self, source: &Source<'_>, path: &Path) -> Result<()> {
        file::replace(path, &|out, failed| (self.write)(source, out, failed))
    }
}
