//! What a detector says about a part of a text.

use std::ops::Range;

/// How bad it is if the finding is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Worth knowing: a disguise without a message, an odd character.
    Low,
    /// Suspicious by itself, harmless in some contexts.
    Medium,
    /// An attack on the application, or data of a person.
    High,
    /// A secret that lets somebody in.
    Critical,
}

impl Severity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// One thing that was found, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    /// What found it, by its stable name, like `instruction_override` or `pii.email`.
    pub(crate) rule: &'static str,
    pub(crate) severity: Severity,
    /// The bytes of the original text, on character boundaries.
    pub(crate) bytes: Range<usize>,
    /// How sure it is, from 0 to 1.
    pub(crate) confidence: f64,
    /// One sentence for people, without the text itself: findings are logged.
    pub(crate) message: String,
}
