//! Finds personal data and secrets in a text, and masks them.
//!
//! ```text
//!        ┌─ beginnings and key words, by two automata ──> tokens, e-mail, keys, ... ─┐
//! text ──┤                                                                           ├─> overlap ──> findings
//!        └─ starts of words, by a trie of shapes ───────> cards, IBAN, ids, ... ─────┘                  │
//!                                                                       masked text and places <── Vault
//! ```
//!
//! Every check looks at a bounded stretch of the text, so that the work grows with the text alone. What is written in
//! disguise (other digits, spelled out, encoded) is for `view` to undo first. Left out because no shape tells them
//! apart: names, street addresses, numbers of passports and dates of birth without a word that says so.

mod checksum;
mod context;
mod index;
mod overlap;
mod personal;
mod secret;
mod shape;
mod token;
mod vault;

use std::ops::Range;

use super::{Finding, Severity};
use shape::Sample;
use token::Token;

pub(crate) use vault::{Vault, mask};

/// A sort of personal data or of secret. One file and one row add one; formats of one trade are rows of one table.
pub(crate) struct Kind {
    /// Stable: `pii.email`, `secret.github_token`.
    pub(crate) name: &'static str,
    /// What it is, with its article.
    pub(crate) summary: &'static str,
    /// What stands for it in a masked text: `EMAIL` gives `[EMAIL_1]`. Capitals and `_`, not ending with a digit.
    pub(crate) placeholder: &'static str,
    pub(crate) severity: Severity,
    searches: &'static [Search],
}

/// How a kind is looked for. Each form is told where to look, and none reads further than a bounded stretch.
enum Search {
    /// Where a text stands that tokens begin with, or that is written before them.
    Token(Token),
    /// Where one of these texts stands, in any ASCII case; the function is given their bytes.
    Around(&'static [&'static str], fn(&str, Range<usize>) -> Option<Found>),
    /// Where a word begins something of one of these shapes; the function says how sure it is.
    Shapes(&'static [&'static str], fn(&Sample) -> Option<f64>),
    /// Where a word begins with a byte that the first function takes.
    Words(fn(u8) -> bool, fn(&str, usize) -> Option<Found>),
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    bytes: Range<usize>,
    /// 0 to 1.
    confidence: f64,
}

impl Kind {
    /// Data of a person, from which another severity is a deviation to give in the row.
    const fn personal(
        name: &'static str,
        summary: &'static str,
        placeholder: &'static str,
        searches: &'static [Search],
    ) -> Self {
        Self { name, summary, placeholder, severity: Severity::High, searches }
    }

    /// What lets somebody in.
    const fn secret(
        name: &'static str,
        summary: &'static str,
        placeholder: &'static str,
        searches: &'static [Search],
    ) -> Self {
        Self { name, summary, placeholder, severity: Severity::Critical, searches }
    }

    const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Every kind.
pub(crate) static KINDS: &[&[Kind]] = &[
    &[
        personal::email::KIND,
        personal::phone::KIND,
        personal::card::KIND,
        personal::iban::KIND,
        personal::passport::ZONE,
        personal::passport::NUMBER,
        personal::birth::KIND,
        personal::network::IP_ADDRESS,
        personal::network::MAC_ADDRESS,
    ],
    personal::id::america::KINDS,
    personal::id::commonwealth::KINDS,
    personal::id::middle::KINDS,
    personal::id::south::KINDS,
    personal::id::north::KINDS,
    personal::id::asia::KINDS,
    &[secret::pem::KIND, secret::jwt::KIND, secret::discord::KIND],
    secret::ai::KINDS,
    secret::cloud::KINDS,
    secret::code::KINDS,
    secret::messages::KINDS,
    secret::business::KINDS,
    secret::monitoring::KINDS,
    &[secret::url::KIND, secret::header::KIND],
    secret::assignment::KINDS,
];

/// The kinds of [`KINDS`], one after the other.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> + Clone {
    KINDS.iter().copied().flatten()
}

/// Every piece of personal data and every secret in a text, by position and without overlap.
pub(crate) fn scan(text: &str) -> Vec<Finding> {
    let found = overlap::resolve(index::INDEX.search(text));
    found.into_iter().map(|(kind, found)| kind.finding(found)).collect()
}

/// Every secret in a text, by position.
pub(crate) fn secrets(text: &str) -> Vec<Finding> {
    let mut found = scan(text);
    found.retain(|finding| finding.rule.starts_with("secret."));
    found
}

impl Kind {
    fn finding(&self, found: Found) -> Finding {
        Finding {
            rule: self.name,
            severity: self.severity,
            bytes: found.bytes,
            confidence: found.confidence,
            message: format!("The text holds {}.", self.summary),
        }
    }
}

#[cfg(test)]
mod tests;
