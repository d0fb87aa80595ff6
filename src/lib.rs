//! `llmops` keeps the quality of an LLM application under continuous control.

#![allow(
    dead_code,
    unused_imports,
    reason = "the layers come from the bottom up; the commands that use them come last"
)]

mod clock;
mod config;
mod cost;
mod digest;
mod error;
mod eval;
mod gate;
mod git;
mod llm;
mod prompt;
mod rag;
mod report;
#[cfg(test)]
mod test_support;
mod text;

pub use error::ExitStatus;
