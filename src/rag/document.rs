//! What is stored and what comes back: documents, the chunks that they are cut into, and passages.

use serde::{Deserialize, Serialize};

/// One text of the user's, as a reader found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// Identity: the path below the documents folder, or the `id` field of a JSONL or CSV row.
    pub(crate) id: String,
    /// What people call it: front matter, first heading, `title` field, or the file's stem.
    pub(crate) title: String,
    /// Markdown or plain text.
    pub(crate) body: String,
    /// The `category` field, where there is one.
    pub(crate) category: Option<String>,
    /// What of the body its author's markup hides from people; empty where a format cannot hide, or the body shows how.
    pub(crate) unseen: String,
}

/// A piece of a document that is stored, embedded and found as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Position in the document, from 0.
    pub(crate) index: usize,
    /// The headings above it, outermost first, joined by " > "; empty if there are none below the title.
    pub(crate) heading: String,
    pub(crate) text: String,
}

/// A stored chunk that answers a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Passage {
    /// The id of the document that it comes from.
    pub(crate) document: String,
    pub(crate) title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) heading: String,
    pub(crate) text: String,
    /// Higher is better. Comparable within one query only; its scale is the store's.
    pub(crate) score: f64,
}
