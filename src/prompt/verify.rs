//! Whether the history of prompts is whole: every release recorded and unedited, every ledger only ever added to.

use std::collections::BTreeSet;
use std::path::Path;

use super::file_digest;
use super::ledger::{self, Chain, Entry, History};
use super::registry::{FOLDER, Folder, names, versions};
use crate::error::{Error, Problem, Result};
use crate::git;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    pub(crate) prompts: usize,
    pub(crate) versions: usize,
    pub(crate) entries: usize,
    pub(crate) problems: Vec<Problem>,
}

/// Looks at every prompt, or at one. `check` finds what a project's own rules say against a history.
pub(crate) fn verify(root: &Path, only: Option<&str>, since: Option<&str>, check: Check<'_>) -> Result<Verified> {
    let names: Vec<String> = names(root)?.into_iter().filter(|name| only.is_none_or(|only| only == name)).collect();
    let mut all = each(root, &names, check)?;
    all.problems.extend(against_git(root, &names, since)?);
    Ok(all)
}

type Check<'a> = &'a (dyn Fn(&str, &[Entry], &History) -> Vec<Problem> + Sync);

/// Looks at prompts on all processors: most of it is reading and hashing of small files.
fn each(root: &Path, names: &[String], check: Check<'_>) -> Result<Verified> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let some = |names: &[String]| -> Result<Verified> {
        let mut all = Verified::default();
        for name in names {
            all.add(prompt(&Folder::new(root, name), check)?);
        }
        Ok(all)
    };
    let parts: Vec<Result<Verified>> = std::thread::scope(|scope| {
        let parts = names.chunks(names.len().div_ceil(threads).max(1));
        let running: Vec<_> = parts.map(|part| scope.spawn(move || some(part))).collect();
        let failed = || Err(Error::unavailable("a thread that looked at prompts failed"));
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| failed())).collect()
    });
    let mut all = Verified::default();
    for part in parts {
        all.add(part?);
    }
    Ok(all)
}

impl Verified {
    fn add(&mut self, other: Self) {
        self.prompts += other.prompts;
        self.versions += other.versions;
        self.entries += other.entries;
        self.problems.extend(other.problems);
    }
}

fn prompt(folder: &Folder<'_>, check: Check<'_>) -> Result<Verified> {
    let shown = folder.shown_ledger();
    let Chain { entries, mut problems } = ledger::read(&folder.ledger(), &shown)?;
    let there = versions(&folder.path)?;
    if !problems.is_empty() {
        return Ok(Verified { prompts: 1, versions: there.len(), entries: entries.len(), problems });
    }
    let history = History::of(&entries, &shown);
    problems.extend(history.problems.iter().cloned());
    for (version, release) in &history.releases {
        problems.extend(file_problem(folder, &version.to_string(), &release.file)?);
    }
    for version in there.iter().filter(|version| !history.releases.contains_key(version)) {
        let (file, name) = (folder.shown(&version.to_string()), folder.name);
        let problem = Problem::new("no ledger records this version").at(file, None);
        problems
            .push(problem.hint(format!("record it: llmops prompt release {name}@{version} -m \"...\"; or remove it")));
    }
    problems.extend(check(folder.name, &entries, &history));
    Ok(Verified { prompts: 1, versions: there.len(), entries: entries.len(), problems })
}

fn file_problem(folder: &Folder<'_>, version: &str, recorded: &str) -> Result<Option<Problem>> {
    let (path, shown) = (folder.file(version), folder.shown(version));
    let restore = format!("bring it back with `git checkout -- {shown}`, or from an earlier commit");
    let problem = match std::fs::read(&path) {
        Ok(content) if file_digest(&content) == recorded => return Ok(None),
        Ok(_) => Problem::new("the file was edited after its release")
            .hint(format!("{restore}; put the change into a draft and release that")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Problem::new("the file of a released version is missing").hint(restore)
        }
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    Ok(Some(problem.at(shown, None)))
}

/// Ledgers that do not go on from what they were in git: the last line can be removed without breaking the chain of the others.
fn against_git(root: &Path, names: &[String], since: Option<&str>) -> Result<Vec<Problem>> {
    if let Some(reference) = since {
        return Ok(shortened(root, names, &[git::merge_base(root, reference)?]));
    }
    let Some(head) = git::commit(root).map(|commit| commit.sha) else { return Ok(Vec::new()) };
    let problems = shortened(root, names, std::slice::from_ref(&head));
    // Where lines of the last commit are gone, those of the one before it may be too; that is said once.
    Ok(if problems.is_empty() { shortened(root, names, &git::parents(root, &head)) } else { problems })
}

/// Ledgers that begin as in none of these commits, of those that differ from one.
fn shortened(root: &Path, names: &[String], before: &[String]) -> Vec<Problem> {
    let changed: BTreeSet<String> = before
        .iter()
        .flat_map(|commit| git::changed(root, commit, FOLDER).unwrap_or_default())
        .filter(|file| file.ends_with(ledger::FILE))
        .collect();
    let mut problems = Vec::new();
    for name in names {
        let folder = Folder::new(root, name);
        let shown = folder.shown_ledger();
        if !changed.contains(&shown) {
            continue;
        }
        let now = std::fs::read_to_string(folder.ledger()).unwrap_or_default();
        // It is a problem already, and what it was before says nothing of how it will be resolved.
        if now.lines().any(ledger::is_conflict) {
            continue;
        }
        let earlier: Vec<(&String, String)> =
            before.iter().filter_map(|commit| Some((commit, git::show(root, commit, &shown).ok()?))).collect();
        let goes_on = |(_, text): &(&String, String)| {
            lines(&now).zip(lines(text)).all(|(now, then)| now == then) && lines(&now).count() >= lines(text).count()
        };
        if let Some((commit, text)) = earlier.first().filter(|_| !earlier.iter().any(goes_on)) {
            let line = lines(&now).zip(lines(text)).take_while(|(now, then)| now == then).count() + 1;
            let short = &commit[..commit.len().min(10)];
            let problem = Problem::new(format!("lines were removed or changed that the ledger had in {short}"));
            let hint = format!("bring it back: git checkout {short} -- {shown}; then do again what was done since");
            problems.push(problem.at(&shown, Some(line)).hint(hint));
        }
    }
    problems
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}
