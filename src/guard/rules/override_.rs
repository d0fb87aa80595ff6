//! The model is told not to follow its instructions any more.

use super::{Hit, Rule, any, chains, hits, within_sentence};
use crate::guard::finding::Severity;
use crate::guard::lexicon::Concept::{All, Instruction, Override, Prior, Prompt, Restriction, You};
use crate::guard::reading::Reading;

pub(super) const RULE: Rule = Rule {
    name: "instruction_override",
    severity: Severity::High,
    owasp: "LLM01:2025",
    message: "The text tells the model to drop the instructions it was given.",
    documentation: "A word such as ignore, forget or bypass, and within a few words the earlier, all or your instructions, rules or \
        filters; in languages with the verb at the end, the other way round. Not where the sentence asks how, forbids it, quotes \
        it, or is about files, programs and colleagues.",
    find,
};

fn find(reading: &Reading) -> Vec<Hit> {
    let (drop, which, what) = (any(&[Override]), any(&[Prior, All, You]), any(&[Instruction, Restriction, Prompt]));
    let mut all = hits(reading, within_sentence(reading, chains(reading, &[drop, which, what], 4)), 0.9);
    all.extend(hits(reading, within_sentence(reading, chains(reading, &[drop, what, any(&[Prior])], 4)), 0.9));
    let mut pointed = within_sentence(reading, chains(reading, &[drop, what], 4));
    pointed.retain(|(_, last)| points_up(&reading.words[reading.mentions[last.0].end..]));
    all.extend(hits(reading, pointed, 0.9));
    if reading.sentences.iter().any(|sentence| !sentence.is_english) {
        all.extend(hits(reading, within_sentence(reading, chains(reading, &[which, what, drop], 4)), 0.9));
    }
    all
}

/// "the instructions above": no concept of its own, for texts that mean their own paragraphs say "above" all the time.
fn points_up(after: &str) -> bool {
    // What stands before the first space is the ending of the word itself.
    after.split(' ').nth(1) == Some("above")
}
