//! Runs the cases against the target, a bounded number at once, and tells what happens as events.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use super::metrics::{self, Metric};
use super::{Case, CaseResult, Event, Outcome, Output, Target};
use crate::text::span;

/// What to run.
pub(crate) struct Run {
    pub(crate) cases: Vec<Case>,
    pub(crate) target: Arc<dyn Target>,
    pub(crate) metrics: Vec<&'static Metric>,
    /// How many cases are under way at once.
    pub(crate) concurrency: usize,
    /// For one case in all; a target has its own limits inside this one, this is the last resort.
    pub(crate) time_limit: Duration,
}

/// What became of one case.
type Measured = (Result<Output, String>, Vec<(&'static str, Outcome)>);

/// Runs until all cases are done or `interrupt` completes; gives the finished cases in the order of the dataset.
///
/// A case that fails is an error of that case, never a score and never the end of the run.
pub(crate) async fn run(
    run: Run,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Vec<CaseResult> {
    tell(Event::Started { cases: run.cases.len() });
    let metrics: Arc<[&'static Metric]> = run.metrics.into();
    let mut interrupt = std::pin::pin!(interrupt);
    let mut waiting = run.cases.into_iter().enumerate();
    let mut under_way: HashMap<Id, (usize, Case)> = HashMap::new();
    let mut tasks: JoinSet<Measured> = JoinSet::new();
    let mut finished: Vec<(usize, CaseResult)> = Vec::new();
    loop {
        while tasks.len() < run.concurrency
            && let Some((index, case)) = waiting.next()
        {
            let (target, metrics) = (Arc::clone(&run.target), Arc::clone(&metrics));
            let task = measure(target, metrics, case.clone(), run.time_limit);
            under_way.insert(tasks.spawn(task).id(), (index, case));
        }
        let joined = tokio::select! {
            joined = tasks.join_next_with_id() => joined,
            () = &mut interrupt => {
                tell(Event::Interrupted);
                tasks.abort_all();
                None
            }
        };
        let Some(joined) = joined else { break };
        let (id, (output, outcomes)) = joined.unwrap_or_else(|error| crashed(&error, &metrics));
        let Some((index, case)) = under_way.remove(&id) else { continue };
        let result = CaseResult { case, output, outcomes };
        tell(Event::Finished { result: &result });
        finished.push((index, result));
    }
    finished.sort_by_key(|(index, _)| *index);
    finished.into_iter().map(|(_, result)| result).collect()
}

async fn measure(
    target: Arc<dyn Target>,
    metrics: Arc<[&'static Metric]>,
    case: Case,
    time_limit: Duration,
) -> Measured {
    let output = match tokio::time::timeout(time_limit, target.answer(&case)).await {
        Ok(output) => output.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {}", span(time_limit))),
    };
    let outcomes = metrics::measure(&metrics, &case, &output);
    (output, outcomes)
}

/// A bug in a target or a metric costs its case, not the run.
fn crashed(error: &JoinError, metrics: &[&'static Metric]) -> (Id, Measured) {
    let output = Err("internal error: the case's task ended without a result".to_owned());
    let outcomes = metrics::measure(metrics, &Case::default(), &output);
    (error.id(), (output, outcomes))
}
