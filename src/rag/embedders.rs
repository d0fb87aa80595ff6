//! Embedders turn texts into vectors. One file each; `WIRES` lists the ones that call a provider.

mod gemini;
pub(crate) mod minilm;
mod ollama;
mod openai;
mod remote;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::Config;
use crate::cost::Usage;
use crate::cost::ledger::Role;
use crate::error::{Error, Result};
use crate::llm::{Client, Model};

use remote::{Remote, Wire};

/// What a text is embedded for; some models embed questions and documents differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Document,
    Query,
}

/// Turns texts into vectors of one fixed length.
pub(crate) trait Embedder: Send + Sync {
    /// Identity of the vector space: vectors of different ids must never be compared. `provider/model`, followed by
    /// `@dimensions` where a length is asked for.
    fn id(&self) -> String;

    /// Length of every vector; `None` until the first reply says it.
    fn dimensions(&self) -> Option<usize>;

    /// One vector a text, in order, each of unit length.
    fn embed<'a>(&'a self, texts: &'a [String], purpose: Purpose) -> BoxFuture<'a, Result<Vec<Vec<f32>>>>;

    /// What all calls so far have consumed, where the provider reports it.
    fn usage(&self) -> Usage;
}

/// The embedding calls that are known, by the dialect of the provider.
const WIRES: &[Wire] = &[gemini::WIRE, openai::WIRE, ollama::WIRE];

/// The embedder of `retrieval.embedder`; `None` for "none". Errors are at its line of the configuration.
pub(crate) fn open(config: &Config, client: &Client) -> Result<Option<Arc<dyn Embedder>>> {
    let configured = &config.retrieval.embedder;
    let opened: Result<Arc<dyn Embedder>> = match configured.value.as_str() {
        "none" => return Ok(None),
        "local" => minilm::open(config).map(|local| Arc::new(local) as Arc<dyn Embedder>),
        name => open_remote(name, config, client).map(|remote| Arc::new(remote) as Arc<dyn Embedder>),
    };
    opened.map(Some).map_err(|error| error.at(&config.file, configured.line))
}

fn open_remote(name: &str, config: &Config, client: &Client) -> Result<Remote> {
    let model: Model = name.parse()?;
    let endpoint = client.endpoint(&model.provider)?;
    let Some(wire) = WIRES.iter().find(|wire| wire.dialects.contains(&endpoint.dialect.name)) else {
        return Err(Error::config(format!("{} has no embeddings", model.provider))
            .hint("take another provider for retrieval.embedder, for example \"gemini/gemini-embedding-001\""));
    };
    Ok(Remote::new(client.as_role(Role::Embedder), endpoint, model, *wire, config.retrieval.dimensions))
}

#[cfg(test)]
mod tests;
