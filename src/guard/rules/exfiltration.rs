//! The model is to carry data out of the conversation.

use super::{Hit, Rule, any, chains, hits, within_sentence};
use crate::guard::finding::Severity;
use crate::guard::lexicon::Concept::{Carrier, Prompt, Secret, Send, Target};
use crate::guard::reading::Reading;

pub(super) const RULE: Rule = Rule {
    name: "data_exfiltration",
    severity: Severity::High,
    owasp: "LLM02:2025",
    message: "The text has data of the conversation sent or linked to an address.",
    documentation: "Send, append or embed, something secret or of the conversation, and an address; or an image or link whose address \
        is to carry it.",
    find,
};

fn find(reading: &Reading) -> Vec<Hit> {
    let (send, data, address) = (any(&[Send]), any(&[Secret, Prompt]), any(&[Target, Carrier]));
    let mut all = hits(reading, within_sentence(reading, chains(reading, &[send, data, address], 10)), 0.6);
    all.extend(hits(reading, within_sentence(reading, chains(reading, &[send, address, data], 10)), 0.6));
    all
}
