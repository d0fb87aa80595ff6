//! `llmops prompt show`: a version as its file holds it, or all that is known of it as JSON.

use serde_json::json;

use super::output;
use crate::cli::{Global, Which};
use crate::config::Config;
use crate::error::{ExitStatus, Result};
use crate::prompt::{Folder, Selector};

pub(super) fn run(global: &Global, config: &Config, arguments: &Which) -> Result<ExitStatus> {
    let selector = Selector::parse(&arguments.prompt);
    let folder = Folder::existing(&config.root, &selector.name)?;
    let prompt = folder.find(&selector.version)?;
    if global.json {
        let history = folder.history()?;
        output::print_json(&json!({
            "name": prompt.name,
            "version": prompt.version,
            "description": prompt.description,
            "digest": prompt.digest,
            "labels": history.labels_of(&prompt.version),
            "released": history.release(&prompt.version).map(|release| json!({
                "by": release.by, "time": release.time, "message": release.message,
            })),
            "content": prompt.content(),
        }))?;
    } else {
        output::print(prompt.written_out())?;
    }
    Ok(ExitStatus::Pass)
}
