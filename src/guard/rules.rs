//! Rules over concepts: what every attack of a kind does, in whatever language. A rule explains itself, and is sure enough
//! to stand alone where the model has seen nothing like the text.

mod authority;
mod delimiter;
mod exfiltration;
mod extraction;
mod override_;
mod role;

use std::ops::Range;

use super::finding::Severity;
use super::lexicon::{Concept, Concepts};
use super::reading::Reading;

/// A kind of attack that is recognised by what is said. One file and one row add one.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    /// Of the OWASP Top 10 for LLM applications, edition 2025.
    pub(crate) owasp: &'static str,
    /// For people, as a whole sentence.
    pub(crate) message: &'static str,
    pub(crate) documentation: &'static str,
    find: fn(&Reading) -> Vec<Hit>,
}

pub(crate) const RULES: &[Rule] =
    &[override_::RULE, extraction::RULE, role::RULE, delimiter::RULE, exfiltration::RULE, authority::RULE];

/// Where a rule holds, in bytes of the reading's words, and how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    pub(crate) span: Range<usize>,
    pub(crate) confidence: f64,
}

impl Rule {
    pub(crate) fn hits(&self, reading: &Reading) -> Vec<Hit> {
        (self.find)(reading)
    }
}

/// A set of concepts, any of which is meant.
const fn any(concepts: &[Concept]) -> Concepts {
    Concepts::any(concepts)
}

/// A mention, with its number among those of the reading.
#[derive(Clone, Copy)]
struct At(usize);

/// Stretches in which mentions follow one another, each of the next set, at most `gap` words after the one before. A long
/// text has as many as it has mentions, and each is found in as many steps as the gaps hold.
fn chains(reading: &Reading, steps: &[Concepts], gap: usize) -> Vec<(At, At)> {
    let mut chains = Vec::new();
    for (index, mention) in reading.mentions.iter().enumerate() {
        if !mention.means(steps[0]) {
            continue;
        }
        let mut last = index;
        let complete = steps[1..].iter().all(|step| match next(reading, last, *step, gap) {
            Some(next) => {
                last = next;
                true
            }
            None => false,
        });
        if complete {
            chains.push((At(index), At(last)));
        }
    }
    chains
}

/// Mentions that are looked at around one: marks that are no words all stand at the same place, so places alone bound
/// nothing.
const NEIGHBOURS: usize = 64;
/// How far before a chain a sentence can say that it only asks.
const QUESTION_WORDS: usize = 40;

/// The first mention after another that is of a set, within so many words.
fn next(reading: &Reading, after: usize, step: Concepts, gap: usize) -> Option<usize> {
    let limit = reading.positions[after] + gap;
    let rest = reading.mentions.iter().enumerate().skip(after + 1).take(NEIGHBOURS);
    let mut near = rest.take_while(|(index, _)| reading.positions[*index] <= limit);
    near.find(|(_, mention)| mention.means(step)).map(|(index, _)| index)
}

/// The chains that do not leave the sentence that they begin in.
fn within_sentence(reading: &Reading, mut chains: Vec<(At, At)>) -> Vec<(At, At)> {
    chains.retain(|(first, last)| {
        let sentence_of = |at: &At| reading.sentence_of(reading.mentions[at.0].start);
        sentence_of(first) == sentence_of(last)
    });
    chains
}

/// Whether a concept of a set occurs within so many words before the first or after the last of a chain.
fn is_near(reading: &Reading, (first, last): (At, At), set: Concepts, words: usize) -> bool {
    let (from, to) = (reading.positions[first.0].saturating_sub(words), reading.positions[last.0] + words);
    let start = reading.positions.partition_point(|&position| position < from).max(first.0.saturating_sub(NEIGHBOURS));
    let end = reading.positions.partition_point(|&position| position <= to).min(last.0 + NEIGHBOURS);
    reading.mentions[start..end].iter().any(|mention| mention.concepts.meets(set))
}

/// Whether the text only speaks about such a thing: asks how to do it, forbids it, does it to files or with colleagues, or
/// quotes it.
fn is_about(reading: &Reading, chain: (At, At)) -> bool {
    let sentence = reading.sentence_of(reading.mentions[chain.0.0].start);
    let begins = reading.sentences.get(sentence).map_or(0, |sentence| sentence.position);
    let from = begins.max(reading.positions[chain.0.0].saturating_sub(QUESTION_WORDS));
    let before = reading.mentions[..chain.0.0].iter().zip(&reading.positions).rev().take(NEIGHBOURS);
    let asks = before
        .take_while(|(_, position)| **position >= from)
        .any(|(mention, _)| mention.concepts.has(Concept::Question));
    let forbids = chain.0.0.checked_sub(1).is_some_and(|index| {
        reading.mentions[index].concepts.has(Concept::Negation)
            && reading.positions[index] + 2 >= reading.positions[chain.0.0]
    });
    asks || forbids
        || is_near(reading, chain, any(&[Concept::Human]), 3)
        || reading.is_quoted(&reading.mentions[chain.0.0])
}

fn span(reading: &Reading, (first, last): (At, At)) -> Range<usize> {
    let (start, end) = (reading.mentions[first.0].start, reading.mentions[last.0].end);
    start..end.max(start)
}

/// Hits of one confidence for the chains that are meant.
fn hits(reading: &Reading, chains: Vec<(At, At)>, confidence: f64) -> Vec<Hit> {
    let meant = chains.into_iter().filter(|&chain| !is_about(reading, chain));
    meant.map(|chain| Hit { span: span(reading, chain), confidence }).collect()
}

#[cfg(test)]
mod tests;
