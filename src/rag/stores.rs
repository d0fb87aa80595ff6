//! Stores keep chunks and find them again: one file a store under `stores/`, one row each in `open`.

mod embedded;
mod pgvector;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};

use self::embedded::Embedded;
use self::pgvector::Pgvector;
use super::ingest::Sources;
use super::{Embedder, IngestEvent, IngestSummary, Passage, Purpose};
use crate::config::{Config, StoreKind};
use crate::error::{Error, Result};

/// How much of a table can be found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    pub(crate) rows: usize,
    /// Rows without a vector.
    pub(crate) unembedded: usize,
    /// Rows that we embedded with another embedder, whose vectors mean nothing to this one.
    pub(crate) foreign: usize,
}

/// Enough to suggest from.
const MAX_NAMES: usize = 10_000;

/// Keeps chunks and finds them again.
pub(super) trait Store: Send + Sync {
    /// Makes the store equal to the documents, and embeds what has no vector yet.
    fn ingest<'a>(
        &'a self,
        sources: Sources,
        on: &'a mut (dyn FnMut(IngestEvent) + Send),
    ) -> BoxFuture<'a, Result<IngestSummary>>;

    /// At most `top_k` passages, best first; the same ones in the same order every time.
    fn search<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Passage>>>;

    /// Which of these names are neither a title nor an id of a stored document.
    fn missing<'a>(&'a self, names: &'a BTreeSet<String>) -> BoxFuture<'a, Result<BTreeSet<String>>>;

    /// Titles and ids, at most `MAX_NAMES` of each.
    fn names(&self) -> BoxFuture<'_, Result<BTreeSet<String>>>;

    /// What the rows' vectors are. Only a store that others write to can have gaps.
    fn coverage(&self) -> BoxFuture<'_, Result<Coverage>> {
        Box::pin(async { Ok(Coverage::default()) })
    }

    /// SHA-256 over the sorted ids and content hashes of all documents.
    fn digest(&self) -> BoxFuture<'_, Result<String>>;
}

/// The configured store; nothing is opened yet.
pub(super) fn open(config: &Config, embedder: Option<Arc<dyn Embedder>>) -> Result<Box<dyn Store>> {
    Ok(match config.retrieval.store {
        StoreKind::Embedded => Box::new(Embedded::new(config, embedder)),
        StoreKind::Pgvector => Box::new(Pgvector::new(config, embedder)?),
    })
}

/// What an embedder sees of a chunk: its text with the words that say what it is about.
fn embedding_text(title: &str, heading: &str, text: &str) -> String {
    let parts = [title, heading, text];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Texts that go to the embedder at once. What is embedded is saved after each batch.
const BATCH: usize = 64;
/// Batches under way at once; the client's own limits apply as well.
const CONCURRENT_BATCHES: usize = 4;

/// Embeds all texts, and hands every batch to `save` as it comes.
async fn embed<Fut: Future<Output = Result<()>>>(
    embedder: &dyn Embedder,
    texts: &[String],
    mut save: impl FnMut(usize, Vec<Vec<f32>>) -> Fut,
) -> Result<()> {
    let batches = texts.chunks(BATCH).enumerate().map(|(index, batch)| embed_batch(embedder, index * BATCH, batch));
    let mut done = stream::iter(batches.collect::<Vec<_>>()).buffered(CONCURRENT_BATCHES);
    while let Some(batch) = done.next().await {
        let (first, vectors) = batch?;
        save(first, vectors).await?;
    }
    Ok(())
}

async fn embed_batch(embedder: &dyn Embedder, first: usize, batch: &[String]) -> Result<(usize, Vec<Vec<f32>>)> {
    let vectors = embedder.embed(batch, Purpose::Document).await?;
    check(embedder, batch.len(), &vectors)?;
    Ok((first, vectors))
}

/// Embeds one question.
async fn embed_question(embedder: &dyn Embedder, question: &str) -> Result<Vec<f32>> {
    let vectors = embedder.embed(&[question.to_owned()], Purpose::Query).await?;
    check(embedder, 1, &vectors)?;
    Ok(vectors.into_iter().next().unwrap_or_default())
}

/// A wrong vector in the store would spoil every later answer, so they are looked at first.
fn check(embedder: &dyn Embedder, texts: usize, vectors: &[Vec<f32>]) -> Result<()> {
    let length = vectors.first().map_or(0, Vec::len);
    let sound = |vector: &Vec<f32>| vector.len() == length && vector.iter().all(|value| value.is_finite());
    if vectors.len() == texts && length > 0 && vectors.iter().all(sound) {
        return Ok(());
    }
    Err(Error::unavailable(format!("the embedder {} did not return one sound vector for each text", embedder.id())))
}
