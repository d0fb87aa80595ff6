//! A Python file that holds prompts in dicts. It is read, never run: only literals count, with names of earlier literals,
//! `+`, parentheses and `textwrap.dedent`.
//!
//! Python's own grammar in a crate takes a minute to build, which a reader of literals does not.

mod literal;
mod token;

use serde_json::Value;

use super::shape::{Tree, prompts};
use super::{Found, Source};
use crate::error::{Error, Result};

pub(super) fn is_like(source: &Source<'_>) -> bool {
    source.path.extension().is_some_and(|extension| extension == "py")
}

pub(super) fn read(source: &Source<'_>) -> Result<Found> {
    let tokens = token::tokens(source.text).map_err(|(line, message)| source.problem(Some(line), message))?;
    let module = literal::module(&tokens).map_err(|(line, message)| {
        source.problem(Some(line), message).hint("only literals are read: write the prompt as a string in the dict")
    })?;
    let mut found = Found::default();
    let mut problems = Vec::new();
    for (name, tree) in &module {
        // A text by itself may be anything; a dict of texts is taken for prompts.
        if !matches!(tree, Tree::Map { .. }) {
            continue;
        }
        match prompts(source, &name_of(name, source), tree, &mut found.notes) {
            Ok(read) => found.prompts.extend(read),
            Err(wrong) => problems.extend(wrong),
        }
    }
    Error::unless_empty(problems)?;
    Ok(found)
}

/// Every literal that the file gives a name, as JSON has it.
pub(crate) fn literals(source: &Source<'_>) -> Result<Vec<(String, Value)>> {
    let wrong = |(line, message): (usize, String)| source.problem(Some(line), message);
    let tokens = token::tokens(source.text).map_err(wrong)?;
    let module = literal::module(&tokens).map_err(wrong)?;
    Ok(module.into_iter().map(|(name, tree)| (name, tree.value())).collect())
}

/// The prompt that a dict of versions belongs to: `RAG_PROMPTS` is `rag`, and `PROMPTS` is called as its file.
fn name_of(variable: &str, source: &Source<'_>) -> String {
    let name = variable.to_lowercase();
    let name =
        ["prompts", "prompt", "templates", "template"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let name = name.trim_matches('_');
    if name.is_empty() { source.stem() } else { name.to_owned() }
}
