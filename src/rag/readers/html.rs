//! HTML, converted to Markdown; what surrounds the content of a page (scripts, styles, navigation) is left out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use htmd::element_handler::Handlers;
use htmd::{Element, HtmlToMarkdown};

use super::{File, Reading, apart};
use crate::error::Problem;
use crate::rag::Document;
use crate::rag::hidden::is_hidden;
use crate::rag::markdown::first_heading;

const TIME_LIMIT: Duration = Duration::from_secs(60);
const LEFT_OUT: &[&str] =
    &["script", "style", "noscript", "template", "nav", "svg", "iframe", "object", "form", "button", "dialog"];

pub(super) fn read(file: &File, reading: &mut Reading) {
    let Some(text) = reading.text(file) else { return };
    let html = text.into_owned();
    // The converter recurses as deep as the page nests.
    let Page { title, body, unseen } = match apart::run(TIME_LIMIT, move || convert(&html)) {
        Ok(Ok(converted)) => converted,
        Ok(Err(error)) => {
            return reading.problem(Problem::new(format!("cannot read this HTML: {error}")).at(&file.name, None));
        }
        Err(reason) => {
            return reading.problem(Problem::new(format!("cannot read this HTML: {reason}")).at(&file.name, None));
        }
    };
    let title = title.or_else(|| first_heading(&body)).unwrap_or_else(|| file.stem());
    reading.add(file, None, Document { id: file.id.clone(), title, body, category: None, unseen });
}

/// Elements whose text a style can hide.
const HIDEABLE: &[&str] = &[
    "a",
    "article",
    "aside",
    "b",
    "blockquote",
    "body",
    "center",
    "code",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "i",
    "label",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "td",
    "th",
    "tr",
    "u",
    "ul",
];

struct Page {
    /// The text of the first `<title>`.
    title: Option<String>,
    /// The page as Markdown.
    body: String,
    /// What of it nobody sees.
    unseen: String,
}

/// Hidden text while a page is converted.
#[derive(Default)]
struct Unseen {
    text: String,
    /// An element inside of a hidden one is hidden already.
    is_inside: bool,
}

fn convert(html: &str) -> std::io::Result<Page> {
    let title = Arc::new(Mutex::new(None));
    let unseen = Arc::new(Mutex::new(Unseen::default()));
    let (found, hidden) = (Arc::clone(&title), Arc::clone(&unseen));
    let converter = HtmlToMarkdown::builder()
        .skip_tags(LEFT_OUT.to_vec())
        .add_handler(vec!["title"], move |handlers: &dyn Handlers, element: Element| {
            let text = handlers.walk_children(element.node).content;
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            if found.is_none() && !text.is_empty() {
                *found = Some(text);
            }
            None
        })
        .add_handler(HIDEABLE.to_vec(), move |handlers: &dyn Handlers, element: Element| {
            let attributes = element.attrs.iter().map(|attribute| (&*attribute.name.local, &*attribute.value));
            let is_outermost = is_hidden(attributes)
                && !std::mem::replace(&mut hidden.lock().unwrap_or_else(PoisonError::into_inner).is_inside, true);
            let result = handlers.fallback(element);
            if is_outermost {
                let mut hidden = hidden.lock().unwrap_or_else(PoisonError::into_inner);
                hidden.is_inside = false;
                hidden.text.extend(result.iter().flat_map(|result| [result.content.trim(), "\n"]));
            }
            result
        })
        .build();
    let body = converter.convert(html)?;
    let title = title.lock().unwrap_or_else(PoisonError::into_inner).take();
    let unseen = std::mem::take(&mut unseen.lock().unwrap_or_else(PoisonError::into_inner).text);
    Ok(Page { title, body, unseen: unseen.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_its_title_and_markdown() {
        let html = "<!doctype html><html><head><title>A &amp;\n B</title><style>p{}</style></head><body>\
            <nav><a href=/>Home</a></nav><script>alert(1)</script><h1>Head</h1><p>Some <b>bold</b> text.</p>\
            <ul><li>one<li>two</ul></body></html>";
        let Page { title, body, unseen } = convert(html).unwrap();
        assert_eq!(unseen, "");
        assert_eq!(title.as_deref(), Some("A & B"));
        assert_eq!(body, "# Head\n\nSome **bold** text.\n\n*   one\n*   two");
    }

    #[test]
    fn what_a_page_hides_is_told_apart_and_kept() {
        let html = "<p>Seen.</p><div style='Display : none'><p hidden>First <b>order</b></p></div>\
            <span style=\"font-size:0\">second</span><p style='font-size:0.9em;display:block'>small</p>";
        let Page { body, unseen, .. } = convert(html).unwrap();
        assert_eq!(unseen, "First **order**\nsecond");
        assert!(body.contains("First **order**") && body.contains("small"), "{body}");
    }
}
