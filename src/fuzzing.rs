//! What `fuzz/` calls, in its builds only: each function panics if what it promises does not hold.

use crate::guard::{Answer, Assessment, Model, OutputPolicy, Policy, check, check_answer, check_document};
use crate::rag::Document;

/// Judges a text as an input and as a document.
pub fn guard_input(text: &str) {
    let policy = Policy::new(0.5, 0.8, None, &["tax advice".to_owned()]);
    places_are_of(text, &check(text, &policy, Model::embedded()));
    let document = Document { title: "Title".to_owned(), body: text.to_owned(), ..Document::default() };
    places_are_of(text, &check_document(&document, &policy, Model::embedded()));
}

/// Judges an answer; what is left of it must not be blocked for what the first look has taken out.
pub fn guard_answer(instructions: &str, text: &str) {
    let policy = OutputPolicy { allowed_hosts: vec!["example.org".to_owned()], ..OutputPolicy::default() };
    let passages = [instructions.to_owned()];
    let answer = Answer {
        text,
        system_prompt: Some(instructions),
        canaries: &["amber-fox-71".to_owned()],
        passages: Some(&passages),
        vault: None,
    };
    let assessment = check_answer(&answer, &policy);
    places_are_of(text, &assessment);
    let again = check_answer(&Answer { text: &assessment.sanitised, ..Answer::default() }, &policy);
    let runs =
        again.findings.iter().find(|finding| finding.rule.starts_with("markup.") || finding.rule == "foreign_image");
    assert!(
        runs.is_none_or(|finding| finding.severity < crate::guard::Severity::High),
        "{runs:?} is left in {:?}",
        assessment.sanitised
    );
}

fn places_are_of(text: &str, assessment: &Assessment) {
    for finding in &assessment.findings {
        assert!(text.get(finding.bytes.clone()).is_some(), "{finding:?} is at no place of the text");
        assert!((0.0..=1.0).contains(&finding.confidence), "{finding:?}");
    }
    assert!(assessment.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
}
