//! The local embedder: all-MiniLM-L6-v2, computed here, without a key and without a network.
//!
//! English; 384 dimensions; reads the first 256 word pieces of a text (about 190 words) and ignores the rest. Its
//! weights are fetched once, by `llmops model pull`. Vectors equal those of sentence-transformers to 1e-4.
//!
//! Source: <https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2>, Apache-2.0.

mod bert;
mod files;
mod pull;
mod tokenizer;
mod weights;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use futures_util::future::{BoxFuture, try_join_all};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

pub(crate) use pull::{Source, pull};

use super::{Embedder, Purpose};
use crate::config::Config;
use crate::cost::Usage;
use crate::digest::sha256;
use crate::error::{Error, Result};
use bert::Bert;
use files::MINILM;
use tokenizer::Tokenizer;

/// The most word pieces of a text that count, start and end piece included (`max_seq_length` of the model's card).
const MAX_PIECES: usize = 256;
const PULL: &str = "llmops model pull all-minilm-l6-v2";

/// The model in memory, about 90 MB; shared by all calls.
pub(crate) struct Minilm {
    model: Arc<Model>,
    /// One permit a processor: texts beyond that wait, so that many calls at once do not start many threads.
    processors: Arc<Semaphore>,
}

struct Model {
    tokenizer: Tokenizer,
    bert: Bert,
}

/// Loads the model from the user's folder of models.
///
/// # Errors
/// A configuration error when the files are not there, which says how to get them.
pub(crate) fn open(config: &Config) -> Result<Minilm> {
    let folder = files::models_folder(&config.env)?.join(MINILM.name);
    if !MINILM.is_in(&folder) {
        return Err(Error::config("the local embedder's weights are not here").hint(PULL));
    }
    let model = Model::load(&folder)?;
    let processors = available_parallelism().map_or(1, usize::from);
    Ok(Minilm { model: Arc::new(model), processors: Arc::new(Semaphore::new(processors)) })
}

impl Model {
    fn load(folder: &Path) -> Result<Self> {
        let (vocabulary, weights) = (folder.join(files::VOCABULARY.name), folder.join(files::WEIGHTS.name));
        let pieces = fs::read_to_string(&vocabulary).map_err(|error| Error::io("read", &vocabulary, error))?;
        let bytes = fs::read(&weights).map_err(|error| Error::io("read", &weights, error))?;
        let wrong = |error: Error, path: &Path| error.at(path.display(), None).hint(PULL);
        for (content, file, path) in
            [(pieces.as_bytes(), &files::VOCABULARY, &vocabulary), (&bytes, &files::WEIGHTS, &weights)]
        {
            if sha256(content) != file.sha256 {
                return Err(wrong(Error::config("this is not the model's file: its SHA-256 is another"), path));
            }
        }
        Ok(Self {
            tokenizer: Tokenizer::parse(&pieces).map_err(|error| wrong(error, &vocabulary))?,
            bert: weights::read(&bytes).map_err(|error| wrong(error, &weights))?,
        })
    }

    fn embed(&self, text: &str) -> Vec<f32> {
        self.bert.embed(&self.tokenizer.encode(text, MAX_PIECES))
    }
}

impl Minilm {
    async fn embed_one(&self, text: String) -> Result<Vec<f32>> {
        let permit = Arc::clone(&self.processors).acquire_owned().await.expect("the semaphore is never closed");
        let model = Arc::clone(&self.model);
        let vector = spawn_blocking(move || {
            let _permit = permit;
            model.embed(&text)
        });
        vector.await.map_err(|error| Error::unavailable("the local embedder stopped").source(error))
    }
}

impl Embedder for Minilm {
    /// Nobody counts tokens that cost nothing.
    fn usage(&self) -> Usage {
        Usage::default()
    }

    fn id(&self) -> String {
        format!("local/{}@{}", MINILM.name, bert::DIMENSIONS)
    }

    fn dimensions(&self) -> Option<usize> {
        Some(bert::DIMENSIONS)
    }

    /// Questions and documents are embedded alike.
    fn embed<'a>(&'a self, texts: &'a [String], _purpose: Purpose) -> BoxFuture<'a, Result<Vec<Vec<f32>>>> {
        Box::pin(try_join_all(texts.iter().map(|text| self.embed_one(text.clone()))))
    }
}

#[cfg(test)]
mod tests;
