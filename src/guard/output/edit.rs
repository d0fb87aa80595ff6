//! Changes to a text that leave all the rest of it byte for byte.

use std::ops::Range;

/// What is to stand where something stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// On character boundaries.
    pub(super) bytes: Range<usize>,
    pub(super) with: &'static str,
}

impl Edit {
    pub(super) fn new(bytes: Range<usize>, with: &'static str) -> Self {
        Self { bytes, with }
    }
}

/// The text after all edits. Of edits that overlap the first one's replacement stands for all that any of them covers:
/// rather too much goes than too little.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.bytes.start, edit.bytes.end));
    let mut edited = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        if edit.bytes.start >= at {
            edited.push_str(&text[at..edit.bytes.start]);
            edited.push_str(edit.with);
        }
        at = at.max(edit.bytes.end);
    }
    edited.push_str(&text[at..]);
    edited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_in_order_and_what_overlaps_goes_once() {
        let edits = vec![Edit::new(6..9, "z"), Edit::new(1..4, "x"), Edit::new(2..5, "y")];
        assert_eq!(apply("0123456789", edits), "0x5z9");
        assert_eq!(apply("äö", vec![Edit::new(0..2, "")]), "ö");
        assert_eq!(apply("", Vec::new()), "");
    }
}
