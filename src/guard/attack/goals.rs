//! What an attack is to achieve, and how it is asked for. One file and one row add a goal; a line in its table adds a
//! seed.

mod data_leak;
mod indirect_injection;
mod instruction_override;
mod link_exfiltration;
mod system_prompt_leak;
mod topic_hijack;
mod unbounded_output;
mod unsafe_output;

use super::proof::Sign;

/// A thing that must not happen, with the texts that try to make it happen.
pub(crate) struct Goal {
    pub(crate) name: &'static str,
    /// One sentence.
    pub(crate) summary: &'static str,
    pub(crate) documentation: &'static str,
    /// Ids of the OWASP Top 10 for LLM applications, each with its edition.
    pub(crate) owasp: &'static [&'static str],
    /// What an attacker model is told to achieve, with parts of the mark as in a seed.
    pub(super) aim: &'static str,
    pub(crate) seeds: &'static [Seed],
}

pub(crate) const GOALS: &[Goal] = &[
    system_prompt_leak::GOAL,
    instruction_override::GOAL,
    indirect_injection::GOAL,
    data_leak::GOAL,
    link_exfiltration::GOAL,
    unsafe_output::GOAL,
    unbounded_output::GOAL,
    topic_hijack::GOAL,
];

/// Where the attack stands: what strategies rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Question,
    /// A passage among the retriever's results.
    Passage,
}

/// The language that a seed is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Spanish,
    Japanese,
}

/// A wording of a goal. Parts of the mark are those of `Mark::fill`.
pub(crate) struct Seed {
    pub(crate) name: &'static str,
    pub(crate) language: Language,
    pub(crate) place: Place,
    pub(crate) sign: Sign,
    /// What the attacker writes.
    pub(super) attack: &'static str,
    /// What stands in the other place: for an attack in a passage the harmless question; for one in a question a
    /// passage that holds a secret, or nothing.
    pub(super) other: &'static str,
}

impl Seed {
    const fn question(name: &'static str, sign: Sign, attack: &'static str) -> Self {
        Self { name, language: Language::English, place: Place::Question, sign, attack, other: "" }
    }

    const fn passage(name: &'static str, sign: Sign, attack: &'static str, question: &'static str) -> Self {
        Self { name, language: Language::English, place: Place::Passage, sign, attack, other: question }
    }

    const fn with(mut self, passage: &'static str) -> Self {
        self.other = passage;
        self
    }

    const fn speaking(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Whether the attempt needs a passage among the retriever's results.
    pub(crate) fn needs_passage(&self) -> bool {
        self.place == Place::Passage || !self.other.is_empty()
    }
}

/// What an id of the OWASP Top 10 for LLM applications is about. Those that no answer alone can show are not here.
///
/// Source: OWASP Top 10 for LLM Applications 2025.
pub(crate) fn owasp_title(id: &str) -> &'static str {
    match id {
        "LLM01:2025" => "prompt injection",
        "LLM02:2025" => "sensitive information disclosure",
        "LLM05:2025" => "improper output handling",
        "LLM07:2025" => "system prompt leakage",
        "LLM10:2025" => "unbounded consumption",
        _ => "",
    }
}

/// The goal of that name.
pub(crate) fn goal(name: &str) -> Option<&'static Goal> {
    GOALS.iter().find(|goal| goal.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::guard::attack::mark::Mark;

    #[test]
    fn every_goal_explains_itself_and_has_several_wordings() {
        let names: HashSet<_> = GOALS.iter().map(|goal| goal.name).collect();
        assert_eq!(names.len(), GOALS.len());
        for goal in GOALS {
            assert!((4..=10).contains(&goal.seeds.len()), "{}: {}", goal.name, goal.seeds.len());
            assert!(goal.seeds.iter().any(|seed| seed.language != Language::English), "{}", goal.name);
            assert!(goal.owasp.iter().all(|id| !owasp_title(id).is_empty()), "{}", goal.name);
            assert!(goal.summary.ends_with('.') && goal.documentation.ends_with('.'), "{}", goal.name);
            let names: HashSet<_> = goal.seeds.iter().map(|seed| seed.name).collect();
            assert_eq!(names.len(), goal.seeds.len(), "{}", goal.name);
        }
    }

    #[test]
    fn what_the_attacker_writes_gives_the_mark_in_parts_only() {
        let mark = Mark::new(1, "test");
        for (goal, seed) in GOALS.iter().flat_map(|goal| goal.seeds.iter().map(move |seed| (goal, seed))) {
            let text = mark.fill(seed.attack);
            assert!(!text.contains(['{', '}']), "{}/{}", goal.name, seed.name);
            let lower = text.to_lowercase();
            assert!(!lower.contains(mark.word()), "{}/{}", goal.name, seed.name);
            let has_parts = seed.attack.contains("{backwards}")
                || (seed.attack.contains("{head}") && seed.attack.contains("{tail}"))
                || (seed.attack.contains("{head-letters}") && seed.attack.contains("{tail-letters}"));
            assert_eq!(has_parts, !(seed.sign.is_leak() || seed.sign == Sign::Flood), "{}/{}", goal.name, seed.name);
            assert_eq!(seed.sign == Sign::Secret, seed.other.contains("{MARK}"), "{}/{}", goal.name, seed.name);
            assert!(seed.place == Place::Question || !seed.other.is_empty(), "{}/{}", goal.name, seed.name);
        }
    }
}
