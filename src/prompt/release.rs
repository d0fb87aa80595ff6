//! Makes drafts, and versions of them that never change.

use std::path::{Path, PathBuf};

use semver::Version;

use super::bump::{Bump, Interface, interface};
use super::ledger::{Event, Writing};
use super::registry::{DRAFT, Folder};
use super::source::Partials;
use super::{PromptVersion, file_digest};
use crate::error::{Error, Result};
use crate::file::replace;

/// Which version a release is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Number {
    /// The next one after the latest.
    Next(Bump),
    /// This one, from the draft.
    Exactly(Version),
    /// This one, whose file is there already.
    Existing(Version),
}

/// What was released.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) version: Version,
    pub(crate) digest: String,
    /// The file, seen from the project.
    pub(crate) file: String,
    /// The release before, and how far the new one is from it.
    pub(crate) since: Option<(Version, Interface)>,
}

/// Releases the draft, or a file that no ledger knows. The file is there before its line in the ledger, so that a crash between them
/// leaves an unrecorded version, which the same command records.
pub(crate) fn release(
    folder: &Folder<'_>,
    writing: &mut Writing,
    number: &Number,
    message: &str,
    sign: &dyn Fn(&str) -> Result<Option<String>>,
) -> Result<Released> {
    let history = writing.history()?;
    let latest =
        history.releases.keys().rfind(|version| version.pre.is_empty()).or(history.releases.keys().next_back());
    let latest = latest.cloned();
    let version = match (number, &latest) {
        (Number::Next(bump), Some(latest)) => bump.after(latest),
        (Number::Next(_), None) => Version::new(1, 0, 0),
        (Number::Exactly(version) | Number::Existing(version), _) => version.clone(),
    };
    if history.releases.contains_key(&version) {
        return Err(Error::config(format!("{}@{version} is released already", folder.name))
            .hint("a released version never changes: release the draft as the next one"));
    }
    let path = folder.file(&version.to_string());
    let file = folder.shown(&version.to_string());
    let text = match number {
        Number::Existing(_) => read(&path, &file)?,
        _ => draft(folder)?.written_out().to_owned(),
    };
    let new = PromptVersion::parse((folder.name, &version.to_string()), &file, &text, &Partials::Refused)?;
    let since = match &latest {
        Some(latest) => Some(compared(folder, &new, latest, writing.may_sign_again(latest))?),
        None => None,
    };
    // A file that is there has its number already, and whoever uses it knows it by that.
    if !matches!(number, Number::Existing(_)) {
        if let Some((latest, found)) = &since {
            check_number(&version, latest, found)?;
        }
        create(&path, &file, &text)?;
    }
    let digest = new.digest;
    let event = Event::Released {
        version: version.to_string(),
        digest: digest.clone(),
        file: file_digest(text.as_bytes()),
        message: message.to_owned(),
    };
    writing.add(event, sign)?;
    Ok(Released { version, digest, file, since })
}

fn draft(folder: &Folder<'_>) -> Result<PromptVersion> {
    if !folder.file(DRAFT).is_file() {
        return Err(Error::config(format!("there is no {}", folder.shown(DRAFT))).hint(format!(
            "`llmops prompt new {}` makes it from the latest version; NAME@VERSION records a file that is there already",
            folder.name
        )));
    }
    folder.read(DRAFT)
}

fn read(path: &Path, shown: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::config(format!("cannot read {shown}")).source(error))
}

/// How far the new version is from the latest.
fn compared(
    folder: &Folder<'_>,
    new: &PromptVersion,
    latest: &Version,
    may_be_same: bool,
) -> Result<(Version, Interface)> {
    let old = folder.read(&latest.to_string())?;
    if old.digest == new.digest && !may_be_same {
        return Err(Error::config(format!("nothing changed that a model sees since {}", old.full_name()))
            .hint(format!("edit {} first; descriptions and comments are no content", folder.shown(DRAFT))));
    }
    Ok((latest.clone(), interface(&old, new)))
}

/// Whether a number says enough of what changed. An older line of versions may go on beside a newer one.
fn check_number(version: &Version, latest: &Version, found: &Interface) -> Result<()> {
    let least = found.least;
    if version <= latest || !version.pre.is_empty() || *version >= least.after(latest) {
        return Ok(());
    }
    let reasons = found.reasons.join(", ");
    Err(Error::config(format!("{version} after {latest} is no {} version: {reasons}", least.name()))
        .hint(format!("release it with --bump {}", least.name())))
}

/// Writes a new version's file. One that is there with the same text was left by a release that did not come to its end.
fn create(path: &Path, shown: &str, text: &str) -> Result<()> {
    match std::fs::read_to_string(path) {
        Ok(there) if there == text => Ok(()),
        Ok(_) => Err(Error::config(format!("{shown} is there already, and no ledger knows it"))
            .hint("record it with `llmops prompt release NAME@VERSION`, or remove it")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            replace(path, text.as_bytes()).map_err(|error| Error::io("write", path, error))
        }
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// A prompt that shows all that one can have, for a beginning.
const STARTER: &str = "\
---
description: What this prompt is for.
variables:
  question: { type: string, example: \"What does it cost?\" }
---
system:
You answer in one or two sentences. If you do not know, say so.

user:
{{ question }}
";

/// Makes a draft: from a version if there is one, else from an example. It never replaces one.
pub(crate) fn new_draft(folder: &Folder<'_>, from: Option<&Path>) -> Result<PathBuf> {
    let path = folder.file(DRAFT);
    let shown = folder.shown(DRAFT);
    if path.exists() {
        return Err(Error::config(format!("{shown} is there already")).hint("edit it, or remove it first"));
    }
    let text = match from {
        Some(version) => read(version, &version.display().to_string())?,
        None => STARTER.to_owned(),
    };
    replace(&path, text.as_bytes()).map_err(|error| Error::io("write", &path, error))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_a_prompt() {
        let prompt = PromptVersion::parse(("p", DRAFT), "p", STARTER, &Partials::Refused).unwrap();
        assert_eq!(prompt.variables.names().collect::<Vec<_>>(), ["question"]);
    }
}
