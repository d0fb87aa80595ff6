//! The prompts that a label means, as one JSON value for the running application.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::registry::{Folder, names};
use crate::digest::sha256;
use crate::error::{Error, Result};

/// Raised whenever a reader of an older bundle would misunderstand a newer one.
const SCHEMA: u32 = 1;

/// The prompts of `only`, or of the whole project, that have `label`, each with the content that it was given.
///
/// The value has sorted keys and no time in it, so the same prompts give the same text. `digest` is the SHA-256 of the
/// canonical JSON of `prompts`. Without `only`, prompts that have no such label are left out. An error if none has it, if one of
/// `only` has not, or if a labelled file was edited.
pub(crate) fn bundle(root: &Path, label: &str, only: &[String]) -> Result<Value> {
    let mut prompts = Map::new();
    let names = if only.is_empty() { names(root)? } else { only.to_vec() };
    for name in &names {
        let folder = Folder::existing(root, name)?;
        if folder.history()?.label(label).is_some() || !only.is_empty() {
            prompts.insert(name.clone(), entry(&folder, label)?);
        }
    }
    if prompts.is_empty() {
        return Err(Error::config(format!("no prompt has the label \"{label}\""))
            .hint(format!("give it to one: llmops prompt label NAME@VERSION {label} -m \"...\"")));
    }
    let mut prompts = Value::Object(prompts);
    prompts.sort_all_objects();
    let digest = sha256(prompts.to_string().as_bytes());
    Ok(json!({ "schema": SCHEMA, "label": label, "digest": digest, "prompts": prompts }))
}

/// The content of a version, and what it is known by.
fn entry(folder: &Folder<'_>, label: &str) -> Result<Value> {
    let prompt = folder.find(label)?;
    let mut entry = prompt.content();
    entry["version"] = prompt.version.as_str().into();
    entry["digest"] = prompt.digest.as_str().into();
    Ok(entry)
}
