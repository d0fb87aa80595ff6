//! `llmops prompt`: prompts as code, with a history that cannot be changed unnoticed.

mod history;
mod list;
mod release;
mod show;
mod verify;

pub(super) use self::verify::are_whole;
use super::{configuration_for, output};
use crate::cli::{Global, PromptCommand};
use crate::config::{Config, Purpose};
use crate::error::{ExitStatus, Result};
use crate::git;
use crate::prompt::{Folder, Writing, with_lock};

pub(super) fn run(global: &Global, command: &PromptCommand) -> Result<ExitStatus> {
    let config = configuration_for(global, Purpose::Offline)?;
    match command {
        PromptCommand::List(arguments) => list::run(global, &config, arguments),
        PromptCommand::Show(arguments) => show::run(global, &config, arguments),
        PromptCommand::New(arguments) => release::new(&config, arguments),
        PromptCommand::Release(arguments) => release::run(global, &config, arguments),
        PromptCommand::History(arguments) => history::run(global, &config, arguments),
        PromptCommand::Verify(arguments) => verify::run(global, &config, arguments),
    }
}

/// The ledger of a prompt, for whoever git says is here.
fn writing(config: &Config, folder: &Folder<'_>) -> Result<Writing> {
    let by = git::identity(&config.root)?;
    with_lock(&folder.path, &folder.shown_ledger(), &config.state_folder(), by)
}

/// Splits `NAME@VERSION`; the version is what follows the first `@`.
fn split(prompt: &str) -> (&str, Option<&str>) {
    prompt.split_once('@').map_or((prompt, None), |(name, version)| (name, Some(version)))
}
