//! `llmops ci`: every stage as CI runs it, with one report and one exit code.

use super::eval;
use super::ingest::Fill;
use crate::cli::{Eval, Global};
use crate::error::{ExitStatus, Result};

/// An evaluation that also fills a database; an embedded store is filled by every evaluation.
pub(super) async fn run(global: &Global, arguments: &Eval) -> Result<ExitStatus> {
    // On the heap: a whole run is a large future.
    Box::pin(eval::gate(global, arguments, Fill::Every)).await
}
