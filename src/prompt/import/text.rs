//! A text file as one prompt; a line of `system:`, `user:` or `assistant:` begins a message, as in our own files.

use super::{Found, Imported, ImportedMessage, Source, role};
use crate::error::Result;
use crate::llm::Role;

#[expect(clippy::unnecessary_wraps, reason = "a reader of a format may fail")]
pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let messages = messages(source.text, Some(1));
    let prompts = if messages.is_empty() {
        Vec::new()
    } else {
        vec![Imported { name: source.stem(), messages, line: Some(1), ..Imported::default() }]
    };
    Ok(Found { prompts, ..Found::default() })
}

/// The messages of a text whose first line is this one of its file.
pub(super) fn messages(text: &str, first: Option<usize>) -> Vec<ImportedMessage> {
    let mut messages: Vec<ImportedMessage> = Vec::new();
    let mut now = ImportedMessage { role: Role::User, text: String::new(), line: first };
    for (place, line) in text.split_inclusive('\n').enumerate() {
        let marker = line.trim_end().strip_suffix(':').filter(|word| matches!(*word, "system" | "user" | "assistant"));
        if let Some(next) = marker.and_then(role) {
            messages.push(now);
            now = ImportedMessage { role: next, text: String::new(), line: first.map(|first| first + place + 1) };
        } else {
            now.text.push_str(line);
        }
    }
    messages.push(now);
    messages.retain(|message| !message.text.trim().is_empty());
    for message in &mut messages {
        trim(message);
    }
    messages
}

/// Without white space around it, and with the line at which the rest begins.
pub(super) fn trim(message: &mut ImportedMessage) {
    let start = message.text.len() - message.text.trim_start().len();
    let above = message.text[..start].matches('\n').count();
    message.line = message.line.map(|line| line + above);
    message.text = message.text.trim().to_owned();
}
