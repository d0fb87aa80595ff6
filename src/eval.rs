//! Evaluation: the dataset's cases go to the target, its outputs to the metrics, every finished case into the journal,
//! and what happens is told as events.
//!
//! ```text
//! dataset -> Case -> target -> Output -> metrics -> Outcome -> CaseResult -> journal
//!                                                              runner: Event ... -> reporters
//! ```

mod case;
mod dataset;
pub(crate) mod golden;
mod journal;
pub(crate) mod judge;
pub(crate) mod metrics;
mod queue;
mod result;
mod runner;
mod shard;
pub(crate) mod stats;
mod targets;
mod twice;

pub(crate) use case::{Case, Outcome, Output};
pub(crate) use dataset::{Dataset, LabelKind, Labelled, Labels, rows as dataset_rows};
pub(crate) use journal::{Identity, Journal, Start};
pub(crate) use queue::{Connection, Content, Parting, Queue, Worker};
pub(crate) use result::{CaseResult, Measured, Place};
pub(crate) use runner::{
    Ended, Event, Item, Measurer, Measuring, Run, StopBar, StopRule, Stopped, Streak, answer, run,
};
pub(crate) use shard::Shard;
pub(crate) use targets::{Added, Parts, Question, Target, open as open_target, provided, usual_target};
pub(crate) use twice::{JudgedTwice, Judging, judge_twice};
