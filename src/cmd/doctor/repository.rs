//! Whether git can show what was, and keeps to itself what is secret.

use std::path::Path;

use super::Patient;
use super::finding::Finding;
use crate::cmd::evidence::PRIVATE_KEY;
use crate::config::STATE_FOLDER;
use crate::git;

pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let root = &patient.config.root;
    if git::top(root).is_none() {
        let message = "the project is in no git repository, so nobody notices when a release or its history is edited";
        return vec![Finding::warning(message, "git init")];
    }
    let mut found = Vec::new();
    if git::is_shallow(root) {
        found.push(Finding::problem(
            "the clone is shallow: ledgers and prompts cannot be held against earlier commits",
            "git fetch --unshallow; on GitHub fetch-depth: 0 of actions/checkout, on GitLab the variable GIT_DEPTH: \"0\"",
        ));
    }
    if let Err(error) = git::identity(root) {
        let fix = error.problems.into_iter().find_map(|problem| problem.hint).unwrap_or_default();
        found.push(Finding::warning("git does not know who you are, so you can release and label no prompt", fix));
    }
    found.extend(secret_files(root));
    let names_state = found.iter().any(|finding| finding.message.contains(STATE_FOLDER));
    if !names_state && !git::is_ignored(root, ".llmops/cache.db") {
        let message = "git does not ignore .llmops/, which is state of this machine";
        found.push(Finding::warning(message, "echo .llmops/ >> .gitignore"));
    }
    if found.is_empty() {
        found.push(Finding::ok("git has the whole history, knows you, and ignores .env and .llmops/"));
    }
    found
}

/// Files that hold secrets, and that git has or would take.
fn secret_files(root: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    if git::is_tracked(root, ".env") {
        found.push(Finding::problem(
            "git has .env, so whoever can read the repository has its secrets",
            "git rm --cached .env, add it to .gitignore, and replace every key that is in it",
        ));
    } else if root.join(".env").exists() && !git::is_ignored(root, ".env") {
        found.push(Finding::problem(
            "git does not ignore .env: the next `git add .` commits its secrets",
            "echo .env >> .gitignore",
        ));
    }
    if git::is_tracked(root, PRIVATE_KEY) {
        found.push(Finding::problem(
            format!("git has {PRIVATE_KEY}, so whoever can read the repository can sign evidence"),
            format!(
                "git rm --cached {PRIVATE_KEY}, add .llmops/ to .gitignore, and make another pair: llmops evidence key"
            ),
        ));
    } else if root.join(PRIVATE_KEY).exists() && !git::is_ignored(root, PRIVATE_KEY) {
        found.push(Finding::problem(
            format!("git does not ignore {PRIVATE_KEY}: the next `git add .` commits it"),
            "echo .llmops/ >> .gitignore",
        ));
    }
    found
}
