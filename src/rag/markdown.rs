//! The block structure of Markdown and plain text, as byte ranges that together are the whole text.
//!
//! Nothing is rendered: what is stored and shown is the author's own text.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A piece of a text that says one thing: a heading, a paragraph, a list item, a table row, a code block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Bytes of the text, white space around it included; the next block begins where this one ends.
    pub(super) range: Range<usize>,
    pub(super) kind: BlockKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BlockKind {
    Heading {
        /// 1 is the outermost.
        level: usize,
        /// Without markup.
        text: String,
    },
    /// Sentences; line breaks mean nothing.
    Prose,
    /// Code, list items, table rows, HTML: line breaks mean something.
    Lines,
}

/// The blocks of a text, in order and without a gap between them.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Blocks { text, found: Vec::new(), end: 0 };
    let mut depth = 0_usize;
    let mut kind = BlockKind::Prose;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            // A list is its items and a table its rows; only these can be told apart when either is too long.
            Event::Start(Tag::List(_) | Tag::Table(_)) | Event::End(TagEnd::List(_) | TagEnd::Table) if depth == 0 => {}
            Event::Start(tag) => {
                if depth == 0 {
                    blocks.gap(range.start);
                    kind = kind_of(&tag);
                }
                depth += 1;
            }
            Event::End(_) => {
                depth -= 1;
                if depth == 0 {
                    blocks.push(range.end, std::mem::replace(&mut kind, BlockKind::Prose));
                }
            }
            Event::Text(part) | Event::Code(part) => {
                if let BlockKind::Heading { text, .. } = &mut kind {
                    text.push_str(&part);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let BlockKind::Heading { text, .. } = &mut kind {
                    text.push(' ');
                }
            }
            _ => {}
        }
    }
    blocks.gap(text.len());
    blocks.found
}

/// The text of the first heading.
pub(super) fn first_heading(text: &str) -> Option<String> {
    blocks(text).into_iter().find_map(|block| match block.kind {
        BlockKind::Heading { text, .. } if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    })
}

fn kind_of(tag: &Tag) -> BlockKind {
    match tag {
        Tag::Heading { level, .. } => BlockKind::Heading { level: *level as usize, text: String::new() },
        Tag::Paragraph | Tag::BlockQuote(_) => BlockKind::Prose,
        _ => BlockKind::Lines,
    }
}

struct Blocks<'a> {
    text: &'a str,
    found: Vec<Block>,
    /// Where the last block ends.
    end: usize,
}

impl Blocks<'_> {
    fn push(&mut self, end: usize, kind: BlockKind) {
        let end = end.max(self.end);
        self.found.push(Block { range: self.end..end, kind });
        self.end = end;
    }

    /// What the parser has no event for, such as link definitions, is a block too; white space joins its neighbour.
    fn gap(&mut self, until: usize) {
        if until <= self.end {
            return;
        }
        if !self.text[self.end..until].trim().is_empty() {
            self.push(until, BlockKind::Lines);
        } else if let Some(last) = self.found.last_mut() {
            last.range.end = until;
            self.end = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> Vec<(String, &str)> {
        blocks(text)
            .into_iter()
            .map(|block| {
                let kind = match block.kind {
                    BlockKind::Heading { level, text } => format!("h{level} {text}"),
                    BlockKind::Prose => "prose".to_owned(),
                    BlockKind::Lines => "lines".to_owned(),
                };
                (kind, text[block.range].trim())
            })
            .collect()
    }

    #[test]
    fn blocks_are_headings_paragraphs_items_rows_and_code() {
        let text = "# One `two`\n\nA\nparagraph.\n\nSetext\n------\n\n- a\n- b\n  - c\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n\
                    ```sh\n# no heading\n```\n\n---\n\n[link]: https://example.org\n";
        let kinds: Vec<_> = outline(text).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(
            kinds,
            ["h1 One two", "prose", "h2 Setext", "lines", "lines", "lines", "lines", "lines", "lines", "lines"],
            "{:#?}",
            outline(text)
        );
    }

    #[test]
    fn no_byte_is_lost() {
        for text in
            ["", "\n\n", "# a\n\n\nb\n", "> q\n\n<div>\n\nx\n</div>", "[a]: b\n\ntext\n\n[c]: d", "\u{feff}x\r\n\r\ny"]
        {
            let blocks = blocks(text);
            let joined: String = blocks.iter().map(|block| &text[block.range.clone()]).collect();
            assert_eq!(joined.trim(), text.trim());
            assert!(blocks.windows(2).all(|pair| pair[0].range.end == pair[1].range.start), "{text:?}");
        }
    }
}
