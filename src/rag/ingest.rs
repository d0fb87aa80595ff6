//! Brings the store up to date with the documents.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::chunk::{ChunkSize, chunks};
use super::{Chunk, Document, Retriever, readers};
use crate::config::{Config, StoreKind};
use crate::digest::sha256_parts;
use crate::error::{Error, Result};

/// Progress, for a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IngestEvent {
    /// Files that are read, of those in the folder.
    Reading { done: usize, total: usize },
    /// Texts that the embedder has done, of those that it must.
    Embedding { done: usize, total: usize },
    /// Documents that are in the store, of those that must change.
    Stored { done: usize, total: usize },
}

/// What a run of `ingest` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IngestSummary {
    /// In the store now, from the documents folder.
    pub(crate) documents: usize,
    /// What these were cut into.
    pub(crate) chunks: usize,
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) unchanged: usize,
    pub(crate) removed: usize,
    /// Texts that the embedder was asked for; also rows of other origin, with the store pgvector.
    pub(crate) embedded: usize,
    /// Files in the folder of a kind that cannot be read.
    pub(crate) skipped_files: usize,
    /// Documents that were kept out.
    pub(crate) quarantined: usize,
}

impl IngestSummary {
    /// Whether the store is another one than before.
    pub(crate) fn is_change(&self) -> bool {
        self.added + self.changed + self.removed + self.embedded > 0
    }
}

/// Which documents may be in the store. It is called once, with all of them, in a thread of its own.
pub(crate) type Screen = Box<dyn FnOnce(&[Document]) -> Vec<bool> + Send>;

/// Keeps nothing out.
#[cfg(test)]
pub(crate) fn every_document() -> Screen {
    Box::new(|documents| vec![true; documents.len()])
}

/// Reads the documents and makes the store equal to those that may be in it. Only what changed is cut, embedded and
/// written.
///
/// Errors if a document cannot be read; then the store stays as it was.
pub(crate) async fn ingest(
    config: &Config,
    retriever: &Retriever,
    screen: Screen,
    on: &mut (dyn FnMut(IngestEvent) + Send),
) -> Result<IngestSummary> {
    let Read { sources, skipped_files, quarantined } = read(config, screen, on).await?;
    let summary = retriever.store().ingest(sources, on).await?;
    Ok(IngestSummary { skipped_files, quarantined, ..summary })
}

/// The documents of a file or folder, which messages call `name`; see `readers::read`.
pub(crate) fn read_documents(path: &Path, name: &str) -> Result<Vec<Document>> {
    Ok(readers::read(path, name, &|_, _| {})?.documents)
}

/// A document as it is to be stored.
pub(super) struct Source {
    pub(super) document: Document,
    /// SHA-256 of everything that makes its chunks.
    pub(super) hash: String,
    size: ChunkSize,
}

/// Every document of the folder; `None`: there is no folder, and the store can do without.
pub(super) type Sources = Option<Arc<Vec<Source>>>;

impl Source {
    pub(super) fn new(document: Document, size: ChunkSize) -> Self {
        let category = document.category.as_deref().unwrap_or_default();
        let size_text = format!("{} {}", size.words, size.overlap_words);
        let hash = sha256_parts([document.title.as_str(), category, &document.body, &size_text]);
        Self { document, hash, size }
    }

    pub(super) fn chunks(&self) -> Vec<Chunk> {
        chunks(&self.document, self.size)
    }
}

/// The documents, and what was left out.
struct Read {
    sources: Sources,
    skipped_files: usize,
    quarantined: usize,
}

async fn read(config: &Config, screen: Screen, on: &mut (dyn FnMut(IngestEvent) + Send)) -> Result<Read> {
    let retrieval = &config.retrieval;
    let name = retrieval.documents.value.clone();
    let path = config.path(&name);
    let optional = retrieval.store == StoreKind::Pgvector && retrieval.documents.line.is_none();
    if optional && is_absent(&path) {
        return Ok(Read { sources: None, skipped_files: 0, quarantined: 0 });
    }
    if !path.exists() {
        let hint = "put your documents there, or set retrieval.documents to where they are";
        return Err(config.problem(&retrieval.documents, format!("{name} does not exist")).hint(hint).into());
    }
    let size = ChunkSize { words: retrieval.chunk_words, overlap_words: retrieval.chunk_overlap_words };
    let (sender, mut progress) = mpsc::unbounded_channel();
    let work = tokio::task::spawn_blocking(move || {
        // Whether anybody listens does not matter.
        let tell = move |done, total| {
            let _ = sender.send((done, total));
        };
        let reading = readers::read(&path, &name, &tell)?;
        let may_stay = screen(&reading.documents);
        let all = reading.documents.len();
        let documents =
            reading.documents.into_iter().zip(may_stay).filter_map(|(document, may)| may.then_some(document));
        let sources: Vec<Source> = documents.map(|document| Source::new(document, size)).collect();
        if sources.is_empty() {
            let hint = "llmops guard documents says why";
            return Err(Error::config(format!("every document in {name} is in quarantine")).hint(hint));
        }
        let quarantined = all - sources.len();
        Ok(Read { sources: Some(Arc::new(sources)), skipped_files: reading.skipped_files, quarantined })
    });
    while let Some((done, total)) = progress.recv().await {
        on(IngestEvent::Reading { done, total });
    }
    work.await.map_err(|error| Error::unavailable("reading the documents failed").source(error))?
}

/// The default folder counts as absent when it is there but empty.
fn is_absent(path: &Path) -> bool {
    path.read_dir().map_or_else(|_| !path.exists(), |mut entries| entries.next().is_none())
}
