//! The text pretends that the user's part is over and another voice speaks.

use super::{Hit, Rule, any, chains, hits};
use crate::guard::finding::Severity;
use crate::guard::lexicon::Concept::{
    Markup, Mode, Model, Obey, Override, Prompt, Restriction, Reveal, Setting, Turn, Unrestricted, Unseen, You,
};
use crate::guard::reading::Reading;

pub(super) const RULE: Rule = Rule {
    name: "delimiter_injection",
    severity: Severity::High,
    owasp: "LLM01:2025",
    message: "The text imitates the markup of a chat or a message of the system and then gives orders.",
    documentation: "A token of a chat template, a tag such as </context>, a line such as SYSTEM:, a note to an AI or a part of a page \
        that is not shown, and right behind it an order to drop rules, to obey or to reveal.",
    find,
};

fn find(reading: &Reading) -> Vec<Hit> {
    let sign = any(&[Markup, Turn, Unseen, Setting]);
    let order = any(&[Override, Unrestricted, Obey, Mode, Reveal]);
    let object = any(&[You, Model, Prompt, Restriction, Override, Unrestricted]);
    let mut all = hits(reading, chains(reading, &[sign, order, object], 8), 0.7);
    all.extend(hits(reading, chains(reading, &[sign, object, order], 8), 0.7));
    all
}
