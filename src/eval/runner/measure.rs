//! From a case to its row: asks the target, measures the answer, and writes the result as the journal keeps it.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::{Deserialize, Serialize};

use super::traced::CaseTrace;
use crate::error::{self, Error};
use crate::eval::metrics::{self, Measurements, Scorer, Tools};
use crate::eval::{Case, CaseResult, Output, Place, Question, Target};
use crate::llm::{Client, patient};
use crate::text::span;
use crate::trace;

/// One row to be done: a case, and which of its repeats.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    /// Of the row in the report of the whole dataset.
    pub(crate) number: usize,
    pub(crate) repeat: u32,
    pub(crate) case: Case,
    /// The span of the run, where another process measures for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) traceparent: Option<String>,
}

/// A finished row.
pub(crate) struct Row {
    pub(crate) number: usize,
    /// The result as one line of JSON.
    pub(crate) json: Vec<u8>,
    /// Why there is no answer, or nobody to judge it.
    pub(crate) failure: Option<String>,
    /// The limit of `[cost]` for which the case could not be asked or judged. It is no finished row then.
    pub(crate) over_budget: Option<String>,
}

/// Measures rows; shared by all that are under way.
#[derive(Clone)]
pub(crate) struct Measurer(Arc<Inner>);

struct Inner {
    target: Arc<dyn Target>,
    scorers: Vec<Arc<Scorer>>,
    tools: Tools,
    /// For one answer in all; a target has its own limits inside this one, this is the last resort.
    time_limit: Duration,
    repeats: u32,
    /// The field by which cases belong together.
    cluster: Option<String>,
    client: Client,
    /// The span that the run's cases belong to, and the bars of its metrics; `None` if nothing is traced.
    trace: Option<CaseTrace>,
}

/// What a measurer is made of.
pub(crate) struct Measuring {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) scorers: Vec<Arc<Scorer>>,
    pub(crate) tools: Tools,
    /// Knows when a limit on what may be spent is reached.
    pub(crate) client: Client,
}

impl Measurer {
    /// Asks each case `repeats` times, and gives an answer so much time.
    pub(crate) fn new(measuring: Measuring, time_limit: Duration, repeats: u32, cluster: Option<String>) -> Self {
        let Measuring { target, scorers, tools, client } = measuring;
        Self(Arc::new(Inner { target, scorers, tools, time_limit, repeats, cluster, client, trace: None }))
    }

    /// The same with a span for each case, below the one that this task works in. Metrics that have a bar pass it or fail.
    pub(crate) fn traced(self, bars: &BTreeMap<String, f64>) -> Self {
        let Some(scope) = trace::current() else { return self };
        match Arc::try_unwrap(self.0) {
            Ok(inner) => Self(Arc::new(Inner { trace: Some(CaseTrace::new(scope, bars)), ..inner })),
            Err(shared) => Self(shared),
        }
    }

    /// What measures elsewhere are told, so that their spans join ours.
    pub(crate) fn traceparent(&self) -> Option<String> {
        self.0.trace.as_ref().map(CaseTrace::header)
    }

    /// How often each case is asked.
    pub(crate) fn repeats(&self) -> u32 {
        self.0.repeats
    }

    /// Never fails: what goes wrong is in the row. A bug in a target or a metric costs its case, not the run.
    pub(crate) async fn measure(self, item: Item) -> Row {
        let Inner { target, scorers, tools, time_limit, trace, .. } = &*self.0;
        let measuring = async {
            let output = answer(&**target, Question::plain(&item.case, item.repeat), *time_limit).await;
            let kind = output.as_ref().err().map(|error| error.kind);
            let output = output.map_err(|error| error.to_string());
            let measured = metrics::measure(scorers, &item.case, &output, tools).await;
            (output, kind, measured)
        };
        let Some(trace) = trace else {
            let (output, _, measured) = measuring.await;
            return self.row(item, output, measured);
        };
        let span = trace.begin(&item);
        let (output, kind, measured) = trace::within(span.scope(), measuring).await;
        trace.end(span, (&output, kind), &measured, scorers);
        self.row(item, output, measured)
    }

    /// The row of a case that could not be asked.
    pub(crate) fn fail(&self, item: Item, message: String) -> Row {
        let measured = metrics::without_output(&self.0.scorers, &item.case, &message);
        self.row(item, Err(message), measured)
    }

    fn row(&self, item: Item, output: Result<Output, String>, measured: Measurements) -> Row {
        let Item { number, repeat, case, .. } = item;
        let failure = output.as_ref().err().or(measured.failure.as_ref()).cloned();
        let repeats = self.0.repeats;
        let place = Place { index: number / repeats as usize, repeat: (repeats > 1).then_some(repeat) };
        let cluster = self.0.cluster.as_ref().and_then(|field| case.field(field));
        let json = CaseResult::new(case, place, output, measured).in_cluster(cluster).to_row();
        // Another case may have been refused, and this one has failed for a reason of its own: asking it again does no harm.
        let over_budget = failure.as_ref().and_then(|_| self.0.client.over_budget()).map(str::to_owned);
        Row { number, json: json.expect("a result is plain strings and numbers"), failure, over_budget }
    }
}

/// Asks the target, and gives it so much time. A bug in a target costs its question, not the run.
pub(crate) async fn answer(target: &dyn Target, question: Question<'_>, time_limit: Duration) -> error::Result<Output> {
    let answer = AssertUnwindSafe(target.answer(question)).catch_unwind();
    match patient(time_limit, answer).await {
        Some(Ok(output)) => output,
        Some(Err(_)) => Err(Error::unavailable("internal error: the target ended without a result")),
        None => Err(Error::unavailable(format!("no answer within {}", span(time_limit)))),
    }
}
