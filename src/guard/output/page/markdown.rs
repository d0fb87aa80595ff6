//! Code, links and images of Markdown.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{Code, CodeKind, Edit, LINK_REMOVED, Link, LinkKind};

/// A link that has begun.
struct Open {
    bytes: Range<usize>,
    target: String,
    kind: LinkKind,
    /// The address is all there is.
    is_bare: bool,
    /// Where its words end.
    words_end: Option<usize>,
}

/// The code of a text in order, and its links.
pub(super) fn read(text: &str) -> (Vec<Code>, Vec<Link>) {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES;
    let events = Parser::new_ext(text, options).into_offset_iter();
    let definitions = events.reference_definitions().iter();
    let mut links: Vec<Link> =
        definitions.map(|(_, definition)| defined(&definition.dest, definition.span.clone())).collect();
    let mut code = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for (event, bytes) in events {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let kind = if matches!(kind, CodeBlockKind::Fenced(_)) { CodeKind::Fenced } else { CodeKind::Indented };
                code.push(Code { bytes, kind });
                continue;
            }
            Event::Start(Tag::Link { link_type, dest_url, .. }) if link_type != LinkType::Email => {
                let is_bare = link_type == LinkType::Autolink;
                open.push(Open {
                    bytes,
                    target: dest_url.into_string(),
                    kind: LinkKind::Clicked,
                    is_bare,
                    words_end: None,
                });
                continue;
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let target = dest_url.into_string();
                open.push(Open { bytes, target, kind: LinkKind::Fetched, is_bare: false, words_end: None });
                continue;
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some(done) = open.pop_if(|last| last.bytes == bytes) {
                    links.push(done.link());
                }
            }
            Event::Code(_) => code.push(Code { bytes: bytes.clone(), kind: CodeKind::Inline }),
            _ => {}
        }
        if let Some(last) = open.last_mut() {
            last.words_end = last.words_end.max(Some(bytes.end));
        }
    }
    code.sort_by_key(|code| code.bytes.start);
    (code, links)
}

/// `[name]: address` shows nothing by itself, and makes links and images of other places.
fn defined(address: &str, bytes: Range<usize>) -> Link {
    let edits = vec![Edit::new(bytes.clone(), "")];
    Link { bytes, target: address.to_owned(), kind: LinkKind::Clicked, edits }
}

impl Open {
    fn link(self) -> Link {
        let is_image = self.kind == LinkKind::Fetched;
        let start = self.bytes.start + if is_image { 2 } else { 1 };
        let edits = match self.words_end {
            Some(end) if !self.is_bare && start <= end => {
                vec![Edit::new(self.bytes.start..start, ""), Edit::new(end..self.bytes.end.max(end), "")]
            }
            _ if is_image => vec![Edit::new(self.bytes.clone(), "(image removed)")],
            _ => vec![Edit::new(self.bytes.clone(), LINK_REMOVED)],
        };
        Link { bytes: self.bytes, target: self.target, kind: self.kind, edits }
    }
}
