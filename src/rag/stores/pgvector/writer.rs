//! Makes the rows equal to the documents, a group of documents at a time, and embeds rows that have no vector.
//!
//! A group is one transaction: an interrupted run leaves every document whole, old or new, and the next goes on there.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use super::super::{embed, embedding_text};
use super::pool::Lease;
use super::table::{LOCK, Table};
use super::vector_text;
use crate::error::Result;
use crate::postgres::limited;
use crate::rag::ingest::Source;
use crate::rag::{Chunk, Embedder, IngestEvent, IngestSummary};

/// Rows that are embedded and written at once.
const GROUP: usize = 256;
const WRITE_LIMIT: Duration = Duration::from_secs(120);

type On<'a> = &'a mut (dyn FnMut(IngestEvent) + Send);

pub(super) struct Writer<'a> {
    pub(super) client: Lease<'a>,
    pub(super) table: &'a Table,
    pub(super) embedder: &'a dyn Embedder,
}

/// A document that must be written.
struct Pending<'s> {
    source: &'s Source,
    chunks: Vec<Chunk>,
}

/// The rows of a document that are in the table.
struct Stored {
    hash: String,
    embedder: String,
    rows: i64,
}

/// How far the embedder is.
struct Progress<'a> {
    on: On<'a>,
    done: usize,
    total: usize,
}

