//! Plain text, and formats that read well as it.

use super::{File, Reading};
use crate::rag::Document;

pub(super) fn read(file: &File, reading: &mut Reading) {
    let Some(body) = reading.text(file) else { return };
    let document = Document {
        id: file.id.clone(),
        title: file.stem(),
        body: body.into_owned(),
        category: None,
        ..Document::default()
    };
    reading.add(file, None, document);
}
