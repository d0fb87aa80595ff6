//! Gives the rows that are still to be done, read from the dataset as they are needed.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::Item;
use crate::error::{Error, Result};
use crate::eval::{Case, Dataset, Shard};

/// Rows that are handed over at once; each hand-over wakes a thread.
const CHUNK: usize = 64;
/// Chunks that are read ahead, so that a free place never waits for the disk.
const AHEAD: usize = 4;

/// Which rows of a dataset, and in which order.
pub(crate) struct Part {
    pub(crate) shard: Option<Shard>,
    pub(crate) repeats: u32,
    /// By the number of the row.
    pub(crate) done: Vec<bool>,
    /// Indices of cases; `None` is the dataset's own order. Any other is held in memory.
    pub(crate) order: Option<Vec<usize>>,
}

pub(crate) struct Feed {
    receiver: Receiver<Vec<Item>>,
    chunk: std::vec::IntoIter<Item>,
    reader: JoinHandle<Result<()>>,
    rows: usize,
    has_more: bool,
}

impl Feed {
    /// Starts to read the rows that are not done yet.
    pub(crate) fn start(dataset: &Arc<Dataset>, part: Part) -> Self {
        let cases = part.shard.map_or(dataset.cases, |shard| shard.size(dataset.cases));
        let rows = cases * part.repeats as usize;
        let (sender, receiver) = channel(AHEAD);
        let dataset = Arc::clone(dataset);
        let reader = tokio::task::spawn_blocking(move || read(&dataset, &part, &sender));
        Self { receiver, chunk: Vec::new().into_iter(), reader, rows, has_more: true }
    }

    /// How many rows there are in all, done ones included.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// False once `next` has said that there is nothing left.
    pub(crate) fn has_more(&self) -> bool {
        self.has_more
    }

    pub(crate) async fn next(&mut self) -> Option<Item> {
        if self.chunk.len() == 0 {
            self.chunk = self.receiver.recv().await.unwrap_or_default().into_iter();
        }
        let item = self.chunk.next();
        self.has_more = item.is_some();
        item
    }

    /// Gives nothing more.
    pub(crate) fn stop(&mut self) {
        self.receiver.close();
        self.chunk = Vec::new().into_iter();
        self.has_more = false;
    }

    /// Once, after the last row: whether the dataset could be read to its end.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        (&mut self.reader)
            .await
            .map_err(|error| Error::unavailable("reading the dataset did not end well").source(error))?
    }
}

fn read(dataset: &Dataset, part: &Part, sender: &Sender<Vec<Item>>) -> Result<()> {
    let mut index = 0;
    let mut chunk = Vec::new();
    let mut cases: Vec<Option<Case>> = Vec::new();
    dataset.each(&mut |case| {
        let is_ours = part.shard.is_none_or(|shard| shard.holds(index));
        index += 1;
        if part.order.is_some() {
            cases.push(Some(case));
        } else if is_ours && !give(index - 1, &case, part, &mut chunk, sender) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    for index in part.order.iter().flatten() {
        let Some(case) = cases.get_mut(*index).and_then(Option::take) else { continue };
        if !give(*index, &case, part, &mut chunk, sender) {
            return Ok(());
        }
    }
    if !chunk.is_empty() {
        // Nobody takes the last ones if the run has ended.
        let _ = sender.blocking_send(chunk);
    }
    Ok(())
}

/// Hands over the rows of a case; false if nobody listens any more: the run has ended.
fn give(index: usize, case: &Case, part: &Part, chunk: &mut Vec<Item>, sender: &Sender<Vec<Item>>) -> bool {
    for repeat in 0..part.repeats {
        let number = index * part.repeats as usize + repeat as usize;
        if !part.done.get(number).is_some_and(|done| *done) {
            chunk.push(Item { number, repeat, case: case.clone(), traceparent: None });
        }
    }
    chunk.len() < CHUNK || sender.blocking_send(std::mem::take(chunk)).is_ok()
}
