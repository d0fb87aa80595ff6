//! Gives the rows that are still to be done, read from the dataset as they are needed.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::Item;
use crate::error::{Error, Result};
use crate::eval::{Dataset, Shard};

/// Rows that are handed over at once; each hand-over wakes a thread.
const CHUNK: usize = 64;
/// Chunks that are read ahead, so that a free place never waits for the disk.
const AHEAD: usize = 4;

pub(crate) struct Feed {
    receiver: Receiver<Vec<Item>>,
    chunk: std::vec::IntoIter<Item>,
    reader: JoinHandle<Result<()>>,
    rows: usize,
    has_more: bool,
}

impl Feed {
    /// Starts to read the rows of a shard that are not done yet.
    pub(crate) fn start(dataset: &Arc<Dataset>, shard: Option<Shard>, repeats: u32, done: Vec<bool>) -> Self {
        let repeats = repeats as usize;
        let cases = shard.map_or(dataset.cases, |shard| shard.size(dataset.cases));
        let (sender, receiver) = channel(AHEAD);
        let dataset = Arc::clone(dataset);
        let reader = tokio::task::spawn_blocking(move || read(&dataset, shard, repeats, &done, &sender));
        Self { receiver, chunk: Vec::new().into_iter(), reader, rows: cases * repeats, has_more: true }
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

    /// Once, after the last row: whether the dataset could be read to its end.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        (&mut self.reader)
            .await
            .map_err(|error| Error::unavailable("reading the dataset did not end well").source(error))?
    }
}

fn read(
    dataset: &Dataset,
    shard: Option<Shard>,
    repeats: usize,
    done: &[bool],
    sender: &Sender<Vec<Item>>,
) -> Result<()> {
    let mut index = 0;
    let mut chunk = Vec::new();
    dataset.each(&mut |case| {
        let first = index * repeats;
        let is_ours = shard.is_none_or(|shard| shard.holds(index));
        index += 1;
        if !is_ours {
            return ControlFlow::Continue(());
        }
        for repeat in 0..repeats {
            let number = first + repeat;
            if done.get(number).is_some_and(|done| *done) {
                continue;
            }
            let repeat = u32::try_from(repeat).unwrap_or(u32::MAX);
            chunk.push(Item { number, repeat, case: case.clone() });
        }
        if chunk.len() >= CHUNK && sender.blocking_send(std::mem::take(&mut chunk)).is_err() {
            // Nobody listens any more: the run has ended.
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if !chunk.is_empty() {
        // The same if nobody takes the last ones.
        let _ = sender.blocking_send(chunk);
    }
    Ok(())
}
