//! Prompts: versioned files in `prompts/NAME/VERSION.md`, found by name and version, rendered strictly.

mod bump;
mod bundle;
mod change;
mod diff;
mod evaluation;
pub(crate) mod import;
mod ledger;
mod protection;
mod registry;
mod release;
mod signature;
mod source;
mod template;
mod variable;
mod verify;
mod version;

pub(crate) use bump::{Bump, interface};
pub(crate) use bundle::bundle;
pub(crate) use change::{Change, Changes, changes};
#[cfg(test)]
pub(crate) use diff::Part;
pub(crate) use diff::{Diff, Hunk, Line, Side};
pub(crate) use evaluation::{Evaluation, Score};
pub(crate) use ledger::{Entry, Event, Evidence, History, Writing, email, with_lock};
pub(crate) use protection::{Protection, Record, Wish};
pub(crate) use registry::{
    DRAFT, Folder, LATEST, Selector, find, is_name, latest_version, names, plain_version, versions,
};
pub(crate) use release::{Number, Released, new_draft, release};
pub(crate) use signature::Signer;
pub(crate) use template::Template;
pub(crate) use variable::{Kind, Variable};
pub(crate) use verify::{Verified, verify};
pub(crate) use version::PromptVersion;

/// SHA-256 of a file's text with line ends as Unix has them, so that git may keep others in the work tree.
pub(crate) fn file_digest(content: &[u8]) -> String {
    if !content.contains(&b'\r') {
        return crate::digest::sha256(content);
    }
    let text = String::from_utf8_lossy(content).replace("\r\n", "\n");
    crate::digest::sha256(text.as_bytes())
}
