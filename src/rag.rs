//! Retrieval: documents are read, cut into chunks, embedded and stored; a question brings back passages.
//!
//! ```text
//! readers -> Document -> chunk -> Chunk -> embedder -> store        (ingest)
//! question -> embedder -> store: lexical and vector legs -> fusion -> Passage   (search)
//! ```

mod chunk;
mod document;
mod embedders;
#[cfg(test)]
mod fake_embedder;
mod hidden;
mod ingest;
mod markdown;
mod readers;
mod retrieval;
mod stores;

pub(crate) use document::{Chunk, Document, Passage};
pub(crate) use embedders::{Embedder, Purpose, minilm, open as open_embedder};
pub(crate) use hidden::is_hidden;
#[cfg(test)]
pub(crate) use ingest::every_document;
pub(crate) use ingest::{IngestEvent, IngestSummary, Screen, ingest, read_documents};
pub(crate) use retrieval::Retriever;
pub(crate) use stores::Coverage;
