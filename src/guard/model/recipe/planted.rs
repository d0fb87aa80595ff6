//! Short texts put between the sentences of documents: what an attack looks like where it is met, and what a harmless
//! sentence of the same words looks like there.

use crate::guard::corpus::Row;

/// A text made of two rows.
pub(super) struct Planted {
    pub(super) text: String,
    /// Which rows it was made of.
    pub(super) row: usize,
    pub(super) document: usize,
}

/// A longer text is a document itself.
const MAX_WORDS: usize = 45;
/// Characters of a document that has sentences to spare.
const DOCUMENT: usize = 300;
const KINDS: [&str; 7] = [
    "direct_injection",
    "system_prompt_extraction",
    "data_exfiltration",
    "multilingual",
    "indirect_injection",
    "indirect_subtle",
    "benign_lookalike",
];

/// One planted text for each short row; the same rows give the same texts.
pub(super) fn planted(rows: &[Row]) -> Vec<Planted> {
    let documents: Vec<(usize, Vec<&str>)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| !row.is_attack && row.text.len() > DOCUMENT && row.kind.starts_with("benign_document"))
        .map(|(index, row)| (index, sentences(&row.text)))
        .filter(|(_, sentences)| sentences.len() > 3)
        .collect();
    if documents.is_empty() {
        return Vec::new();
    }
    let is_short = |row: &Row| KINDS.contains(&row.kind.as_str()) && row.text.split_whitespace().count() <= MAX_WORDS;
    let short = rows.iter().enumerate().filter(|(_, row)| is_short(row));
    short
        .map(|(index, row)| {
            // Large primes, so that neighbours meet documents far apart.
            let (document, sentences) = &documents[index * 7919 % documents.len()];
            let at = index * 31 % (sentences.len() - 1);
            Planted { text: plant(&row.text, sentences, at, index), row: index, document: *document }
        })
        .collect()
}

/// At the beginning, in the middle or at the end, as a paragraph or as a sentence, by turns.
fn plant(text: &str, sentences: &[&str], at: usize, turn: usize) -> String {
    let gap = if turn.is_multiple_of(2) { "\n\n" } else { " " };
    let (before, after) = (&sentences[at..(at + 2).min(sentences.len())], &sentences[(at + 2) % sentences.len()..]);
    let after = &after[..after.len().min(2)];
    match turn % 3 {
        0 => format!("{text}{gap}{}", after.join(" ")),
        1 => format!("{}{gap}{text}", before.join(" ")),
        _ => format!("{}{gap}{text}{gap}{}", before.join(" "), after.join(" ")),
    }
}

fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive(['.', '\n', '?', '!'])
        .map(str::trim)
        .filter(|sentence| (21..400).contains(&sentence.len()))
        .collect()
}
