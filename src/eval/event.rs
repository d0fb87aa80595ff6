//! What the runner tells reporters while it works.

use super::{Case, Outcome, Output};

/// One finished case: its output, or why there is none, and what every metric said.
pub(crate) struct CaseResult {
    pub(crate) case: Case,
    pub(crate) output: Result<Output, String>,
    /// In the order of the run's metrics; every metric is errored if there is no output.
    pub(crate) outcomes: Vec<(&'static str, Outcome)>,
}

/// Told in this order: one `Started`, a `Finished` per case as it ends, perhaps one `Interrupted`.
pub(crate) enum Event<'a> {
    Started {
        cases: usize,
    },
    Finished {
        result: &'a CaseResult,
    },
    /// The user stopped the run; nothing more is started and what is under way is dropped.
    Interrupted,
}
