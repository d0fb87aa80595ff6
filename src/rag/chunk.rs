//! Cuts a document into chunks at its headings and paragraphs.
//!
//! A chunk is a contiguous range of the body, so nothing is lost: the body is cut into units that belong together
//! (a paragraph, a list item, a table row, a code block), and units are packed until a chunk is full.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::markdown::{BlockKind, blocks};
use super::{Chunk, Document};
use crate::text;

/// How long chunks are, in words (`text::word_count`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkSize {
    /// At most so many.
    pub(crate) words: usize,
    /// At most so many of the previous chunk are repeated, within one section.
    pub(crate) overlap_words: usize,
}

/// The chunks of a document, in order. None if the body is blank.
pub(crate) fn chunks(document: &Document, size: ChunkSize) -> Vec<Chunk> {
    let outline = Outline::new(document, size);
    let mut chunks = Vec::new();
    for piece in outline.pack() {
        let text = document.body[piece.bytes.clone()].trim();
        if !text.is_empty() {
            chunks.push(Chunk {
                index: chunks.len(),
                heading: outline.heading(&piece.sections),
                text: text.to_owned(),
            });
        }
    }
    chunks
}

/// A heading with what stands below it, up to the next heading.
#[derive(Default)]
struct Section {
    /// The headings above and including its own, outermost first; without the document's title.
    path: Vec<String>,
    /// Byte of the body where it begins.
    start: usize,
    halves: usize,
    /// Whether there is more than headings.
    has_content: bool,
}

/// Text that is kept together.
struct Unit {
    bytes: Range<usize>,
    /// Length in half words, because a character of an unspaced script counts as half a word.
    halves: usize,
    section: usize,
}

/// What becomes a chunk.
struct Piece {
    bytes: Range<usize>,
    sections: Range<usize>,
}

struct Outline<'a> {
    body: &'a str,
    limit: usize,
    overlap: usize,
    sections: Vec<Section>,
    units: Vec<Unit>,
}

impl<'a> Outline<'a> {
    fn new(document: &'a Document, size: ChunkSize) -> Self {
        let body = document.body.as_str();
        let (limit, overlap) = (size.words.max(1) * 2, size.overlap_words * 2);
        let mut outline = Self { body, limit, overlap, sections: vec![Section::default()], units: Vec::new() };
        let mut path: Vec<(usize, String)> = Vec::new();
        for block in blocks(body) {
            let (cut, room) = match block.kind {
                BlockKind::Heading { level, text } => {
                    path.retain(|(above, _)| *above < level);
                    path.push((level, text.trim().to_owned()));
                    outline.begin_section(block.range.start, &path, &document.title);
                    (Cut::Sentences, limit)
                }
                BlockKind::Prose => (Cut::Sentences, outline.begin_content()),
                BlockKind::Lines => (Cut::Lines, outline.begin_content()),
            };
            outline.add(block.range, cut, room);
        }
        outline
    }

    /// A heading without text below it belongs to the section that follows.
    fn begin_section(&mut self, start: usize, path: &[(usize, String)], title: &str) {
        if self.sections.last().is_none_or(|section| section.has_content) {
            self.sections.push(Section { start, ..Section::default() });
        }
        let names = path.iter().map(|(_, name)| name.clone());
        let section = self.sections.last_mut().expect("there is always one");
        section.path = names.skip_while(|name| text::fold(name) == text::fold(title)).collect();
    }

    /// How much of a chunk the next block may take: beside a heading that must not stand alone, not all.
    fn begin_content(&mut self) -> usize {
        let section = self.sections.last_mut().expect("there is always one");
        let taken = if section.has_content { 0 } else { section.halves };
        section.has_content = true;
        if taken < self.limit { self.limit - taken } else { self.limit }
    }

    /// Adds a block: whole if there is room for it in a chunk, otherwise in smaller and smaller parts.
    fn add(&mut self, bytes: Range<usize>, cut: Cut, room: usize) {
        let block = &self.body[bytes.clone()];
        let halves = text::word_count(block) * 2;
        if halves <= room {
            return self.push(bytes, halves);
        }
        let (ends, finer) = match cut {
            Cut::Lines => (line_ends(block), Cut::Sentences),
            Cut::Sentences => (sentence_ends(block), Cut::Words),
            Cut::Words => return self.add_words(&bytes),
        };
        let mut start = bytes.start;
        for end in ends {
            self.add(start..bytes.start + end, finer, room);
            start = bytes.start + end;
        }
    }

