//! Language models: one conversation type, one wire dialect a file, and one client that owns HTTP, retries and limits.
//!
//! ```text
//! Model -> Endpoint (where, which dialect, which key)
//! Request -> dialect.encode -> Exchange -> Transport (limits, attempts, waits, time limit) -> dialect.decode -> Reply
//!                                  | cache: replies of earlier runs
//!                                  | cassette: recorded, or replayed with nothing sent
//! ```

mod billing;
mod cache;
mod cassette;
mod chat;
mod client;
mod endpoint;
mod estimator;
mod exchange;
mod failure;
mod limits;
mod model;
mod providers;
mod retry;
mod traced;
mod transport;

pub(crate) use cache::{CacheStats, Keep, Pruned, prune, stats};
pub(crate) use chat::{
    Finish, Grounding, GroundingPassage, Message, Parameters, Reply, Request, Role, Schema, Token, Withheld,
};
pub(crate) use client::{Answered, Client, HttpCall};
pub(crate) use endpoint::Endpoint;
pub(crate) use estimator::{Amounts, Estimates, Span, usual};
pub(crate) use limits::patient;
pub(crate) use model::Model;
pub(crate) use providers::{LOCAL, PROVIDERS};
