//! An answer as a page: what of it is code, where it leads, which tags it holds.
//!
//! ```text
//!        ┌─ pulldown-cmark ──> code, links, images ─┐
//! text ──┼─ tags ────────────> attributes, styles ──┼─> Page
//!        └─ what is left ────> bare addresses ──────┘
//! ```

mod attribute;
mod bare;
mod markdown;

use std::ops::Range;

use super::edit::Edit;
use crate::guard::tag::{Tag, tags};

/// What an answer is made of, but for its words.
pub(in crate::guard) struct Page<'a> {
    pub(in crate::guard) text: &'a str,
    code: Vec<Code>,
    pub(super) links: Vec<Link>,
    pub(in crate::guard) tags: Vec<Tag>,
    /// The tags could not all be read.
    pub(super) is_tangled: bool,
}

/// A part of a text that is shown as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Code {
    bytes: Range<usize>,
    kind: CodeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CodeKind {
    Fenced,
    /// Not every program that shows Markdown knows these.
    Indented,
    Inline,
}

/// Something that leads from the answer to somewhere else.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) bytes: Range<usize>,
    /// As a browser gets it: escapes and references undone.
    pub(super) target: String,
    pub(super) kind: LinkKind,
    /// What takes the address away and leaves the words.
    pub(super) edits: Vec<Edit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// An image, or whatever else is loaded without a click.
    Fetched,
    Clicked,
    /// An address in the middle of a line of code, which is not clicked but copied.
    Quoted,
}

/// What stands for an address that stood for itself.
pub(super) const LINK_REMOVED: &str = "(link removed)";

impl<'a> Page<'a> {
    pub(in crate::guard) fn new(text: &'a str) -> Self {
        let (code, mut links) = markdown::read(text);
        let read = tags(text);
        let mut page = Self { text, code, links: Vec::new(), tags: read.tags, is_tangled: read.is_tangled };
        links.extend(attribute::links(&page));
        links.extend(bare::destinations(&page, &links));
        links.extend(bare::addresses(&page, &links));
        links.sort_by_key(|link| (link.bytes.start, link.bytes.end));
        page.links = links;
        page
    }

    fn code_at(&self, at: usize) -> Option<CodeKind> {
        let after = self.code.partition_point(|code| code.bytes.start <= at);
        let last = &self.code[after.checked_sub(1)?];
        (at < last.bytes.end).then_some(last.kind)
    }

    /// Whether a place is shown as it is written.
    pub(in crate::guard) fn is_code(&self, at: usize) -> bool {
        self.code_at(at).is_some()
    }
}
