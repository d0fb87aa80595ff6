//! `llmops` keeps the quality of an LLM application under continuous control. Only [`run`] is public: this is a
//! program, and its contract is its command line, its files and its exit codes.

mod chain;
mod cli;
mod clock;
mod cmd;
mod config;
mod cost;
mod deploy;
mod digest;
mod download;
mod error;
mod eval;
mod evidence;
mod file;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gate;
mod git;
mod guard;
mod http;
mod llm;
mod lockfile;
mod money;
mod postgres;
mod program;
mod prompt;
mod rag;
mod report;
mod ssh;
#[cfg(test)]
mod test_support;
mod text;
mod trace;

pub use error::ExitStatus;

/// Runs the command that the process's arguments ask for and says how it ended.
#[must_use]
pub fn run() -> ExitStatus {
    cmd::run()
}
