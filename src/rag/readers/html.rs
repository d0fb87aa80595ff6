//! HTML, converted to Markdown; what surrounds the content of a page (scripts, styles, navigation) is left out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use htmd::element_handler::Handlers;
use htmd::{Element, HtmlToMarkdown};

use super::{File, Reading, apart};
use crate::error::Problem;
use crate::rag::Document;
use crate::rag::markdown::first_heading;

const TIME_LIMIT: Duration = Duration::from_secs(60);
const LEFT_OUT: &[&str] =
    &["script", "style", "noscript", "template", "nav", "svg", "iframe", "object", "form", "button", "dialog"];

pub(super) fn read(file: &File, reading: &mut Reading) {
    let Some(text) = reading.text(file) else { return };
    let html = text.into_owned();
    // The converter recurses as deep as the page nests.
    let (title, body) = match apart::run(TIME_LIMIT, move || convert(&html)) {
        Ok(Ok(converted)) => converted,
        Ok(Err(error)) => {
            return reading.problem(Problem::new(format!("cannot read this HTML: {error}")).at(&file.name, None));
        }
        Err(reason) => {
            return reading.problem(Problem::new(format!("cannot read this HTML: {reason}")).at(&file.name, None));
        }
    };
    let title = title.or_else(|| first_heading(&body)).unwrap_or_else(|| file.stem());
    reading.add(file, None, Document { id: file.id.clone(), title, body, category: None });
}

/// The text of the first `<title>`, and the page as Markdown.
fn convert(html: &str) -> std::io::Result<(Option<String>, String)> {
    let title = Arc::new(Mutex::new(None));
    let found = Arc::clone(&title);
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
        .build();
    let body = converter.convert(html)?;
    let title = title.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok((title, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_its_title_and_markdown() {
        let html = "<!doctype html><html><head><title>A &amp;\n B</title><style>p{}</style></head><body>\
            <nav><a href=/>Home</a></nav><script>alert(1)</script><h1>Head</h1><p>Some <b>bold</b> text.</p>\
            <ul><li>one<li>two</ul></body></html>";
        let (title, body) = convert(html).unwrap();
        assert_eq!(title.as_deref(), Some("A & B"));
        assert_eq!(body, "# Head\n\nSome **bold** text.\n\n*   one\n*   two");
    }
}
