//! Addresses in the attributes of tags and in styles.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Edit, Link, LinkKind, Page};
use crate::guard::tag::{Attribute, Tag, unescaped};

/// Attributes whose address is loaded as soon as the page is shown, whatever the element.
const FETCHED: [&str; 13] = [
    "src",
    "srcset",
    "imagesrcset",
    "poster",
    "background",
    "data",
    "dynsrc",
    "lowsrc",
    "xlink:href",
    "icon",
    "manifest",
    "archive",
    "code",
];
/// Attributes whose address is gone to by a click.
const CLICKED: [&str; 7] = ["href", "action", "formaction", "cite", "ping", "longdesc", "xlink:href"];
/// Elements that load what they refer to.
const LOADING: [&str; 5] = ["link", "image", "use", "feimage", "base"];

/// An address in a style: whatever leads to another host.
static STYLE_ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:\b[a-z][a-z0-9+.-]{0,20}:)?[\\/]{2}[^\s'")]+"#).expect("the pattern is constant and tested")
});

pub(super) fn links(page: &Page<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for (index, tag) in page.tags.iter().enumerate().filter(|(_, tag)| !tag.is_end && !page.is_code(tag.bytes.start)) {
        for attribute in tag.attributes.iter().filter(|attribute| !attribute.value.is_empty()) {
            links.extend(attribute_links(page.text, tag, attribute));
        }
        if tag.name == "style" {
            // One that is not ended goes on to the next one.
            let next = page.tags[index + 1..].iter().find(|next| next.name == "style");
            let end = next.map_or(page.text.len(), |next| next.bytes.start);
            let content = tag.bytes.end..end.max(tag.bytes.end);
            links.extend(style_links(page.text, &content));
        }
    }
    links
}

fn attribute_links(text: &str, tag: &Tag, attribute: &Attribute) -> Vec<Link> {
    let value = unescaped(&text[attribute.value.clone()]);
    let name = attribute.name.as_str();
    if name == "style" {
        return style_links(text, &attribute.value);
    }
    let is_loading = name.ends_with("href") && LOADING.contains(&tag.name.as_str());
    let is_fetched = is_loading || (FETCHED.contains(&name) && tag.name != "a");
    if !is_fetched && !CLICKED.contains(&name) {
        return Vec::new();
    }
    let kind = if is_fetched { LinkKind::Fetched } else { LinkKind::Clicked };
    let with = if is_fetched { "about:blank" } else { "#" };
    let link = |target: String| Link {
        bytes: tag.bytes.clone(),
        target,
        kind,
        edits: vec![Edit::new(attribute.value.clone(), with)],
    };
    if name.ends_with("srcset") {
        let candidates = value.split(|character: char| character == ',' || character.is_ascii_whitespace());
        return candidates
            .filter(|candidate| candidate.contains(['/', '\\', ':']))
            .map(|candidate| link(candidate.to_owned()))
            .collect();
    }
    vec![link(value)]
}

/// The addresses of a style, which goes as a whole if one of them must.
fn style_links(text: &str, bytes: &Range<usize>) -> Vec<Link> {
    let style = unescaped(&text[bytes.clone()]);
    let style = plain_style(&style);
    let found = STYLE_ADDRESS.find_iter(&style);
    found
        .map(|found| Link {
            bytes: bytes.clone(),
            target: found.as_str().to_owned(),
            kind: LinkKind::Fetched,
            edits: vec![Edit::new(bytes.clone(), "")],
        })
        .collect()
}

/// A style with its escapes written out, as `\75 rl(` for `url(`.
///
/// Source: CSS Syntax Module Level 3, 4.3.7.
fn plain_style(style: &str) -> String {
    let mut plain = String::with_capacity(style.len());
    let mut rest = style;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        let character = u32::from_str_radix(&rest[..digits], 16).ok().and_then(char::from_u32);
        rest = &rest[digits..];
        if let Some(character) = character {
            plain.push(character);
            rest = rest.strip_prefix(' ').unwrap_or(rest);
        } else {
            plain.push('\\');
        }
    }
    plain + rest
}
