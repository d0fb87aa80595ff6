//! The embedded store: an SQLite file in the state folder. It is derived state: a damaged file, or one of another
//! version, is made anew from the documents.
//!
//! ```text
//! question -> lexical (FTS5, BM25)  -\
//! question -> embedder -> vectors    --> fusion -> passages
//! ```

mod file;
mod fusion;
mod lexical;
mod vectors;
mod writer;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension};

use self::file::StoreFile;
use self::fusion::{Hit, fuse, rank};
use self::lexical::Index;
use self::vectors::Vectors;
use self::writer::Missing;
use super::{MAX_NAMES, Store, embed, embed_question};
use crate::config::{Cassette, Config, STATE_FOLDER};
use crate::digest::sha256_parts;
use crate::error::{Error, Result};
use crate::rag::ingest::{Source, Sources};
use crate::rag::{Embedder, IngestEvent, IngestSummary, Passage};

/// How many candidates each leg of a hybrid search gives, at least.
const DEPTH: usize = 50;

pub(super) struct Embedded {
    shared: Arc<Shared>,
    embedder: Option<Arc<dyn Embedder>>,
    /// A recording must hold every call that a fresh checkout makes, so it begins with an empty store.
    begins_empty: bool,
}

/// What the blocking threads work with.
struct Shared {
    file: StoreFile,
    /// The vectors as last loaded.
    vectors: Mutex<Option<Arc<Vectors>>>,
    index: Index,
}

impl Embedded {
    pub(super) fn new(config: &Config, embedder: Option<Arc<dyn Embedder>>) -> Self {
        let name = format!("{STATE_FOLDER}/{}", file::NAME);
        let file = StoreFile::new(config.store_folder().join(file::NAME), name);
        let begins_empty = matches!(config.cassette, Some(Cassette::Record(_))) && embedder.is_some();
        Self {
            shared: Arc::new(Shared { file, vectors: Mutex::default(), index: Index::default() }),
            embedder,
            begins_empty,
        }
    }

    fn empty(&self) -> Result<()> {
        self.shared.file.remove()?;
        self.shared.vectors.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(())
    }

    /// Runs SQLite's work where it holds up nobody else's.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared, &mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let _permit = self.shared.file.permit().await;
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || shared.file.with(|connection| work(&shared, connection)));
        task.await.map_err(|error| Error::unavailable("the work on the store did not end well").source(error))?
    }

    async fn update(
        &self,
        sources: &Arc<Vec<Source>>,
        on: &mut (dyn FnMut(IngestEvent) + Send),
    ) -> Result<IngestSummary> {
        let embedded = self.embed_missing(sources, on).await?;
        let task_sources = Arc::clone(sources);
        let summary = self.blocking(move |_, connection| writer::write(connection, &task_sources)).await?;
        let written = summary.added + summary.changed + summary.removed;
        on(IngestEvent::Stored { done: written, total: written });
        Ok(IngestSummary { embedded, ..summary })
    }

    /// Embeds the texts that have no vector of this embedder yet. Each batch is saved as it comes, so that an
    /// interrupted run has not paid in vain.
    async fn embed_missing(
        &self,
        sources: &Arc<Vec<Source>>,
        on: &mut (dyn FnMut(IngestEvent) + Send),
    ) -> Result<usize> {
        let Some(embedder) = self.embedder.as_deref() else { return Ok(0) };
        let id = embedder.id();
        let (task_sources, task_id) = (Arc::clone(sources), id.clone());
        let missing =
            self.blocking(move |_, connection| writer::missing_vectors(connection, &task_sources, &task_id)).await?;
        let Missing { hashes, texts } = missing;
        let total = texts.len();
        embed(embedder, &texts, |first, vectors| {
            on(IngestEvent::Embedding { done: first + vectors.len(), total });
            let hashes = hashes[first..first + vectors.len()].to_vec();
            let id = id.clone();
            self.blocking(move |_, connection| writer::save_vectors(connection, &id, &hashes, &vectors))
        })
        .await?;
        Ok(total)
    }

    async fn find(&self, question: &str, top_k: usize) -> Result<Vec<Passage>> {
        let vector = match self.embedder.as_deref() {
            Some(embedder) => Some((embedder.id(), embed_question(embedder, question).await?)),
            None => None,
        };
        let question = question.to_owned();
        let found = self.blocking(move |shared, connection| {
            // One snapshot for all steps, whatever another process writes meanwhile.
            let snapshot = connection.transaction()?;
            if is_empty(&snapshot)? {
                return Ok(Err(Error::config("the store is empty").hint("run `llmops ingest`")));
            }
            let depth = if vector.is_some() { DEPTH.max(4 * top_k) } else { top_k };
            let generation = file::generation(&snapshot)?;
            let found = shared.index.search(&snapshot, generation, &question, depth)?;
            let lexical = rank(&snapshot, &found, depth)?;
            let hits = match vector {
                None => lexical,
                Some((embedder, vector)) => {
                    let vectors = shared.vectors(&snapshot, &embedder)?;
                    if let Err(error) = vectors.check_length(vector.len(), &embedder) {
                        return Ok(Err(error));
                    }
                    let nearest = rank(&snapshot, &vectors.nearest(&vector, depth), depth)?;
                    fuse(&[lexical, nearest], top_k)
                }
            };
            passages(&snapshot, &hits).map(Ok)
        });
        found.await?
    }
}

