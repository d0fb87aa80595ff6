//! `llmops model`: the weights of the local embedder.

use serde_json::json;

use super::output;
use crate::cli::{Global, Model, ModelCommand};
use crate::config::Env;
use crate::error::{ExitStatus, Result};
use crate::rag::minilm::{Source, pull};
use crate::report::Progress;

pub(super) async fn run(global: &Global, arguments: &Model) -> Result<ExitStatus> {
    let ModelCommand::Pull { name, from } = &arguments.command;
    // A model belongs to the user, not to a project, so there may be no configuration here.
    let env = Env::load(&global.directory)?;
    let source = match from.parse() {
        Ok(Source::Path(path)) => Source::Path(global.directory.join(path)),
        Ok(source) => source,
        Err(never) => match never {},
    };
    let mut progress: Option<Progress> = None;
    let pulled = pull(&env, name, &source, &mut |done, total| {
        let total = usize::try_from(total.unwrap_or(done)).unwrap_or(usize::MAX);
        let done = usize::try_from(done).unwrap_or(usize::MAX);
        let bar = progress.get_or_insert_with(|| Progress::new("bytes", total, global.quiet));
        bar.reach(done);
    })
    .await;
    if let Some(progress) = progress {
        progress.finish();
    }
    let pulled = pulled?;
    if global.json {
        let (folder, already_there) = (pulled.folder.display().to_string(), pulled.already_there);
        output::print_json(&json!({ "model": name, "folder": folder, "already_there": already_there }))?;
        return Ok(ExitStatus::Pass);
    }
    let what = if pulled.already_there { "is already in" } else { "is now in" };
    output::print(&format!("{name} {what} {}\n", pulled.folder.display()))?;
    Ok(ExitStatus::Pass)
}
