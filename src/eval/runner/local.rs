//! Measures rows in this process, a bounded number at once.

use tokio::task::JoinSet;

use super::{Feed, Measurer, Row, Source, Step};
use crate::error::Result;

pub(super) struct Local {
    feed: Feed,
    measurer: Measurer,
    concurrency: usize,
    /// Dropping the set at the end drops what is under way.
    tasks: JoinSet<Row>,
}

impl Local {
    pub(super) fn start(feed: Feed, measurer: Measurer, concurrency: usize) -> Self {
        Self { feed, measurer, concurrency, tasks: JoinSet::new() }
    }
}

impl Source for Local {
    async fn next(&mut self) -> Result<Option<Step>> {
        while self.has_more() {
            tokio::select! {
                item = self.feed.next(), if self.feed.has_more() && self.tasks.len() < self.concurrency => {
                    if let Some(item) = item {
                        self.tasks.spawn(self.measurer.clone().measure(item));
                    }
                }
                Some(row) = self.tasks.join_next() => {
                    let row = row.expect("measuring catches panics, and nobody aborts it");
                    return Ok(Some(Step::Finished(row)));
                }
            }
        }
        self.feed.finish().await.map(|()| None)
    }

    fn drain(&mut self) {
        self.feed.stop();
    }

    fn has_more(&self) -> bool {
        self.feed.has_more() || !self.tasks.is_empty()
    }

    fn embedder_tokens(&self) -> u64 {
        0
    }

    async fn close(self, _all_done: bool) {}
}
