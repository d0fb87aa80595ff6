//! `llmops prompt rollback`: returns a label to what it meant before.

use super::super::evaluation;
use super::label::{Target, named, not_there, place, show};
use super::{reason, recorded};
use crate::cli::{Global, Rollback};
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::prompt::{Folder, History, plain_version};

pub(super) fn run(global: &Global, config: &Config, arguments: &Rollback) -> Result<ExitStatus> {
    let (label, why) = (named(&arguments.label)?, reason(&arguments.message)?);
    let folder = Folder::existing(&config.root, &arguments.name)?;
    let history = folder.history()?;
    if !history.labels.contains_key(label) {
        return Err(not_there(folder.name, label, history.labels.keys()));
    }
    let version = target(&folder, &history, label, arguments.to.as_deref())?;
    let version = recorded(&folder, &version)?;
    let evidence = evaluation::last(config, &version.digest);
    let moved = place(config, &folder, Target { version, evidence, rollback: true }, (label, why))?;
    show(global, &moved)
}

/// The version that the label meant before, or the chosen one if it has ever meant that.
fn target(folder: &Folder<'_>, history: &History, label: &str, to: Option<&str>) -> Result<String> {
    let now = history.label(label).and_then(|last| last.version.as_deref());
    let known = history.meant(label, now);
    let hint = |error: Error| match known[..] {
        [] => error.hint("it has meant no other version"),
        _ => error.hint(format!("it has meant: {}; --to takes one of them", known.join(", "))),
    };
    match to {
        None => history.before(label).map(str::to_owned).ok_or_else(|| {
            let now = now.unwrap_or("nothing");
            hint(Error::config(format!("{label} of {} meant no version before {now}", folder.name)))
        }),
        Some(to) => {
            let to = plain_version(to).unwrap_or(to);
            if known.contains(&to) || now == Some(to) {
                return Ok(to.to_owned());
            }
            Err(hint(Error::config(format!("{label} has never meant {}@{to}", folder.name))))
        }
    }
}
