//! A ledger in a file. Processes side by side take turns; one that is killed leaves the file whole.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::call::{Call, Outcome, PromptName, Role, State};
use super::limit::{Scope, Sum};
use super::store::{Line, Pages, Slice, Store, Wanted, signed};
use crate::cost::{Cost, Usage};
use crate::error::{Error, Result};

/// Amounts are decimal texts: no number of SQLite's holds them exactly.
const SCHEMA: &str = "
create table if not exists call (
    id integer primary key, at integer not null, project text not null, run text not null, role text not null,
    model text not null, prompt text, prompt_digest text, state text not null, requests integer not null,
    input integer not null, cached_input integer not null, cache_write integer not null,
    cache_write_1h integer not null, output integer not null, reasoning integer not null, usd text
) strict;
create index if not exists call_at on call (at);
create table if not exists total (
    project text not null, run text not null, model text not null, begins integer not null, ends integer not null,
    usd text not null, open_usd text not null, requests integer not null, unknown integer not null,
    primary key (project, run, model, begins, ends)
) strict, without rowid;
pragma user_version = 1;
";
/// Raise it when the tables change.
const VERSION: i64 = 1;
/// Others hold the file for milliseconds; one that hangs must not hang us.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Sqlite {
    connection: Connection,
    /// As messages name the file.
    name: String,
}

impl Sqlite {
    pub(super) fn open(path: &Path, name: &str) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("create the folder", folder, error))?;
        }
        let opened = Self::connect(path, name).map_err(|error| cannot("open", name, &error))?;
        let version = opened.version().map_err(|error| cannot("read", name, &error))?;
        if version != VERSION {
            let message = format!("{name} is of another version of llmops ({version}, not {VERSION})");
            return Err(Error::unavailable(message).hint("use that version, or move the file away to begin a new one"));
        }
        Ok(opened)
    }

    fn connect(path: &Path, name: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // What was committed survives the death of any process; only a loss of power may take the last moments.
        connection.pragma_update(None, "synchronous", "normal")?;
        let opened = Self { connection, name: name.to_owned() };
        if opened.version()? == 0 {
            opened.connection.execute_batch(&format!("begin immediate; {SCHEMA} commit;"))?;
        }
        Ok(opened)
    }

    fn version(&self) -> rusqlite::Result<i64> {
        self.connection.query_row("pragma user_version", (), |row| row.get(0))
    }
}

impl Store for Sqlite {
    fn write(&mut self, wanted: &Wanted, work: &mut dyn FnMut(&mut Pages)) -> Result<()> {
        let mut write = || {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut pages = Pages::of(sums(&transaction, wanted)?, present(&transaction, &wanted.ids)?);
            for scope in &wanted.scopes {
                if !pages.has(scope) {
                    pages.found(scope.clone(), add_up(&transaction, scope)?);
                }
            }
            work(&mut pages);
            keep(&transaction, &pages)?;
            transaction.commit()
        };
        write().map_err(|error| cannot("write", &self.name, &error))
    }

    fn read(&mut self, slice: &Slice<'_>, on: &mut dyn FnMut(Line)) -> Result<()> {
        let mut read = || {
            let mut statement = self.connection.prepare_cached(
                "select * from call where at >= ?1 and at < ?2 and (?3 is null or project = ?3) order by at, id",
            )?;
            let mut rows = statement.query((slice.from, slice.to, slice.project))?;
            while let Some(row) = rows.next()? {
                on(line(row)?);
            }
            Ok(())
        };
        read().map_err(|error| cannot("read", &self.name, &error))
    }
}

fn sums(transaction: &Transaction<'_>, wanted: &Wanted) -> rusqlite::Result<Vec<(Scope, Sum)>> {
    let mut statement = transaction.prepare_cached(
        "select * from total where begins <= ? and ends > ? and (run = '' or run in (select value from json_each(?)))",
    )?;
    let runs = serde_json::json!(wanted.runs).to_string();
    let rows = statement.query_map((wanted.to, wanted.from, runs), |row| {
        let scope = Scope {
            project: row.get("project")?,
            run: row.get("run")?,
            model: row.get("model")?,
            begins: row.get("begins")?,
            ends: row.get("ends")?,
        };
        let (usd, open_usd) = (amount(row, "usd")?.unwrap_or_default(), amount(row, "open_usd")?.unwrap_or_default());
        Ok((scope, Sum { usd, open_usd, requests: count(row, "requests")?, unknown: count(row, "unknown")? }))
    })?;
    rows.collect()
}

