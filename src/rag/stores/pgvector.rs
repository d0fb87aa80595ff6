//! The pgvector store: a table in PostgreSQL, the user's own or one that we make.
//!
//! ```text
//! llmops ingest: documents, and rows without a vector -> embedder -> table, index
//! question -> embedder -> nearest rows by cosine distance -> passages
//! ```
//!
//! Which rows are ours, and from which document, is in a table of our own beside it, so that the user's keeps its
//! shape.

mod pool;
mod table;
mod writer;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, try_join3};
use tokio_postgres::types::Type;

use self::pool::Pool;
use self::table::{Names, Table};
use self::writer::Writer;
use super::{Coverage, MAX_NAMES, Store, embed_question};
use crate::config::Config;
use crate::digest::sha256_parts;
use crate::error::{Error, Result};
use crate::postgres::limited;
use crate::rag::ingest::Sources;
use crate::rag::{Embedder, IngestEvent, IngestSummary, Passage};

/// For one statement that reads.
const READ_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Pgvector {
    pool: Pool,
    names: Names,
    embedder: Arc<dyn Embedder>,
    /// As last looked at.
    table: Mutex<Option<Arc<Table>>>,
}

impl Pgvector {
    /// Errors if there is no database to connect to, or no embedder.
    pub(super) fn new(config: &Config, embedder: Option<Arc<dyn Embedder>>) -> Result<Self> {
        let pgvector = &config.retrieval.pgvector;
        let url = pgvector.url.as_ref().ok_or_else(|| {
            Error::config("the store pgvector needs the address of a database").hint(
                "set DATABASE_URL, or DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD; or retrieval.pgvector.url",
            )
        })?;
        let needed = || config.problem(&config.retrieval.embedder, "the store pgvector needs retrieval.embedder");
        let embedder = embedder.ok_or_else(needed)?;
        Ok(Self { pool: Pool::new(url)?, names: Names::new(pgvector), embedder, table: Mutex::default() })
    }

