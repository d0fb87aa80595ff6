//! From labelled texts to weights: which passages of a text are learnt, and what is made of a text beside it.
//!
//! Of a long attack nobody says which passage it is, so the passages that the weights of the round before find most
//! like an attack are taken, as in multiple-instance learning (Andrews et al., 2002). A short text is also learnt
//! planted in a document, as it will be met there.

mod planted;

use std::collections::HashSet;

use super::features::{Feature, features, hash};
use super::learner::{Example, learn, margin};
use crate::guard::corpus::Row;
use crate::guard::decode::readings;
use crate::guard::passage::passages;
use crate::guard::reading::Reading;

/// Said of the weights in their file; whoever changes what they depend on changes it.
pub(super) const NAME: &str =
    "1: squared hinge, C 0.3, 10 epochs, 3 rounds of passages, short texts planted in documents";
const COST: f64 = 0.3;
const ROUNDS: usize = 3;
/// Words in a row that make two texts share a passage.
const SHARED_WORDS: usize = 8;

/// Texts that can be learnt from, their features computed once.
pub(crate) struct Material {
    texts: Vec<Text>,
}

struct Text {
    is_attack: bool,
    passages: Vec<Vec<Feature>>,
    /// The sources of the rows that it was made of, one or two.
    sources: Vec<String>,
    shingles: HashSet<u64>,
}

impl Material {
    pub(crate) fn new(rows: &[Row]) -> Self {
        let own = rows.iter().map(|row| Text {
            is_attack: row.is_attack,
            passages: features_of(&row.text, usize::MAX),
            sources: vec![row.source.clone()],
            shingles: shingles(&row.text),
        });
        let planted = planted::planted(rows).into_iter().map(|planted| {
            let (row, document) = (&rows[planted.row], &rows[planted.document]);
            Text {
                is_attack: row.is_attack,
                passages: features_of(&planted.text, 1),
                sources: vec![row.source.clone(), document.source.clone()],
                shingles: shingles(&planted.text),
            }
        });
        Self { texts: own.chain(planted).collect() }
    }

    /// The weights that all texts give.
    pub(crate) fn weights(&self) -> Vec<f64> {
        train(&self.texts.iter().collect::<Vec<_>>())
    }

    /// The weights without a source, and without whatever shares a passage with the texts that are to be judged.
    pub(crate) fn weights_without<'a>(&self, source: &str, judged: impl Iterator<Item = &'a str>) -> Vec<f64> {
        let shared: HashSet<u64> = judged.flat_map(shingles).collect();
        let is_kept =
            |text: &&Text| text.sources.iter().all(|known| known != source) && text.shingles.is_disjoint(&shared);
        train(&self.texts.iter().filter(is_kept).collect::<Vec<_>>())
    }
}

/// The features of the passages of a text, in at most so many of its views.
fn features_of(text: &str, views: usize) -> Vec<Vec<Feature>> {
    let views = readings(text).views.into_iter().take(views).map(Reading::new);
    views
        .flat_map(|reading| passages(&reading).iter().map(|passage| features(&reading, passage)).collect::<Vec<_>>())
        .collect()
}

/// Eight words in a row, each such run by its hash; of a shorter text the whole.
fn shingles(text: &str) -> HashSet<u64> {
    let words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let hash = |words: &[String]| hash(0, words.join(" ").as_bytes());
    if words.len() < SHARED_WORDS {
        HashSet::from([hash(&words)])
    } else {
        words.windows(SHARED_WORDS).map(hash).collect()
    }
}

fn train(texts: &[&Text]) -> Vec<f64> {
    let mut weights: Option<Vec<f64>> = None;
    for _ in 0..ROUNDS {
        let examples: Vec<Example<'_>> = texts.iter().flat_map(|text| examples(text, weights.as_deref())).collect();
        weights = Some(learn(&examples));
    }
    weights.unwrap_or_default()
}

fn examples<'a>(text: &'a Text, weights: Option<&[f64]>) -> Vec<Example<'a>> {
    let example = |features: &'a Vec<Feature>, cost| Example { features, is_attack: text.is_attack, cost };
    let count = text.passages.len();
    if !text.is_attack {
        // All passages of a harmless text are harmless; together they count for more than a short one, but not so often.
        let cost = COST / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX)).sqrt();
        return text.passages.iter().map(|passage| example(passage, cost)).collect();
    }
    if count <= 1 {
        return text.passages.iter().map(|passage| example(passage, COST)).collect();
    }
    let Some(weights) = weights else { return Vec::new() };
    let mut ranked: Vec<(f64, &Vec<Feature>)> =
        text.passages.iter().map(|passage| (margin(weights, passage), passage)).collect();
    ranked.sort_by(|(first, _), (second, _)| second.total_cmp(first));
    ranked.truncate((count / 4).clamp(1, 3));
    ranked.into_iter().map(|(_, passage)| example(passage, COST)).collect()
}
