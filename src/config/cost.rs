//! `[cost]`: prices of one's own, limits, and where what was spent is kept.

use jiff::tz::TimeZone;

use super::document::{Document, Section};
use super::{Env, Located, Purpose, Secret};
use crate::money::Cost as Amount;

/// `[cost]`
pub(crate) struct Cost {
    pub(crate) ledger: LedgerPlace,
    /// In which days and months are counted.
    pub(crate) time_zone: TimeZone,
    pub(crate) budgets: Budgets,
    /// How much more an answer may cost than in the baseline: 0.2 is a fifth more.
    pub(crate) max_increase: Option<f64>,
    /// The most that an answer may cost on average.
    pub(crate) max_per_case: Option<Amount>,
    /// How often users ask, for what a month will cost.
    pub(crate) requests_per_month: Option<usize>,
    /// The most that a month of so many requests may cost.
    pub(crate) max_per_month: Option<Amount>,
    /// The price map that wins over the embedded one, if the file is there.
    pub(crate) prices: Located<String>,
    pub(crate) models: Vec<ModelCost>,
}

/// Where calls are written down.
#[derive(Clone)]
pub(crate) enum LedgerPlace {
    /// A file in the project's state folder.
    Embedded,
    /// Nowhere: forgotten with the process.
    #[cfg(test)]
    Memory,
    /// A `PostgreSQL` database that several machines share.
    Postgres(Secret),
}

/// The most that may be spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Budgets {
    pub(crate) run: Option<Amount>,
    pub(crate) day: Option<Amount>,
    pub(crate) month: Option<Amount>,
}

/// `[cost.models."provider/model"]`: what one model costs, and how often it may be called.
#[derive(Clone)]
pub(crate) struct ModelCost {
    pub(crate) model: Located<String>,
    pub(crate) rates: Rates,
    /// Calls of a day, as providers limit their free tiers.
    pub(crate) requests_per_day: Option<usize>,
    /// In which that day begins; that of the section if nothing else is said.
    pub(crate) time_zone: Option<TimeZone>,
}

/// Who says what a model costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rates {
    /// The price map.
    Listed,
    /// Nobody bills it: a free tier, or a machine of one's own.
    Free,
    /// The file: a kind of token as the price map names it, and what a million of them cost; `request` is for one call.
    Own(Vec<(&'static str, Amount)>),
}

/// A key of a model's section, and the price map's word for it.
const RATES: &[(&str, &str)] = &[
    ("input", "in"),
    ("cached_input", "read"),
    ("cache_write", "write"),
    ("cache_write_1h", "write1h"),
    ("output", "out"),
    ("reasoning", "reason"),
    ("request", "request"),
];

pub(super) fn read(section: &Section, document: &Document, (env, purpose): (&Env, Purpose)) -> Option<Cost> {
    let ledger = read_ledger(section, document, (env, purpose));
    let time_zone = read_time_zone(section, document);
    let budgets = Budgets {
        run: amount(section, "budget_run"),
        day: amount(section, "budget_day"),
        month: amount(section, "budget_month"),
    };
    let max_increase = section.percent("max_increase");
    let max_per_case = amount(section, "max_per_case");
    let requests_per_month = section.integer("requests_per_month", 1..=1_000_000_000_000);
    let max_per_month = amount(section, "max_per_month");
    if max_per_month.is_some() && requests_per_month.is_none() {
        let message = "cost.max_per_month needs cost.requests_per_month".to_owned();
        document.report(section.line_of("max_per_month"), message, Some("say how many answers a month has".into()));
    }
    let prices = section.string("prices");
    let models = read_models(&section.section("models"), document);
    section.finish();
    Some(Cost {
        ledger: ledger?,
        time_zone: time_zone?,
        budgets,
        max_increase: max_increase.map(|share| share.value),
        max_per_case,
        requests_per_month,
        max_per_month,
        prices: prices?,
        models,
    })
}

fn amount(section: &Section, key: &str) -> Option<Amount> {
    section.dollars(key).map(|amount| amount.value)
}

fn read_ledger(section: &Section, document: &Document, (env, purpose): (&Env, Purpose)) -> Option<LedgerPlace> {
    let written = section.string("ledger")?;
    if written.value == "embedded" {
        return Some(LedgerPlace::Embedded);
    }
    // Work that sends nothing writes nothing down either.
    if purpose == Purpose::Offline && written.value.starts_with("env:") {
        return Some(LedgerPlace::Embedded);
    }
    let url = match env.resolve(&written.value) {
        Ok(url) => url,
        Err(problem) => {
            document.report(written.line, problem.message, problem.hint);
            return None;
        }
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Some(LedgerPlace::Postgres(Secret::new(url)));
    }
    let hint = "write \"embedded\", \"postgres://...\", or \"env:NAME\" for a variable that holds such a URL";
    document.report(written.line, "cost.ledger is neither \"embedded\" nor a PostgreSQL URL".into(), Some(hint.into()));
    None
}

fn read_time_zone(section: &Section, document: &Document) -> Option<TimeZone> {
    let name = section.string("time_zone")?;
    let found = TimeZone::get(&name.value).ok();
    if found.is_none() {
        let message = format!("{} is \"{}\", which is no time zone", section.path("time_zone"), name.value);
        let hint = "write a name of the time-zone database, for example \"Europe/Berlin\" or \"UTC\"";
        document.report(name.line, message, Some(hint.into()));
    }
    found
}

fn read_models(section: &Section, document: &Document) -> Vec<ModelCost> {
    let mut models = Vec::new();
    for (name, table) in section.sections() {
        let line = section.line_of(&name);
        if !name.split_once('/').is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty()) {
            let message = format!("{}: \"{name}\" is not a model", section.path("models"));
            let hint = "write [cost.models.\"provider/model\"], for example \"gemini/gemini-2.5-flash\"";
            document.report(line, message, Some(hint.into()));
        }
        let rates = read_rates(&table, document, line);
        let requests_per_day = table.integer("requests_per_day", 1..=1_000_000_000_000);
        let time_zone = read_time_zone(&table, document);
        table.finish();
        models.push(ModelCost { model: Located { value: name, line }, rates, requests_per_day, time_zone });
    }
    models
}

fn read_rates(table: &Section, document: &Document, line: Option<usize>) -> Rates {
    let own: Vec<(&'static str, Amount)> =
        RATES.iter().filter_map(|(key, kind)| amount(table, key).map(|amount| (*kind, amount))).collect();
    let is_free = table.boolean("free").is_some_and(|free| free.value);
    let has = |kind: &str| own.iter().any(|(own, _)| *own == kind);
    if is_free && !own.is_empty() {
        let message = format!("{} is free and has a price", table.name());
        document.report(line, message, Some("keep free = true, or the prices".into()));
    } else if !own.is_empty() && !has("in") {
        let message = format!("{} has no price for input", table.name());
        document.report(line, message, Some("write input = \"0.30 USD\": for a million tokens".into()));
    }
    match (is_free, own.is_empty()) {
        (true, _) => Rates::Free,
        (false, true) => Rates::Listed,
        (false, false) => Rates::Own(own),
    }
}