impl Shared {
    /// The vectors of the stored chunks, loaded once for each state of the store.
    fn vectors(&self, connection: &Connection, embedder: &str) -> rusqlite::Result<Arc<Vectors>> {
        let generation = file::generation(connection)?;
        let mut loaded = self.vectors.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some(vectors) if vectors.generation == generation => Ok(Arc::clone(vectors)),
            _ => Ok(Arc::clone(loaded.insert(Arc::new(Vectors::load(connection, embedder, generation)?)))),
        }
    }
}

impl Store for Embedded {
    fn ingest<'a>(
        &'a self,
        sources: Sources,
        on: &'a mut (dyn FnMut(IngestEvent) + Send),
    ) -> BoxFuture<'a, Result<IngestSummary>> {
        Box::pin(async move {
            let sources = sources.unwrap_or_default();
            if self.begins_empty {
                self.empty()?;
            }
            match self.update(&sources, on).await {
                Err(error) if file::is_damage(&error) => {
                    self.empty()?;
                    self.update(&sources, on).await
                }
                result => result,
            }
        })
    }

    fn search<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Passage>>> {
        Box::pin(self.find(question, top_k))
    }

    fn missing<'a>(&'a self, names: &'a BTreeSet<String>) -> BoxFuture<'a, Result<BTreeSet<String>>> {
        let names = names.clone();
        Box::pin(self.blocking(move |_, connection| {
            let mut known = connection.prepare("select 1 from documents where id = ?1 or title = ?1 limit 1")?;
            let mut missing = BTreeSet::new();
            for name in names {
                if !known.exists([&name])? {
                    missing.insert(name);
                }
            }
            Ok(missing)
        }))
    }

    fn names(&self) -> BoxFuture<'_, Result<BTreeSet<String>>> {
        Box::pin(self.blocking(|_, connection| {
            let mut rows =
                connection.prepare(&format!("select id, title from documents order by id limit {MAX_NAMES}"))?;
            let rows = rows.query_map((), |row| Ok([row.get(0)?, row.get(1)?]))?;
            Ok(rows.collect::<rusqlite::Result<Vec<[String; 2]>>>()?.into_iter().flatten().collect())
        }))
    }

    fn digest(&self) -> BoxFuture<'_, Result<String>> {
        Box::pin(self.blocking(|_, connection| {
            let mut rows = connection.prepare("select id, content_hash from documents order by id")?;
            let rows = rows.query_map((), |row| Ok([row.get::<_, String>(0)?, row.get(1)?]))?;
            let parts: Vec<[String; 2]> = rows.collect::<rusqlite::Result<_>>()?;
            Ok(sha256_parts(parts.iter().flatten().map(String::as_str)))
        }))
    }
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let mut first = connection.prepare_cached("select 1 from documents limit 1")?;
    Ok(first.query_row((), |_| Ok(())).optional()?.is_none())
}

fn passages(connection: &Connection, hits: &[Hit]) -> rusqlite::Result<Vec<Passage>> {
    let mut select = connection.prepare_cached(
        "select d.id, d.title, c.heading, c.text from chunks c join documents d on d.id = c.document where c.id = ?1",
    )?;
    let mut passages = Vec::with_capacity(hits.len());
    for hit in hits {
        passages.push(select.query_row([hit.chunk], |row| {
            Ok(Passage {
                document: row.get(0)?,
                title: row.get(1)?,
                heading: row.get(2)?,
                text: row.get(3)?,
                score: hit.score,
            })
        })?);
    }
    Ok(passages)
}

#[cfg(test)]
mod tests;
