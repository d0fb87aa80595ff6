//! The model is asked for its system prompt, rules or context.

use super::{At, Hit, Rule, any, chains, hits, within_sentence};
use crate::guard::finding::Severity;
use crate::guard::lexicon::Concept::{Prompt, Reveal, Verbatim, You};
use crate::guard::reading::Reading;

pub(super) const RULE: Rule = Rule {
    name: "system_prompt_extraction",
    severity: Severity::High,
    owasp: "LLM07:2025",
    message: "The text asks for the system prompt or other instructions that users are not shown.",
    documentation: "A word such as show, repeat or translate, your, and a name of the system prompt; or such a name that is to be \
        given to the letter. Not where the sentence asks how, forbids it, quotes it, or is about files, programs and colleagues.",
    find,
};

fn find(reading: &Reading) -> Vec<Hit> {
    let (show, your, prompt, exactly) = (any(&[Reveal]), any(&[You]), any(&[Prompt]), any(&[Verbatim]));
    let mut all = hits(reading, within_sentence(reading, chains(reading, &[show, your, prompt], 4)), 0.85);
    all.extend(hits(reading, within_sentence(reading, chains(reading, &[show, prompt, exactly], 5)), 0.85));
    if reading.sentences.iter().any(|sentence| !sentence.is_english) {
        all.extend(hits(reading, within_sentence(reading, chains(reading, &[your, prompt, show], 6)), 0.85));
    }
    // "your system prompt" is one mention, in which no "your" is seen by itself.
    let says_your = |at: At| reading.mentions[at.0].inside.has(You);
    let mut whole = within_sentence(reading, chains(reading, &[show, prompt], 4));
    whole.retain(|(_, last)| says_your(*last));
    let mut turned = within_sentence(reading, chains(reading, &[prompt, show], 6));
    turned.retain(|(first, _)| says_your(*first) && !reading.is_english_at(reading.mentions[first.0].start));
    all.extend(hits(reading, [whole, turned].concat(), 0.6));
    all
}