    /// The table, looked at once.
    async fn table(&self) -> Result<Arc<Table>> {
        if let Some(table) = self.remembered().clone() {
            return Ok(table);
        }
        let client = self.pool.lease().await?;
        let found = Table::find(&client, &self.names).await?;
        client.release();
        let table = found.ok_or_else(|| {
            Error::config(format!("table {} does not exist", self.names.table)).hint("run `llmops ingest`")
        })?;
        Ok(Arc::clone(self.remembered().insert(Arc::new(table))))
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, Option<Arc<Table>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn update(&self, sources: Sources, on: &mut (dyn FnMut(IngestEvent) + Send)) -> Result<IngestSummary> {
        let dimensions = match self.embedder.dimensions() {
            Some(dimensions) => dimensions,
            // Nothing but a vector tells how long its vectors are.
            None => embed_question(self.embedder.as_ref(), "dimensions").await?.len(),
        };
        let mut client = self.pool.lease().await?;
        let table = Table::prepare(&mut client, &self.names, dimensions).await?;
        table.check_dimensions(dimensions, &self.embedder.id())?;
        let mut writer = Writer { client, table: &table, embedder: self.embedder.as_ref() };
        let summary = writer.write(sources.as_deref().map(Vec::as_slice), on).await?;
        table.ensure_index(&mut writer.client).await?;
        writer.client.release();
        self.remembered().take();
        Ok(summary)
    }

    async fn find(&self, question: &str, top_k: usize) -> Result<Vec<Passage>> {
        let table = self.table().await?;
        let vector = embed_question(self.embedder.as_ref(), question).await?;
        table.check_dimensions(vector.len(), &self.embedder.id())?;
        let (vector, limit) = (vector_text(&vector), i64::try_from(top_k).unwrap_or(i64::MAX));
        let client = self.pool.lease().await?;
        // One round trip. `set local` also works where a pooler hands out another connection for every transaction.
        let set = format!(
            "begin read only; set local statement_timeout = '{}s'; {}",
            READ_LIMIT.as_secs(),
            scan(&table, top_k)
        );
        let select = table.search_sql();
        let parameters = [(&vector as _, Type::TEXT), (&limit as _, Type::INT8), (&table.store as _, Type::TEXT)];
        let rows = try_join3(
            client.batch_execute(&set),
            client.query_typed(&select, &parameters),
            client.batch_execute("commit"),
        );
        let ((), rows, ()) = limited(READ_LIMIT, rows).await?;
        client.release();
        Ok(rows.iter().map(passage).collect())
    }
}

/// How the index is searched: an approximate index must look at more than it returns, and go on if rows drop out.
fn scan(table: &Table, top_k: usize) -> String {
    // pgvector allows no more than 1000.
    let ef_search = (top_k * 2).clamp(40, 1000);
    let iterative = if table.has_iterative_scan { "; set local hnsw.iterative_scan = 'strict_order'" } else { "" };
    format!("set local hnsw.ef_search = {ef_search}{iterative}")
}

fn passage(row: &tokio_postgres::Row) -> Passage {
    let distance: f64 = row.get(4);
    Passage {
        document: row.get(0),
        title: row.get(1),
        heading: row.get(2),
        text: row.get(3),
        // A row whose vector is all zeros has no angle to anything.
        score: if distance.is_nan() { -1.0 } else { 1.0 - distance },
    }
}

/// `[0.1,0.2]`, as pgvector reads it.
fn vector_text(vector: &[f32]) -> String {
    let numbers: Vec<String> = vector.iter().map(f32::to_string).collect();
    format!("[{}]", numbers.join(","))
}

impl Store for Pgvector {
    fn ingest<'a>(
        &'a self,
        sources: Sources,
        on: &'a mut (dyn FnMut(IngestEvent) + Send),
    ) -> BoxFuture<'a, Result<IngestSummary>> {
        Box::pin(self.update(sources, on))
    }

    fn search<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Passage>>> {
        Box::pin(self.find(question, top_k))
    }

    fn missing<'a>(&'a self, names: &'a BTreeSet<String>) -> BoxFuture<'a, Result<BTreeSet<String>>> {
        Box::pin(async move {
            let table = self.table().await?;
            let names: Vec<&String> = names.iter().collect();
            let client = self.pool.lease().await?;
            let select = table.missing_sql();
            let parameters = [(&names as _, Type::TEXT_ARRAY), (&table.store as _, Type::TEXT)];
            let rows = limited(READ_LIMIT, client.query_typed(&select, &parameters)).await?;
            client.release();
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })
    }

    fn names(&self) -> BoxFuture<'_, Result<BTreeSet<String>>> {
        Box::pin(async move {
            let table = self.table().await?;
            let client = self.pool.lease().await?;
            let rows = limited(READ_LIMIT, client.query_typed(&table.names_sql(MAX_NAMES), &[])).await?;
            client.release();
            Ok(rows.iter().flat_map(|row| [row.get(0), row.get(1)]).collect())
        })
    }

    fn coverage(&self) -> BoxFuture<'_, Result<Coverage>> {
        Box::pin(async move {
            let table = self.table().await?;
            let client = self.pool.lease().await?;
            if let Some(dimensions) = self.embedder.dimensions() {
                table.check_dimensions(dimensions, &self.embedder.id())?;
            }
            let (select, embedder) = (table.coverage_sql(), self.embedder.id());
            let parameters = [(&table.store as _, Type::TEXT), (&embedder as _, Type::TEXT)];
            let row = limited(READ_LIMIT, client.query_typed_one(&select, &parameters)).await?;
            client.release();
            let count = |column| usize::try_from(row.get::<_, i64>(column)).unwrap_or_default();
            Ok(Coverage { rows: count(0), unembedded: count(1), foreign: count(2) })
        })
    }

    fn digest(&self) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            let table = self.table().await?;
            let client = self.pool.lease().await?;
            let select = table.digest_sql();
            let rows = limited(READ_LIMIT, client.query_typed(&select, &[(&table.store, Type::TEXT)])).await?;
            client.release();
            let parts = rows.iter().flat_map(|row| [row.get::<_, &str>(0), row.get(1)]);
            Ok(sha256_parts(parts))
        })
    }
}

#[cfg(test)]
mod tests;
