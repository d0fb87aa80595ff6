//! Whether evidence is of exactly what stands here, and may be acted upon.

use std::path::{Display, Path};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::envelope::Envelope;
use super::statement::Statement;
use super::trust::Trust;
use crate::clock;
use crate::config::Config;
use crate::digest::{sha256, sha256_of};
use crate::error::{Error, Problem, Result};
use crate::git;
use crate::prompt::Folder;
use crate::text::{count, span};

/// Longer files are no evidence.
const MAX_BYTES: u64 = 1 << 20;
/// Clocks of machines differ.
const CLOCKS: Duration = Duration::from_secs(5 * 60);

/// What evidence comes to.
pub(crate) enum Checked {
    Valid(Box<Proof>),
    /// Every reason why not.
    Refused(Vec<Problem>),
}

/// What evidence proves, once it is checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proof {
    /// SHA-256 of the statement.
    pub(crate) digest: String,
    pub(crate) project: String,
    /// The full name of the git commit.
    pub(crate) commit: String,
    pub(crate) prompts: Vec<ProvenPrompt>,
    /// `sha256:...` of the container image, if one was named.
    pub(crate) image: Option<String>,
    /// When it was measured, UTC.
    pub(crate) time: String,
    /// Who signed it, for people.
    pub(crate) signer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProvenPrompt {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 of the canonical content.
    pub(crate) digest: String,
}

/// Checks the evidence of a file. An error is one that could not be checked at all.
pub(crate) fn check(config: &Config, path: &Path) -> Result<Checked> {
    let shown = shown(path);
    let refused = |problem: Problem| Ok(Checked::Refused(vec![problem.at(&shown, None)]));
    let Some((envelope, payload)) = read(path)? else {
        return refused(Problem::new("it is no envelope of evidence (DSSE with an in-toto statement)"));
    };
    // Nothing that it says is looked at before it is known who says it.
    let signer = match Trust::open(config)?.who(&envelope, &payload, path)? {
        Ok(signer) => signer,
        Err(problem) => return refused(problem),
    };
    let Ok(statement) = serde_json::from_slice::<Statement>(&payload) else {
        return refused(Problem::new("its statement is none that this version of llmops understands"));
    };
    let mut problems = Vec::new();
    problems.extend(statement.objection().map(Problem::new));
    problems.extend(stale(&statement, clock::now(), config.evidence.max_age));
    let commit = other_commit(config, &statement, &mut problems)?;
    let prompts = prompts(config, &statement, &mut problems);
    other_files(config, &statement, &mut problems);
    problems.extend(other_configuration(config, &statement));
    if !problems.is_empty() {
        return Ok(Checked::Refused(problems.into_iter().map(|problem| problem.at(&shown, None)).collect()));
    }
    Ok(Checked::Valid(Box::new(Proof {
        digest: sha256(&payload),
        project: statement.project().to_owned(),
        commit,
        prompts,
        image: statement.image(),
        time: statement.time().to_owned(),
        signer,
    })))
}

/// A path as people write it.
fn shown(path: &Path) -> Display<'_> {
    path.strip_prefix(".").unwrap_or(path).display()
}

/// The envelope and its payload; `None` if the file holds something else.
fn read(path: &Path) -> Result<Option<(Envelope, Vec<u8>)>> {
    let size = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::config(format!("there is no evidence {}", shown(path)))
                .hint("`llmops ci` writes it when everything has passed, in a git repository without changes"));
        }
        Err(error) => return Err(Error::io("read", path, error)),
    };
    if size > MAX_BYTES {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let envelope = serde_json::from_slice::<Envelope>(&bytes).ok();
    Ok(envelope.and_then(|envelope| envelope.payload().map(|payload| (envelope, payload))))
}

fn stale(statement: &Statement, now: SystemTime, max_age: Duration) -> Option<Problem> {
    let Ok(time) = humantime::parse_rfc3339(statement.time()) else {
        return Some(Problem::new(format!("its time \"{}\" is none", statement.time())));
    };
    match now.duration_since(time) {
        Ok(age) if age > max_age => {
            let (age, allowed) = (span(age), span(max_age));
            let message = format!("what it says was measured {age} ago, and evidence.max_age is {allowed}");
            Some(Problem::new(message).hint("measure again: llmops ci"))
        }
        Err(error) if error.duration() > CLOCKS => {
            Some(Problem::new(format!("it is from the future: {}", statement.time())))
        }
        _ => None,
    }
}

/// The commit; a problem if it is not the one that is checked out as it is.
fn other_commit(config: &Config, statement: &Statement, problems: &mut Vec<Problem>) -> Result<String> {
    let Some(here) = git::commit(&config.root) else {
        return Err(Error::config("the project is in no git repository, or git is not installed"));
    };
    let commits: Vec<&str> = statement.commits().collect();
    if commits != [here.sha.as_str()] {
        let proven = if commits.is_empty() { "none".to_owned() } else { commits.join(" and ") };
        problems.push(
            Problem::new(format!("it is of commit {proven}, and {} is checked out", here.sha))
                .hint("evidence is of one commit only: llmops ci"),
        );
    }
    if statement.folder() != here.folder {
        // A repository may hold several projects, perhaps copies of each other.
        let (proven, here) = (shown_folder(statement.folder()), shown_folder(&here.folder));
        problems.push(Problem::new(format!("it is of the project in the folder {proven}, and this is {here}")));
    }
    let changed = super::changed(config)?;
    if let Some(first) = changed.first() {
        let message = match changed.len() - 1 {
            0 => format!("{first} is not as in commit {}", here.sha),
            more => format!("{first} and {} are not as in commit {}", count(more, "other file"), here.sha),
        };
        problems.push(Problem::new(message).hint("commit, and llmops ci"));
    }
    Ok(here.sha)
}

fn shown_folder(folder: &str) -> &str {
    if folder.is_empty() { "./" } else { folder }
}

fn prompts(config: &Config, statement: &Statement, problems: &mut Vec<Problem>) -> Vec<ProvenPrompt> {
    let mut proven = Vec::new();
    for (name, version, digest) in statement.prompts() {
        match Folder::new(&config.root, name).read(version) {
            Ok(prompt) if prompt.digest == digest => {}
            Ok(prompt) => problems.push(Problem::new(format!(
                "it is of {name}@{version} with content {digest}, and the file has content {}",
                prompt.digest
            ))),
            Err(error) => problems.push(Problem::new(format!("{name}@{version} cannot be read: {error}"))),
        }
        let (name, version, digest) = (name.to_owned(), version.to_owned(), digest.to_owned());
        proven.push(ProvenPrompt { name, version, digest });
    }
    proven
}

fn other_files(config: &Config, statement: &Statement, problems: &mut Vec<Problem>) {
    for (file, digest) in statement.datasets().chain(statement.configurations()) {
        let found = std::fs::File::open(config.path(file)).and_then(sha256_of);
        if !found.is_ok_and(|found| found == digest) {
            problems.push(Problem::new(format!("{file} is another one than the one that was tested")));
        }
    }
}

/// The bars of another file are other bars.
fn other_configuration(config: &Config, statement: &Statement) -> Option<Problem> {
    let known: Vec<&str> = statement.configurations().map(|(file, _)| file).collect();
    if known.contains(&config.file.as_str()) {
        return None;
    }
    let known = if known.is_empty() { "none".to_owned() } else { known.join(" and ") };
    let message = format!("it is of the configuration {known}, and not of {}", config.file);
    Some(Problem::new(message).hint("--config names another one"))
}
