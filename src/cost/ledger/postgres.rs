//! A ledger in a `PostgreSQL` database, which the machines of a team share. Its writers take turns by a lock, so that what
//! they look at does not change before they write.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::runtime::Runtime;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Transaction};

use super::call::{Call, Outcome, PromptName, Role, State};
use super::limit::{Scope, Sum};
use super::store::{Line, Pages, Slice, Store, Wanted, signed};
use crate::config::Secret;
use crate::cost::{Cost, Usage};
use crate::error::{Error, Result};
use crate::postgres::{Server, limited};

/// Amounts are exact decimals. They are read and written as texts, which every version of the database understands alike.
const SCHEMA: &str = "
create table if not exists llmops_call (
    id bigint primary key, at bigint not null, project text not null, run text not null, role text not null,
    model text not null, prompt text, prompt_digest text, state text not null, requests bigint not null,
    input bigint not null, cached_input bigint not null, cache_write bigint not null,
    cache_write_1h bigint not null, output bigint not null, reasoning bigint not null, usd numeric
);
create index if not exists llmops_call_at on llmops_call (at);
create table if not exists llmops_total (
    project text not null, run text not null, model text not null, begins bigint not null, ends bigint not null,
    usd numeric not null, open_usd numeric not null, requests bigint not null, unknown bigint not null,
    primary key (project, run, model, begins, ends)
);
";
/// Any number that no other program locks: the letters of `llmops`.
const LOCK: &str = "select pg_advisory_xact_lock(119182858055795)";
const COLUMNS: &str = "id, at, project, run, role, model, prompt, prompt_digest, state, requests, input, cached_input,
    cache_write, cache_write_1h, output, reasoning, usd::text as usd";
/// For one statement, the wait for other writers included.
const PATIENCE: Duration = Duration::from_secs(30);
const HINT: &str = "is it running and reachable? its address is cost.ledger";

pub(super) struct Postgres {
    /// The clerk's thread has no other.
    runtime: Runtime,
    server: Server,
    /// Made anew after it broke.
    client: Option<Client>,
}

impl Postgres {
    pub(super) fn open(url: &Secret) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::unavailable("cannot start the ledger of costs").source(error))?;
        let mut opened = Self { runtime, server: Server::new(url, HINT)?, client: None };
        opened.client = Some(opened.connect()?);
        Ok(opened)
    }

    fn connect(&self) -> Result<Client> {
        self.runtime.block_on(async {
            let mut client = self.server.connect().await?;
            // Tables that several programs make at once collide.
            let transaction = limited(PATIENCE, client.transaction()).await?;
            limited(PATIENCE, transaction.batch_execute(&format!("{LOCK}; {SCHEMA}"))).await?;
            limited(PATIENCE, transaction.commit()).await?;
            Ok(client)
        })
    }

    /// Does the work on a connection that is known to live, or makes one.
    fn with<T>(&mut self, action: &str, work: impl AsyncFnOnce(&mut Client) -> Result<T>) -> Result<T> {
        let mut client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.connect()?,
        };
        let done = self.runtime.block_on(work(&mut client)).map_err(|error| cannot(action, error))?;
        // After a failure the connection may be in the middle of something.
        self.client = Some(client);
        Ok(done)
    }
}

impl Store for Postgres {
    fn write(&mut self, wanted: &Wanted, work: &mut dyn FnMut(&mut Pages)) -> Result<()> {
        self.with("write", async |client| {
            let transaction = limited(PATIENCE, client.transaction()).await?;
            limited(PATIENCE, transaction.batch_execute(LOCK)).await?;
            let mut pages = Pages::of(sums(&transaction, wanted).await?, present(&transaction, &wanted.ids).await?);
            for scope in &wanted.scopes {
                if !pages.has(scope) {
                    pages.found(scope.clone(), add_up(&transaction, scope).await?);
                }
            }
            work(&mut pages);
            keep(&transaction, &pages).await?;
            limited(PATIENCE, transaction.commit()).await
        })
    }

    fn read(&mut self, slice: &Slice<'_>, on: &mut dyn FnMut(Line)) -> Result<()> {
        self.with("read", async |client| {
            let select = format!(
                "select {COLUMNS} from llmops_call where at >= $1 and at < $2 and ($3 is null or project = $3)
                 order by at, id"
            );
            let parameters: [(&(dyn ToSql + Sync), Type); 3] =
                [(&slice.from, Type::INT8), (&slice.to, Type::INT8), (&slice.project, Type::TEXT)];
            // One by one: a ledger of years need not fit into memory.
            let mut rows = pin!(limited(PATIENCE, client.query_typed_raw(&select, parameters)).await?);
            while let Some(row) = limited(PATIENCE, rows.try_next()).await? {
                on(line(&row)?);
            }
            Ok(())
        })
    }
}

async fn sums(transaction: &Transaction<'_>, wanted: &Wanted) -> Result<Vec<(Scope, Sum)>> {
    let select =
        "select project, run, model, begins, ends, usd::text as usd, open_usd::text as open_usd, requests, unknown
        from llmops_total where begins <= $1 and ends > $2 and (run = '' or run = any($3))";
    let runs: Vec<&str> = wanted.runs.iter().map(String::as_str).collect();
    let parameters: [(&(dyn ToSql + Sync), Type); 3] =
        [(&wanted.to, Type::INT8), (&wanted.from, Type::INT8), (&runs, Type::TEXT_ARRAY)];
    let rows = limited(PATIENCE, transaction.query_typed(select, &parameters)).await?;
    let read = |row: &Row| {
        let scope = Scope {
            project: row.get("project"),
            run: row.get("run"),
            model: row.get("model"),
            begins: row.get("begins"),
            ends: row.get("ends"),
        };
        let (usd, open_usd) = (amount(row, "usd")?.unwrap_or_default(), amount(row, "open_usd")?.unwrap_or_default());
        Ok((scope, Sum { usd, open_usd, requests: count(row, "requests"), unknown: count(row, "unknown") }))
    };
    rows.iter().map(read).collect()
}

