//! A linear model over words, pieces of words and concepts: how much a passage reads like an attack.
//!
//! ```text
//! rows ── passages, features ──> learner ──> weights ──> file      (llmops guard train)
//! text ── views ── passages ── features · weights, the highest ──> margin ──> score from 0 to 1
//! ```

mod features;
mod file;
mod learner;
mod recipe;

use std::sync::OnceLock;

use features::{Feature, SIZE, features};
pub(crate) use file::About;
pub(crate) use recipe::Material;

use super::passage::passages;
use super::reading::Reading;

/// The weights that ship, as `llmops guard train` writes them.
const EMBEDDED: &[u8] = include_bytes!("../../data/guard/model.bin");

/// What a text with many passages must be sure of more: the highest of many scores is high by chance. Found by holding
/// out sources; for each doubling of the passages.
const MANY_PASSAGES: f64 = 0.12;
/// The margin at which a text is flagged: about 2.6 % of harmless texts of sources that were held out lie above it.
const FLAGGED: f64 = 0.45;
/// How steeply the score rises with the margin.
const STEEPNESS: f64 = 4.0;

/// Trained weights and where they come from.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) about: About,
    /// One for each feature, and the one that is always there last.
    weights: Vec<f32>,
}

/// What the model says of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    /// From 0 to 1; a half where texts begin to be flagged.
    pub(super) score: f64,
    /// The view and the passage in it that read most like an attack.
    pub(super) view: usize,
    pub(super) passage: usize,
}

impl Model {
    /// The one that ships.
    pub(crate) fn embedded() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| Self::read(EMBEDDED).expect("a test reads the weights that ship"))
    }

    /// How much the text of these readings is like an attack; `None` if it has no words.
    pub(super) fn score(&self, readings: &[Reading]) -> Option<Scored> {
        let mut best: Option<(f64, usize, usize)> = None;
        let mut count = 0;
        for (view, reading) in readings.iter().enumerate() {
            let passages = passages(reading);
            for (place, passage) in passages.iter().enumerate() {
                let margin = self.margin(&features(reading, passage));
                if best.is_none_or(|(highest, ..)| margin > highest) {
                    best = Some((margin, view, place));
                }
            }
            if view == 0 {
                count = passages.len();
            }
        }
        let (margin, view, passage) = best?;
        Some(Scored { score: score(margin, count), view, passage })
    }

    fn margin(&self, features: &[Feature]) -> f64 {
        let start = f64::from(self.weights[SIZE]);
        features.iter().fold(start, |sum, &(feature, value)| sum + f64::from(self.weights[feature as usize] * value))
    }
}

/// The score of the highest margin among so many passages.
fn score(margin: f64, passages: usize) -> f64 {
    let count = u32::try_from(passages.max(1)).unwrap_or(u32::MAX);
    let margin = margin - MANY_PASSAGES * f64::from(count).log2();
    1.0 / (1.0 + (-STEEPNESS * (margin - FLAGGED)).exp())
}

#[cfg(test)]
mod tests;
