//! Evidence: a signed statement of what passed the gate, by digest, and what it takes to trust one.
//!
//! ```text
//! Report, stages ──> Statement (in-toto, test-result) ──> Signing ──> Envelope (DSSE) ──> llmops/evidence.json
//!                                                                                               │
//!                       Proof <── this commit, these contents, fresh enough <── Trust <──────── ┘
//! ```

mod check;
mod envelope;
mod key;
mod signing;
mod statement;
mod trust;

pub(crate) use check::{Checked, Proof, ProvenPrompt, check};
pub(crate) use key::PrivateKey;
pub(crate) use signing::Signing;
pub(crate) use statement::{Passed, Statement};

/// Where every pipeline that passes leaves it, in the project's folder.
pub(crate) const FILE: &str = "llmops/evidence.json";
/// What SSH signatures of evidence are made for.
const NAMESPACE: &str = "llmops-evidence";

use std::path::Path;

use crate::config::{Config, TargetKind};
use crate::error::Result;
use crate::git;

/// The files that differ from the commit, of those that an evaluation can depend on. Reports, and lines that are added to ledgers
/// while something is deployed, are none.
pub(crate) fn changed(config: &Config) -> Result<Vec<String>> {
    let Config { eval, retrieval, gate, evidence, .. } = config;
    let mut read: Vec<&str> = vec![&eval.dataset.value, &retrieval.documents.value, &gate.regression.baseline.value];
    read.push(&config.file);
    // Whose word counts is a matter of the commit too.
    read.extend(evidence.public_keys.iter().chain(&evidence.signers).map(|file| file.value.as_str()));
    let mut searched = vec!["prompts"];
    searched.extend(&read);
    if config.target.kind == TargetKind::Command {
        // Any file may be a part of the program.
        searched.push(".");
    }
    let mut changed = git::differing(&config.root, &searched)?;
    changed.retain(|file| !is_written_by_us(file) || read.iter().any(|read| Path::new(file).starts_with(read)));
    Ok(changed)
}

fn is_written_by_us(file: &str) -> bool {
    let path = Path::new(file);
    let is_ledger = path.starts_with("prompts") && path.ends_with("ledger.jsonl");
    is_ledger || ["llmops", "deployments", ".llmops"].iter().any(|folder| path.starts_with(folder))
}
