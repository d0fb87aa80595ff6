//! `llmops guard`: the validator of what goes into a model, how well it does, and where its weights come from.

mod attack;
mod check;
pub(super) mod documents;
mod placeholders;
pub(super) mod test;
mod train;
mod value;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{block_on, vocabulary};
use crate::cli::{Global, GuardCommand};
use crate::config::{self, Config, Purpose};
use crate::error::{Error, ExitStatus, Result};
use crate::guard::{Model, Policy, corpus};

pub(super) fn run(global: &Global, command: &GuardCommand) -> Result<ExitStatus> {
    match command {
        GuardCommand::Check(arguments) => check::run(global, arguments),
        GuardCommand::Documents(arguments) => documents::run(global, arguments),
        GuardCommand::Test(arguments) => test::run(global, arguments),
        GuardCommand::Attack(arguments) => block_on(attack::run(global, arguments)),
        GuardCommand::Train(arguments) => train::run(global, arguments),
    }
}

/// No key is needed, and no project.
fn configuration(global: &Global) -> Result<Config> {
    Config::find_or_default(&global.directory, global.config.as_deref(), &vocabulary(Purpose::Offline))
}

/// What the project lets through; without the limit that only inputs have.
fn policy(guard: &config::Guard, limit: Limit) -> Policy {
    let max_characters = match limit {
        Limit::Input => Some(guard.max_characters),
        Limit::None => None,
    };
    Policy::new(guard.flag_at, guard.block_at, max_characters, &guard.forbidden_topics)
}

#[derive(Clone, Copy)]
enum Limit {
    Input,
    None,
}

/// The weights that the project names, or those that ship.
fn model(config: &Config) -> Result<Cow<'static, Model>> {
    let Some(file) = &config.guard.model else { return Ok(Cow::Borrowed(Model::embedded())) };
    let path = config.root.join(&file.value);
    let bytes = read(&path).map_err(|error| error.at(&config.file, file.line))?;
    let model = Model::read(&bytes).map_err(|error| error.at(path.display(), None))?;
    Ok(Cow::Owned(model))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::config(format!("cannot read {}", path.display())).source(error))
}

fn read_text(global: &Global, file: &Path) -> Result<String> {
    let text = String::from_utf8(read(&global.directory.join(file))?);
    text.map_err(|_| Error::config(format!("{} is not UTF-8", file.display())))
}

/// A corpus by the name that people know it by, and its text: a file, or the rows that ship.
fn read_corpus(global: &Global, file: Option<&Path>) -> Result<(String, String)> {
    let Some(file) = file else { return Ok(("the rows that ship".to_owned(), corpus::embedded())) };
    Ok((file.display().to_string(), read_text(global, file)?))
}

/// What `work` makes of each item, in order, by as many threads as there are processors.
fn each<'a, T: Sync, R: Send>(items: &'a [T], work: impl Fn(&'a T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
