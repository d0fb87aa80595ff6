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
mod stopper;
mod streak;
mod traced;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::journal::{Journal, Writer};
use super::queue::{Coordinator, Queue};
use super::{Dataset, Shard};
use crate::config::Stop;
use crate::error::Result;
use crate::text::span;

pub(super) use self::feed::Feed;
use self::feed::Part;
use self::local::Local;
pub(crate) use self::measure::{Item, Measurer, Measuring, Row, answer};
pub(super) use self::source::{Source, Step};
use self::stopper::Stopper;
pub(crate) use self::stopper::{StopBar, StopRule, Stopped};
pub(crate) use self::streak::Streak;

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
    /// When the run may end before its last case; `None` if never.
    pub(crate) stop: Option<StopRule>,
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
    /// Why it ended before its last case; `None` if all are done, or enough are.
    pub(crate) early: Option<String>,
    /// Whether that is a limit of `[cost]`.
    pub(crate) over_budget: bool,
    /// How it was stopped, if enough cases were known before the last.
    pub(crate) stopped: Option<Stopped>,
}

/// How a run came to its end.
enum Ending {
    All,
    Stopped(Stopped),
    Early(String),
    OverBudget(String),
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
    let (stopper, order) = stopper(&mut run, &journal)?;
    let part = Part { shard: run.shard, repeats: run.measurer.repeats(), done: journal.done_rows(), order };
    let feed = Feed::start(&run.dataset, part);
    tell(Event::Started { rows: feed.rows(), done });
    let measurer = run.measurer.clone();
    match run.queue.take() {
        None => {
            let local = Local::start(feed, measurer, run.concurrency);
            record(local, Recording { run: &run, journal, stopper }, interrupt, tell).await
        }
        Some(queue) => {
            let coordinator = Coordinator::start(queue, feed, measurer, &journal).await?;
            Box::pin(record(coordinator, Recording { run: &run, journal, stopper }, interrupt, tell)).await
        }
    }
}

/// Follows what is known of the verdict, if the run may stop on it, and the order that its cases are asked in then.
fn stopper(run: &mut Run, journal: &Journal) -> Result<(Option<Stopper>, Option<Vec<usize>>)> {
    let Some(rule) = run.stop.take() else { return Ok((None, None)) };
    let cases = run.dataset.cases;
    let order = (rule.stop == Stop::Confident).then(|| stopper::shuffled(cases, &run.dataset.digest));
    let mut stopper = Stopper::new(rule, run.measurer.repeats() as usize, cases, order.as_deref());
    // What an earlier part of the run has found counts; it stops with the next row if it is enough.
    journal.each(&mut |number, row| stopper.take(number, row).map(drop))?;
    Ok((Some(stopper), order))
}

/// A run while its rows are written.
struct Recording<'a> {
    run: &'a Run,
    journal: Journal,
    stopper: Option<Stopper>,
}

/// Writes what the source gives into the journal, until it has given all or something ends the run.
async fn record(
    mut source: impl Source,
    recording: Recording<'_>,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Ended> {
    let Recording { run, journal, mut stopper } = recording;
    let mut look = |row: &Row| match &mut stopper {
        Some(stopper) => stopper.take(row.number, &row.json),
        None => Ok(None),
    };
    let writer = Writer::start(journal);
    let driven = drive(&mut source, Driving { run, writer: &writer, look: &mut look }, interrupt, tell).await;
    let (journal, written) = writer.finish((run.embedder_tokens)() + source.embedder_tokens());
    source.close(written.is_ok() && matches!(driven, Ok(Ending::All | Ending::Stopped(_)))).await;
    written?;
    let driven = driven?;
    let over_budget = matches!(driven, Ending::OverBudget(_));
    let (early, stopped) = match driven {
        Ending::All => (None, None),
        Ending::Stopped(stopped) => (None, Some(stopped)),
        Ending::Early(reason) | Ending::OverBudget(reason) => {
            tell(Event::Ended { reason: &reason });
            (Some(reason), None)
        }
    };
    Ok(Ended { journal, early, over_budget, stopped })
}

/// What the rows go through.
struct Driving<'a> {
    run: &'a Run,
    writer: &'a Writer,
    /// Whether enough is known with this row.
    look: &'a mut dyn FnMut(&Row) -> Result<Option<Stopped>>,
}

/// Takes rows until something ends the run.
async fn drive(
    source: &mut impl Source,
    driving: Driving<'_>,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Ending> {
    let Driving { run, writer, look } = driving;
    let mut interrupt = pin!(interrupt);
    let mut time_up = pin!(time_up(run.max_time));
    let mut streak = Streak::default();
    let mut over_budget = None;
    loop {
        let step = tokio::select! {
            step = source.next() => step?,
            () = &mut interrupt => return Ok(Ending::Early("interrupted".to_owned())),
            reason = &mut time_up => return Ok(Ending::Early(reason)),
        };
        match step {
            None => return Ok(over_budget.map_or(Ending::All, Ending::OverBudget)),
            // What is under way has been paid for and is waited for; a case that could not be asked stays to be asked.
            Some(Step::Finished(Row { over_budget: Some(reason), .. })) => {
                source.drain();
                over_budget.get_or_insert(reason);
            }
            Some(Step::Noted(text)) => tell(Event::Noted { text: &text }),
            Some(Step::Stuck(reason)) => return Ok(Ending::Early(reason)),
            Some(Step::Finished(row)) => {
                tell(Event::Finished { failed: row.failure.is_some() });
                streak.count(row.failure.as_deref());
                let embedder_tokens = (run.embedder_tokens)() + source.embedder_tokens();
                let stopped = look(&row)?;
                if !writer.append(row.number, row.json, embedder_tokens) {
                    return Ok(Ending::All);
                }
                if let Some(reason) = streak.reason().filter(|_| source.has_more()) {
                    return Ok(Ending::Early(reason));
                }
                if let Some(stopped) = stopped {
                    return Ok(Ending::Stopped(stopped));
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
