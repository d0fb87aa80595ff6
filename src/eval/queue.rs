//! A run over many machines: cases and results go through a NATS `JetStream` server.
//!
//! ```text
//! coordinator: feed -> Item -> llmops.cases.<content>.<run> ---> worker: measure (any number of them)
//!              journal <- Row <- llmops.results.<content>.<run> <---/
//! ```
//!
//! `<content>` stands for all that a worker must have in common with the coordinator, `<run>` for the run. A case is
//! acknowledged after the server has its result, so that it is delivered again if its worker dies. A result can come
//! twice; the coordinator takes the first of each row.

mod connection;
mod content;
mod coordinator;
mod inbox;
mod link;
mod message;
mod names;
mod offered;
mod publish;
mod worker;

pub(crate) use connection::Connection;
pub(crate) use content::Content;
pub(crate) use coordinator::{Coordinator, Queue};
pub(crate) use worker::{Parting, Worker};
