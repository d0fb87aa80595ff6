//! What the model sees of a passage: words and pieces of words by their hash, concepts and how they follow one another,
//! and how the text is built.

use crate::guard::lexicon::{CONCEPTS, Concept};
use crate::guard::passage::Passage;
use crate::guard::reading::Reading;
use crate::text::is_unspaced_script;

/// Buckets of hashed words and pieces of words, as a power of two.
const HASH_BITS: u32 = 18;
/// Buckets of hashed triples of concepts.
const TRIPLES: usize = 1 << 15;
const SINGLE: usize = 1 << HASH_BITS;
const PAIRS: usize = SINGLE + CONCEPTS;
const FAR_PAIRS: usize = PAIRS + CONCEPTS * CONCEPTS;
const TRIPLE: usize = FAR_PAIRS + CONCEPTS * CONCEPTS;
const STRUCTURE: usize = TRIPLE + TRIPLES;
/// How many features there are.
pub(crate) const SIZE: usize = STRUCTURE + FIRST + CONCEPTS;

/// Words between two concepts that belong together, and those that may still do.
const NEAR: usize = 4;
const FAR: usize = 12;
/// Concepts that are put together with one at most: those of marks that are no words all stand at the same place.
const NEIGHBOURS: usize = 64;

/// The index of a feature and its value.
pub(crate) type Feature = (u32, f32);

/// A kind of features.
struct Group {
    /// How much it counts beside the others; found by holding out sources, see docs/guard.md.
    share: f32,
    /// As many as a short sentence has. Fewer are little evidence, and must not weigh as much.
    usual: u16,
    fill: fn(&Seen<'_>, &mut Vec<u32>),
}

const GROUPS: [Group; 6] = [
    Group { share: 1.5, usual: 8, fill: words },
    Group { share: 1.0, usual: 20, fill: pieces },
    Group { share: 0.6, usual: 4, fill: concepts },
    Group { share: 1.0, usual: 6, fill: pairs },
    Group { share: 0.6, usual: 6, fill: triples },
    Group { share: 0.5, usual: 3, fill: structure },
];

/// A passage, prepared for all groups.
struct Seen<'a> {
    reading: &'a Reading,
    passage: &'a Passage,
    text: &'a str,
    /// Each concept with its place in words, in order.
    sequence: Vec<(usize, usize)>,
}

/// The features of a passage, each once.
pub(crate) fn features(reading: &Reading, passage: &Passage) -> Vec<Feature> {
    let mentions = reading.mentions_in(&passage.span);
    let sequence = mentions
        .flat_map(|(mention, position)| mention.concepts.indices().map(move |concept| (concept, position)))
        .collect();
    let seen = Seen { reading, passage, text: &reading.words[passage.span.clone()], sequence };
    let mut all = Vec::new();
    for group in &GROUPS {
        let mut indices = Vec::new();
        (group.fill)(&seen, &mut indices);
        indices.sort_unstable();
        indices.dedup();
        // Scaled so that a long passage weighs as much as a short one.
        let count = u16::try_from(indices.len()).unwrap_or(u16::MAX).max(group.usual);
        let value = group.share / f32::from(count).sqrt();
        all.extend(indices.into_iter().map(|index| (index, value)));
    }
    all
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("there are fewer features")
}

/// Single words and pairs of neighbours.
fn words(seen: &Seen<'_>, into: &mut Vec<u32>) {
    let mut before = 0u64;
    for word in seen.text.split(' ').filter(|word| !word.is_empty()) {
        let hash = hash(1, word.as_bytes());
        into.push(bucket(hash));
        if before != 0 {
            into.push(bucket(before.rotate_left(17) ^ hash));
        }
        before = hash;
    }
}

/// Runs of four characters within words and over their borders, two where the script has no spaces.
fn pieces(seen: &Seen<'_>, into: &mut Vec<u32>) {
    let text = seen.text;
    let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).chain([text.len()]).collect();
    for (at, character) in text.chars().enumerate() {
        let length = if is_unspaced_script(character) { 2 } else { 4 };
        let Some(&end) = offsets.get(at + length) else { break };
        into.push(bucket(hash(2, &text.as_bytes()[offsets[at]..end])));
    }
}

fn concepts(seen: &Seen<'_>, into: &mut Vec<u32>) {
    into.extend(seen.sequence.iter().map(|&(concept, _)| index(SINGLE + concept)));
}

fn pairs(seen: &Seen<'_>, into: &mut Vec<u32>) {
    for (at, &(first, position)) in seen.sequence.iter().enumerate() {
        for &(second, other) in seen.sequence[at + 1..].iter().take(NEIGHBOURS) {
            match other - position {
                0 => {}
                1..=NEAR => into.push(index(PAIRS + first * CONCEPTS + second)),
                distance if distance <= FAR => into.push(index(FAR_PAIRS + first * CONCEPTS + second)),
                _ => break,
            }
        }
    }
}

fn triples(seen: &Seen<'_>, into: &mut Vec<u32>) {
    for (at, &(first, start)) in seen.sequence.iter().enumerate() {
        let rest = &seen.sequence[at + 1..];
        let rest = &rest[..rest.len().min(NEIGHBOURS)];
        let near = rest.iter().take_while(|(_, middle)| *middle <= start + NEAR + 2).enumerate();
        for (next, &(second, middle)) in near.filter(|(_, (_, middle))| *middle > start) {
            for &(third, _) in
                rest[next + 1..].iter().take_while(|(_, end)| *end <= start + FAR).filter(|(_, end)| *end > middle)
            {
                let key = (first * CONCEPTS + second) * CONCEPTS + third;
                into.push(index(TRIPLE + ((key * 2_654_435_761) >> 12) % TRIPLES));
            }
        }
    }
}

const DECODED: usize = 5;
const SHORT_QUESTION: usize = 6;
/// A part of a longer text, of one of two lengths.
const SHORT_PART: usize = 7;
const LONG_PART: usize = 8;
/// The concepts with which the passage begins.
const FIRST: usize = 9;

/// How long the passage is, with what it begins, and of what it is a part.
fn structure(seen: &Seen<'_>, into: &mut Vec<u32>) {
    let mut mark = |number: usize| into.push(index(STRUCTURE + number));
    let length = seen.passage.length();
    mark(match length {
        0..=3 => 0,
        4..=7 => 1,
        8..=15 => 2,
        16..=31 => 3,
        _ => 4,
    });
    if !seen.reading.seen.decoders.is_empty() {
        mark(DECODED);
    }
    if length < 24 && seen.sequence.iter().any(|&(concept, _)| concept == Concept::Question as usize) {
        mark(SHORT_QUESTION);
    }
    if length + 2 < seen.reading.length {
        mark(if length <= 24 { SHORT_PART } else { LONG_PART });
    }
    let start = seen.passage.position();
    for &(concept, _) in seen.sequence.iter().take_while(|(_, position)| *position <= start + 1) {
        mark(FIRST + concept);
    }
}

fn bucket(hash: u64) -> u32 {
    // The upper bits of a product are the well mixed ones.
    let mixed = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - HASH_BITS);
    u32::try_from(mixed).expect("18 bits")
}

/// FNV-1a, which is the same on every machine.
pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325 ^ seed, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
