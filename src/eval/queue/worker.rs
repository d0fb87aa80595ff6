//! The side that measures: finds a run of its own content, takes cases as it has room, and sends their rows.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::link::{Change, Link};
use super::offered::{Found, Offered};
use super::{Connection, Content};
use crate::error::{Error, Result};
use crate::eval::runner::Measurer;

mod job;
mod pull;

use self::job::Job;
use self::pull::{Pull, Taken};

/// Between two looks for a run, and after something failed.
const PAUSE: Duration = Duration::from_millis(500);
/// For giving back what is under way.
const PARTING_LIMIT: Duration = Duration::from_secs(5);

pub(crate) struct Worker {
    pub(crate) connection: Connection,
    pub(crate) content: Content,
    /// Makes what measures for a run that asks each case so often.
    pub(crate) measurer: Box<dyn Fn(u32) -> Measurer + Send>,
    pub(crate) concurrency: usize,
    /// What the embedder has used since the program started, in tokens.
    pub(crate) embedder_tokens: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Why a worker stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    /// The run that it served has ended.
    RunEnded,
    Interrupted,
}

impl Worker {
    /// Serves runs until the interrupt, or with `once` until the end of one. An error is a worker that can serve none.
    pub(crate) async fn work(
        self,
        once: bool,
        interrupt: impl Future<Output = ()>,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Parting> {
        let mut interrupt = pin!(interrupt);
        let mut watched = Watched { link: Link::new(&self.connection), tell };
        loop {
            let run = tokio::select! {
                run = self.find(&mut watched) => run?,
                () = &mut interrupt => return Ok(Parting::Interrupted),
            };
            (watched.tell)(&format!("working for the run {}", run.names.consumer));
            let (stop, stopped) = watch::channel(false);
            let mut tasks = JoinSet::new();
            let parting = tokio::select! {
                served = self.serve(&run, &stopped, &mut tasks, &mut watched) => served.map(|()| Parting::RunEnded),
                () = &mut interrupt => Ok(Parting::Interrupted),
            };
            stop.send_replace(true);
            // Tasks give their case back at once; what they cannot give back is delivered again later.
            let _ = timeout(PARTING_LIMIT, async {
                while tasks.join_next().await.is_some() {}
                let _ = self.connection.client.flush().await;
            })
            .await;
            let parting = parting?;
            if parting == Parting::RunEnded {
                (watched.tell)(&format!("the run {} has ended", run.names.consumer));
            }
            if once || parting == Parting::Interrupted {
                return Ok(parting);
            }
        }
    }

    /// Waits for a run of our content. Says once of every other run what it has otherwise.
    async fn find(&self, watched: &mut Watched<'_>) -> Result<Offered> {
        (watched.tell)(&format!("waiting for a run on {}", self.connection.server));
        let mut said = BTreeSet::new();
        loop {
            tokio::select! {
                // No stream, or no connection: there is no run yet.
                found = Offered::find(&self.connection, &self.content) => match found {
                    Ok(Found::Run(run)) => return Ok(run),
                    Ok(Found::Others(others)) => {
                        for (name, differences) in others {
                            if said.insert(name.clone()) {
                                (watched.tell)(&format!("the run {name} is not for this worker: {differences}"));
                            }
                        }
                    }
                    Err(_) => {}
                },
                change = watched.changed() => change?,
            }
            sleep(PAUSE).await;
        }
    }

    /// Takes cases of a run until it has ended.
    async fn serve(
        &self,
        run: &Offered,
        stopped: &watch::Receiver<bool>,
        tasks: &mut JoinSet<Result<()>>,
        watched: &mut Watched<'_>,
    ) -> Result<()> {
        let job = Arc::new(Job::new(self, run));
        let mut pull = Pull::new(self.connection.clone(), run.names.consumer.clone());
        loop {
            tokio::select! {
                taken = pull.next(self.concurrency - tasks.len()), if tasks.len() < self.concurrency => match taken {
                    Taken::Case(message) => {
                        tasks.spawn(Arc::clone(&job).answer(*message, stopped.clone()));
                    }
                    Taken::Ended => return Ok(()),
                },
                Some(done) = tasks.join_next() => {
                    done.map_err(|error| Error::unavailable("a case ended without a result").source(error))??;
                }
                change = watched.changed() => {
                    // What was asked of a server that is gone never comes.
                    pull.restart();
                    change?;
                }
            }
        }
    }
}

/// The connection, and whoever is told of it.
struct Watched<'a> {
    link: Link,
    tell: &'a mut dyn FnMut(&str),
}

impl Watched<'_> {
    /// Says what changes next. An error if the connection does not come back.
    async fn changed(&mut self) -> Result<()> {
        match self.link.changed().await {
            Change::Lost(text) | Change::Back(text) => {
                (self.tell)(&text);
                Ok(())
            }
            Change::GivenUp(text) => Err(Error::unavailable(text)),
        }
    }
}
