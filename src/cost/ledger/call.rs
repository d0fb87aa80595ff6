//! One line of the ledger: a call, who made it and why, and what it came to.

use std::sync::Arc;

use crate::cost::{Cost, Usage};

/// Why a model is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Role {
    /// It is under test.
    Target,
    Judge,
    Embedder,
    /// It writes attacks.
    Attacker,
    /// Users of the application, from logs.
    Production,
}

/// Of a prompt version, what reports show and what tells its content from any other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PromptName {
    /// `name@version`
    pub(crate) name: String,
    pub(crate) digest: String,
}

/// What is known of a call before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// In seconds since 1970.
    pub(crate) at: i64,
    pub(crate) project: Arc<str>,
    pub(crate) run: Arc<str>,
    pub(crate) role: Role,
    /// `provider/model`
    pub(crate) model: Arc<str>,
    pub(crate) prompt: Option<Arc<PromptName>>,
}

/// What has become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is under way, or its process was killed: the amount is the most that it may cost.
    Open,
    /// It was answered.
    Answered,
    /// It failed without being billed.
    Failed,
    /// It was sent and its answer never came; it may be billed, and the amount is the most that it may cost.
    Lost,
    /// It was answered from a cache: the amount is what was saved.
    Kept,
}

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) state: State,
    pub(crate) usage: Usage,
    /// `None` if it is not known, which is not the same as nothing.
    pub(crate) usd: Option<Cost>,
    /// How many requests the provider counts; more than one where logs add them up.
    pub(crate) requests: u64,
}

impl Outcome {
    /// Nothing was billed, and nothing is counted.
    pub(crate) const NOT_SENT: Self =
        Self { state: State::Failed, usage: NO_USAGE, usd: Some(Cost::ZERO), requests: 0 };

    pub(crate) fn answered(usage: Usage, usd: Option<Cost>) -> Self {
        Self { state: State::Answered, usage, usd, requests: 1 }
    }

    pub(crate) fn kept(usage: Usage, saved_usd: Option<Cost>) -> Self {
        Self { state: State::Kept, usage, usd: saved_usd, requests: 0 }
    }

    /// The provider answered with an error, which it does not bill. That it is asked too often does not count against
    /// its limit of requests.
    pub(crate) fn refused_with(status: u16) -> Self {
        Self { requests: u64::from(status != 429), ..Self::NOT_SENT }
    }

    /// The same where nobody knows the status.
    pub(crate) fn refused() -> Self {
        Self { requests: 1, ..Self::NOT_SENT }
    }

    pub(super) fn open(most: Option<Cost>) -> Self {
        Self { state: State::Open, usage: NO_USAGE, usd: most, requests: 1 }
    }

    pub(super) fn lost(most: Option<Cost>) -> Self {
        Self { state: State::Lost, ..Self::open(most) }
    }
}

const NO_USAGE: Usage = Usage { input: 0, cached_input: 0, cache_write: 0, cache_write_1h: 0, output: 0, reasoning: 0 };

impl Role {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Target, "target"),
        (Self::Judge, "judge"),
        (Self::Embedder, "embedder"),
        (Self::Attacker, "attacker"),
        (Self::Production, "production"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(role, _)| *role)
    }
}

impl State {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Open, "open"),
        (Self::Answered, "answered"),
        (Self::Failed, "failed"),
        (Self::Lost, "lost"),
        (Self::Kept, "kept"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state)
    }
}
