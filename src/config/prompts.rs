//! `[prompts]`: who may move which label, and whether it must be signed.

use super::Located;
use super::document::{Document, Section};

/// What holds for the history of every prompt.
pub(crate) struct Prompts {
    /// Whether new lines of ledgers are signed.
    pub(crate) sign: bool,
    /// The allowed-signers file, from the project's folder; without it no signature is looked at.
    pub(crate) signers: Option<Located<String>>,
    /// The protected labels, in the order of the file.
    pub(crate) labels: Vec<LabelRule>,
}

/// `[prompts.labels.NAME]`: what a version must have before the label may mean it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LabelRule {
    pub(crate) name: String,
    /// People other than the author who approved exactly this content.
    pub(crate) approvals: usize,
    /// A passing evaluation of exactly this content.
    pub(crate) evidence: bool,
}

impl Prompts {
    /// The rule of a label; `None` if anybody may move it anywhere.
    pub(crate) fn rule(&self, label: &str) -> Option<&LabelRule> {
        self.labels.iter().find(|rule| rule.name == label)
    }
}

/// Whether a label may have this name: it must not look like a version, nor be a word that means one.
pub(crate) fn is_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let number = name.strip_prefix(['v', 'V']).unwrap_or(name);
    let is_number = semver::Version::parse(number).is_ok() || number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    begins && name.chars().all(plain) && !is_number && !matches!(name, "latest" | "draft")
}

/// What a label may be called, for hints.
pub(crate) const LABEL_HINT: &str =
    "letters, digits, `_`, `-` and `.`, for example production; not latest, draft or a version's number";

pub(super) fn read(section: &Section, document: &Document) -> Prompts {
    let sign = section.boolean("sign").map(|sign| sign.value);
    let signers = section.string("signers");
    let all = section.section("labels");
    let mut labels = Vec::new();
    for (name, table) in all.sections() {
        let line = all.line_of(&name);
        if !is_label(&name) {
            document.report(line, format!("\"{name}\" cannot be the name of a label"), Some(LABEL_HINT.into()));
        }
        let approvals = table.integer("approvals", 0..=20).unwrap_or(1);
        let evidence = table.boolean("evidence").is_none_or(|evidence| evidence.value);
        if approvals == 0 && !evidence {
            let message = format!("{} protects nothing", all.path(&name));
            document.report(line, message, Some("ask for approvals or evidence, or remove the section".into()));
        }
        table.finish();
        labels.push(LabelRule { name, approvals, evidence });
    }
    all.finish();
    section.finish();
    // Signatures that nobody makes could never hold.
    let sign = sign.unwrap_or(signers.is_some());
    Prompts { sign, signers, labels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_word_that_no_version_could_be() {
        for name in ["production", "Canary-2", "eu.west", "_x", "2nd", "v-next"] {
            assert!(is_label(name), "{name}");
        }
        for name in ["", "latest", "draft", "1.2.0", "v1.2.0", "1.2", "2", "v3", "a b", "-x", ".x", "a/b", "é"] {
            assert!(!is_label(name), "{name}");
        }
    }
}
