//! `llmops prompt diff`: what changed between two versions, for a terminal or a pull request.

mod estimate;
mod markdown;
mod side_by_side;
mod unified;

use serde_json::{Value, json};

use self::estimate::Estimate;
use super::{output, split};
use crate::cli::{Compared, DiffFormat, Global};
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::prompt::{self, Change, Changes, DRAFT, Diff, Folder, LATEST, PromptVersion, plain_version};

/// From this width on, two columns of a prompt's usual lines fit beside each other.
const WIDE: u16 = 140;

/// Two versions, and what is to be said of them.
struct Shown {
    old: PromptVersion,
    new: PromptVersion,
    diff: Diff,
    estimate: Option<Estimate>,
}

pub(super) fn run(global: &Global, config: &Config, arguments: &Compared) -> Result<ExitStatus> {
    let Changes { changes, notes } = match &arguments.since {
        Some(reference) => since(config, arguments, reference)?,
        None => Changes { changes: vec![named(config, arguments)?], notes: Vec::new() },
    };
    let shown: Vec<Shown> = changes.into_iter().map(|change| Shown::of(config, change)).collect::<Result<_>>()?;
    if global.json {
        output::print_json(&json!({ "changes": shown.iter().map(Shown::json).collect::<Vec<_>>(), "notes": notes }))?;
        return Ok(ExitStatus::Pass);
    }
    let columns = terminal_size::terminal_size().map(|(width, _)| width.0);
    let usual = if columns >= Some(WIDE) { DiffFormat::SideBySide } else { DiffFormat::Unified };
    let format = arguments.format.unwrap_or(usual);
    let text = match format {
        DiffFormat::Unified => unified::text(&shown, &notes),
        DiffFormat::SideBySide => side_by_side::text(&shown, &notes, usize::from(columns.unwrap_or(WIDE))),
        DiffFormat::Markdown => markdown::text(&shown, &notes),
    };
    output::print(&text)?;
    Ok(ExitStatus::Pass)
}

/// The prompts that a branch changes.
fn since(config: &Config, arguments: &Compared, reference: &str) -> Result<Changes> {
    let mut found = prompt::changes(&config.root, reference)?;
    if let Some(only) = &arguments.old {
        Folder::existing(&config.root, only)?;
        found.changes.retain(|change| change.new.name == *only);
        found.notes.clear();
    }
    Ok(found)
}

/// The versions that were named.
fn named(config: &Config, arguments: &Compared) -> Result<Change> {
    let Some(old) = &arguments.old else {
        return Err(Error::config("which version is compared?")
            .hint("write NAME@VERSION, or --since REF for all prompts that a branch changes"));
    };
    let (name, version) = split(old);
    let folder = Folder::existing(&config.root, name)?;
    let find = |folder: &Folder<'_>, version: &str| folder.find(plain_version(version).unwrap_or(version));
    let old = find(&folder, version.unwrap_or(LATEST))?;
    let new = match arguments.new.as_deref().map(split) {
        Some((name, Some(version))) => find(&Folder::existing(&config.root, name)?, version)?,
        Some((version, None)) => find(&folder, version)?,
        None if old.version != DRAFT && folder.file(DRAFT).is_file() => folder.read(DRAFT)?,
        None => find(&folder, LATEST)?,
    };
    Ok(Change { old, new })
}

impl Shown {
    fn of(config: &Config, Change { old, new }: Change) -> Result<Self> {
        let diff = Diff::between(&old, &new);
        let estimate = Estimate::of(config, &old, &new)?;
        Ok(Self { old, new, diff, estimate })
    }

    /// `qa@1.0.0 -> qa@1.1.0`
    fn title(&self) -> String {
        format!("{} -> {}", self.old.full_name(), self.new.full_name())
    }

    /// Everything beside the text: what it is, before, after.
    fn rows(&self) -> Vec<[String; 3]> {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        let facts = self.diff.facts.iter();
        let mut rows: Vec<[String; 3]> =
            facts.map(|fact| [fact.name.clone(), side(&fact.old), side(&fact.new)]).collect();
        rows.extend(self.estimate.iter().flat_map(Estimate::rows));
        rows
    }

    /// What the change asks of callers, and what the estimate is without.
    fn remarks(&self) -> Vec<String> {
        if self.diff.is_empty() {
            return vec!["nothing changed".to_owned()];
        }
        let mut remarks = Vec::new();
        if self.old.digest == self.new.digest {
            remarks.push("a model sees no change".to_owned());
        } else if self.diff.reasons.is_empty() {
            remarks.push(format!("callers need no change: a {} version", self.diff.bump.name()));
        } else {
            remarks.push(format!("a {} version: {}", self.diff.bump.name(), self.diff.reasons.join(", ")));
        }
        remarks.extend(self.estimate.as_ref().map(Estimate::remark));
        remarks
    }

    fn json(&self) -> Value {
        let version = |version: &PromptVersion| json!({ "name": version.name, "version": version.version, "digest": version.digest });
        json!({
            "old": version(&self.old),
            "new": version(&self.new),
            "diff": self.diff,
            "estimate": self.estimate,
        })
    }
}
