//! `llmops cost prices update`: a newer price map for the project.
//!
//! ```text
//! file | address -> our lines -> changes against the present map -> refused, shown, or written
//! ```

mod change;
mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::super::super::output;
use super::{project, row, today};
use crate::cli::{Global, UpdatePrices};
use crate::config::Config;
use crate::cost::{Changes, Given, Label, Prices, Tariff};
use crate::error::{Error, ExitStatus, Result};
use crate::file;
use crate::text::printable;
use change::Update;
use source::Source;

pub(super) async fn run(global: &Global, arguments: &UpdatePrices) -> Result<ExitStatus> {
    let config = project(global, arguments)?;
    let target = Target::of(global, arguments, config.as_ref());
    let source = Source::of(&arguments.source)?;
    let bytes = source.read(&global.directory).await?;
    let date = arguments.date.map(|date| date.to_string());
    let (name, today) = (source.name(), today());
    let label = Label { release: arguments.release.as_deref(), date: date.as_deref(), source: &name, today: &today };
    let given = Given::read(&bytes, &label).map_err(|what| source.damaged(&what))?;
    let is_packed = target.path.extension().is_some_and(|extension| extension == "gz");
    let (content, is_too_small) = (given.bytes(is_packed), given.is_too_small());
    let before = Tariff::of(config.as_ref(), target.present());
    let after = Tariff::of(config.as_ref(), Some(given.prices));
    let models = config.as_ref().map(project::models).unwrap_or_default();
    let update = Update {
        changes: Changes::between(before.prices(), after.prices()),
        lost: lost(models, &before, &after),
        maps: [before.prices(), after.prices()],
        is_too_small,
    };
    let reasons = update.reasons();
    let is_taken = reasons.is_empty() || arguments.force;
    let is_written = is_taken && !arguments.dry_run;
    if is_written {
        file::replace(&target.path, &content).map_err(|error| Error::io("write", &target.path, error))?;
    }
    if global.json {
        output::print_exactly(&update.value(&target.shown, is_written, &reasons))?;
    } else {
        let done = if is_written { format!("{} is written\n", target.shown) } else { String::new() };
        output::print(&(update.text() + &done))?;
    }
    if is_taken {
        return Ok(ExitStatus::Pass);
    }
    let refused = format!("{} is not taken: {}", printable(&source.name()), reasons.join("; "));
    Err(Error::config(refused).hint("look at what changes; if it is right, run again with --force"))
}

/// The project whose prices are updated; `None` if none is needed.
fn project(global: &Global, arguments: &UpdatePrices) -> Result<Option<Config>> {
    match project::find(global)? {
        // It names the file that is written.
        None if arguments.out.is_none() => super::super::configuration(global).map(Some),
        found => Ok(found),
    }
}

/// The file that is written.
struct Target {
    path: PathBuf,
    /// As messages name it.
    shown: String,
}

impl Target {
    fn of(global: &Global, arguments: &UpdatePrices, config: Option<&Config>) -> Self {
        let of_project =
            || config.map(|config| (config.path(&config.cost.prices.value), config.cost.prices.value.clone()));
        let out = arguments.out.as_ref().map(|out| (global.directory.join(out), out.display().to_string()));
        let (path, shown) = out.or_else(of_project).unwrap_or_default();
        Self { path, shown }
    }

    /// The map that is there; `None` also if it is damaged, which an update mends.
    fn present(&self) -> Option<Prices> {
        std::fs::read(&self.path).ok().and_then(|bytes| Prices::read(&bytes).ok())
    }
}

/// The models of the project that have a price, and would have none.
fn lost(models: Vec<(&'static str, String)>, before: &Tariff, after: &Tariff) -> Vec<String> {
    let knows = |tariff: &Tariff, model: &str| row(tariff, model).source.is_some();
    let lost = models.into_iter().map(|(_, model)| model).filter(|model| knows(before, model) && !knows(after, model));
    lost.collect::<BTreeSet<_>>().into_iter().collect()
}
