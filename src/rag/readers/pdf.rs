//! PDF: the text of its pages. Pictures of text are not read.

use std::time::Duration;

use super::{File, Reading, apart};
use crate::error::Problem;
use crate::rag::Document;

const TIME_LIMIT: Duration = Duration::from_secs(60);

pub(super) fn read(file: &File, reading: &mut Reading) {
    let bytes = file.bytes.clone();
    let extracted = apart::run(TIME_LIMIT, move || {
        let pages = pdf_extract::extract_text_from_mem_by_pages(&bytes);
        pages.map(|pages| pages.join("\n\n")).map_err(|error| error.to_string().to_lowercase())
    });
    let problem = match extracted.and_then(|result| result) {
        Ok(body) if body.trim().is_empty() => Problem::new("this PDF holds no text")
            .hint("if its pages are scanned, run text recognition over it (ocrmypdf); otherwise move it elsewhere"),
        Ok(body) => {
            let document =
                Document { id: file.id.clone(), title: file.stem(), body, category: None, ..Document::default() };
            return reading.add(file, None, document);
        }
        Err(reason) => Problem::new(format!("cannot read this PDF: {reason}"))
            .hint("save it anew with another program, or move it out of the documents"),
    };
    reading.problem(problem.at(&file.name, None));
}
