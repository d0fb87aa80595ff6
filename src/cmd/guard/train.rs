//! `llmops guard train`: weights from labelled texts.

use super::read_corpus;
use crate::cli::{Global, Train};
use crate::cmd::output;
use crate::digest::sha256;
use crate::error::{Error, ExitStatus, Result};
use crate::file;
use crate::guard::{Material, Model, corpus};
use crate::text::count;

pub(super) fn run(global: &Global, arguments: &Train) -> Result<ExitStatus> {
    let (name, text) = read_corpus(global, arguments.corpus.as_deref())?;
    let date = if arguments.corpus.is_none() { Some(corpus::DATE) } else { arguments.date.as_deref() };
    let rows = corpus::parse(&name, &text)?;
    let attacks = rows.iter().filter(|row| row.is_attack).count();
    if attacks == 0 || attacks == rows.len() {
        return Err(Error::config(format!("{name}: there must be attacks and benign texts to tell apart")));
    }
    let weights = Material::new(&rows).weights();
    let model = Model::new(&weights, date, rows.len(), &sha256(text.as_bytes()));
    let path = global.directory.join(&arguments.out);
    file::replace(&path, &model.bytes()?).map_err(|error| Error::io("write", &path, error))?;
    if !global.quiet {
        output::note(&format!("learnt {} of {name}; the weights are in {}", count(rows.len(), "row"), path.display()));
    }
    Ok(ExitStatus::Pass)
}
