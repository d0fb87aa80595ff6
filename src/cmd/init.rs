//! `llmops init`: a project from a folder.
//!
//! ```text
//! folder -> detect -> Found, flags and answers -> Choices -> Plan (files, imports) -> written where nothing is yet
//! ```

mod choose;
mod detect;
mod plan;
mod setup;
mod template;
mod workflow;
mod write;

use self::choose::choose;
use self::detect::detect;
use self::plan::Base;
use self::write::{Done, write};
use super::{output, vocabulary};
use crate::cli::{Global, Init};
use crate::config::{Config, FILE_NAME as FILE, Purpose};
use crate::error::{Error, ExitStatus, Result};
use crate::git;
use crate::text::printable;

pub(super) fn run(global: &Global, arguments: &Init) -> Result<ExitStatus> {
    let root = &global.directory;
    if !root.is_dir() {
        return Err(Error::config(format!("there is no folder {}", root.display())).hint("make it first"));
    }
    if global.config.is_some() {
        return Err(Error::config(format!("llmops init writes {FILE}; it takes no --config")));
    }
    let is_project = root.join(FILE).exists();
    let vocabulary = vocabulary(Purpose::Offline);
    let config = if is_project { Config::find(root, None, &vocabulary)? } else { Config::absent(root, &vocabulary)? };
    let found = detect(&config);
    let asks = !(is_project || global.json || arguments.yes || arguments.dry_run);
    let mut choices = choose(arguments, &found, (is_project, asks))?;
    let mut refused = Vec::new();
    if !choices.prompts.is_empty()
        && let Err(error) = git::identity(root)
    {
        let hint = error.problems.iter().find_map(|problem| problem.hint.clone()).unwrap_or_default();
        let file =
            |file: String| format!("{file} was not imported: {error}: {hint}; then: llmops prompt import {file}");
        refused = std::mem::take(&mut choices.prompts).into_iter().map(file).collect();
    }
    let base = Base { config: &config, found: &found, choices: &choices, arguments };
    let mut plan = if is_project { plan::complete(&base) } else { plan::begin(&base) };
    if !is_project && let Ok(above) = Config::root_of(root, None) {
        plan.notes
            .push(format!("{} is another project's: this folder becomes one of its own", above.join(FILE).display()));
    }
    let is_said = |note: &String| refused.iter().any(|said| said.split(' ').next() == note.split(' ').next());
    let left = plan::left(&base, is_project).into_iter().filter(|note| !is_said(note)).collect::<Vec<_>>();
    plan.notes.extend(left);
    plan.notes.extend(refused);
    let done = write(root, &found, plan, arguments.dry_run)?;
    if global.json {
        output::print_json(&done.json())?;
    } else {
        output::print(&shown(&done, arguments.dry_run, found.repository.is_git))?;
    }
    Ok(ExitStatus::Pass)
}

fn shown(done: &Done, dry_run: bool, is_git: bool) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(&printable(line));
        text.push('\n');
    };
    let written = if dry_run { "would be written" } else { "written" };
    done.written.iter().for_each(|file| line(&format!("{file}  {written}")));
    done.kept.iter().for_each(|kept| line(kept));
    done.imported.iter().flat_map(|lines| lines.lines()).for_each(&mut line);
    done.notes.iter().for_each(|note| line(&format!("note: {note}")));
    line(match (done.is_change(), dry_run, is_git) {
        (false, _, _) => "nothing is to be done",
        (true, true, _) => "nothing was written",
        (true, false, true) => "next: llmops ci, then git add and commit what was written",
        (true, false, false) => "next: llmops ci, then git init, git add and commit what was written",
    });
    text
}
