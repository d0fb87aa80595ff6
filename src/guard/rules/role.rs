//! The model is to be somebody else, who has no rules.

use super::{Hit, Rule, any, chains, hits};
use crate::guard::finding::Severity;
use crate::guard::lexicon::Concept::{Mode, Model, New, Restriction, Role, Unrestricted, You};
use crate::guard::reading::Reading;

pub(super) const RULE: Rule = Rule {
    name: "role_hijack",
    severity: Severity::High,
    owasp: "LLM01:2025",
    message: "The text gives the model another role in which its rules do not hold.",
    documentation: "Act as, pretend or you are now, and within a sentence or two an AI or you that has no restrictions, filters or \
        refusals; or a mode, like developer mode, that is on without them. Role play with rules is none.",
    find,
};

fn find(reading: &Reading) -> Vec<Hit> {
    let (role, free) = (any(&[Role]), any(&[Unrestricted]));
    let mut all = hits(reading, chains(reading, &[role, any(&[Model, You]), free], 10), 0.8);
    all.extend(hits(
        reading,
        chains(reading, &[any(&[New, You, Role]), any(&[Mode]), any(&[Unrestricted, Restriction])], 8),
        0.8,
    ));
    all
}
