//! Markdown, with YAML front matter (`title`, `category`) if there is some.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{File, Reading};
use crate::rag::Document;
use crate::rag::markdown::first_heading;

pub(super) fn read(file: &File, reading: &mut Reading) {
    let Some(text) = reading.text(file) else { return };
    let (fields, body) = front_matter(&text);
    let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::trim).filter(|value| !value.is_empty());
    let title = field("title").map(str::to_owned).or_else(|| first_heading(body)).unwrap_or_else(|| file.stem());
    let category = field("category").map(str::to_owned);
    reading.add(
        file,
        None,
        Document { id: file.id.clone(), title, body: body.to_owned(), category, ..Document::default() },
    );
}

/// The fields between the leading `---` lines, and the text after them. What is not a YAML mapping is text: a rule at
/// the very top, or the template language of a site generator.
fn front_matter(text: &str) -> (BTreeMap<String, Value>, &str) {
    let split = || {
        let rest = text.strip_prefix("---\n")?;
        let end = if rest.starts_with("---") { 0 } else { rest.find("\n---")? + 1 };
        let body = rest[end + 3..].trim_start_matches('-');
        let body = body.strip_prefix('\n').or_else(|| body.is_empty().then_some(body))?;
        let fields = serde_saphyr::from_str(&rest[..end]).ok()?;
        Some((fields, body))
    };
    split().unwrap_or((BTreeMap::new(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_a_mapping_between_rules() {
        let cases = [
            ("---\ntitle: T\ntags: [a, b]\n---\n\nbody", Some("T"), "\nbody"),
            ("---\ntitle: 'A: B'\n---\nbody", Some("A: B"), "body"),
            ("---\ntitle: T\n---", Some("T"), ""),
            ("---\n\nA rule, then text.\n\n---\n\nmore", None, "---\n\nA rule, then text.\n\n---\n\nmore"),
            ("---\ntitle: {{ page.title }}\n---\nbody", None, "---\ntitle: {{ page.title }}\n---\nbody"),
            ("---\ntitle: never closed", None, "---\ntitle: never closed"),
            ("body", None, "body"),
        ];
        for (text, title, body) in cases {
            let (fields, rest) = front_matter(text);
            assert_eq!((fields.get("title").and_then(Value::as_str), rest), (title, body), "{text}");
        }
    }
}
