//! What a project lets through: `[guard]` of its configuration.

use super::finding::{Finding, Severity};
use super::normal::fold_text;
use super::reading::{Reading, words_of};

/// The rule of findings that a project's own list of topics gives.
pub(super) const TOPIC: &str = "forbidden_topic";

pub(super) const TOO_LONG: &str = "too_long";
pub(super) const EMPTY: &str = "empty_input";

/// Limits and lists of a project.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    /// The score from which a text is flagged, and the one from which it is blocked.
    pub(crate) flag_at: f64,
    pub(crate) block_at: f64,
    /// Characters that an input may have; `None` for texts that may be as long as they are.
    pub(crate) max_characters: Option<usize>,
    topics: Vec<Topic>,
}

#[derive(Debug, Clone, PartialEq)]
struct Topic {
    /// As the project writes it.
    name: String,
    /// As texts are compared: each word after one space.
    words: String,
}

impl Policy {
    pub(crate) fn new(flag_at: f64, block_at: f64, max_characters: Option<usize>, topics: &[String]) -> Self {
        let topic = |name: &String| Topic { name: name.clone(), words: format!(" {}", words_of(&fold_text(name))) };
        Self { flag_at, block_at, max_characters, topics: topics.iter().map(topic).collect() }
    }

    /// What is wrong with how long a text is.
    pub(super) fn length(&self, text: &str) -> Option<Finding> {
        let finding = |rule, message: String| Finding {
            rule,
            severity: Severity::Medium,
            bytes: 0..text.len(),
            confidence: 1.0,
            message,
        };
        let max = self.max_characters?;
        if text.trim().is_empty() {
            return Some(finding(EMPTY, "There is nothing in the text.".to_owned()));
        }
        // A character has at most four bytes, so most texts need not be counted.
        let count = if text.len() <= max { 0 } else { text.chars().count() };
        (count > max).then(|| finding(TOO_LONG, format!("The text has {count} characters; {max} are allowed.")))
    }

    /// Where the readings of a text touch on what the project does not talk about.
    pub(super) fn topics(&self, readings: &[Reading]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for topic in &self.topics {
            let places = readings.iter().filter_map(|reading| Some((reading, place(&reading.words, &topic.words)?)));
            findings.extend(places.take(1).map(|(reading, at)| Finding {
                rule: TOPIC,
                severity: Severity::Medium,
                bytes: reading.original(at + 1..at + topic.words.len()),
                confidence: 1.0,
                message: format!("The text is about \"{}\", which the configuration forbids.", topic.name),
            }));
        }
        findings
    }
}

/// Where whole words stand; a script without spaces has none.
fn place(words: &str, topic: &str) -> Option<usize> {
    let unspaced = topic.chars().any(crate::text::is_unspaced_script);
    let wanted = if unspaced { topic.trim_start() } else { topic };
    let ends = |at: usize| unspaced || matches!(words.as_bytes().get(at + wanted.len()), None | Some(b' '));
    let found = words.match_indices(wanted).map(|(at, _)| at).find(|&at| ends(at))?;
    Some(if unspaced { found.saturating_sub(1) } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::normal::visible;

    #[test]
    fn topics_are_whole_words_in_any_case_and_script() {
        let topics = ["Tax advice".to_owned(), "投資".to_owned()];
        let policy = Policy::new(0.5, 0.8, None, &topics);
        let found = |text: &str| policy.topics(&[Reading::new(visible(text).0)]).len();
        assert_eq!(found("Give me TAX\nadvice"), 1);
        assert_eq!(found("おすすめの投資は"), 1);
        assert_eq!(found("syntax advice, tax adviceable"), 0);
    }

    #[test]
    fn length_is_counted_in_characters() {
        let policy = Policy::new(0.5, 0.8, Some(4), &[]);
        assert!(policy.length("äöüß").is_none());
        assert_eq!(policy.length("äöüßx").unwrap().rule, "too_long");
        assert_eq!(policy.length(" \n").unwrap().rule, "empty_input");
        assert!(Policy::new(0.5, 0.8, None, &[]).length("").is_none());
    }
}