impl Writer<'_> {
    /// `sources`: `None` if there is no documents folder; our rows then stay as they are.
    pub(super) async fn write(&mut self, sources: Option<&[Source]>, on: On<'_>) -> Result<IngestSummary> {
        let stored = self.stored().await?;
        let mut summary = IngestSummary::default();
        let pending = compare(sources.unwrap_or_default(), &stored, &self.embedder.id(), &mut summary);
        let without_vector = self.without_vector(&pending).await?;
        let total = pending.iter().map(|pending| pending.chunks.len()).sum::<usize>() + without_vector.len();
        let mut progress = Progress { on, done: 0, total };
        if let Some(sources) = sources {
            summary.removed = self.remove_gone(sources, &stored).await?;
        }
        let mut written = 0;
        for group in groups(&pending) {
            self.write_group(group, &mut progress).await?;
            written += group.len();
            (progress.on)(IngestEvent::Stored { done: written, total: pending.len() });
        }
        for ids in without_vector.chunks(GROUP) {
            self.embed_rows(ids, &mut progress).await?;
        }
        summary.embedded = progress.done;
        Ok(summary)
    }

    /// What the table holds of each document.
    async fn stored(&self) -> Result<HashMap<String, Vec<Stored>>> {
        let Table { quoted, records, id, .. } = self.table;
        let select = format!(
            "select l.document, l.content_hash, l.embedder, count(t.{id}) from {records} l
            left join {quoted} t on {} where l.store = $1 and l.document is not null group by 1, 2, 3",
            self.table.is_recorded()
        );
        let parameters = [(&self.table.store as _, Type::TEXT)];
        let rows = limited(WRITE_LIMIT, self.client.query_typed(&select, &parameters)).await?;
        let mut stored: HashMap<String, Vec<Stored>> = HashMap::new();
        for row in rows {
            let rows = Stored { hash: row.get(1), embedder: row.get(2), rows: row.get(3) };
            stored.entry(row.get(0)).or_default().push(rows);
        }
        Ok(stored)
    }

    /// The ids of rows to embed: those without a vector, and those of other origin to which we gave one of another
    /// embedder. Not those that are about to be replaced.
    async fn without_vector(&self, pending: &[Pending<'_>]) -> Result<Vec<String>> {
        let Table { quoted, records, id, title, body, embedding, store, .. } = self.table;
        let replaced: Vec<&str> = pending.iter().map(|pending| pending.source.document.id.as_str()).collect();
        let select = format!(
            "select t.{id}::text from {quoted} t left join {records} l on l.store = $1 and {}
            where (t.{embedding} is null or (l.document is null and l.embedder <> $2))
                and (l.document is null or l.document <> all($3))
                and btrim(coalesce(t.{title}::text, '') || coalesce(t.{body}::text, '')) <> '' order by t.{id}",
            self.table.is_recorded()
        );
        let embedder = self.embedder.id();
        let parameters = [(store as _, Type::TEXT), (&embedder as _, Type::TEXT), (&replaced as _, Type::TEXT_ARRAY)];
        let rows = limited(WRITE_LIMIT, self.client.query_typed(&select, &parameters)).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Deletes the rows of documents that are not there any more; how many documents.
    async fn remove_gone(&mut self, sources: &[Source], stored: &HashMap<String, Vec<Stored>>) -> Result<usize> {
        let kept: HashSet<&str> = sources.iter().map(|source| source.document.id.as_str()).collect();
        let gone: Vec<&str> = stored.keys().map(String::as_str).filter(|id| !kept.contains(id)).collect();
        if !gone.is_empty() {
            let table = self.table;
            let transaction = self.begin().await?;
            delete(&transaction, table, &gone).await?;
            limited(WRITE_LIMIT, transaction.commit()).await?;
        }
        Ok(gone.len())
    }

    async fn write_group(&mut self, group: &[Pending<'_>], progress: &mut Progress<'_>) -> Result<()> {
        let texts = group.iter().flat_map(|pending| {
            let title = pending.source.document.title.as_str();
            pending.chunks.iter().map(move |chunk| embedding_text(title, &chunk.heading, &chunk.text))
        });
        let vectors = self.vectors(&texts.collect::<Vec<_>>(), progress).await?;
        let (table, embedder) = (self.table, self.embedder.id());
        let documents: Vec<&str> = group.iter().map(|pending| pending.source.document.id.as_str()).collect();
        let transaction = self.begin().await?;
        delete(&transaction, table, &documents).await?;
        let mut vectors = vectors.into_iter();
        for pending in group {
            let inserts = pending.chunks.iter().zip(&mut vectors).map(|(chunk, vector)| {
                insert(&transaction, table, NewRow { source: pending.source, chunk, vector, embedder: &embedder })
            });
            // Sent together, answered in order.
            try_join_all(inserts.collect::<Vec<_>>()).await?;
        }
        limited(WRITE_LIMIT, transaction.commit()).await
    }

    /// Gives rows of other origin their vectors.
    async fn embed_rows(&mut self, ids: &[String], progress: &mut Progress<'_>) -> Result<()> {
        let table = self.table;
        let Table { quoted, records, id, id_type, title, body, embedding, vector_type, store, .. } = table;
        let select = format!(
            "select {id}::text, coalesce({title}::text, ''), coalesce({body}::text, ''), md5(coalesce({body}::text, ''))
            from {quoted} where {id} = any($1::text[]::{id_type}[])"
        );
        let rows = limited(WRITE_LIMIT, self.client.query_typed(&select, &[(&ids, Type::TEXT_ARRAY)])).await?;
        let texts: Vec<String> = rows.iter().map(|row| embedding_text(row.get(1), "", row.get(2))).collect();
        let vectors = self.vectors(&texts, progress).await?;
        let ids: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        let hashes: Vec<&str> = rows.iter().map(|row| row.get(3)).collect();
        let embedder = self.embedder.id();
        // A row that somebody changed or filled meanwhile keeps what it has.
        let update = format!(
            "with given as (select * from unnest($1::text[], $2::text[], $3::text[]) as g (id, vector, body_md5)),
            updated as (update {quoted} t set {embedding} = given.vector::{vector_type} from given
                where t.{id} = given.id::{id_type} and md5(coalesce(t.{body}::text, '')) = given.body_md5
                    and (t.{embedding} is null or exists
                        (select 1 from {records} l where l.store = $4 and l.row_id = given.id and l.document is null))
                returning t.{id}::text as id, given.body_md5)
            insert into {records} (store, row_id, body_md5, embedder) select $4, id, body_md5, $5 from updated
            on conflict (store, row_id) do update set embedder = excluded.embedder, body_md5 = excluded.body_md5"
        );
        let parameters = [
            (&ids as _, Type::TEXT_ARRAY),
            (&vectors as _, Type::TEXT_ARRAY),
            (&hashes as _, Type::TEXT_ARRAY),
            (store as _, Type::TEXT),
            (&embedder as _, Type::TEXT),
        ];
        let transaction = self.begin().await?;
        limited(WRITE_LIMIT, transaction.execute_typed(&update, &parameters)).await?;
        limited(WRITE_LIMIT, transaction.commit()).await
    }

    /// The vectors of texts, as pgvector reads them.
    async fn vectors(&self, texts: &[String], progress: &mut Progress<'_>) -> Result<Vec<String>> {
        let mut all = Vec::with_capacity(texts.len());
        embed(self.embedder, texts, |_, vectors| {
            progress.done += vectors.len();
            (progress.on)(IngestEvent::Embedding { done: progress.done, total: progress.total });
            all.extend(vectors.iter().map(|vector| vector_text(vector)));
            std::future::ready(Ok(()))
        })
        .await?;
        Ok(all)
    }

    /// A transaction that no other run's writing overlaps.
    async fn begin(&mut self) -> Result<Transaction<'_>> {
        let transaction = limited(WRITE_LIMIT, self.client.transaction()).await?;
        limited(WRITE_LIMIT, transaction.batch_execute(LOCK)).await?;
        Ok(transaction)
    }
}

/// Counts what is new, changed and unchanged; returns what must be written.
fn compare<'s>(
    sources: &'s [Source],
    stored: &HashMap<String, Vec<Stored>>,
    embedder: &str,
    summary: &mut IngestSummary,
) -> Vec<Pending<'s>> {
    let mut pending = Vec::new();
    for source in sources {
        let chunks = source.chunks();
        summary.documents += 1;
        summary.chunks += chunks.len();
        match stored.get(&source.document.id).map(Vec::as_slice) {
            Some([rows]) if rows.is_current(source, &chunks, embedder) => {
                summary.unchanged += 1;
                continue;
            }
            Some(_) => summary.changed += 1,
            None => summary.added += 1,
        }
        pending.push(Pending { source, chunks });
    }
    pending
}

