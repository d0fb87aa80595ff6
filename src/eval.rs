//! Evaluation: the dataset's cases go to the target, its outputs to the metrics, and what happens is told as events.
//!
//! ```text
//! dataset -> Case -> target -> Output -> metrics -> Outcome        runner: Event ... -> reporters
//! ```

mod case;
mod dataset;
mod event;
pub(crate) mod metrics;
mod runner;
mod targets;

pub(crate) use case::{Case, Outcome, Output};
pub(crate) use dataset::Dataset;
pub(crate) use event::{CaseResult, Event};
pub(crate) use runner::{Run, run};
pub(crate) use targets::{Parts, Target, open as open_target};
