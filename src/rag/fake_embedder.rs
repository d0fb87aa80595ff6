//! An embedder for tests: words hashed into a vector, so that texts with common words are near each other.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;

use super::{Embedder, Purpose};
use crate::error::Result;
use crate::text;

pub(super) struct FakeEmbedder {
    pub(super) name: &'static str,
    pub(super) length: usize,
    /// How many texts it was asked for.
    pub(super) texts: AtomicUsize,
}

impl FakeEmbedder {
    pub(super) fn new(name: &'static str, length: usize) -> Self {
        Self { name, length, texts: AtomicUsize::new(0) }
    }

    /// How many texts it was asked for since the last call.
    pub(super) fn take_count(&self) -> usize {
        self.texts.swap(0, Ordering::Relaxed)
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.length];
        for term in text::terms(text).iter().filter(|term| !text::is_stop_word(term)) {
            let hash = crate::digest::sha256(term.as_bytes());
            let index = usize::from_str_radix(&hash[..8], 16).unwrap() % self.length;
            vector[index] += 1.0;
        }
        // Never the zero vector.
        vector[0] += 0.01;
        let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        vector.iter().map(|value| value / norm).collect()
    }
}

impl Embedder for FakeEmbedder {
    fn usage(&self) -> crate::cost::Usage {
        crate::cost::Usage::default()
    }

    fn id(&self) -> String {
        format!("fake/{}@{}", self.name, self.length)
    }

    fn dimensions(&self) -> Option<usize> {
        Some(self.length)
    }

    fn embed<'a>(&'a self, texts: &'a [String], _purpose: Purpose) -> BoxFuture<'a, Result<Vec<Vec<f32>>>> {
        self.texts.fetch_add(texts.len(), Ordering::Relaxed);
        let vectors = texts.iter().map(|text| self.vector(text)).collect();
        Box::pin(async move { Ok(vectors) })
    }
}
