//! What a check says.

use crate::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// Works, and may not do what was meant.
    Warning,
    /// Something will fail.
    Problem,
    /// Not looked at.
    Skipped,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) state: State,
    /// Lower case, without a full stop, without secrets.
    pub(super) message: String,
    /// A command or an edit.
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(message: impl Into<String>) -> Self {
        Self { state: State::Ok, message: message.into(), fix: None }
    }

    pub(super) fn skipped(reason: impl Into<String>) -> Self {
        Self { state: State::Skipped, message: reason.into(), fix: None }
    }

    pub(super) fn warning(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Warning, message: message.into(), fix: Some(fix.into()) }
    }

    pub(super) fn problem(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { state: State::Problem, message: message.into(), fix: Some(fix.into()) }
    }

    /// Every problem of an error; its hints are what mends it.
    pub(super) fn of_error(error: &Error) -> Vec<Self> {
        let problem = |problem: crate::error::Problem| Self {
            state: State::Problem,
            message: problem.to_string(),
            fix: problem.hint,
        };
        error.again().problems.into_iter().map(problem).collect()
    }
}
