//! The first stage, which calls no model: nothing that was pushed may be dangerous.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::stage::{Check, Finding, Outcome, StageReport};
use crate::cli::{Global, Stage};
use crate::cmd::guard::{documents, test};
use crate::cmd::{output, prompt};
use crate::config::{Config, TargetKind};
use crate::error::{Error, Result};
use crate::git;
use crate::guard::secrets;
use crate::text::{count, printable};

/// Longer files are no prompts and no datasets that people write.
const MAX_BYTES: u64 = 64 << 20;

/// The check that `--since` leaves files out of.
pub(super) const SECRETS: &str = "secrets";

/// A check: what `ci` runs, in this order.
type Run = fn(&Global, &Config, Option<&str>) -> Result<Option<Check>>;

const CHECKS: [(&str, Run); 4] =
    [("prompts", prompts), (SECRETS, leaks), ("documents", stored), ("validator", validator)];

pub(super) fn run(global: &Global, config: &Config, since: Option<&str>) -> StageReport {
    // Each check would say the same of a reference that git does not know.
    if let Some(Err(error)) = since.map(|since| git::merge_base(&config.root, since)) {
        output::error(&error);
        return StageReport::broken(Stage::Security, &error);
    }
    let mut checks = Vec::new();
    for (name, check) in CHECKS {
        match check(global, config, since) {
            Ok(found) => checks.extend(found),
            Err(error) => checks.push(Check::broken(name, error)),
        }
    }
    for check in checks.iter().filter(|check| check.verdict != Outcome::Pass) {
        say(check);
    }
    StageReport::of_checks(Stage::Security, checks)
}

/// What stops the pipeline is said at once.
fn say(check: &Check) {
    output::note(&format!("{}: {}", check.name, check.summary));
    for finding in &check.findings {
        let place = finding.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        output::note(&format!("  {place}{}", finding.message));
        for line in finding.hint.iter().flat_map(|hint| hint.lines()) {
            output::note(&format!("      {line}"));
        }
    }
}

/// The history of all prompts is whole.
fn prompts(_: &Global, config: &Config, since: Option<&str>) -> Result<Option<Check>> {
    let verified = prompt::verified(config, None, since)?;
    let findings: Vec<Finding> = verified.problems.into_iter().map(Finding::from).collect();
    let prompts = count(verified.prompts, "prompt");
    let summary = match findings.len() {
        0 => format!("{prompts} with a whole history"),
        _ => format!("the history of prompts is not whole, {}", count(findings.len(), "problem")),
    };
    Ok(Some(Check::of("prompts", summary, findings)))
}

/// No prompt, dataset or configuration holds what lets somebody in.
fn leaks(_: &Global, config: &Config, since: Option<&str>) -> Result<Option<Check>> {
    let mut files = read_by_models(config);
    if let Some(since) = since {
        let base = git::merge_base(&config.root, since)?;
        let changed = git::changed(&config.root, &base, ".")?;
        files.retain(|file| changed.iter().any(|changed| Path::new(changed) == file));
    }
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(leaks_in(config, file)?);
    }
    let scanned = count(files.len(), "file");
    let summary = match findings.len() {
        0 => format!("no secrets in {scanned}"),
        found => format!("{} in {scanned}", count(found, "secret")),
    };
    Ok(Some(Check::of(SECRETS, summary, findings)))
}

/// The files whose content goes to models, or decides what does.
fn read_by_models(config: &Config) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::from([PathBuf::from(&config.file), PathBuf::from(&config.eval.dataset.value)]);
    for entry in ignore::WalkBuilder::new(config.root.join("prompts")).standard_filters(false).build() {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.insert(entry.path().strip_prefix(&config.root).unwrap_or(entry.path()).to_owned());
        }
    }
    files.retain(|file| config.root.join(file).is_file());
    files
}

/// The secrets in a file, by their place; never the secret itself.
fn leaks_in(config: &Config, file: &Path) -> Result<Vec<Finding>> {
    let path = config.root.join(file);
    let failed = |error| Error::io("read", &path, error);
    if std::fs::metadata(&path).map_err(failed)?.len() > MAX_BYTES {
        return Err(Error::config(format!("{} is too long to be looked through for secrets", file.display())));
    }
    let bytes = std::fs::read(&path).map_err(failed)?;
    let text = String::from_utf8_lossy(&bytes);
    let found = secrets(&text).into_iter().map(|finding| {
        let line = text[..finding.bytes.start].matches('\n').count() + 1;
        Finding {
            place: Some(format!("{}:{line}", printable(&file.display().to_string()))),
            message: format!("{} ({})", finding.message.trim_end_matches('.'), finding.rule),
            hint: Some(
                "take it out, revoke it, and read it from the environment: it stays in git's history".to_owned(),
            ),
        }
    });
    Ok(found.collect())
}

/// No document would be kept out of the store.
fn stored(_: &Global, config: &Config, _: Option<&str>) -> Result<Option<Check>> {
    if config.target.kind != TargetKind::Rag || !config.path(&config.retrieval.documents.value).exists() {
        return Ok(None);
    }
    let found = documents::survey(config)?;
    let findings: Vec<Finding> = found.quarantined.into_iter().map(Finding::from).collect();
    let summary = match (findings.len(), found.suspicious) {
        (0, 0) => format!("{} without findings", count(found.documents, "document")),
        (0, suspicious) => format!("{}, {suspicious} of them suspicious", count(found.documents, "document")),
        (quarantined, _) => format!("{quarantined} of {} must not be stored", count(found.documents, "document")),
    };
    let warned = findings.is_empty() && found.suspicious > 0;
    Ok(Some(Check::of("documents", summary, findings).warning(warned)))
}

/// The validator meets the bars of `[guard]` on the rows that ship, if there are any.
fn validator(global: &Global, config: &Config, _: Option<&str>) -> Result<Option<Check>> {
    let Some(outcome) = test::outcome(global, config)? else { return Ok(None) };
    let verdict = match () {
        () if !outcome.undecided.is_empty() => Outcome::Undecided,
        () if !outcome.missed.is_empty() => Outcome::Fail,
        () => Outcome::Pass,
    };
    let summary = match verdict {
        Outcome::Pass => "the validator meets its bars".to_owned(),
        _ => outcome.undecided.into_iter().chain(outcome.missed).collect::<Vec<_>>().join(", "),
    };
    Ok(Some(Check::new("validator", verdict, summary)))
}
