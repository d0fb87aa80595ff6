//! `llmops prompt import`: prompts of other tools become releases here. Everything is checked before the first is written.

mod plan;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use self::plan::{Plan, Planned, Step};
use super::label::{Target, place};
use super::{output, recorded, writing};
use crate::cli::{Global, Import};
use crate::config::{Config, is_label};
use crate::error::{Error, ExitStatus, Result};
use crate::file::replace;
use crate::prompt::import::{self, Braces, Found, Source};
use crate::prompt::{self, Folder, Number, Signer};
use crate::text::{brief, count, printable};

pub(super) fn run(global: &Global, config: &Config, arguments: &Import) -> Result<ExitStatus> {
    let done = import(&global.directory, config, arguments)?;
    if global.json {
        output::print_json(&json(&done))?;
    } else {
        output::print(&lines(&done, arguments.dry_run))?;
    }
    Ok(ExitStatus::Pass)
}

/// What an import did, or would do.
struct Done {
    plan: Plan,
    labels: Vec<String>,
    format: &'static str,
    braces: Braces,
    read_as: String,
}

/// The file is looked for in `folder`.
fn import(folder: &Path, config: &Config, arguments: &Import) -> Result<Done> {
    let path = folder.join(&arguments.file);
    let shown = arguments.file.display().to_string();
    let text = read(&path, &shown)?;
    let source = Source { path: &path, shown: &shown, text: &text };
    let (format, mut found) = import::read(&source, arguments.format.as_deref())?;
    if let Some(name) = &arguments.name {
        rename(&mut found, name)?;
    }
    let braces = braces(&found, arguments.braces).map_err(|problem| problem.at(&shown, None))?;
    let mut plan = Plan::of(config, found, braces, &shown)?;
    let mut labels = Vec::new();
    if !arguments.dry_run {
        for planned in &plan.versions {
            write(config, planned, arguments, &shown)?;
        }
        labels = set_labels(config, &plan, &shown)?;
    } else if plan.versions.iter().any(|planned| !planned.labels.is_empty()) {
        plan.notes.push("labels are looked at when versions are written".to_owned());
    }
    let read_as = match braces {
        Braces::None => format!("{shown} was read as {}", format.name),
        braces => format!("{shown} was read as {} with {} braces", format.name, braces.name()),
    };
    Ok(Done { plan, labels, format: format.name, braces, read_as })
}