async fn present(transaction: &Transaction<'_>, ids: &[i64]) -> Result<HashSet<i64>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let select = "select id from llmops_call where id = any($1)";
    let rows = limited(PATIENCE, transaction.query_typed(select, &[(&ids, Type::INT8_ARRAY)])).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

async fn add_up(transaction: &Transaction<'_>, scope: &Scope) -> Result<Sum> {
    let select = format!("select {COLUMNS} from llmops_call where at >= $1 and at < $2 and project = $3");
    let parameters: [(&(dyn ToSql + Sync), Type); 3] =
        [(&scope.begins, Type::INT8), (&scope.ends, Type::INT8), (&scope.project, Type::TEXT)];
    let mut sum = Sum::default();
    for row in limited(PATIENCE, transaction.query_typed(&select, &parameters)).await? {
        let Line { call, outcome } = line(&row)?;
        if scope.holds(&call) {
            sum.add(&outcome);
        }
    }
    Ok(sum)
}

/// All lines of a kind in one statement: a batch must not take a round trip for each.
async fn keep(transaction: &Transaction<'_>, pages: &Pages) -> Result<()> {
    let lines: Vec<serde_json::Value> = pages.lines.iter().map(|(id, line)| row_of(*id, line)).collect();
    let changed = pages.changed().map(|(scope, sum)| {
        serde_json::json!({
            "project": scope.project, "run": scope.run, "model": scope.model, "begins": scope.begins, "ends": scope.ends,
            "usd": sum.usd.decimal(), "open_usd": sum.open_usd.decimal(), "requests": sum.requests, "unknown": sum.unknown,
        })
    });
    let statements = [
        (
            "insert into llmops_call select * from json_populate_recordset(null::llmops_call, $1)
             on conflict (id) do update set state = excluded.state, requests = excluded.requests,
             input = excluded.input, cached_input = excluded.cached_input, cache_write = excluded.cache_write,
             cache_write_1h = excluded.cache_write_1h, output = excluded.output, reasoning = excluded.reasoning,
             usd = excluded.usd",
            lines,
        ),
        (
            "insert into llmops_total select * from json_populate_recordset(null::llmops_total, $1)
             on conflict (project, run, model, begins, ends) do update set usd = excluded.usd,
             open_usd = excluded.open_usd, requests = excluded.requests, unknown = excluded.unknown",
            changed.collect(),
        ),
    ];
    for (statement, rows) in statements {
        if !rows.is_empty() {
            let rows = serde_json::Value::Array(rows);
            limited(PATIENCE, transaction.query_typed(statement, &[(&rows, Type::JSON)])).await?;
        }
    }
    Ok(())
}

fn row_of(id: i64, Line { call, outcome }: &Line) -> serde_json::Value {
    let Usage { input, cached_input, cache_write, cache_write_1h, output, reasoning } = outcome.usage;
    let prompt = call.prompt.as_ref();
    serde_json::json!({
        "id": id, "at": call.at, "project": &*call.project, "run": &*call.run, "role": call.role.name(),
        "model": &*call.model, "prompt": prompt.map(|prompt| &prompt.name),
        "prompt_digest": prompt.map(|prompt| &prompt.digest),
        "state": outcome.state.name(), "requests": signed(outcome.requests),
        "input": signed(input), "cached_input": signed(cached_input), "cache_write": signed(cache_write),
        "cache_write_1h": signed(cache_write_1h), "output": signed(output), "reasoning": signed(reasoning),
        "usd": outcome.usd.map(Cost::decimal),
    })
}

fn line(row: &Row) -> Result<Line> {
    let text = |name: &str| row.get::<_, String>(name);
    let unknown = |what: &str| Error::unavailable(format!("the ledger of costs has an unknown {what}"));
    let prompt: Option<String> = row.get("prompt");
    let call = Call {
        at: row.get("at"),
        project: text("project").into(),
        run: text("run").into(),
        role: Role::named(&text("role")).ok_or_else(|| unknown("role"))?,
        model: text("model").into(),
        prompt: prompt.map(|name| Arc::new(PromptName { name, digest: text("prompt_digest") })),
    };
    let outcome = Outcome {
        state: State::named(&text("state")).ok_or_else(|| unknown("state"))?,
        usage: Usage {
            input: count(row, "input"),
            cached_input: count(row, "cached_input"),
            cache_write: count(row, "cache_write"),
            cache_write_1h: count(row, "cache_write_1h"),
            output: count(row, "output"),
            reasoning: count(row, "reasoning"),
        },
        usd: amount(row, "usd")?,
        requests: count(row, "requests"),
    };
    Ok(Line { call, outcome })
}

fn amount(row: &Row, name: &str) -> Result<Option<Cost>> {
    let text: Option<String> = row.get(name);
    let parse = |text: String| {
        Cost::parse(&text).ok_or_else(|| Error::unavailable(format!("the ledger of costs has an amount of \"{text}\"")))
    };
    text.map(parse).transpose()
}

fn count(row: &Row, name: &str) -> u64 {
    row.get::<_, i64>(name).unsigned_abs()
}

fn cannot(action: &str, error: Error) -> Error {
    Error::unavailable(format!("cannot {action} the ledger of costs")).source(error).hint(HINT)
}
