//! What the gate said.

use serde::{Deserialize, Serialize};

use crate::error::ExitStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Decision {
    Pass,
    Fail,
    /// Too little was measured to say either.
    Undecided,
}

/// One bar that was not met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Breach {
    pub(crate) metric: String,
    pub(crate) value: f64,
    /// The bar; of a regression, the drop that is allowed.
    pub(crate) threshold: f64,
    /// How many cases the value rests on.
    pub(crate) n: usize,
    /// The judged mean, if the value is corrected for the judge's errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) judged: Option<f64>,
    /// The value in the baseline, if it is the drop from there that is too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<f64>,
}

/// The gate's decision with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    #[serde(rename = "verdict")]
    pub(crate) decision: Decision,
    /// A sentence each; empty only if it passed.
    pub(crate) reasons: Vec<String>,
    /// What somebody who relies on the verdict should know beside it.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    /// Bars that what was measured does not meet; never empty if the decision is to fail.
    pub(crate) breaches: Vec<Breach>,
}

impl Verdict {
    /// Before the gate has looked at anything.
    pub(super) fn none() -> Self {
        Self { decision: Decision::Undecided, reasons: Vec::new(), notes: Vec::new(), breaches: Vec::new() }
    }

    pub(crate) fn exit_status(&self) -> ExitStatus {
        match self.decision {
            Decision::Pass => ExitStatus::Pass,
            Decision::Fail => ExitStatus::Failed,
            Decision::Undecided => ExitStatus::Undecided,
        }
    }
}