fn present(transaction: &Transaction<'_>, ids: &[i64]) -> rusqlite::Result<HashSet<i64>> {
    let mut statement = transaction.prepare_cached("select 1 from call where id = ?")?;
    let mut present = HashSet::new();
    for id in ids {
        if statement.exists([id])? {
            present.insert(*id);
        }
    }
    Ok(present)
}

fn add_up(transaction: &Transaction<'_>, scope: &Scope) -> rusqlite::Result<Sum> {
    let mut statement = transaction.prepare_cached("select * from call where at >= ? and at < ? and project = ?")?;
    let mut rows = statement.query((scope.begins, scope.ends, &scope.project))?;
    let mut sum = Sum::default();
    while let Some(row) = rows.next()? {
        let Line { call, outcome } = line(row)?;
        if scope.holds(&call) {
            sum.add(&outcome);
        }
    }
    Ok(sum)
}

fn keep(transaction: &Transaction<'_>, pages: &Pages) -> rusqlite::Result<()> {
    for (id, line) in &pages.lines {
        keep_line(transaction, *id, line)?;
    }
    let mut statement =
        transaction.prepare_cached("insert or replace into total values (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (scope, sum) in pages.changed() {
        let Scope { project, run, model, begins, ends } = scope;
        let (usd, open_usd) = (sum.usd.decimal(), sum.open_usd.decimal());
        let (requests, unknown) = (signed(sum.requests), signed(sum.unknown));
        statement.execute(params![project, run, model, begins, ends, usd, open_usd, requests, unknown])?;
    }
    Ok(())
}

fn keep_line(transaction: &Transaction<'_>, id: i64, line: &Line) -> rusqlite::Result<()> {
    let Line { call, outcome } = line;
    let mut statement = transaction
        .prepare_cached("insert or replace into call values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let prompt = call.prompt.as_ref();
    let [input, cached_input, cache_write, cache_write_1h, output, reasoning] = tokens(&outcome.usage);
    statement.execute(params![
        id,
        call.at,
        &*call.project,
        &*call.run,
        call.role.name(),
        &*call.model,
        prompt.map(|prompt| &prompt.name),
        prompt.map(|prompt| &prompt.digest),
        outcome.state.name(),
        signed(outcome.requests),
        input,
        cached_input,
        cache_write,
        cache_write_1h,
        output,
        reasoning,
        outcome.usd.map(Cost::decimal),
    ])?;
    Ok(())
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let text = |name: &str| row.get::<_, String>(name);
    let known = |name: &str| rusqlite::Error::InvalidColumnType(0, name.to_owned(), rusqlite::types::Type::Text);
    let prompt: Option<String> = row.get("prompt")?;
    let call = Call {
        at: row.get("at")?,
        project: text("project")?.into(),
        run: text("run")?.into(),
        role: Role::named(&text("role")?).ok_or_else(|| known("role"))?,
        model: text("model")?.into(),
        prompt: match prompt {
            Some(name) => Some(Arc::new(PromptName { name, digest: text("prompt_digest")? })),
            None => None,
        },
    };
    let outcome = Outcome {
        state: State::named(&text("state")?).ok_or_else(|| known("state"))?,
        usage: Usage {
            input: count(row, "input")?,
            cached_input: count(row, "cached_input")?,
            cache_write: count(row, "cache_write")?,
            cache_write_1h: count(row, "cache_write_1h")?,
            output: count(row, "output")?,
            reasoning: count(row, "reasoning")?,
        },
        usd: amount(row, "usd")?,
        requests: count(row, "requests")?,
    };
    Ok(Line { call, outcome })
}

fn amount(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<Cost>> {
    let text: Option<String> = row.get(name)?;
    let parse = |text: String| {
        let wrong = || rusqlite::Error::InvalidColumnType(0, name.to_owned(), rusqlite::types::Type::Text);
        Cost::parse(&text).ok_or_else(wrong)
    };
    text.map(parse).transpose()
}

fn count(row: &Row<'_>, name: &str) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(name)?.unsigned_abs())
}

fn tokens(usage: &Usage) -> [i64; 6] {
    let Usage { input, cached_input, cache_write, cache_write_1h, output, reasoning } = *usage;
    [input, cached_input, cache_write, cache_write_1h, output, reasoning].map(signed)
}

fn cannot(action: &str, name: &str, error: &rusqlite::Error) -> Error {
    let hint = match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => "the disk is full: make room, and run again",
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            "the file is damaged: move it away to begin a new one"
        }
        Some(rusqlite::ErrorCode::DatabaseBusy) => "another process holds it: end that process, and run again",
        _ => "calls are written down before they are made, so that none is forgotten",
    };
    // Its own causes say the same again.
    Error::unavailable(format!("cannot {action} the ledger of costs {name}")).source(error.to_string()).hint(hint)
}
