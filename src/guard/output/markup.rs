//! Markup that runs, or that asks for something in the name of the page it stands on.
//!
//! What is shown as code is only told: a browser does not run it.

use super::address::{Target, resolve};
use super::edit::Edit;
use super::page::Page;
use crate::guard::finding::{Finding, Severity};
use crate::guard::tag::{Attribute, Tag, unescaped};

/// Elements that run something or put another page into this one, each with its rule.
const ELEMENTS: [(&str, &str); 15] = [
    ("script", SCRIPT),
    ("iframe", FRAME),
    ("frame", FRAME),
    ("portal", FRAME),
    ("fencedframe", FRAME),
    ("object", FRAME),
    ("embed", FRAME),
    ("applet", FRAME),
    ("form", FORM),
    ("input", FORM),
    ("textarea", FORM),
    ("select", FORM),
    ("button", FORM),
    ("isindex", FORM),
    ("base", REDIRECT),
];

pub(super) const SCRIPT: &str = "markup.script";
pub(super) const FRAME: &str = "markup.frame";
pub(super) const FORM: &str = "markup.form";
pub(super) const REDIRECT: &str = "markup.redirect";
pub(super) const HANDLER: &str = "markup.event_handler";
pub(super) const ADDRESS: &str = "markup.script_address";
pub(super) const TANGLED: &str = "markup.tangled";

/// Findings, and the edits that show the markup instead of obeying it.
pub(super) fn check(page: &Page<'_>, edits: &mut Vec<Edit>) -> Vec<Finding> {
    let has_end = page.tags.iter().any(|tag| tag.is_end && tag.name.ends_with("script"));
    let mut findings = Vec::new();
    for tag in &page.tags {
        let Some(rule) = rule(page.text, tag) else { continue };
        let is_code = page.is_code(tag.bytes.start);
        if !is_code {
            edits.push(Edit::new(tag.bytes.start..tag.bytes.start + 1, "&lt;"));
        }
        if tag.is_end {
            continue;
        }
        // A lone `<script>` is somebody who speaks of the element.
        let is_spoken_of = rule == SCRIPT && tag.attributes.is_empty() && !has_end;
        let severity = if is_code {
            Severity::Low
        } else if is_spoken_of {
            Severity::Medium
        } else {
            Severity::High
        };
        findings.push(finding(rule, severity, tag.bytes.clone()));
    }
    let scripts = page.links.iter().filter(|link| !link.edits.is_empty() && resolve(&link.target) == Target::Script);
    for link in scripts {
        edits.extend(link.edits.iter().cloned());
        findings.push(finding(ADDRESS, Severity::High, link.bytes.clone()));
    }
    if page.is_tangled {
        edits.extend(page.text.match_indices('<').map(|(at, _)| Edit::new(at..at + 1, "&lt;")));
        findings.push(finding(TANGLED, Severity::High, 0..page.text.len()));
    }
    findings
}

/// What is wrong with a tag.
fn rule(text: &str, tag: &Tag) -> Option<&'static str> {
    // `svg:script` is a script too.
    let name = tag.name.rsplit(':').next().unwrap_or_default();
    let element = ELEMENTS.iter().find(|(element, _)| *element == name).map(|(_, rule)| *rule);
    // Without a value an element does nothing yet: `<input> <output>` are names of what is to be put in.
    let is_said = |attribute: &Attribute| !attribute.value.is_empty();
    if element == Some(SCRIPT) || (element.is_some() && tag.attributes.iter().any(is_said) && !is_tick(text, tag)) {
        return element;
    }
    let has = |name: &str| tag.attributes.iter().any(|attribute| attribute.name == name);
    if name == "meta" && has("http-equiv") {
        return Some(REDIRECT);
    }
    if tag.attributes.iter().any(is_handler) {
        return Some(HANDLER);
    }
    let runs = tag.attributes.iter().any(|attribute| {
        let value = &text[attribute.value.clone()];
        attribute.name == "srcdoc" || value.contains([':', '&']) && runs(&attribute.name, &unescaped(value))
    });
    runs.then_some(ADDRESS)
}

/// The box of a list of tasks.
fn is_tick(text: &str, tag: &Tag) -> bool {
    let is_box = |attribute: &Attribute| {
        attribute.name == "type" && text[attribute.value.clone()].eq_ignore_ascii_case("checkbox")
    };
    tag.name == "input" && tag.attributes.iter().any(is_box) && !tag.attributes.iter().any(is_handler)
}

/// `onload` and its likes; there is no list that stays complete. Without a value they do nothing.
fn is_handler(attribute: &Attribute) -> bool {
    let name = attribute.name.trim_start_matches(['"', '\'', '`']);
    !attribute.value.is_empty()
        && name.len() >= 5
        && name.starts_with("on")
        && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether a value is an address that runs, or a style that does.
fn runs(name: &str, value: &str) -> bool {
    if name == "style" {
        let style = value.to_ascii_lowercase();
        return ["expression(", "-moz-binding", "behavior:", "javascript:"].iter().any(|word| style.contains(word));
    }
    let letters = value.trim_start_matches(|character: char| character <= ' ');
    let is_script = |written: &str| resolve(written) == Target::Script;
    // An animation has a list of values.
    letters.split(';').take(8).any(is_script)
}

fn finding(rule: &'static str, severity: Severity, bytes: std::ops::Range<usize>) -> Finding {
    let message = match rule {
        SCRIPT => "A script would run where the answer is shown.",
        FRAME => "The answer puts another page or program into the one that shows it.",
        FORM => "A form asks for data in the name of the page that shows it.",
        REDIRECT => "The answer changes where the page that shows it leads or what it loads.",
        HANDLER => "An event handler would run where the answer is shown.",
        ADDRESS => "An address runs a script instead of leading somewhere.",
        _ => "Tags stand inside one another so that nobody can tell what a browser makes of them.",
    };
    let message =
        if severity == Severity::Low { format!("{message} It is shown as code.") } else { message.to_owned() };
    Finding { rule, severity, bytes, confidence: 0.95, message }
}
