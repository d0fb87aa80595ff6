//! `llmops ci`: every stage as CI runs it, with one report and one exit code.

use super::ingest::Fill;
use super::{configuration_for, eval, prompt};
use crate::cli::{Eval, Global};
use crate::error::{ExitStatus, Result};

/// First the history of the prompts, which costs nothing. Then an evaluation that also fills a database; an embedded store is
/// filled by every evaluation.
pub(super) async fn run(global: &Global, arguments: &Eval) -> Result<ExitStatus> {
    let config = configuration_for(global, arguments.asking.purpose())?;
    if !prompt::are_whole(&config)? {
        return Ok(ExitStatus::Failed);
    }
    // On the heap: a whole run is a large future.
    Box::pin(eval::gate(global, config, arguments, Fill::Every)).await
}
