//! A report for other programs: CSV and JSON, whose amounts are exact and whose names never change.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::{Compared, Statement};
use crate::clock::timestamp_of;
use crate::cost::Cost;
use crate::cost::ledger::{Amounts, AtMost, By, Forecast, Key, Table};
use crate::error::{Error, Result};

/// Raise it when the JSON changes in a way that readers notice.
const SCHEMA: u32 = 1;

/// A number of a row; an amount is `None` if it is not known of a single call.
enum Field {
    Count(u64),
    Usd(Option<Cost>),
}

/// The numbers of a row, in the order and by the names of both formats.
fn fields(amounts: &Amounts) -> [(&'static str, Field); 19] {
    let usage = &amounts.usage;
    let known = |usd, calls, unknown| Field::Usd((calls == 0 || unknown < calls).then_some(usd));
    let most = |part: &AtMost| known(part.usd, part.calls, part.unknown);
    [
        ("calls", Field::Count(amounts.calls)),
        ("input_tokens", Field::Count(usage.input)),
        ("cached_input_tokens", Field::Count(usage.cached_input)),
        ("cache_write_tokens", Field::Count(usage.cache_write)),
        ("cache_write_1h_tokens", Field::Count(usage.cache_write_1h)),
        ("output_tokens", Field::Count(usage.output)),
        ("reasoning_tokens", Field::Count(usage.reasoning)),
        ("usd", known(amounts.usd, amounts.calls, amounts.unknown)),
        ("unknown_calls", Field::Count(amounts.unknown)),
        ("failed_calls", Field::Count(amounts.failed)),
        ("kept_calls", Field::Count(amounts.kept.calls)),
        ("saved_usd", most(&amounts.kept)),
        ("saved_unknown_calls", Field::Count(amounts.kept.unknown)),
        ("open_calls", Field::Count(amounts.open.calls)),
        ("open_most_usd", most(&amounts.open)),
        ("open_unknown_calls", Field::Count(amounts.open.unknown)),
        ("lost_calls", Field::Count(amounts.lost.calls)),
        ("lost_most_usd", most(&amounts.lost)),
        ("lost_unknown_calls", Field::Count(amounts.lost.unknown)),
    ]
}

/// One table of all rows: `by` says which table of the report a row is of; what a row is not told apart by is empty.
pub(super) fn csv(statement: &Statement) -> Result<String> {
    let write = || -> std::result::Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let keys = By::ALL.iter().map(|(_, name)| *name);
        let numbers = fields(&Amounts::default()).map(|(name, _)| name);
        writer.write_record(std::iter::once("by").chain(keys).chain(numbers))?;
        for table in &statement.tables {
            for (key, amounts) in table.ordered() {
                let cell = |by: &By| {
                    let at = table.by.iter().position(|known| known == by);
                    at.and_then(|at| key[at].as_deref()).unwrap_or_default().to_owned()
                };
                let numbers = fields(amounts).into_iter().map(|(_, field)| match field {
                    Field::Count(count) => count.to_string(),
                    Field::Usd(usd) => usd.map(Cost::decimal).unwrap_or_default(),
                });
                let keys = By::ALL.iter().map(|(by, _)| cell(by));
                writer.write_record(std::iter::once(table.name()).chain(keys).chain(numbers))?;
            }
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    };
    let written = write().map_err(|error| Error::unavailable("cannot write the report").source(error))?;
    Ok(String::from_utf8_lossy(&written).into_owned())
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    project: Option<&'a str>,
    from: String,
    /// Excluded.
    until: String,
    time_zone: Option<&'a str>,
    total: Row<'a>,
    tables: Vec<TableOf<'a>>,
    change: Option<ChangeOf>,
    forecast: Option<ForecastOf<'a>>,
}

#[derive(Serialize)]
struct TableOf<'a> {
    by: Vec<&'static str>,
    rows: Vec<Row<'a>>,
}

/// What tells a row apart, then its numbers.
struct Row<'a> {
    keys: BTreeMap<&'static str, Option<&'a str>>,
    amounts: &'a Amounts,
}

#[derive(Serialize)]
struct ChangeOf {
    from: String,
    until: String,
    before_usd: Cost,
    after_usd: Cost,
    /// What each brought about; the four add up to the difference.
    calls_usd: Cost,
    prompts_usd: Cost,
    answers_usd: Cost,
    rates_usd: Cost,
    unknown_calls: u64,
    /// The day of the first call of the time before, if it had none for long.
    begins_late: Option<String>,
}

#[derive(Serialize)]
struct ForecastOf<'a> {
    month: &'a str,
    usd: Cost,
    low_usd: Cost,
    high_usd: Cost,
    so_far_usd: Cost,
    unknown_calls: u64,
    days: u64,
    day_usd: Cost,
    left_seconds: u64,
}

pub(super) fn json(statement: &Statement) -> Result<String> {
    let period = &statement.period;
    let document = Document {
        schema: SCHEMA,
        project: statement.project.as_deref(),
        from: timestamp_of(period.from),
        until: timestamp_of(period.to),
        time_zone: period.zone.iana_name(),
        total: Row { keys: BTreeMap::new(), amounts: &statement.total },
        tables: statement.tables.iter().map(table).collect(),
        change: statement.compared.as_ref().map(|compared| change(statement, compared)),
        forecast: statement.forecast.as_ref().map(forecast),
    };
    let text = serde_json::to_string_pretty(&document);
    Ok(text.map_err(|error| Error::unavailable("cannot write the report").source(error))? + "\n")
}

fn table<'a>(table: &'a Table) -> TableOf<'a> {
    let row = |(key, amounts): (&'a Key, &'a Amounts)| {
        let keys = table.by.iter().zip(key).map(|(by, part)| (by.name(), part.as_deref())).collect();
        Row { keys, amounts }
    };
    TableOf { by: table.by.iter().map(|by| by.name()).collect(), rows: table.ordered().into_iter().map(row).collect() }
}

fn change(statement: &Statement, Compared { change, unknown, begins_late }: &Compared) -> ChangeOf {
    ChangeOf {
        from: timestamp_of(statement.period.before_from),
        until: timestamp_of(statement.period.before_to),
        before_usd: change.before,
        after_usd: change.after,
        calls_usd: change.calls,
        prompts_usd: change.prompts,
        answers_usd: change.answers,
        rates_usd: change.rates,
        unknown_calls: *unknown,
        begins_late: begins_late.map(|date| date.to_string()),
    }
}

fn forecast(forecast: &Forecast) -> ForecastOf<'_> {
    ForecastOf {
        month: &forecast.month,
        usd: forecast.usd,
        low_usd: forecast.low_usd,
        high_usd: forecast.high_usd,
        so_far_usd: forecast.so_far_usd,
        unknown_calls: forecast.unknown,
        days: forecast.days,
        day_usd: forecast.day_usd,
        left_seconds: forecast.left_seconds,
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, key) in &self.keys {
            map.serialize_entry(name, key)?;
        }
        for (name, field) in fields(self.amounts) {
            match field {
                Field::Count(count) => map.serialize_entry(name, &count)?,
                Field::Usd(usd) => map.serialize_entry(name, &usd)?,
            }
        }
        map.end()
    }
}
