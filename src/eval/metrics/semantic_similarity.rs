//! How close the answer is to the reference answer in the embedder's space.

use futures_util::future::BoxFuture;

use super::judged::reference;
use super::scorer::asked;
use super::{Ask, Metric, Need, Scale, Scored, Tools, scored, scored_because};
use crate::eval::{Case, Outcome, Output};
use crate::rag::{Embedder, Purpose};

pub(super) const METRIC: Metric = Metric {
    name: "semantic_similarity",
    summary: "cosine of the embeddings of answer and reference answer",
    documentation: "    max(0, cos(e(answer), e(reference answer)))

e is the embedder of `retrieval.embedder`; both texts are embedded as documents. A cosine below 0 counts as 0. It rewards the
same topic more than the same facts: \"the port is 80\" and \"the port is 443\" are close. Values of different embedders are
not comparable; set the bar from a run of your own.

0 worst, 1 best. An empty answer scores 0 without asking the embedder.

Skipped for cases without `reference_answer`. Errored if the embedder fails or gives a vector of length zero.

Source: cosine similarity; the semantic similarity of RAGAS and the `similar` of promptfoo.",
    scale: Scale::Share,
    needs: &[Need::Embedder],
    options: &[],
    skip: super::reference::skip,
    build: |_| Ok(asked(SemanticSimilarity)),
};

struct SemanticSimilarity;

impl Ask for SemanticSimilarity {
    fn ask<'a>(&'a self, case: &'a Case, output: &'a Output, tools: &'a Tools) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            if output.answer.trim().is_empty() {
                return scored_because(0.0, "the answer is empty".to_owned()).into();
            }
            let compared = match &tools.embedder {
                Some(embedder) => compare(embedder.as_ref(), &output.answer, reference(case)).await,
                None => Err("there is no embedder".to_owned()),
            };
            compared.map_or_else(|message| Outcome::Errored { message }, |cosine| scored(cosine.max(0.0))).into()
        })
    }
}

async fn compare(embedder: &dyn Embedder, answer: &str, reference: &str) -> Result<f64, String> {
    let texts = [answer.to_owned(), reference.to_owned()];
    let vectors = embedder.embed(&texts, Purpose::Document).await.map_err(|error| error.to_string())?;
    let [first, second] = vectors.as_slice() else { return Err("the embedder gave no two vectors".to_owned()) };
    cosine(first, second)
}

/// At most 1, which rounding could pass.
fn cosine(first: &[f32], second: &[f32]) -> Result<f64, String> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let norms = (dot(first, first) * dot(second, second)).sqrt();
    if first.len() != second.len() {
        return Err("the embedder gave vectors of two lengths".to_owned());
    }
    if norms > 0.0 && norms.is_finite() {
        Ok((dot(first, second) / norms).min(1.0))
    } else {
        Err("the embedder gave a vector without a direction".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_is_of_any_two_vectors_with_a_direction() {
        let close = |first: &[f32], second: &[f32], expected: f64| {
            assert!((cosine(first, second).unwrap() - expected).abs() < 1e-9, "{first:?} {second:?}");
        };
        close(&[1.0, 0.0], &[2.0, 0.0], 1.0);
        close(&[1.0, 0.0], &[0.0, 3.0], 0.0);
        close(&[1.0, 0.0], &[-1.0, 0.0], -1.0);
        close(&[1.0, 1.0], &[1.0, 0.0], 0.5f64.sqrt());
        assert!(cosine(&[0.0, 0.0], &[1.0, 0.0]).unwrap_err().contains("without a direction"));
        assert!(cosine(&[f32::NAN, 0.0], &[1.0, 0.0]).is_err());
        assert!(cosine(&[1.0], &[1.0, 0.0]).unwrap_err().contains("two lengths"));
    }
}
