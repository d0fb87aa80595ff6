//! Runs the cases against the target, a bounded number at once, journals each as it ends, and tells what happens as
//! events. Neither the cases nor their results are held: they come from the dataset's file and go into the journal.
//!
//! ```text
//! dataset -> feed -> Item -> measure (here, or by workers through a queue) -> Row -> journal
//!                              |                                               \-> streak, events
//!                        target, metrics
//! ```

mod feed;
mod local;
mod measure;
mod source;
mod streak;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::journal::{Journal, Writer};
use super::queue::{Coordinator, Queue};
use super::{Dataset, Shard};
use crate::error::Result;
use crate::text::span;

pub(super) use self::feed::Feed;
use self::local::Local;
pub(crate) use self::measure::{Item, Measurer, Row};
pub(super) use self::source::{Source, Step};
use self::streak::Streak;

/// What to run.
pub(crate) struct Run {
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) measurer: Measurer,
    /// How many cases are under way at once.
    pub(crate) concurrency: usize,
    /// Where workers take the cases from; `None` measures them here.
    pub(crate) queue: Option<Queue>,
    /// The part of the dataset to run; `None` for all of it.
    pub(crate) shard: Option<Shard>,
    /// The run ends itself after this time.
    pub(crate) max_time: Option<Duration>,
    /// What the embedder has used since the program started, in tokens.
    pub(crate) embedder_tokens: Box<dyn Fn() -> u64 + Send>,
}

/// Told in this order: one `Started`, a `Finished` per row as it ends, perhaps one `Ended`; a `Noted` at any time.
pub(crate) enum Event<'a> {
    Started {
        rows: usize,
        /// Rows that an earlier part of the run has finished.
        done: usize,
    },
    Finished {
        failed: bool,
    },
    /// Something that whoever waits should know.
    Noted {
        text: &'a str,
    },
    /// The run ends before its last case, and why. Nothing more is started; what is under way is dropped.
    Ended {
        reason: &'a str,
    },
}

/// A run that has ended, by itself or early.
pub(crate) struct Ended {
    pub(crate) journal: Journal,
    /// Why it ended before its last case; `None` if all are done.
    pub(crate) early: Option<String>,
}

/// Runs what is not in the journal yet, until all is done or something ends the run.
///
/// A case that fails is an error of that case, never a score and never the end of the run. An error is a run that
/// cannot go on: the journal cannot be written, or the dataset was changed. What was finished is in the journal then.
pub(crate) async fn run(
    mut run: Run,
    journal: Journal,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Ended> {
    let done = journal.done();
    let feed = Feed::start(&run.dataset, run.shard, run.measurer.repeats(), journal.done_rows());
    tell(Event::Started { rows: feed.rows(), done });
    let measurer = run.measurer.clone();
    match run.queue.take() {
        None => record(Local::start(feed, measurer, run.concurrency), &run, journal, interrupt, tell).await,
        Some(queue) => {
            let coordinator = Coordinator::start(queue, feed, measurer, &journal).await?;
            Box::pin(record(coordinator, &run, journal, interrupt, tell)).await
        }
    }
}

/// Writes what the source gives into the journal, until it has given all or something ends the run.
async fn record(
    mut source: impl Source,
    run: &Run,
    journal: Journal,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Ended> {
    let writer = Writer::start(journal);
    let driven = drive(&mut source, run, &writer, interrupt, tell).await;
    let (journal, written) = writer.finish((run.embedder_tokens)() + source.embedder_tokens());
    source.close(written.is_ok() && matches!(driven, Ok(None))).await;
    written?;
    let early = driven?;
    if let Some(reason) = &early {
        tell(Event::Ended { reason });
    }
    Ok(Ended { journal, early })
}

/// Why the run ends early; `None` if all is done.
async fn drive(
    source: &mut impl Source,
    run: &Run,
    writer: &Writer,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Option<String>> {
    let mut interrupt = pin!(interrupt);
    let mut time_up = pin!(time_up(run.max_time));
    let mut streak = Streak::default();
    loop {
        let step = tokio::select! {
            step = source.next() => step?,
            () = &mut interrupt => return Ok(Some("interrupted".to_owned())),
            reason = &mut time_up => return Ok(Some(reason)),
        };
        match step {
            None => return Ok(None),
            Some(Step::Noted(text)) => tell(Event::Noted { text: &text }),
            Some(Step::Stuck(reason)) => return Ok(Some(reason)),
            Some(Step::Finished(row)) => {
                tell(Event::Finished { failed: row.failure.is_some() });
                streak.count(row.failure.as_deref());
                let embedder_tokens = (run.embedder_tokens)() + source.embedder_tokens();
                if !writer.append(row.number, row.json, embedder_tokens) {
                    return Ok(None);
                }
                if let Some(reason) = streak.reason().filter(|_| source.has_more()) {
                    return Ok(Some(reason));
                }
            }
        }
    }
}

async fn time_up(limit: Option<Duration>) -> String {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            format!("the run's time of {} was up", span(limit))
        }
        None => std::future::pending().await,
    }
}
