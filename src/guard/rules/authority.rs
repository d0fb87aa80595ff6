//! Somebody claims the right to give other orders.

use super::{Hit, Rule, any, chains, hits, within_sentence};
use crate::guard::finding::Severity;
use crate::guard::lexicon::Concept::{Authority, Instruction, Me, Mode, Override, Prompt, Restriction, Secret, You};
use crate::guard::reading::Reading;

pub(super) const RULE: Rule = Rule {
    name: "authority_claim",
    severity: Severity::Medium,
    owasp: "LLM01:2025",
    message: "The text claims an authority in order to change what the model may do.",
    documentation: "I am the developer, the administrator or the owner, and within a sentence rules that are to be dropped, a mode \
        that is to be entered, or secrets that are to be told.",
    find,
};

fn find(reading: &Reading) -> Vec<Hit> {
    let (authority, change) = (any(&[Authority]), any(&[Override, Mode]));
    let object = any(&[Instruction, Restriction, Prompt, Secret]);
    let own = any(&[Me, You]);
    hits(reading, within_sentence(reading, chains(reading, &[own, authority, change, object], 8)), 0.7)
}
