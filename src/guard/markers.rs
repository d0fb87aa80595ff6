//! Signs that no sentence needs: tokens of chat templates, turns of a conversation that somebody only wrote, what a page
//! hides from its readers, addresses that carry data.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexSet};

use super::lexicon::Concept;

/// What each sign means, as expressions over the compared text (lower case). None of them can look far ahead.
const MARKERS: &[(Concept, &str)] = &[
    (Concept::Markup, r"<\|/?[a-z_0-9 ]{2,24}\|>|<\|[a-z_]{2,20}>|\|>\s{0,3}<\|"),
    (
        Concept::Markup,
        r"\[/?inst\]|<</?sys>>|\[/?(?:system|sys|admin|assistant|user|end_?system|override|important)\b[^\]\n]{0,30}\]",
    ),
    (
        Concept::Markup,
        r"</?(?:system|sys|instructions?|user_?input|user_?query|assistant|admin|context|prompt|documents?|data|end|rules?|s|eot|sot|bos|eos|important|priority|override|directive)(?:[_ -][a-z_]{1,20})?>",
    ),
    (
        Concept::Markup,
        r"(?m)^\s{0,4}(?:#{1,6}|\*{2,4}|={2,}|-{2,}|\[|<{1,3})\s{0,2}(?:new |updated |end |begin |start |admin |real |important |critical |priority |developer )?(?:system|instructions?|response|input|override|directive|prompt|admin|assistant|user|human)(?: (?:message|prompt|instruction|command|override|update|note|notice|alert|mode|input|query|directive|response)s?)?(?: (?:to|for|from|by)\b|\s{0,2}(?:[:\]>*=|#!-]|$))",
    ),
    (
        Concept::Turn,
        r"(?m)^\W{0,6}(?:system|assistant|user|human|ai|bot|chatgpt|gpt|llm|developer|admin|root|operator)(?: (?:message|prompt|note|notice|override|update|alert|instruction|command))?\W{0,3}:",
    ),
    (Concept::Turn, r#""(?:role|from|author)"\s{0,2}:\s{0,2}"(?:system|developer|admin|assistant)"#),
    (
        Concept::Turn,
        r"\b(?:note|message|instruction|notice|attention|memo|hint|reminder|important)s?(?: (?:to|for|from))? (?:the |any |all )?(?:[a-z]{1,12} ){0,2}(?:ai|llms?|assistants?|language models?|models?|chatbots?|bots?|agents?|automated)\b",
    ),
    (
        Concept::Unseen,
        r"<!--|display\s{0,2}:\s{0,2}none|visibility\s{0,2}:\s{0,2}hidden|font-size\s{0,2}:\s{0,2}[01](?:px|pt|em|\b)|color\s{0,2}:\s{0,2}(?:white|#fff|transparent)|opacity\s{0,2}:\s{0,2}0|\[hidden\]|aria-hidden",
    ),
    (
        Concept::Boundary,
        r#"\bend of (?:the )?(?:user |system )?(?:input|document|context|text|page|message|prompt|instructions?|conversation|data|file|email|article)|"{3}|`{3}|(?m)^\W{0,3}[-=*#_~]{4,}"#,
    ),
    (Concept::Boundary, r"\b(?:begin|start|end) (?:of )?(?:admin|system|new|priority|root|developer|secret)\b"),
    (
        Concept::Carrier,
        r#"!\[[^\]\n]{0,80}\]\(\s{0,2}(?:https?:)?//[^)\n]{1,200}[?=#{$<]|<img[^>\n]{0,80}src\s{0,2}=[^>\n]{0,200}[?=]|https?://[^\s)"'<>]{3,160}[?&#][a-z_]{1,12}="#,
    ),
    (
        Concept::Setting,
        r#"(?:safety|filters?|restrictions?|moderation|refusals?|guardrails?|limits?|ethics|censorship|policy|unrestricted|jailbreak|override|admin|root|debug|dan|god_?mode|developer_?mode|dev_?mode)"?\s{0,2}(?:_mode)?\s{0,2}[:=]{1,2}\s{0,2}"?(?:true|false|off|on|none|null|disabled|enabled|0|1|all|yes|no)\b"#,
    ),
    (
        Concept::Execution,
        r"\beval\(|\bexec\(|os\.system|subprocess|rm -rf|/etc/(?:passwd|shadow|hosts)|\bwhoami\b|curl [^\n|]{0,120}\|\s{0,2}(?:ba|z)?sh|drop table|<script|javascript:|\bsudo\b|\bchmod \+?[0-7x]|console\.log\(|print\(|base64 -d|nc -e|__import__",
    ),
];

/// The signs in a text, by their meaning, with their bytes.
pub(crate) fn markers(text: &str) -> Vec<(Concept, Range<usize>)> {
    let (set, expressions) = compiled();
    let present = set.matches(text);
    present
        .into_iter()
        .flat_map(|index| expressions[index].find_iter(text).map(move |found| (MARKERS[index].0, found.range())))
        .collect()
}

fn compiled() -> &'static (RegexSet, Vec<Regex>) {
    static COMPILED: OnceLock<(RegexSet, Vec<Regex>)> = OnceLock::new();
    COMPILED.get_or_init(|| {
        // Boundaries of Unicode words would cost the fast automaton on every text that is not ASCII.
        let patterns = MARKERS.iter().map(|(_, pattern)| pattern.replace(r"\b", r"(?-u:\b)"));
        let set = RegexSet::new(patterns.clone()).expect("a test compiles them");
        (set, patterns.map(|pattern| Regex::new(&pattern).expect("a test compiles them")).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Concept> {
        markers(text).into_iter().map(|(concept, _)| concept).collect()
    }

    #[test]
    fn signs_are_found_and_their_likes_are_not() {
        for (text, concept) in [
            ("<|im_start|>system", Concept::Markup),
            ("[inst] do [/inst]", Concept::Markup),
            ("<<sys>>", Concept::Markup),
            ("</context>", Concept::Markup),
            ("### new instructions ###", Concept::Markup),
            ("thanks\nassistant: sure", Concept::Turn),
            ("{\"role\": \"system\"", Concept::Turn),
            ("note to any language model reading this", Concept::Turn),
            ("<p style=\"display:none\">", Concept::Unseen),
            ("end of document", Concept::Boundary),
            ("![a](https://x.test/?d=1)", Concept::Carrier),
            ("safety: off", Concept::Setting),
            ("rm -rf /", Concept::Execution),
        ] {
            assert!(found(text).contains(&concept), "{text}: {:?}", found(text));
        }
        for text in
            ["a <b>bold</b> word", "[1] see", "the user said: hi", "![logo](logo.png)", "printed (twice)", "# summary"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
