//! The few questions that we ask git. A project outside git, or a machine without it, has no answer.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// Where the project stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    pub(crate) sha: String,
    /// `None` on a detached head, as on most CI machines.
    pub(crate) branch: Option<String>,
    /// Whether tracked files below the project's folder differ from the commit.
    pub(crate) dirty: bool,
    /// The project's folder below the repository's root, with a slash at its end; empty at the root.
    #[serde(default)]
    pub(crate) folder: String,
}

/// The commit that `folder` is on.
pub(crate) fn commit(folder: &Path) -> Option<Commit> {
    let status = ask(folder, &["status", "--porcelain=v2", "--branch", "--untracked-files=no", "."])?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix("# branch.")?.strip_prefix(name));
    let sha = field("oid ").filter(|oid| *oid != "(initial)")?.to_owned();
    let branch = field("head ").filter(|head| *head != "(detached)").map(str::to_owned);
    let dirty = status.lines().any(|line| !line.starts_with('#'));
    let folder = ask(folder, &["rev-parse", "--show-prefix"])?.trim_end().to_owned();
    Some(Commit { sha, branch, dirty, folder })
}

fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    if output.status.success() { String::from_utf8(output.stdout).ok() } else { None }
}
