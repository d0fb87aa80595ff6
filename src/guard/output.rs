//! The output validator: what a model says, before anybody or anything reads it.
//!
//! ```text
//! answer ─┬─ decode ──> readings ──> prompt leak, content, encoded secrets ─┐
//!         └─ shown: without escapes and hidden characters                   ├─> findings ──> allowed | flagged | blocked
//!              └─> page: links, markup ──> data of persons, secrets ────────┘
//!                    └─ edits, masks ──> sanitised
//! ```

mod address;
mod edit;
mod length;
mod links;
mod markup;
mod page;
mod personal;
mod prompt_leak;
mod terminal;

use super::content::content;
use super::decode::{Readings, readings};
use super::finding::{Finding, Severity, arrange};
use super::input::{Action, Assessment};
use super::reading::Reading;
use super::sensitive::{self, Vault};
use super::view::View;
use edit::{Edit, apply};
use links::Known;
pub(super) use page::Page;
use terminal::{Shown, shown};

/// What an answer is held against.
#[derive(Clone, Copy, Default)]
pub(crate) struct Answer<'a> {
    pub(crate) text: &'a str,
    /// The instructions that the model was given; they must not come out.
    pub(crate) system_prompt: Option<&'a str>,
    /// Texts that stand in the instructions only to be recognised.
    pub(crate) canaries: &'a [String],
    /// What the answer rests on: passages and the question. `None`: not known, so links cannot be held against it.
    pub(crate) passages: Option<&'a [String]>,
    /// What was masked in what the model was given; its placeholders are put back.
    pub(crate) vault: Option<&'a Vault>,
}

/// What a project lets out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OutputPolicy {
    /// Hosts that answers may link to and load from, each with what is below it; `*` is every host.
    pub(crate) allowed_hosts: Vec<String>,
    /// Characters that an answer may have; `None` for as many as it likes.
    pub(crate) max_characters: Option<usize>,
    /// Personal data that the passages or the question hold is not masked: a public address of the company, say.
    pub(crate) keeps_known_data: bool,
}

/// The names that findings of an answer have, beside those of personal data, secrets and harmful content.
pub(crate) const OUTPUT_RULES: &[(&str, &str)] = &[
    (prompt_leak::RULE, "the answer gives away its instructions, or a text that stands there only to be recognised"),
    (
        links::FOREIGN_IMAGE,
        "an image or another resource of a host that is not allowed, which is loaded without a click",
    ),
    (links::FOREIGN_LINK, "a link to a host that is not allowed"),
    (links::NOT_IN_CONTEXT, "a link that stands in nothing that the answer rests on"),
    (markup::SCRIPT, "a script that would run where the answer is shown"),
    (markup::FRAME, "another page or program inside the one that shows the answer"),
    (markup::FORM, "a form that asks for data in the name of the page that shows it"),
    (markup::REDIRECT, "markup that changes where the page leads or what it loads"),
    (markup::HANDLER, "an event handler that would run where the answer is shown"),
    (markup::ADDRESS, "an address that runs a script"),
    (markup::TANGLED, "tags inside one another, of which nobody can tell what a browser makes"),
    (terminal::ESCAPE, "escape sequences, which command a terminal"),
    (terminal::CONTROL, "control characters"),
    (terminal::DIRECTION, "marks that turn the direction of writing"),
    (length::EMPTY, "an answer that says nothing"),
];

/// How often what an edit has put together is looked at again.
const ROUNDS: usize = 4;

/// What all views that are read may add up to: a multiple of the answer, and all of them if it is short.
const MAX_READ: usize = 3;
const SHORT: usize = 1 << 18;

/// Judges what a model says. There is no score: an answer is held against what it must not hold.
pub(crate) fn check_answer(answer: &Answer<'_>, policy: &OutputPolicy) -> Assessment {
    let text = answer.text;
    let passages = answer.passages.unwrap_or_default();
    let Readings { views, hidden } = readings(text);
    let shown = shown(text, &hidden);
    let mut edits = Vec::new();
    let known = Known::new(answer, policy);
    let mut findings = page_findings(&shown.view.text, &known, &mut edits);
    findings.extend(personal::scan(&shown.view.text, passages));
    for finding in &mut findings {
        finding.bytes = shown.view.original(finding.bytes.clone());
    }
    let encoded = personal::encoded(text, &views);
    let readings = read(views, text.len());
    let leaks = prompt_leak::check(answer, &readings);
    edits.extend(encoded.iter().map(|finding| Edit::new(shown.of_original(&finding.bytes), "(removed)")));
    edits.extend(leaks.iter().map(|finding| Edit::new(shown.of_original(&finding.bytes), "(removed)")));
    findings.extend(length::check(text, &shown.view.text, policy));
    findings.extend(encoded.into_iter().chain(leaks).chain(content(&readings)));
    let sanitised = sanitised(&shown, edits, &known, (answer, policy));
    findings.extend(shown.findings);
    let action = findings.iter().map(action).max().unwrap_or(Action::Allowed);
    let more = arrange(&mut findings);
    Assessment { action, score: None, findings, more, sanitised }
}

/// The views as detectors read them, the first ones of a long answer that is full of notations.
fn read(views: Vec<View>, length: usize) -> Vec<Reading> {
    let mut left = length * MAX_READ + SHORT;
    let affordable = views.into_iter().take_while(|view| {
        let is_affordable = view.text.len() <= left;
        left = left.saturating_sub(view.text.len());
        is_affordable
    });
    affordable.map(Reading::new).collect()
}

fn page_findings(text: &str, known: &Known, edits: &mut Vec<Edit>) -> Vec<Finding> {
    let page = Page::new(text);
    let mut findings = links::check(&page, known, edits);
    findings.extend(markup::check(&page, edits));
    findings
}

/// What one finding calls for. Data of persons is masked, which is why it does not block.
fn action(finding: &Finding) -> Action {
    match finding.severity {
        Severity::Critical => Action::Blocked,
        Severity::High if !finding.rule.starts_with("pii.") => Action::Blocked,
        Severity::High | Severity::Medium => Action::Flagged,
        Severity::Low => Action::Allowed,
    }
}

/// The answer with all edits, with personal data and secrets masked, and with what was masked before put back.
fn sanitised(
    shown: &Shown,
    mut edits: Vec<Edit>,
    known: &Known,
    (answer, policy): (&Answer<'_>, &OutputPolicy),
) -> String {
    let mut text = shown.view.text.clone();
    // What stands on both sides of an edit may be a link or a tag together.
    for _ in 0..ROUNDS {
        if edits.is_empty() {
            break;
        }
        text = apply(&text, std::mem::take(&mut edits));
        page_findings(&text, known, &mut edits);
    }
    if !edits.is_empty() {
        text = text.replace('<', "&lt;").replace("](", "] (").replace("]:", "] :").replace("//", "/ /");
    }
    let mut found = personal::scan(&text, answer.passages.unwrap_or_default());
    found.retain(|finding| !(policy.keeps_known_data && finding.severity == Severity::Low));
    answer.vault.map_or_else(|| sensitive::mask(&text, &found).text, |vault| vault.answered(&text, &found))
}

#[cfg(test)]
mod tests;
