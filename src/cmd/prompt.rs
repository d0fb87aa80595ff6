//! `llmops prompt`: prompts as code, with a history that cannot be changed unnoticed.

mod approve;
mod diff;
mod export;
mod history;
pub(super) mod import;
pub(super) mod label;
mod list;
mod release;
mod render;
mod rollback;
mod show;
mod verify;

pub(super) use self::verify::verified;
use super::{block_on, configuration_for, output, unless_interrupted};
use crate::cli::{Global, PromptCommand};
use crate::config::{Config, Purpose};
use crate::error::{Error, ExitStatus, Result};
use crate::git;
use crate::prompt::{DRAFT, Folder, Writing, file_digest, plain_version, with_lock};

pub(super) fn run(global: &Global, command: &PromptCommand) -> Result<ExitStatus> {
    let config = configuration_for(global, Purpose::Offline)?;
    match command {
        PromptCommand::List(arguments) => list::run(global, &config, arguments),
        PromptCommand::Show(arguments) => show::run(global, &config, arguments),
        PromptCommand::Diff(arguments) => diff::run(global, &config, arguments),
        PromptCommand::Render(arguments) => block_on(unless_interrupted(render::run(global, &config, arguments))),
        PromptCommand::Export(arguments) => export::run(global, &config, arguments),
        PromptCommand::Import(arguments) => import::run(global, &config, arguments),
        PromptCommand::New(arguments) => release::new(&config, arguments),
        PromptCommand::Release(arguments) => release::run(global, &config, arguments),
        PromptCommand::Approve(arguments) => approve::run(global, &config, arguments),
        PromptCommand::Label(arguments) => label::run(global, &config, arguments),
        PromptCommand::Rollback(arguments) => rollback::run(global, &config, arguments),
        PromptCommand::History(arguments) => history::run(global, &config, arguments),
        PromptCommand::Verify(arguments) => verify::run(global, &config, arguments),
    }
}

/// The ledger of a prompt, for whoever git says is here.
fn writing(config: &Config, folder: &Folder<'_>) -> Result<Writing> {
    let by = git::identity(&config.root)?;
    let writing = with_lock(&folder.path, &folder.shown_ledger(), &config.state_folder(), by)?;
    Ok(writing.signing(config.prompts.sign))
}

/// A version that is released and unedited, and its content.
struct Recorded {
    version: String,
    digest: String,
}

/// The version that somebody names, which may be by a label, if the ledger knows exactly what its file holds.
fn recorded(folder: &Folder<'_>, version: &str) -> Result<Recorded> {
    let name = folder.name;
    let version = folder.resolve(plain_version(version).unwrap_or(version))?;
    if version == DRAFT {
        return Err(Error::config(format!("{name}@draft is no version: it may still change"))
            .hint(format!("release it first: llmops prompt release {name} --bump patch -m \"...\"")));
    }
    let history = folder.history()?;
    let Some(release) = history.release(&version) else {
        return Err(Error::config(format!("no ledger records {name}@{version}"))
            .hint(format!("record it: llmops prompt release {name}@{version} -m \"...\"")));
    };
    let path = folder.file(&version);
    let content = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    if file_digest(&content) != release.file || folder.read(&version)?.digest != release.digest {
        return Err(Error::config("the file was edited after its release")
            .at(folder.shown(&version), None)
            .hint("`llmops prompt verify` says how to repair it"));
    }
    Ok(Recorded { version, digest: release.digest.clone() })
}

/// What follows the `@` of an argument that must have it.
fn split_version(prompt: &str) -> Result<(&str, &str)> {
    match split(prompt) {
        (name, Some(version)) => Ok((name, version)),
        (name, None) => Err(Error::config(format!("which version of {name}?")).hint(format!("write {name}@1.2.0"))),
    }
}

/// A reason that is one.
fn reason(message: &str) -> Result<&str> {
    let message = message.trim();
    if message.is_empty() {
        return Err(Error::config("--message is empty").hint("say why, for whoever reads the history"));
    }
    Ok(message)
}

/// Splits `NAME@VERSION`; the version is what follows the first `@`.
fn split(prompt: &str) -> (&str, Option<&str>) {
    prompt.split_once('@').map_or((prompt, None), |(name, version)| (name, Some(version)))
}
