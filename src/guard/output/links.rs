//! Where an answer leads: to hosts that the project does not know, or to pages that nothing it rests on speaks of.
//!
//! An image is loaded without a click, so that its address carries out whatever a model was made to write into it.

use std::collections::HashSet;

use super::address::{Address, Hosts, Target, resolve};
use super::edit::Edit;
use super::page::{Link, LinkKind, Page};
use super::{Answer, OutputPolicy};
use crate::guard::finding::{Finding, Severity};

pub(super) const FOREIGN_IMAGE: &str = "foreign_image";
pub(super) const FOREIGN_LINK: &str = "foreign_link";
pub(super) const NOT_IN_CONTEXT: &str = "link_not_in_context";

/// What links of an answer are held against.
pub(super) struct Known {
    hosts: Hosts,
    /// `None`: what the answer rests on is not known.
    pages: Option<HashSet<String>>,
}

impl Known {
    pub(super) fn new(answer: &Answer<'_>, policy: &OutputPolicy) -> Self {
        let pages = answer.passages.map(|passages| {
            let texts = passages.iter().map(String::as_str).chain(answer.system_prompt);
            texts.flat_map(pages).collect()
        });
        Self { hosts: Hosts::new(&policy.allowed_hosts), pages }
    }

    fn is_invented(&self, address: &Address) -> bool {
        let is_home = address.is_root && self.hosts.allow(&address.host);
        !is_home && self.pages.as_ref().is_some_and(|pages| !pages.contains(&address.page))
    }
}

/// The pages that a text speaks of, with or without their scheme.
fn pages(text: &str) -> Vec<String> {
    let page = |target: Target| if let Target::Host(address) = target { Some(address.page) } else { None };
    let links = Page::new(text).links.into_iter().filter_map(|link| page(resolve(&link.target)));
    let words =
        text.split(|character: char| character.is_whitespace() || "<>\"'`|()[]{},;「」（）、。".contains(character));
    let words = words.map(|word| word.trim_end_matches(['.', ':', '!', '?', '*', '_']));
    let named = words
        .filter(|word| word.contains('.') && word.len() < 2048)
        .filter_map(|word| page(resolve(&if word.contains("://") { word.to_owned() } else { format!("//{word}") })));
    links.chain(named).collect()
}

/// Findings, and the edits that make the links inert.
pub(super) fn check(page: &Page<'_>, known: &Known, edits: &mut Vec<Edit>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for link in &page.links {
        let Target::Host(address) = resolve(&link.target) else { continue };
        let is_foreign = !known.hosts.allow(&address.host);
        if is_foreign {
            edits.extend(link.edits.iter().cloned());
            findings.push(foreign(link));
        }
        if known.is_invented(&address) && link.kind != LinkKind::Quoted {
            edits.extend(link.edits.iter().cloned());
            findings.push(Finding {
                rule: NOT_IN_CONTEXT,
                severity: Severity::Medium,
                bytes: link.bytes.clone(),
                confidence: 0.8,
                message: "The link stands in nothing that the answer rests on.".to_owned(),
            });
        }
    }
    findings
}

fn foreign(link: &Link) -> Finding {
    let (rule, severity, message) = match link.kind {
        LinkKind::Fetched => (
            FOREIGN_IMAGE,
            Severity::High,
            "An image or another resource of a host that is not allowed is loaded without a click.",
        ),
        LinkKind::Clicked => (FOREIGN_LINK, Severity::Medium, "The answer links to a host that is not allowed."),
        LinkKind::Quoted => {
            (FOREIGN_LINK, Severity::Low, "The answer quotes an address of a host that is not allowed.")
        }
    };
    Finding { rule, severity, bytes: link.bytes.clone(), confidence: 0.95, message: message.to_owned() }
}
