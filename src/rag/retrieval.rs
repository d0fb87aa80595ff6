//! What asks for passages talks to: the configured store behind one type.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::stores::{self, Coverage, Store};
use super::{Embedder, Passage, embedders};
use crate::config::{Config, StoreKind};
use crate::cost::Usage;
use crate::error::Result;
use crate::llm::Client;
use crate::trace::{self, Active, Kind, Value};

/// Finds the passages for a question.
pub(crate) struct Retriever {
    store: Box<dyn Store>,
    embedder: Option<Arc<dyn Embedder>>,
    /// What traces call the store: the documents that it holds, or its table.
    source: String,
}

impl Retriever {
    /// Checks the configuration. Nothing is read and no connection is made before the first question.
    pub(crate) fn open(config: &Config, client: &Client) -> Result<Self> {
        Self::with_embedder(config, embedders::open(config, client)?)
    }

    pub(super) fn with_embedder(config: &Config, embedder: Option<Arc<dyn Embedder>>) -> Result<Self> {
        let source = match config.retrieval.store {
            StoreKind::Embedded => config.retrieval.documents.value.clone(),
            StoreKind::Pgvector => config.retrieval.pgvector.table.clone(),
        };
        Ok(Self { store: stores::open(config, embedder.clone())?, embedder, source })
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The passages for a question, best first.
    pub(crate) async fn search(&self, question: &str, top_k: usize) -> Result<Vec<Passage>> {
        if question.trim().is_empty() || top_k == 0 {
            return Ok(Vec::new());
        }
        let span = trace::begin(|| format!("retrieval {}", self.source), Kind::Client);
        let found = self.store.search(question, top_k).await;
        if let Some(span) = span {
            self.end(span, (question, top_k), &found);
        }
        found
    }

    fn end(&self, mut span: Active, (question, top_k): (&str, usize), found: &Result<Vec<Passage>>) {
        span.set("operation", "retrieval");
        span.set("data_source", self.source.as_str());
        span.set_known("request_top_k", u32::try_from(top_k).ok().map(f64::from));
        span.set("query", question);
        match found {
            Ok(passages) => span.set("retrieved", Value::Json(passages.iter().map(|p| documented(p, &span)).collect())),
            Err(error) => span.fail(error.kind.name(), &error.to_string()),
        }
    }

    /// Which of these names (titles or ids) the store holds no document for.
    pub(crate) async fn missing(&self, names: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        if names.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.store.missing(names).await
    }

    /// Identity of what is stored: SHA-256 over the sorted ids and content hashes of all documents.
    pub(crate) async fn digest(&self) -> Result<String> {
        self.store.digest().await
    }

    /// Titles and ids of stored documents, for suggestions; not all of them, if there are very many.
    pub(crate) async fn names(&self) -> Result<BTreeSet<String>> {
        self.store.names().await
    }

    /// How much of what is stored can be found at all.
    pub(crate) async fn coverage(&self) -> Result<Coverage> {
        self.store.coverage().await
    }

    /// What turns texts into vectors; `None` if the search is by words alone.
    pub(crate) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.embedder.clone()
    }

    /// What the embedder has consumed so far.
    pub(crate) fn usage(&self) -> Usage {
        self.embedder.as_ref().map(|embedder| embedder.usage()).unwrap_or_default()
    }
}

/// A passage as traces show it.
fn documented(passage: &Passage, span: &Active) -> serde_json::Value {
    let mut shown = json!({ "id": passage.document, "score": passage.score });
    if span.takes_content() {
        shown["content"] = passage.text.as_str().into();
    }
    shown
}
