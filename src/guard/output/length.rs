//! Answers that say nothing, and those that do not end.

use super::OutputPolicy;
use crate::guard::finding::{Finding, Severity};
use crate::guard::policy::TOO_LONG;

pub(super) const EMPTY: &str = "empty_output";

/// What is wrong with how long an answer is; `shown` is what a reader sees of it.
pub(super) fn check(text: &str, shown: &str, policy: &OutputPolicy) -> Option<Finding> {
    let finding =
        |rule, message| Finding { rule, severity: Severity::Medium, bytes: 0..text.len(), confidence: 1.0, message };
    if shown.trim().is_empty() {
        return Some(finding(EMPTY, "The answer says nothing.".to_owned()));
    }
    let max = policy.max_characters?;
    // A character has at least one byte, so most answers need not be counted.
    let count = if text.len() <= max { 0 } else { text.chars().count() };
    (count > max).then(|| finding(TOO_LONG, format!("The answer has {count} characters; {max} are allowed.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_in_characters_and_has_to_say_something() {
        let policy = OutputPolicy { max_characters: Some(4), ..OutputPolicy::default() };
        let rule = |text: &str| check(text, text, &policy).map(|finding| finding.rule);
        assert_eq!(rule("äöüß"), None);
        assert_eq!(rule("äöüßx"), Some("too_long"));
        assert_eq!(rule(" \n\t"), Some("empty_output"));
        assert_eq!(check("x", "x", &OutputPolicy::default()), None);
    }
}