/// The file's text without a byte order mark.
fn read(path: &Path, shown: &str) -> Result<String> {
    let text = std::fs::read(path).map_err(|error| Error::config(format!("cannot read {shown}")).source(error))?;
    let text = String::from_utf8(text)
        .map_err(|_| Error::config(format!("{shown} is no UTF-8")).hint("save it as UTF-8 and import it again"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A prompt that a file holds, and whether it is here already.
pub(in crate::cmd) struct Offered {
    pub(in crate::cmd) name: String,
    pub(in crate::cmd) is_new: bool,
    /// What somebody who renders its latest version must give.
    pub(in crate::cmd) variables: BTreeSet<String>,
}

/// The prompts that an import of the file would bring.
pub(in crate::cmd) fn offered(config: &Config, file: &str) -> Result<Vec<Offered>> {
    let path = config.root.join(file);
    let text = read(&path, file)?;
    let (_, found) = import::read(&Source { path: &path, shown: file, text: &text }, None)?;
    let braces = braces(&found, None).map_err(|problem| problem.at(file, None))?;
    let plan = Plan::of(config, found, braces, file)?;
    let mut offered: Vec<Offered> = Vec::new();
    // Versions of one prompt follow each other, the latest last.
    for planned in plan.versions {
        let variables = planned.required.clone();
        match offered.last_mut().filter(|last| last.name == planned.name) {
            Some(last) => (last.is_new, last.variables) = (last.is_new || planned.is_new(), variables),
            None => offered.push(Offered { is_new: planned.is_new(), name: planned.name, variables }),
        }
    }
    Ok(offered)
}

/// Imports a file of the project, and says what was done in lines.
pub(in crate::cmd) fn take_over(config: &Config, file: &str) -> Result<String> {
    let arguments = Import { file: file.into(), format: None, braces: None, name: None, dry_run: false, message: None };
    Ok(lines(&import(&config.root, config, &arguments)?, false))
}

/// Gives the only prompt of a file its name.
fn rename(found: &mut Found, name: &str) -> Result<()> {
    let names: BTreeSet<&str> = found.prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    if names.len() > 1 {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        return Err(Error::config("--name is for a file with one prompt").hint(format!("this one has {names}")));
    }
    found.prompts.iter_mut().for_each(|prompt| name.clone_into(&mut prompt.name));
    Ok(())
}

/// What marks a variable: what was said, what the format says, or what the texts look like.
fn braces(found: &Found, said: Option<Braces>) -> std::result::Result<Braces, crate::error::Problem> {
    if let Some(braces) = said.or(found.braces) {
        Ok(braces)
    } else {
        let messages = found.prompts.iter().flat_map(|prompt| &prompt.messages);
        Braces::of(messages.map(|message| message.text.as_str()))
    }
}

/// Releases one version. Its file is written first, so that a crash leaves one that the same command records.
fn write(config: &Config, planned: &Planned, arguments: &Import, shown: &str) -> Result<()> {
    let Step::Release { version, text } = &planned.step else { return Ok(()) };
    let folder = Folder::new(&config.root, &planned.name);
    let path = folder.file(&version.to_string());
    if !path.is_file() {
        replace(&path, text.as_bytes()).map_err(|error| Error::io("write", &path, error))?;
    }
    let mut writing = writing(config, &folder)?;
    let signer = Signer::open(config, writing.by())?;
    let why = arguments.message.clone().or_else(|| planned.message.clone());
    let why = why.filter(|why| !why.trim().is_empty()).unwrap_or_else(|| format!("imported from {shown}"));
    prompt::release(&folder, &mut writing, &Number::Existing(version.clone()), &why, &|hash| signer.sign(hash))?;
    Ok(())
}

/// Labels of the source that mean nothing here yet. What others have moved is theirs.
fn set_labels(config: &Config, plan: &Plan, shown: &str) -> Result<Vec<String>> {
    let mut said = Vec::new();
    for planned in &plan.versions {
        let folder = Folder::existing(&config.root, &planned.name)?;
        let number = planned.version();
        let which = format!("{}@{number}", planned.name);
        for label in &planned.labels {
            let by_hand = format!("llmops prompt label {which} {label} -m \"...\"");
            let history = folder.history()?;
            let meant = history.label(label).and_then(|last| last.version.as_deref());
            let text = if !is_label(label) {
                format!("label \"{}\" of {which} is not set: no label here can be called so", brief(label, 40))
            } else if config.prompts.rule(label).is_some() && meant != Some(number.as_str()) {
                format!("{label} is not set: it is protected; {by_hand}")
            } else if let Some(meant) = meant {
                if meant == number {
                    continue;
                }
                format!("{label} is not moved: it means {}@{meant}; {by_hand}", planned.name)
            } else {
                let version = recorded(&folder, &number)?;
                let why = format!("imported from {shown}");
                place(config, &folder, Target { version, evidence: None, rollback: false }, (label, &why))?;
                format!("{label} means {which}")
            };
            said.push(text);
        }
    }
    Ok(said)
}

fn lines(done: &Done, dry_run: bool) -> String {
    let Done { plan, labels, read_as, .. } = done;
    let mut text = format!("{}\n", printable(read_as));
    let names = plan.versions.iter().map(|planned| format!("{}@{}", planned.name, planned.version()));
    let names: Vec<String> = names.collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (planned, name) in plan.versions.iter().zip(&names) {
        let state = match &planned.step {
            Step::Release { .. } if dry_run => "would be released",
            Step::Release { .. } => "released",
            Step::Unchanged { .. } => "is here already",
        };
        let _ = writeln!(text, "{name:<width$}  {state}");
    }
    for note in plan.notes.iter().chain(labels) {
        let _ = writeln!(text, "{}", printable(note));
    }
    let new: BTreeSet<&str> = plan.released().map(|planned| planned.name.as_str()).collect();
    if new.is_empty() {
        text.push_str("nothing is new\n");
    } else if !dry_run {
        let folders: Vec<String> = new.iter().map(|name| format!("prompts/{name}")).collect();
        let versions = count(plan.released().count(), "version");
        let _ = writeln!(text, "{versions} released; commit with their ledgers: git add {}", folders.join(" "));
    }
    text
}

fn json(done: &Done) -> Value {
    let Done { plan, labels, format, braces, .. } = done;
    let version = |planned: &Planned| json!({ "name": planned.name, "version": planned.version(), "digest": planned.digest, "new": planned.is_new() });
    json!({
        "format": format,
        "braces": braces.name(),
        "versions": plan.versions.iter().map(version).collect::<Vec<_>>(),
        "notes": plan.notes,
        "labels": labels,
    })
}
