//! An embedder behind a provider: cuts the texts into batches, keeps several under way, and checks what comes back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{Embedder, Purpose};
use crate::cost::Usage;
use crate::error::{Error, Result};
use crate::llm::{Client, Endpoint, HttpCall, Model};

/// Batches under way at once.
const IN_FLIGHT: usize = 4;
/// A token has a byte at least, so this stays below the smallest limit in use: 300,000 tokens a request at `OpenAI`.
const MAX_BATCH_BYTES: usize = 128 * 1024;

/// How a provider's embedding call is written and read. Both functions are pure.
#[derive(Clone, Copy)]
pub(super) struct Wire {
    /// The chat dialects of the providers that have this call.
    pub(super) dialects: &'static [&'static str],
    /// Most texts of one call.
    pub(super) max_batch: usize,
    /// The length to ask for where the configuration does not say.
    pub(super) dimensions: Option<usize>,
    pub(super) encode: fn(&Batch) -> HttpCall,
    pub(super) decode: fn(&Value) -> Result<Embedded>,
}

/// The texts of one call.
pub(super) struct Batch<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) model: &'a str,
    pub(super) texts: &'a [String],
    pub(super) purpose: Purpose,
    pub(super) dimensions: Option<usize>,
}

/// What a reply holds: vectors in the order of the texts, of any length and norm.
#[derive(Debug, PartialEq)]
pub(super) struct Embedded {
    pub(super) vectors: Vec<Vec<f32>>,
    pub(super) input_tokens: u64,
}

pub(super) struct Remote {
    client: Client,
    endpoint: Arc<Endpoint>,
    model: Model,
    wire: Wire,
    /// The length that is asked for.
    asked: Option<usize>,
    /// The length of the first vector that came.
    seen: OnceLock<usize>,
    input_tokens: AtomicU64,
}

impl Remote {
    pub(super) fn new(client: Client, endpoint: Arc<Endpoint>, model: Model, wire: Wire, asked: Option<usize>) -> Self {
        let asked = asked.or(wire.dimensions);
        Self { client, endpoint, model, wire, asked, seen: OnceLock::new(), input_tokens: AtomicU64::new(0) }
    }

    async fn embed_batch(&self, texts: &[String], purpose: Purpose) -> Result<Vec<Vec<f32>>> {
        let (endpoint, model) = (&self.endpoint, self.model.name.as_str());
        let call = (self.wire.encode)(&Batch { endpoint, model, texts, purpose, dimensions: self.asked });
        if self.client.estimate_embedding(&self.model, &call, texts) {
            return Ok(texts.iter().map(|text| stand_in(text, self.asked.unwrap_or(USUAL_DIMENSIONS))).collect());
        }
        let (vectors, input_tokens) =
            self.client.call(endpoint, model, &call, |body| self.decode(body, texts.len())).await?;
        self.input_tokens.fetch_add(input_tokens, Ordering::Relaxed);
        Ok(vectors)
    }

    /// A sound vector for each text, and the tokens that they took.
    fn decode(&self, body: &Value, texts: usize) -> Result<(Vec<Vec<f32>>, u64)> {
        let Embedded { vectors, input_tokens } = (self.wire.decode)(body)?;
        if vectors.len() != texts {
            let got = vectors.len();
            return Err(Error::unavailable(format!("{} returned {got} vectors for {texts} texts", self.model)));
        }
        let vectors = vectors.iter().map(|vector| self.accept(vector)).collect::<Result<_>>()?;
        Ok((vectors, input_tokens))
    }

