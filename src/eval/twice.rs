//! Has labelled answers judged by a metric twice, so that the judge can be held against people and against itself.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::iter;

use super::judge::Judge;
use super::metrics::{Scored, Scorer, Tools};
use super::runner::Streak;
use super::{Labelled, Outcome};
use crate::error::{Error, Result};

/// Who judges, and how many answers at once.
pub(crate) struct Judging<'a> {
    pub(crate) scorer: &'a Scorer,
    pub(crate) judge: Arc<Judge>,
    pub(crate) concurrency: usize,
}

/// What the judge said of one answer the first and the second time.
pub(crate) struct JudgedTwice {
    pub(crate) first: Scored,
    pub(crate) second: Scored,
}

impl JudgedTwice {
    /// Why one of the two could not be judged.
    pub(crate) fn failure(&self) -> Option<&str> {
        [&self.first, &self.second].into_iter().find_map(|scored| match &scored.outcome {
            Outcome::Errored { message } => Some(message.as_str()),
            Outcome::Scored { .. } | Outcome::Skipped { .. } | Outcome::NotApplicable { .. } => None,
        })
    }
}

/// Judges every answer twice; the second time, nothing that was kept of the first answers for the judge. In the order of `labelled`;
/// `tell` hears of each as it is done. An error is a judge that fails time after time.
pub(crate) async fn judge_twice(
    labelled: &[Labelled],
    judging: Judging<'_>,
    tell: &mut dyn FnMut(&JudgedTwice),
) -> Result<Vec<JudgedTwice>> {
    let Judging { scorer, judge, concurrency } = judging;
    let again = Arc::new(judge.again());
    let [first, second] = [judge, again].map(|judge| Tools { judge: Some(judge), ..Tools::default() });
    let both = |index: usize| {
        let (row, first, second) = (&labelled[index], &first, &second);
        async move {
            let score = |tools| scorer.score(&row.case, &row.output, tools);
            let (first, second) = join(score(first), score(second)).await;
            (index, JudgedTwice { first, second })
        }
    };
    let mut all: Vec<Option<JudgedTwice>> = labelled.iter().map(|_| None).collect();
    let mut streak = Streak::default();
    let mut done = iter(0..labelled.len()).map(both).buffer_unordered(concurrency);
    while let Some((index, judged)) = done.next().await {
        streak.count(judged.failure());
        tell(&judged);
        all[index] = Some(judged);
        if let Some(reason) = streak.reason() {
            return Err(Error::unavailable(reason).hint("nothing was kept; see that the judge answers"));
        }
    }
    Ok(all.into_iter().flatten().collect())
}
