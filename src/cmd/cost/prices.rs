//! `llmops cost prices`: where the prices are from, and what models cost.

mod project;
mod rows;
mod update;

use std::fmt::Write as _;

use jiff::civil::Date;
use serde::Serialize;

use super::super::output;
use crate::cli::{self, Global, PricesCommand};
use crate::clock::timestamp;
use crate::cost::{Origin, Price, Prices, Tariff};
use crate::error::{Error, ExitStatus, Result, suggest};
use crate::text::count;
use rows::{PriceRow, Source};

/// Names that a list shows; the rest is counted.
const MOST_LISTED: usize = 36;
/// Near names that an error suggests.
const MOST_SUGGESTED: usize = 3;

pub(super) async fn run(global: &Global, arguments: &cli::Prices) -> Result<ExitStatus> {
    if let Some(PricesCommand::Update(source)) = &arguments.command {
        return match &arguments.model {
            None => update::run(global, source).await,
            Some(model) => Err(Error::config(format!("update is not of one model, such as {model}"))
                .hint("write `llmops cost prices update` and the source of the prices")),
        };
    }
    let config = project::find(global)?;
    let tariff = config.as_ref().map_or_else(|| Ok(Tariff::embedded()), Tariff::open)?;
    if let Some(model) = &arguments.model {
        show(global, &tariff, model)?;
    } else {
        let models = config.as_ref().map(project::models).unwrap_or_default();
        about(global, &tariff, &models)?;
    }
    Ok(ExitStatus::Pass)
}

/// Where the prices are from.
#[derive(Serialize)]
struct About<'a> {
    release: &'a str,
    date: &'a str,
    /// `None` where the date is none, or is to come.
    days_old: Option<i64>,
    sha256: &'a str,
    models: usize,
    /// `None` if the map is the program's.
    file: Option<&'a str>,
    project: Vec<Used<'a>>,
}

/// A model that the project calls.
#[derive(Serialize)]
struct Used<'a> {
    role: &'a str,
    price: PriceRow,
}

fn about(global: &Global, tariff: &Tariff, models: &[(&str, String)]) -> Result<()> {
    let prices = tariff.prices();
    let Prices { release, date, sha256, .. } = prices;
    let about = About {
        release,
        date,
        days_old: days_old(date),
        sha256,
        models: prices.len(),
        file: tariff.file(),
        project: models.iter().map(|(role, model)| Used { role, price: row(tariff, model) }).collect(),
    };
    if global.json {
        return output::print_exactly(&about);
    }
    let place = about.file.unwrap_or("the map in this program");
    let age = about.days_old.map(|days| format!(", {} old", count(usize::try_from(days).unwrap_or_default(), "day")));
    let models = count(about.models, "model");
    let mut text = format!("{place}: {release}, {date}{}, {models}\nsha256 {sha256}\n", age.unwrap_or_default());
    if !about.project.is_empty() {
        text.push_str("\nthis project's models, in US dollars for a million tokens:\n");
        let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
        let roles = width(&mut about.project.iter().map(|used| used.role.chars().count()));
        let names = width(&mut about.project.iter().map(|used| used.price.model.chars().count()));
        for Used { role, price } in &about.project {
            let _ = writeln!(text, "  {role:<roles$}  {:<names$}  {}", price.model, price.brief());
        }
    }
    output::print(&text)
}

/// How many days ago a day was; `None` for what is none or is to come.
fn days_old(date: &str) -> Option<i64> {
    let (date, today): (Date, Date) = (date.parse().ok()?, today().parse().ok()?);
    let days = date.duration_until(today).as_hours() / 24;
    (days >= 0).then_some(days)
}

/// In UTC.
fn today() -> String {
    timestamp().chars().take("2026-11-28".len()).collect()
}

/// What a model costs, under our names.
fn row(tariff: &Tariff, model: &str) -> PriceRow {
    let found = model.split_once('/').and_then(|(provider, name)| tariff.find_with_origin(provider, name));
    PriceRow::new(model, found)
}

/// One model, or those that have the text in their names.
fn show(global: &Global, tariff: &Tariff, model: &str) -> Result<()> {
    let exact = row(tariff, model);
    if exact.source.is_some() {
        return detail(global, tariff, &exact);
    }
    let found = Found::of(tariff, model);
    match (&found.ours[..], &found.others[..]) {
        ([], []) => Err(unknown(tariff, model)),
        ([one], []) | ([], [one]) => detail(global, tariff, one),
        (_, others) if let Some(one) = others.iter().find(|other| other.model == model) => detail(global, tariff, one),
        _ => list(global, &found, model),
    }
}

