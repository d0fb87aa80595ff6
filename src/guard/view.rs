//! A text as detectors read it, with the way back to the original bytes.
//!
//! ```text
//! original ── normalise ──> View ── decode ──> View ── decode ──> View
//!     ^                                                            │
//!     └──────────────────── original(span) ───────────────────────┘
//! ```

use std::ops::Range;

/// A stretch of a view that came from one place of the original. A hostile text has as many as it has characters, so
/// that they are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    at: u32,
    from: (u32, u32),
    /// Byte for byte the same, so that a position inside can be told exactly.
    is_copy: bool,
}

impl Piece {
    fn new(at: usize, from: Range<usize>, is_copy: bool) -> Self {
        // Behind 4 GB, which nothing reads in one piece, places are not told any more.
        let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { at: small(at), from: (small(from.start), small(from.end)), is_copy }
    }

    /// Where the stretch begins in the view.
    fn at(self) -> usize {
        self.at as usize
    }

    /// The bytes of the original that it came from.
    fn from(self) -> Range<usize> {
        self.from.0 as usize..self.from.1 as usize
    }
}

/// A text that was made from another one, and where each part of it came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) text: String,
    pieces: Vec<Piece>,
    /// What made this view, in the order in which it was undone: `["base64", "rot13"]`. Empty for the text itself.
    pub(crate) decoders: Vec<&'static str>,
}

impl View {
    /// The original itself.
    pub(crate) fn of(original: &str) -> Self {
        let mut view = Self::default();
        view.copy(original, 0);
        view
    }

    /// Adds `text`, which stands in the original at `start`, byte for byte.
    pub(crate) fn copy(&mut self, text: &str, start: usize) {
        if text.is_empty() {
            return;
        }
        let last = self.pieces.last_mut().filter(|last| last.is_copy && last.from().end == start);
        match last {
            Some(last) => *last = Piece::new(last.at(), last.from().start..start + text.len(), true),
            None => self.pieces.push(Piece::new(self.text.len(), start..start + text.len(), true)),
        }
        self.text.push_str(text);
    }

    /// Adds `text`, which stands for the bytes `from` of the original.
    pub(crate) fn replace(&mut self, text: &str, from: Range<usize>) {
        if text.is_empty() {
            return;
        }
        self.pieces.push(Piece::new(self.text.len(), from, false));
        self.text.push_str(text);
    }

    /// The bytes of the original that `span` of this view came from.
    pub(crate) fn original(&self, span: Range<usize>) -> Range<usize> {
        let Some(first) = self.piece(span.start) else { return 0..0 };
        let start = first.from().start + if first.is_copy { span.start - first.at() } else { 0 };
        let last = self.piece(span.end.saturating_sub(1).max(span.start)).unwrap_or(first);
        let end = if last.is_copy { last.from().start + (span.end - last.at()) } else { last.from().end };
        start..end.max(start)
    }

    fn piece(&self, at: usize) -> Option<Piece> {
        let after = self.pieces.partition_point(|piece| piece.at() <= at);
        after.checked_sub(1).map(|index| self.pieces[index])
    }

    /// This view, which was made from `parent`, as one of the original of `parent`.
    pub(crate) fn through(mut self, parent: &Self, decoder: &'static str) -> Self {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (index, &piece) in self.pieces.iter().enumerate() {
            let end = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.at());
            if piece.is_copy {
                parent.split(piece, end - piece.at(), &mut pieces);
            } else {
                pieces.push(Piece::new(piece.at(), parent.original(piece.from()), false));
            }
        }
        self.pieces = pieces;
        self.decoders = parent.decoders.iter().copied().chain([decoder]).collect();
        self
    }

    /// The parts of a copied stretch of this view, each with the original that it came from.
    fn split(&self, copied: Piece, length: usize, into: &mut Vec<Piece>) {
        let start = copied.from().start;
        let end = start + length;
        let mut from = start;
        let mut index = self.pieces.partition_point(|piece| piece.at() <= from).saturating_sub(1);
        while from < end && index < self.pieces.len() {
            let next = self.pieces.get(index + 1).map_or(self.text.len(), |piece| piece.at());
            let until = next.min(end);
            let at = copied.at() + (from - start);
            into.push(Piece::new(at, self.original(from..until), self.pieces[index].is_copy));
            from = until;
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_maps_byte_for_byte_and_a_replacement_as_a_whole() {
        let mut view = View::default();
        view.copy("ab", 0);
        view.replace("XYZ", 2..4);
        view.copy("cd", 4);
        assert_eq!(view.text, "abXYZcd");
        assert_eq!(view.original(1..2), 1..2);
        assert_eq!(view.original(3..4), 2..4);
        assert_eq!(view.original(1..6), 1..5);
        assert_eq!(view.original(6..7), 5..6);
    }

    #[test]
    fn dropped_bytes_lie_inside_the_span_that_they_interrupt() {
        let mut view = View::default();
        view.copy("ig", 0);
        view.copy("nore", 5);
        assert_eq!(view.original(0..6), 0..9);
        assert_eq!(view.original(0..2), 0..2);
    }

    #[test]
    fn a_view_of_a_view_maps_to_the_first_original() {
        let mut parent = View::default();
        parent.copy("say ", 10);
        parent.replace("QUJD", 14..22);
        parent.copy("!", 22);
        let mut child = View::default();
        child.copy("say ", 0);
        child.replace("ABC", 4..8);
        child.copy("!", 8);
        let child = child.through(&parent, "base64");
        assert_eq!(child.original(0..3), 10..13);
        assert_eq!(child.original(4..5), 14..22);
        assert_eq!(child.original(7..8), 22..23);
        assert_eq!(child.decoders, ["base64"]);
        let mut whole = View::default();
        whole.copy(&parent.text, 0);
        let whole = whole.through(&parent, "hexadecimal");
        assert_eq!(whole.original(0..9), 10..23);
        assert_eq!(whole.original(5..6), 14..22);
    }
}
