//! `llmops prompt label`: moves a label, if its protection allows it.

use serde_json::json;

use super::super::evaluation;
use super::super::tracing::Tracing;
use super::{Recorded, output, reason, recorded, split, split_version, writing};
use crate::cli::{Global, Label};
use crate::clock;
use crate::config::{Config, LABEL_HINT, is_label};
use crate::error::{Error, ExitStatus, Result};
use crate::prompt::{Event, Evidence, Folder, History, Protection, Record, Signer, Wish, Writing};
use crate::trace::Value;

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

/// Moves a label to a released version on the strength of a comparison or a deployment.
pub(in crate::cmd) fn promote(
    config: &Config,
    which: (&str, &str, &str),
    evidence: Option<Evidence>,
    (label, why): (&str, &str),
) -> Result<Moved> {
    let (folder, version) = exactly(config, which)?;
    place(config, &folder, Target { version, evidence, rollback: false }, (label, why))
}

/// What the label means now, if it may be moved to the version; everything that is missing for it otherwise.
pub(in crate::cmd) fn may_promote(
    config: &Config,
    which: (&str, &str, &str),
    evidence: Option<Evidence>,
    label: &str,
) -> Result<Option<String>> {
    let (folder, version) = exactly(config, which)?;
    let writing = writing(config, &folder)?;
    Signer::open(config, writing.by())?;
    let history = writing.history()?;
    is_there(config, (&folder, &writing, &history), &Target { version, evidence, rollback: false }, label)?;
    Ok(history.label(label).and_then(|last| last.version.clone()))
}

/// Returns a label to what it meant before a deployment, if it means now what the deployment gave it.
pub(in crate::cmd) fn put_back(
    config: &Config,
    (name, given): (&str, &str),
    before: Option<&str>,
    (label, why): (&str, &str),
) -> Result<Option<Moved>> {
    let folder = Folder::existing(&config.root, name)?;
    let now = folder.history()?.label(label).and_then(|last| last.version.clone());
    if now.as_deref() != Some(given) || before == Some(given) {
        return Ok(None);
    }
    let moved = match before {
        None => take_off(config, &folder, label, why)?,
        Some(before) => {
            let version = recorded(&folder, before)?;
            let evidence = evaluation::last(config, &version.digest);
            place(config, &folder, Target { version, evidence, rollback: true }, (label, why))?
        }
    };
    Ok(Some(moved))
}

/// The released version that holds exactly this content.
fn exactly<'a>(config: &'a Config, (name, version, digest): (&'a str, &str, &str)) -> Result<(Folder<'a>, Recorded)> {
    let folder = Folder::existing(&config.root, name)?;
    let version = recorded(&folder, version)?;
    if version.digest != digest {
        return Err(Error::config(format!("{name}@{} is not what was evaluated", version.version))
            .hint("its file has another content now"));
    }
    Ok((folder, version))
}

/// Whether the label is where it is wanted, by the rules; an error if it may not go there.
fn is_there(
    config: &Config,
    (folder, writing, history): (&Folder<'_>, &Writing, &History),
    target: &Target,
    label: &str,
) -> Result<bool> {
    let Target { version: Recorded { version, digest }, evidence, rollback } = target;
    let protection = Protection::open(config)?;
    let record = Record { name: folder.name, entries: writing.entries(), history };
    let rule = protection.rule(label);
    // One that was put there against the rules is put there again by them.
    let holds = || {
        rule.is_none_or(|rule| history.label(label).is_some_and(|last| protection.wrong(record, rule, last).is_empty()))
    };
    if history.label(label).and_then(|last| last.version.as_ref()) == Some(version) && holds() {
        return Ok(true);
    }
    let before = writing.next_seq();
    if let Some(rule) = rule
        && !(*rollback && protection.was_granted(record, rule, digest, before))
    {
        let wish = Wish { version, digest, evidence: evidence.as_ref(), before };
        Error::unless_empty(protection.missing(record, rule, wish))?;
    }
    Ok(false)
}

/// Moves a label, or says everything that is missing for it.
pub(super) fn place(config: &Config, folder: &Folder<'_>, target: Target, (label, why): (&str, &str)) -> Result<Moved> {
    let mut writing = writing(config, folder)?;
    let history = writing.history()?;
    let from = history.label(label).and_then(|last| last.version.clone());
    let is_new = !is_there(config, (folder, &writing, &history), &target, label)?;
    let Target { version: Recorded { version, digest }, evidence, rollback } = target;
    let moved = Moved {
        prompt: folder.name.to_owned(),
        label: label.to_owned(),
        from: from.clone(),
        to: Some(version.clone()),
        rollback,
        is_new,
        ledger: folder.shown_ledger(),
    };
    if !is_new {
        return Ok(moved);
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
    let (tracing, start) = (Tracing::open(config), clock::unix_nanoseconds());
    add(config, &mut writing, event)?;
    tracing.deployed(&moved.label, config, || deployed(&moved), start);
    Ok(moved)
}

/// What a trace says of a label that moved: applications that follow it have another prompt from now on.
fn deployed(moved: &Moved) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![
        ("deployment_name", Value::from(moved.prompt.as_str())),
        ("deployment_environment", Value::from(moved.label.as_str())),
        ("deployment_status", Value::from("succeeded")),
        ("prompt_name", Value::from(moved.prompt.as_str())),
        ("deployment.rollback", Value::from(moved.rollback)),
    ];
    attributes.extend(moved.to.as_deref().map(|version| ("prompt.version", version.into())));
    attributes.extend(moved.from.as_deref().map(|version| ("prompt.version.before", version.into())));
    attributes
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
    show(global, &take_off(config, &Folder::existing(&config.root, name)?, label, why)?)
}

/// Lets the label mean nothing.
fn take_off(config: &Config, folder: &Folder<'_>, label: &str, why: &str) -> Result<Moved> {
    let mut writing = writing(config, folder)?;
    let history = writing.history()?;
    let Some(last) = history.labels.get(label).and_then(|moves| moves.last()) else {
        return Err(not_there(folder.name, label, history.labels.keys()));
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
    let (prompt, ledger) = (folder.name.to_owned(), folder.shown_ledger());
    Ok(Moved { prompt, label: label.to_owned(), from, to: None, rollback: false, is_new, ledger })
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
    /// What happened, in a line; `None` if nothing did.
    pub(in crate::cmd) fn news(&self) -> Option<String> {
        self.is_new.then(|| self.text().lines().next().unwrap_or_default().to_owned())
    }

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
