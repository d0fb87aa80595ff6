//! A document that is one row of a file: the fields by which JSONL and CSV agree.

use super::File;
use crate::rag::Document;

/// The names that a body goes by, most specific first.
pub(super) const BODY: &[&str] = &["body", "text", "content"];

/// Makes a document of a row's fields. Without an id, the file and the line are it; without a title, the id is.
///
/// Errors with the message if there is no body.
pub(super) fn document(
    file: &File,
    line: usize,
    field: impl Fn(&str) -> Result<Option<String>, String>,
) -> Result<Document, String> {
    let given = |name: &str| Ok::<_, String>(field(name)?.filter(|value| !value.trim().is_empty()));
    let id = given("id")?.unwrap_or_else(|| format!("{}#{line}", file.id));
    let title = given("title")?.unwrap_or_else(|| id.clone());
    let category = given("category")?;
    for name in BODY {
        if let Some(body) = field(name)? {
            return Ok(Document { id, title, body, category, ..Document::default() });
        }
    }
    Err(format!("there is no {}", BODY.join(", ")))
}
