//! Writes documents and vectors. What did not change is not touched.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::super::embedding_text;
use super::lexical::indexed;
use super::vectors::to_bytes;
use crate::digest::sha256;
use crate::rag::ingest::Source;
use crate::rag::{Chunk, IngestSummary};

/// Texts without a vector, and the hashes that they are stored under.
#[derive(Default)]
pub(super) struct Missing {
    pub(super) hashes: Vec<String>,
    pub(super) texts: Vec<String>,
}

/// The texts of these documents that have no vector of this embedder.
pub(super) fn missing_vectors(
    connection: &mut Connection,
    sources: &[Source],
    embedder: &str,
) -> rusqlite::Result<Missing> {
    let snapshot = connection.transaction()?;
    let stored = content_hashes(&snapshot)?;
    let mut known = snapshot.prepare("select 1 from vectors where text_hash = ?1 and embedder = ?2")?;
    let mut lacking = snapshot.prepare(
        "select 1 from chunks c where c.document = ?1 and not exists
         (select 1 from vectors v where v.text_hash = c.text_hash and v.embedder = ?2)",
    )?;
    let mut missing = Missing::default();
    let mut seen = HashSet::new();
    for source in sources {
        let unchanged = stored.get(&source.document.id) == Some(&source.hash);
        if unchanged && !lacking.exists((&source.document.id, embedder))? {
            continue;
        }
        for chunk in source.chunks() {
            let text = embedding_text(&source.document.title, &chunk.heading, &chunk.text);
            let hash = sha256(text.as_bytes());
            if seen.insert(hash.clone()) && !known.exists((&hash, embedder))? {
                missing.hashes.push(hash);
                missing.texts.push(text);
            }
        }
    }
    Ok(missing)
}

/// Vectors are kept by the text that they stand for: neither other chunk settings nor a return to an earlier text
/// needs the embedder again.
pub(super) fn save_vectors(
    connection: &mut Connection,
    embedder: &str,
    hashes: &[String],
    vectors: &[Vec<f32>],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut insert =
        transaction.prepare("insert or replace into vectors (text_hash, embedder, vector) values (?1, ?2, ?3)")?;
    for (hash, vector) in hashes.iter().zip(vectors) {
        insert.execute((hash, embedder, to_bytes(vector)))?;
    }
    drop(insert);
    change_generation(&transaction)?;
    transaction.commit()
}

/// Makes the stored documents equal to the sources, in one transaction.
pub(super) fn write(connection: &mut Connection, sources: &[Source]) -> rusqlite::Result<IngestSummary> {
    let changes = Changes::new(&content_hashes(connection)?, sources);
    if changes.is_empty() {
        return changes.summary(connection);
    }
    // Another process may have written since; only under the lock is it certain what has changed.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changes = Changes::new(&content_hashes(&transaction)?, sources);
    for id in changes.removed.iter().chain(changes.changed.iter().map(|source| &source.document.id)) {
        remove(&transaction, id)?;
    }
    for source in changes.added.iter().chain(&changes.changed) {
        insert(&transaction, source)?;
    }
    change_generation(&transaction)?;
    let summary = changes.summary(&transaction)?;
    transaction.commit()?;
    Ok(summary)
}

/// What distinguishes the store from the documents.
struct Changes<'a> {
    added: Vec<&'a Source>,
    changed: Vec<&'a Source>,
    unchanged: usize,
    removed: Vec<String>,
}

impl<'a> Changes<'a> {
    fn new(stored: &HashMap<String, String>, sources: &'a [Source]) -> Self {
        let mut changes = Self { added: Vec::new(), changed: Vec::new(), unchanged: 0, removed: Vec::new() };
        for source in sources {
            match stored.get(&source.document.id) {
                None => changes.added.push(source),
                Some(hash) if *hash == source.hash => changes.unchanged += 1,
                Some(_) => changes.changed.push(source),
            }
        }
        let kept: HashSet<&str> = sources.iter().map(|source| source.document.id.as_str()).collect();
        changes.removed = stored.keys().filter(|id| !kept.contains(id.as_str())).cloned().collect();
        changes
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    fn summary(&self, connection: &Connection) -> rusqlite::Result<IngestSummary> {
        let (added, changed, unchanged) = (self.added.len(), self.changed.len(), self.unchanged);
        Ok(IngestSummary {
            documents: added + changed + unchanged,
            chunks: connection
                .query_row("select count(*) from chunks", (), |row| row.get::<_, isize>(0))?
                .unsigned_abs(),
            added,
            changed,
            unchanged,
            removed: self.removed.len(),
            ..IngestSummary::default()
        })
    }
}

fn content_hashes(connection: &Connection) -> rusqlite::Result<HashMap<String, String>> {
    let mut select = connection.prepare("select id, content_hash from documents")?;
    select.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

fn remove(transaction: &Transaction, id: &str) -> rusqlite::Result<()> {
    let mut terms =
        transaction.prepare_cached("delete from terms where rowid in (select id from chunks where document = ?1)")?;
    terms.execute([id])?;
    transaction.prepare_cached("delete from chunks where document = ?1")?.execute([id])?;
    transaction.prepare_cached("delete from documents where id = ?1")?.execute([id])?;
    Ok(())
}

fn insert(transaction: &Transaction, source: &Source) -> rusqlite::Result<()> {
    let document = &source.document;
    let mut insert = transaction
        .prepare_cached("insert into documents (id, title, category, content_hash) values (?1, ?2, ?3, ?4)")?;
    insert.execute((&document.id, &document.title, &document.category, &source.hash))?;
    let title = indexed(&document.title);
    for chunk in source.chunks() {
        let id = insert_chunk(transaction, source, &chunk)?;
        let mut terms =
            transaction.prepare_cached("insert into terms (rowid, title, heading, body) values (?1, ?2, ?3, ?4)")?;
        terms.execute((id, &title, indexed(&chunk.heading), indexed(&chunk.text)))?;
    }
    Ok(())
}

fn insert_chunk(transaction: &Transaction, source: &Source, chunk: &Chunk) -> rusqlite::Result<i64> {
    let hash = sha256(embedding_text(&source.document.title, &chunk.heading, &chunk.text).as_bytes());
    let mut insert = transaction.prepare_cached(
        "insert into chunks (document, position, heading, text, text_hash) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    let position = i64::try_from(chunk.index).unwrap_or(i64::MAX);
    insert.insert((&source.document.id, position, &chunk.heading, &chunk.text, hash))
}

fn change_generation(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.execute("update state set generation = generation + 1", ())?;
    Ok(())
}
