//! Drives the built program in temporary projects, with real components beside it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
mod attack;
#[cfg(unix)]
mod budget;
mod bundle;
mod cache;
mod calibrate;
mod compare;
mod cost;
#[cfg(unix)]
mod deploy;
#[cfg(unix)]
mod diff;
mod docs;
#[cfg(unix)]
mod doctor;
mod estimate;
mod formats;
mod gate;
mod guard;
#[cfg(unix)]
mod imports;
mod ingest;
#[cfg(unix)]
mod init;
mod judge;
#[cfg(unix)]
mod labels;
mod layers;
mod metrics;
mod models;
mod page;
mod pgvector;
mod pipeline;
#[cfg(unix)]
mod prices;
mod prompts;
#[cfg(unix)]
mod push;
mod queue;
mod quickstart;
mod regression;
mod replay;
mod runs;
mod selfcheck;
#[cfg(unix)]
mod signatures;
mod spending;
mod support;
mod targets;
mod trace;
#[cfg(unix)]
mod workflows;