impl Stored {
    fn is_current(&self, source: &Source, chunks: &[Chunk], embedder: &str) -> bool {
        self.hash == source.hash && self.embedder == embedder && usize::try_from(self.rows) == Ok(chunks.len())
    }
}

/// Splits the documents into groups of about `GROUP` chunks.
fn groups<'p, 's>(pending: &'p [Pending<'s>]) -> Vec<&'p [Pending<'s>]> {
    let mut groups = Vec::new();
    let (mut start, mut chunks) = (0, 0);
    for (index, document) in pending.iter().enumerate() {
        chunks += document.chunks.len();
        if chunks >= GROUP || index + 1 == pending.len() {
            groups.push(&pending[start..=index]);
            (start, chunks) = (index + 1, 0);
        }
    }
    groups
}

/// Deletes our rows of these documents, and only ours.
async fn delete(transaction: &Transaction<'_>, table: &Table, documents: &[&str]) -> Result<()> {
    let Table { quoted, records, id, id_type, .. } = table;
    let delete = format!(
        "with l as (delete from {records} where store = $1 and document = any($2) returning row_id, body_md5)
        delete from {quoted} t using l where t.{id} = l.row_id::{id_type} and {}",
        table.is_recorded()
    );
    let parameters = [(&table.store as _, Type::TEXT), (&documents as _, Type::TEXT_ARRAY)];
    limited(WRITE_LIMIT, transaction.execute_typed(&delete, &parameters)).await?;
    Ok(())
}

struct NewRow<'a> {
    source: &'a Source,
    chunk: &'a Chunk,
    vector: String,
    embedder: &'a str,
}

async fn insert(transaction: &Transaction<'_>, table: &Table, row: NewRow<'_>) -> Result<()> {
    let Table { quoted, records, id, title, body, embedding, vector_type, .. } = table;
    let (id_column, id_value) =
        if table.has_text_id() { (format!("{id}, "), "$3 || '#' || $4, ") } else { (String::new(), "") };
    let (category, category_value) = if table.has_category { (", category", ", $10") } else { ("", "") };
    let insert = format!(
        "with written as (
            insert into {quoted} ({id_column}{title}, {body}, {embedding}{category})
            values ({id_value}$1, $2, $5::text::{vector_type}{category_value}) returning {id}::text as id)
        insert into {records} (store, row_id, document, chunk, heading, body_md5, content_hash, embedder)
        select $6, id, $3, $4, $7, md5($2), $8, $9 from written"
    );
    let document = &row.source.document;
    let index = i32::try_from(row.chunk.index).unwrap_or(i32::MAX);
    let parameters = [
        (&document.title as _, Type::TEXT),
        (&row.chunk.text as _, Type::TEXT),
        (&document.id as _, Type::TEXT),
        (&index as _, Type::INT4),
        (&row.vector as _, Type::TEXT),
        (&table.store as _, Type::TEXT),
        (&row.chunk.heading as _, Type::TEXT),
        (&row.source.hash as _, Type::TEXT),
        (&row.embedder as _, Type::TEXT),
        (&document.category as _, Type::TEXT),
    ];
    limited(WRITE_LIMIT, transaction.execute_typed(&insert, &parameters)).await?;
    Ok(())
}