fn detail(global: &Global, tariff: &Tariff, price: &PriceRow) -> Result<()> {
    if global.json {
        return output::print_exactly(price);
    }
    if price.source == Some(Source::NotBilled) {
        return output::print(&format!("{}: nobody bills it, as it runs on a machine of your own\n", price.model));
    }
    let Prices { release, date, .. } = tariff.prices();
    let source = match price.source {
        Some(Source::Configuration) => "[cost.models] of the configuration".to_owned(),
        _ => format!("{}, {release}, {date}", tariff.file().unwrap_or("the map in this program")),
    };
    output::print(&format!("{}{source}\n", price.text()))
}

/// Models that have a text in their names.
struct Found {
    /// Under our names.
    ours: Vec<PriceRow>,
    /// Under the map's, where no provider of ours leads.
    others: Vec<PriceRow>,
}

impl Found {
    /// What is typed with a provider is the beginning of a name of that provider, all else any part of a name.
    fn of(tariff: &Tariff, typed: &str) -> Self {
        let typed = typed.to_lowercase();
        let prices = tariff.prices();
        let is_ours = typed.split_once('/').is_some_and(|(provider, _)| Prices::lists(provider));
        let matches = |name: &str| {
            let name = name.to_lowercase();
            if is_ours { name.starts_with(&typed) } else { name.contains(&typed) }
        };
        let known = prices.known();
        let mut ours: Vec<PriceRow> = tariff.own().filter(|name| matches(name)).map(|name| row(tariff, name)).collect();
        let listed = known.iter().filter(|(name, _)| matches(name) && ours.iter().all(|own| own.model != *name));
        ours.extend(listed.map(|(name, _)| row(tariff, name)).collect::<Vec<_>>());
        let by_map =
            |(name, price): (_, &Price)| matches(name) && !known.iter().any(|(_, known)| std::ptr::eq(*known, price));
        let mut others: Vec<PriceRow> = prices
            .iter()
            .filter(|of_one| !is_ours && by_map(*of_one))
            .map(|(name, price)| PriceRow::new(name, Some((price, Origin::Map))))
            .collect();
        // What is longest has least to do with what was typed.
        let by_length = |price: &PriceRow| (price.model.len(), price.model.clone());
        ours.sort_by_cached_key(by_length);
        others.sort_by_cached_key(by_length);
        Self { ours, others }
    }
}

fn list(global: &Global, found: &Found, typed: &str) -> Result<()> {
    #[derive(Serialize)]
    struct Listed<'a> {
        models: &'a [PriceRow],
        models_of_other_providers: &'a [PriceRow],
        not_shown: usize,
    }
    let ours = &found.ours[..found.ours.len().min(MOST_LISTED)];
    let others = &found.others[..found.others.len().min(MOST_LISTED - ours.len())];
    let not_shown = found.ours.len() + found.others.len() - ours.len() - others.len();
    if global.json {
        return output::print_exactly(&Listed { models: ours, models_of_other_providers: others, not_shown });
    }
    let width = ours.iter().chain(others).map(|price| price.model.chars().count()).max().unwrap_or(0);
    let mut text = format!("no model is called exactly {typed}; in US dollars for a million tokens:\n");
    let line = |price: &PriceRow| format!("  {:<width$}  {}\n", price.model, price.brief());
    text.extend(ours.iter().map(line));
    if !others.is_empty() {
        text.push_str("under the map's own names, to which no provider of llmops leads:\n");
        text.extend(others.iter().map(line));
    }
    if not_shown > 0 {
        let _ = writeln!(text, "and {not_shown} more");
    }
    output::print(&text)
}

fn unknown(tariff: &Tariff, model: &str) -> Error {
    let known = tariff.prices().known();
    let mut names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let mut near = Vec::new();
    while near.len() < MOST_SUGGESTED
        && let Some(name) = suggest(model, names.iter().copied())
    {
        near.push(format!("\"{name}\""));
        names.retain(|known| *known != name);
    }
    let near = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(", ")) };
    let section = if model.contains('/') { model.to_owned() } else { format!("provider/{model}") };
    let hint = format!("{near}say what it costs in [cost.models.\"{section}\"], see docs/cost.md");
    Error::config(format!("the price of {model} is not known, and what is not known is never free")).hint(hint)
}
