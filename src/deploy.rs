//! Deployments: only with evidence, one at a time for each environment, and undone where what runs is not what was evaluated.
//!
//! ```text
//! evidence -> Intent -> machine: trigger -> wait -> identity -> smoke -> watch -> labels -> Entry (deployments/ENV.jsonl)
//!                          |  each step's begin and end in the journal (.llmops/deploy/ENV/)
//!                          |  what fails after the trigger: labels and platform go back
//!                          v
//!                       Driver (a platform) + Probe (the running application) + Project (labels, golden cases)
//! ```

mod driver;
mod drivers;
mod identity;
mod journal;
mod machine;
mod process;
mod record;
mod undo;
mod watch;
mod wire;

pub(crate) use driver::{Driver, Order, Release};
pub(crate) use drivers::open as open_driver;
pub(crate) use identity::{Probe, is_commit, short};
pub(crate) use journal::{Intent, Journal, Kind, LabelMove, Step};
pub(crate) use machine::{Machine, Project, Smoked};
pub(crate) use record::{Entry, FOLDER, Outcome, Record};
pub(crate) use watch::Watcher;