    /// The vector at unit length, if it is one of this space.
    fn accept(&self, vector: &[f32]) -> Result<Vec<f32>> {
        let (model, length) = (&self.model, vector.len());
        if let Some(asked) = self.asked.filter(|asked| *asked != length) {
            let message = format!("dimension mismatch: {model} returned a vector of {length} numbers, not {asked}");
            return Err(Error::unavailable(message).hint("set retrieval.dimensions to a length that the model has"));
        }
        let first = *self.seen.get_or_init(|| length);
        if first != length {
            let message = format!("dimension mismatch: {model} returned vectors of {first} and of {length} numbers");
            return Err(Error::unavailable(message));
        }
        let norm = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
        if !norm.is_finite() || norm == 0.0 {
            let what = if norm == 0.0 { "of zeros" } else { "that is not finite" };
            return Err(Error::unavailable(format!("{model} returned a vector {what}")));
        }
        #[expect(clippy::cast_possible_truncation, reason = "numbers of a unit vector fit")]
        let unit = vector.iter().map(|number| (f64::from(*number) / norm) as f32).collect();
        Ok(unit)
    }
}

/// The length of most vectors whose length nobody chose.
const USUAL_DIMENSIONS: usize = 1536;

/// A vector of no meaning, of unit length and always the same for the same text: what is found with it has the length of what
/// would be found.
fn stand_in(text: &str, dimensions: usize) -> Vec<f32> {
    let mut random =
        fastrand::Rng::with_seed(text.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte)));
    let numbers: Vec<f32> = (0..dimensions).map(|_| random.f32() - 0.5).collect();
    let norm = numbers.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    numbers.into_iter().map(|number| number / norm).collect()
}

impl Embedder for Remote {
    fn id(&self) -> String {
        match self.asked {
            Some(dimensions) => format!("{}@{dimensions}", self.model),
            None => self.model.to_string(),
        }
    }

    fn dimensions(&self) -> Option<usize> {
        self.asked.or(self.seen.get().copied())
    }

    fn embed<'a>(&'a self, texts: &'a [String], purpose: Purpose) -> BoxFuture<'a, Result<Vec<Vec<f32>>>> {
        let max_batch = if self.client.is_taped() { 1 } else { self.wire.max_batch };
        let calls = batches(texts, max_batch).into_iter().map(move |batch| self.embed_batch(batch, purpose));
        stream::iter(calls).buffered(IN_FLIGHT).try_concat().boxed()
    }

    fn usage(&self) -> Usage {
        Usage { input: self.input_tokens.load(Ordering::Relaxed), ..Usage::default() }
    }
}

/// Consecutive texts, at most `max_texts` and `MAX_BATCH_BYTES` together; a longer text is a batch of its own.
fn batches(texts: &[String], max_texts: usize) -> Vec<&[String]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        let is_full = index - start == max_texts || bytes + text.len() > MAX_BATCH_BYTES;
        if is_full && index > start {
            batches.push(&texts[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        batches.push(&texts[start..]);
    }
    batches
}

/// The numbers of a JSON array; an error if it is none.
pub(super) fn vector(value: Option<&Value>) -> Result<Vec<f32>> {
    let numbers = value.and_then(Value::as_array);
    #[expect(clippy::cast_possible_truncation, reason = "models compute in single precision at most")]
    let vector = numbers.and_then(|numbers| numbers.iter().map(|number| Some(number.as_f64()? as f32)).collect());
    vector.ok_or_else(|| Error::unavailable("the reply has a vector that is no array of numbers"))
}

/// The array at a JSON pointer.
pub(super) fn array<'a>(body: &'a Value, pointer: &str) -> Result<&'a Vec<Value>> {
    let array = body.pointer(pointer).and_then(Value::as_array);
    array.ok_or_else(|| Error::unavailable(format!("the reply has no {pointer}")))
}

/// The tokens at a JSON pointer, 0 if the provider does not say.
pub(super) fn tokens(body: &Value, pointer: &str) -> u64 {
    body.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_limited_by_count_and_by_size() {
        let lengths = |lengths: &[usize], max_texts| {
            let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
            batches(&texts, max_texts).iter().map(|batch| batch.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(&[1; 250], 100), [100, 100, 50]);
        assert_eq!(lengths(&[1; 100], 100), [100]);
        assert_eq!(lengths(&[100_000, 100_000, 1], 100), [1, 2]);
        assert_eq!(lengths(&[1, 200_000, 1], 100), [1, 1, 1]);
        assert!(lengths(&[], 100).is_empty());
    }
}