    fn add_words(&mut self, bytes: &Range<usize>) {
        let mut start = bytes.start;
        for (end, halves) in words(&self.body[bytes.clone()]) {
            self.push(start..bytes.start + end, halves);
            start = bytes.start + end;
        }
    }

    fn push(&mut self, bytes: Range<usize>, halves: usize) {
        let section = self.sections.len() - 1;
        self.sections[section].halves += halves;
        self.units.push(Unit { bytes, halves, section });
    }

    /// Fills chunk after chunk. A section that still fits joins the ones before it; one that does not begins anew.
    ///
    /// Small sections share a chunk because a search returns a number of passages, not of words: with paragraphs cut
    /// into sections of some 20 words, the answer was in the first three passages for 93 % of 300 questions, against
    /// 88 % one section each. Within the same number of words there was no difference (93 % and 94 %).
    fn pack(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let Some(first) = self.units.first() else { return pieces };
        let mut open = Piece { bytes: first.bytes.start..first.bytes.start, sections: 0..1 };
        let mut halves = 0;
        for unit in &self.units {
            let same_section = unit.section < open.sections.end;
            let needed = if same_section { unit.halves } else { self.sections[unit.section].halves };
            if halves > 0 && halves + needed > self.limit {
                let begin = if same_section { self.overlap_start(unit, &open) } else { unit.bytes.start };
                halves = text::word_count(&self.body[begin..unit.bytes.start]) * 2;
                let next = Piece { bytes: begin..begin, sections: unit.section..unit.section + 1 };
                pieces.push(std::mem::replace(&mut open, next));
            }
            halves += unit.halves;
            open.bytes.end = unit.bytes.end;
            open.sections.end = unit.section + 1;
        }
        pieces.push(open);
        pieces
    }

    /// Where the repeated end of `previous` begins, so that it and `next` fit into one chunk: at a sentence if one is
    /// short enough, otherwise at a word.
    fn overlap_start(&self, next: &Unit, previous: &Piece) -> usize {
        let budget = self.overlap.min(self.limit.saturating_sub(next.halves));
        let end = next.bytes.start;
        let start = self.sections[next.section].start.max(previous.bytes.start);
        let text = &self.body[start..end];
        let sentences = sentence_ends(text).into_iter().rev().chain([0]);
        let at_sentence = sentences.take_while(|from| text::word_count(&text[*from..]) * 2 <= budget).last();
        let mut left = budget;
        let mut at_word = text.len();
        let mut ends = words(text);
        while let Some((_, halves)) = ends.pop()
            && halves <= left
        {
            left -= halves;
            at_word = ends.last().map_or(0, |(end, _)| *end);
        }
        start + at_sentence.filter(|from| *from < text.len()).unwrap_or(at_word)
    }

    /// The headings that all these sections are under.
    fn heading(&self, sections: &Range<usize>) -> String {
        let mut paths = self.sections[sections.clone()].iter().map(|section| section.path.as_slice());
        let first = paths.next().unwrap_or_default();
        let common = paths.fold(first, |common, path| {
            let length = common.iter().zip(path).take_while(|(left, right)| left == right).count();
            &common[..length]
        });
        common.join(" > ")
    }
}

/// What a text that is too long is cut at, coarsest first.
#[derive(Clone, Copy)]
enum Cut {
    Lines,
    Sentences,
    Words,
}

fn line_ends(text: &str) -> Vec<usize> {
    ends(text.split_inclusive('\n'))
}

fn sentence_ends(text: &str) -> Vec<usize> {
    // A line break ends a sentence by UAX #29, but not in a wrapped paragraph. The lengths stay the same.
    let unwrapped = text.replace('\n', " ");
    ends(unwrapped.split_sentence_bounds())
}

fn ends<'t>(parts: impl Iterator<Item = &'t str>) -> Vec<usize> {
    parts
        .scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        })
        .collect()
}

/// The end of every word and its length in half words. A word includes the white space after it; in a script without
/// spaces, every character is one.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut in_word = false;
    for (start, grapheme) in text.grapheme_indices(true) {
        let end = start + grapheme.len();
        let unspaced = grapheme.chars().filter(|character| text::is_unspaced_script(*character)).count();
        let is_space = grapheme.chars().all(char::is_whitespace);
        let continues = is_space || (in_word && unspaced == 0);
        match words.last_mut() {
            Some((last_end, _)) if continues => *last_end = end,
            _ if is_space => words.push((end, 0)),
            _ => words.push((end, if unspaced == 0 { 2 } else { unspaced })),
        }
        in_word = !is_space && unspaced == 0;
    }
    words
}

#[cfg(test)]
mod tests;
