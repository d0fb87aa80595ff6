//! What the project is to be: flags first, then answers in a terminal, else what was found.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::ValueEnum as _;

use super::detect::{Cases, Found, PromptFile};
use crate::cli::{Driver, Forge, Init, Store};
use crate::cmd::output;
use crate::error::{Error, Result, suggestion};
use crate::llm::{LOCAL, Model, PROVIDERS};
use crate::text::count;

/// The model that needs nothing.
pub(super) const MODEL: &str = "local/extractive";

pub(super) struct Choices {
    pub(super) forge: Forge,
    pub(super) store: Store,
    pub(super) model: String,
    /// Whether the table that was found is the store.
    pub(super) table: bool,
    /// Files whose prompts are imported.
    pub(super) prompts: Vec<String>,
    /// Files whose cases are taken.
    pub(super) cases: Vec<String>,
    pub(super) deploy: Option<Driver>,
}

/// `is_project`: there is a configuration already, and only the workflow and imports are left to choose. `asks`: whether somebody in a
/// terminal may be asked.
pub(super) fn choose(arguments: &Init, found: &Found, (is_project, asks): (bool, bool)) -> Result<Choices> {
    if let Some(model) = &arguments.model {
        check_model(model)?;
    }
    let asks = asks && is_terminal();
    let mut asker = Asker { asks };
    // Nobody was asked, so nothing but what a flag names is taken over.
    let taken = if arguments.import || arguments.yes { !arguments.no_import } else { asks && !arguments.no_import };
    let default_forge = found.repository.forge.unwrap_or(if is_project { Forge::None } else { Forge::Github });
    let forge = match arguments.forge {
        Some(forge) => forge,
        None => asker.one_of("Write a CI workflow for", default_forge)?,
    };
    let (store, table) = store(arguments, found, &mut asker, taken)?;
    let model = match &arguments.model {
        Some(model) => model.clone(),
        None => asker.model(found)?,
    };
    let is_new = |file: &&PromptFile| taken && file.is_new();
    let mut prompts = Vec::new();
    for file in found.prompts.iter().filter(is_new) {
        if arguments.import || asker.yes(&format!("Import the prompts of {} ({})?", file.file, file.names()))? {
            prompts.push(file.file.clone());
        }
    }
    let mut cases = Vec::new();
    for Cases { file, count: number, .. } in found.cases.iter().filter(|_| taken) {
        if arguments.import || asker.yes(&format!("Take over {} of {file}?", count(*number, "case")))? {
            cases.push(file.clone());
        }
    }
    let deploy = match arguments.deploy {
        Some(driver) => Some(driver),
        None if forge == Forge::None => None,
        None => asker.driver()?,
    };
    Ok(Choices { forge, store, model, table, prompts, cases, deploy })
}

fn store(arguments: &Init, found: &Found, asker: &mut Asker, taken: bool) -> Result<(Store, bool)> {
    let wanted = arguments.store != Some(Store::Embedded);
    if let Some(table) = found.table.as_ref().filter(|_| wanted && (taken || arguments.store.is_some())) {
        let is_said = arguments.store.is_some() || arguments.import;
        if is_said || asker.yes(&format!("Retrieve from the table {}?", table.shown()))? {
            return Ok((Store::Pgvector, true));
        }
    }
    match arguments.store {
        Some(store) => Ok((store, false)),
        None if found.has_database && found.table.is_none() => {
            Ok((asker.one_of("Keep the passages in a store of kind", Store::Embedded)?, false))
        }
        None => Ok((Store::Embedded, false)),
    }
}

fn check_model(text: &str) -> Result<()> {
    let model: Model = text.parse()?;
    let known = || PROVIDERS.iter().map(|known| known.name).chain(LOCAL.iter().map(|(name, _)| *name));
    if known().any(|name| name == model.provider) {
        return Ok(());
    }
    let known: Vec<&str> = known().collect();
    Err(Error::config(format!("unknown model provider \"{}\"", model.provider))
        .hint(suggestion(&model.provider, known.iter().copied())))
}

fn is_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Asks on the terminal, line by line. Without one every answer is the default.
struct Asker {
    asks: bool,
}

impl Asker {
    fn answer(&mut self, question: &str) -> Result<Option<String>> {
        if !self.asks {
            return Ok(None);
        }
        output::print(question)?;
        // Standard output keeps what has no end of line.
        let _ = std::io::stdout().flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match read {
            Ok(0) | Err(_) => Err(Error::unavailable("interrupted").hint("nothing was written")),
            Ok(_) => Ok(Some(line.trim().to_owned()).filter(|answer| !answer.is_empty())),
        }
    }

    /// Asks until `read` takes the answer.
    fn until<T>(&mut self, question: &str, read: impl Fn(&str) -> std::result::Result<T, String>) -> Result<Option<T>> {
        loop {
            let Some(answer) = self.answer(question)? else { return Ok(None) };
            match read(&answer) {
                Ok(value) => return Ok(Some(value)),
                Err(problem) => output::note(&problem),
            }
        }
    }

    fn yes(&mut self, question: &str) -> Result<bool> {
        let read = |answer: &str| match answer.to_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("answer y or n".to_owned()),
        };
        Ok(self.until(&format!("{question} [Y/n] "), read)?.unwrap_or(true))
    }

    fn one_of<T: clap::ValueEnum + Copy>(&mut self, question: &str, default: T) -> Result<T> {
        let question = format!("{question} {}? [{}] ", names::<T>(), name(&default));
        let read = |answer: &str| T::from_str(answer, true).map_err(|_| format!("answer {}", names::<T>()));
        Ok(self.until(&question, read)?.unwrap_or(default))
    }

    fn model(&mut self, found: &Found) -> Result<String> {
        let keys: Vec<&str> = found.keys.iter().map(|(provider, _)| *provider).collect();
        let known = if keys.is_empty() { String::new() } else { format!("; a key is set for {}", keys.join(", ")) };
        let question = format!("Test which model, as provider/model{known}? [{MODEL}] ");
        let read = |answer: &str| check_model(answer).map(|()| answer.to_owned()).map_err(|error| hinted(&error));
        Ok(self.until(&question, read)?.unwrap_or_else(|| MODEL.to_owned()))
    }

    fn driver(&mut self) -> Result<Option<Driver>> {
        let question = format!("Deploy after a push that passes, by none, {}? [none] ", names::<Driver>());
        let read = |answer: &str| match answer {
            "none" | "no" | "n" => Ok(None),
            answer => {
                Driver::from_str(answer, true).map(Some).map_err(|_| format!("answer none, {}", names::<Driver>()))
            }
        };
        Ok(self.until(&question, read)?.flatten())
    }
}

/// What is wrong, and what is right, in one line.
fn hinted(error: &Error) -> String {
    let hint = error.problems.iter().find_map(|problem| problem.hint.as_deref());
    hint.map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"))
}

/// As it is typed.
pub(super) fn name<T: clap::ValueEnum>(value: &T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// `a, b or c`
fn names<T: clap::ValueEnum>() -> String {
    let names: Vec<String> = T::value_variants().iter().map(name).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
