//! Where finished rows come from.

use std::future::Future;

use super::Row;
use crate::error::Result;

/// Gives the rows of a run as they are finished, wherever they are measured.
pub(crate) trait Source {
    /// What happened next; `None` once every row is done. An error is a run that cannot go on.
    fn next(&mut self) -> impl Future<Output = Result<Option<Step>>>;

    /// Starts no more rows: only those that are under way are still to come.
    fn drain(&mut self);

    /// Whether rows are still to come.
    fn has_more(&self) -> bool;

    /// What embedders elsewhere have used for the rows so far, in tokens.
    fn embedder_tokens(&self) -> u64;

    /// Leaves nothing behind that only a run under way needs; `all_done` if the run will not be continued either.
    fn close(self, all_done: bool) -> impl Future<Output = ()>;
}

pub(crate) enum Step {
    Finished(Row),
    /// Something that whoever waits should know.
    Noted(String),
    /// The run cannot get any further now, and why; it can be continued later.
    Stuck(String),
}
