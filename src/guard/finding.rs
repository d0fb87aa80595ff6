//! What a detector says about a part of a text.

use std::collections::HashMap;
use std::ops::Range;

/// How bad it is if the finding is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Findings of one rule that are reported.
pub(super) const MAX_FINDINGS: usize = 100;

/// Sorts findings by place, the surest first of those at one place. Of findings of one rule inside one another the outer
/// stays, and of each rule no more than anybody reads; says how many of the others there were.
pub(super) fn arrange(findings: &mut Vec<Finding>) -> usize {
    findings.sort_by(|first, second| {
        let places = first.bytes.start.cmp(&second.bytes.start).then(second.bytes.end.cmp(&first.bytes.end));
        let sureness = second.severity.cmp(&first.severity).then(second.confidence.total_cmp(&first.confidence));
        places.then(sureness).then_with(|| first.rule.cmp(second.rule))
    });
    let mut ends: HashMap<(&str, Severity), usize> = HashMap::new();
    findings.retain(|finding| {
        let end = ends.entry((finding.rule, finding.severity)).or_default();
        let is_new = finding.bytes.end > *end || finding.bytes.is_empty();
        *end = finding.bytes.end.max(*end);
        is_new
    });
    let all = findings.len();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.rule).or_default();
        *count += 1;
        *count <= MAX_FINDINGS
    });
    all - findings.len()
}
