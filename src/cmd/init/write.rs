//! Writes what is not there yet, and tells what was there.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Value, json};

use super::FILE;
use super::detect::Found;
use super::plan::Plan;
use crate::cmd::prompt::import::take_over;
use crate::cmd::vocabulary;
use crate::config::{Config, Purpose, STATE_FOLDER};
use crate::error::{Error, Result};
use crate::file::{probe, replace};
use crate::git;
use crate::prompt::{self, Folder, Number, Signer, with_lock};

/// What was done, or would be.
#[derive(Default)]
pub(super) struct Done {
    pub(super) written: Vec<String>,
    /// Files that were there and are not what would be written.
    pub(super) kept: Vec<String>,
    /// What each import said.
    pub(super) imported: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Done {
    pub(super) fn is_change(&self) -> bool {
        !self.written.is_empty()
    }

    pub(super) fn json(&self) -> Value {
        json!({ "written": self.written, "kept": self.kept, "imported": self.imported, "notes": self.notes })
    }
}

const IGNORE: &str = ".gitignore";
/// Local state, secrets and reports, each with a file that it is about.
const IGNORED: [(&str, &str); 3] =
    [(".llmops/", ".llmops/cache.db"), (".env", ".env"), ("/llmops/", "llmops/eval_report.json")];
/// Who a release is by where git knows nobody.
const NOBODY: &str = "llmops init <init@llmops.invalid>";

pub(super) fn write(root: &Path, found: &Found, plan: Plan, dry_run: bool) -> Result<Done> {
    let mut done = Done { notes: plan.notes, ..Done::default() };
    let mut new = Vec::new();
    let prompts: Vec<String> = plan.files.iter().filter_map(|file| prompt_of(&file.shown)).collect();
    for file in plan.files {
        match std::fs::read(&file.path) {
            Ok(there) if there == file.content.as_bytes() => {}
            // Line ends are git's business.
            Ok(there) if String::from_utf8_lossy(&there).replace("\r\n", "\n") == file.content => {}
            Ok(_) => done.kept.push(format!("{}  is here and stays; it is not what would be written now", file.shown)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => new.push(file),
            Err(error) => return Err(Error::io("read", &file.path, error)),
        }
    }
    let ignored = ignored(root, found)?;
    done.written.extend(new.iter().map(|file| file.shown.clone()));
    if ignored.is_some() {
        done.written.push(IGNORE.to_owned());
    }
    if dry_run {
        let ledgers = prompts.iter().map(|name| Folder::new(root, name)).filter(|folder| !folder.ledger().exists());
        done.written.extend(ledgers.map(|folder| folder.shown_ledger()));
        done.notes.extend(plan.imports.iter().map(|file| format!("the prompts of {file} would be imported")));
        return Ok(done);
    }
    if done.is_change() {
        check_room(new.iter().map(|file| file.path.as_path()).chain([root.join(FILE).as_path()]))?;
    }
    for file in &new {
        replace(&file.path, file.content.as_bytes()).map_err(|error| Error::io("write", &file.path, error))?;
    }
    if let Some(text) = ignored {
        let path = root.join(IGNORE);
        replace(&path, text.as_bytes()).map_err(|error| Error::io("write", &path, error))?;
    }
    let config = Config::find(root, None, &vocabulary(Purpose::Offline))?;
    for name in prompts {
        if !Folder::new(root, &name).ledger().exists() {
            record(&config, &name, &mut done)?;
        }
    }
    for file in plan.imports {
        match git::identity(root).and_then(|_| take_over(&config, &file)) {
            Ok(lines) => done.imported.push(lines),
            Err(error) => {
                done.notes.push(format!("{file} was not imported: {error}; then: llmops prompt import {file}"));
            }
        }
    }
    Ok(done)
}

/// Whether every file can be written, before the first is.
fn check_room<'a>(files: impl Iterator<Item = &'a Path>) -> Result<()> {
    let mut folders: Vec<&Path> =
        files.filter_map(|file| file.ancestors().skip(1).find(|above| above.exists())).collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        let path = folder.join("llmops.probe");
        probe(&path).map_err(|error| Error::io("write into", folder, error).hint("nothing was written"))?;
    }
    Ok(())
}

/// The prompt whose first version a file is.
fn prompt_of(file: &str) -> Option<String> {
    match file.split('/').collect::<Vec<_>>()[..] {
        ["prompts", name, "1.0.0.md"] => Some(name.to_owned()),
        _ => None,
    }
}

/// `.gitignore` with the lines that it lacks; `None` if it lacks none. What git ignores for another reason needs no line.
fn ignored(root: &Path, found: &Found) -> Result<Option<String>> {
    let path = root.join(IGNORE);
    let there = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    let plain = |line: &str| line.trim().trim_matches('/').to_owned();
    let has = |wanted: &str| there.lines().any(|line| plain(line) == plain(wanted));
    let is_missing =
        |(line, example): &&(&str, &str)| !(has(line) || found.repository.is_git && git::is_ignored(root, example));
    let missing: Vec<&str> = IGNORED.iter().filter(is_missing).map(|(line, _)| *line).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let end = if there.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = there;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(end);
    }
    for line in missing {
        text.push_str(line);
        text.push_str(end);
    }
    Ok(Some(text))
}

/// Has the ledger know the first version of the sample prompt.
fn record(config: &Config, name: &str, done: &mut Done) -> Result<()> {
    let folder = Folder::new(&config.root, name);
    let by = git::identity(&config.root).unwrap_or_else(|_| {
        done.notes.push(format!(
            "git does not know who you are, so {name}@1.0.0 is recorded as by llmops init; for your own releases: \
             git config user.name \"...\" and git config user.email \"...\""
        ));
        NOBODY.to_owned()
    });
    let writing = with_lock(&folder.path, &folder.shown_ledger(), &config.root.join(STATE_FOLDER), by)?;
    let mut writing = writing.signing(config.prompts.sign);
    let signer = Signer::open(config, writing.by())?;
    let version = Number::Existing(semver::Version::new(1, 0, 0));
    prompt::release(&folder, &mut writing, &version, "the prompt that llmops init begins with", &|hash| {
        signer.sign(hash)
    })?;
    done.written.push(folder.shown_ledger());
    Ok(())
}
