//! `llmops prompt label`: moves a label, if its protection allows it.

use serde_json::json;

use super::super::evaluation;
use super::{Recorded, output, reason, recorded, split, split_version, writing};
use crate::cli::{Global, Label};
use crate::config::{Config, LABEL_HINT, is_label};
use crate::error::{Error, ExitStatus, Result};
use crate::prompt::{Event, Evidence, Folder, Protection, Record, Signer, Wish, Writing};

pub(super) fn run(global: &Global, config: &Config, arguments: &Label) -> Result<ExitStatus> {
    let (label, why) = (named(&arguments.name)?, reason(&arguments.message)?);
    if arguments.remove {
        return remove(global, config, (&arguments.prompt, label), why);
    }
    let (name, version) = split_version(&arguments.prompt)?;
    let folder = Folder::existing(&config.root, name)?;
    let version = recorded(&folder, version)?;
    let evidence = match &arguments.evidence {
        Some(report) => Some(evaluation::of_file(config, &global.directory.join(report), &version.digest)?),
        None => evaluation::last(config, &version.digest),
    };
    let moved = place(config, &folder, Target { version, evidence, rollback: false }, (label, why))?;
    show(global, &moved)
}

/// The label that somebody names.
pub(in crate::cmd) fn named(label: &str) -> Result<&str> {
    if is_label(label) {
        return Ok(label);
    }
    Err(Error::config(format!("\"{label}\" cannot be the name of a label")).hint(LABEL_HINT))
}

/// Where a label is to go.
pub(super) struct Target {
    pub(super) version: Recorded,
    pub(super) evidence: Option<Evidence>,
    pub(super) rollback: bool,
}

/// A label that is where it was wanted.
pub(in crate::cmd) struct Moved {
    prompt: String,
    label: String,
    from: Option<String>,
    to: Option<String>,
    rollback: bool,
    /// False if it was there before.
    is_new: bool,
    ledger: String,
}

/// Moves a label to a released version on the strength of a comparison.
pub(in crate::cmd) fn promote(
    config: &Config,
    (name, version, digest): (&str, &str, &str),
    evidence: Evidence,
    (label, why): (&str, &str),
) -> Result<Moved> {
    let folder = Folder::existing(&config.root, name)?;
    let version = recorded(&folder, version)?;
    if version.digest != digest {
        return Err(Error::config(format!("{name}@{} is not what was compared", version.version))
            .hint("its file has another content now"));
    }
    place(config, &folder, Target { version, evidence: Some(evidence), rollback: false }, (label, why))
}

/// Moves a label, or says everything that is missing for it.
pub(super) fn place(config: &Config, folder: &Folder<'_>, target: Target, (label, why): (&str, &str)) -> Result<Moved> {
    let mut writing = writing(config, folder)?;
    let history = writing.history()?;
    let Target { version: Recorded { version, digest }, evidence, rollback } = target;
    let from = history.label(label).and_then(|last| last.version.clone());
    let mut moved = Moved {
        prompt: folder.name.to_owned(),
        label: label.to_owned(),
        from: from.clone(),
        to: Some(version.clone()),
        rollback,
        is_new: false,
        ledger: folder.shown_ledger(),
    };
    let protection = Protection::open(config)?;
    let record = Record { name: folder.name, entries: writing.entries(), history: &history };
    let rule = protection.rule(label);
    // One that was put there against the rules is put there again by them.
    let holds = || {
        rule.is_none_or(|rule| history.label(label).is_some_and(|last| protection.wrong(record, rule, last).is_empty()))
    };
    if from.as_ref() == Some(&version) && holds() {
        return Ok(moved);
    }
    let before = writing.next_seq();
    if let Some(rule) = rule
        && !(rollback && protection.was_granted(record, rule, &digest, before))
    {
        let wish = Wish { version: &version, digest: &digest, evidence: evidence.as_ref(), before };
        Error::unless_empty(protection.missing(record, rule, wish))?;
    }
    let evidence = evidence.filter(Evidence::is_pass).map(Box::new);
    let event = Event::Labelled {
        label: label.to_owned(),
        version: Some(version),
        digest: Some(digest),
        from,
        rollback,
        reason: why.to_owned(),
        evidence,
    };
    add(config, &mut writing, event)?;
    moved.is_new = true;
    Ok(moved)
}

fn add(config: &Config, writing: &mut Writing, event: Event) -> Result<()> {
    let signer = Signer::open(config, writing.by())?;
    writing.add(event, &|hash| signer.sign(hash))
}

fn remove(global: &Global, config: &Config, (prompt, label): (&str, &str), why: &str) -> Result<ExitStatus> {
    let (name, None) = split(prompt) else {
        return Err(
            Error::config("--remove takes a label from a prompt, whatever it means").hint("write NAME without @")
        );
    };
    let folder = Folder::existing(&config.root, name)?;
    let mut writing = writing(config, &folder)?;
    let history = writing.history()?;
    let Some(last) = history.labels.get(label).and_then(|moves| moves.last()) else {
        return Err(not_there(name, label, history.labels.keys()));
    };
    let from = last.version.clone();
    let is_new = from.is_some();
    if is_new {
        let event = Event::Labelled {
            label: label.to_owned(),
            version: None,
            digest: None,
            from: from.clone(),
            rollback: false,
            reason: why.to_owned(),
            evidence: None,
        };
        add(config, &mut writing, event)?;
    }
    let (prompt, ledger) = (name.to_owned(), folder.shown_ledger());
    show(global, &Moved { prompt, label: label.to_owned(), from, to: None, rollback: false, is_new, ledger })
}

/// A label that the prompt never had.
pub(super) fn not_there<'a>(name: &str, label: &str, known: impl Iterator<Item = &'a String>) -> Error {
    let known: Vec<&str> = known.map(String::as_str).collect();
    Error::config(format!("the prompt {name} has no label \"{label}\"")).hint(if known.is_empty() {
        "it has no label yet: llmops prompt label NAME@VERSION LABEL -m \"...\"".to_owned()
    } else {
        format!("labels: {}", known.join(", "))
    })
}

pub(super) fn show(global: &Global, moved: &Moved) -> Result<ExitStatus> {
    if global.json {
        let Moved { prompt, label, from, to, rollback, is_new, .. } = moved;
        output::print_json(&json!({
            "name": prompt, "label": label, "from": from, "version": to, "rollback": rollback, "new": is_new,
        }))?;
    } else {
        output::print(&moved.text())?;
    }
    Ok(ExitStatus::Pass)
}

impl Moved {
    /// What happened, as lines.
    pub(in crate::cmd) fn text(&self) -> String {
        let Self { prompt, label, from, to, rollback, is_new, ledger } = self;
        let was = from.as_ref().map_or_else(String::new, |from| format!(" (was {from})"));
        let done = match to {
            None if *is_new => format!("{label} of {prompt} means nothing now{was}"),
            None => format!("{label} of {prompt} means nothing already"),
            Some(to) if !is_new => format!("{label} means {prompt}@{to} already"),
            Some(to) if *rollback => format!("{label} is rolled back to {prompt}@{to}{was}"),
            Some(to) if from.as_ref() == Some(to) => format!("{label} means {prompt}@{to}, now by the rules"),
            Some(to) => format!("{label} means {prompt}@{to}{was}"),
        };
        if *is_new { format!("{done}\ncommit the ledger: git add {ledger}\n") } else { done + "\n" }
    }
}
