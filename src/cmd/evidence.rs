//! `llmops evidence`: what passed, as a signed statement.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::{configuration_for, output};
use crate::cli::{EvidenceCommand, Global, VerifyEvidence};
use crate::config::{Config, Purpose};
use crate::error::{Error, ExitStatus, Problem, Result};
use crate::evidence::{self, Checked, PrivateKey, Proof};
use crate::file;
use crate::git;
use crate::text::printable;

/// Where a key is put, from the project's folder.
pub(super) const PRIVATE_KEY: &str = ".llmops/evidence.key";
const PUBLIC_KEY: &str = "evals/evidence.pub";

pub(super) fn run(global: &Global, command: &EvidenceCommand) -> Result<ExitStatus> {
    match command {
        EvidenceCommand::Verify(arguments) => verify(global, arguments),
        EvidenceCommand::Key => key(global),
    }
}

fn verify(global: &Global, arguments: &VerifyEvidence) -> Result<ExitStatus> {
    let config = configuration_for(global, Purpose::Offline)?;
    let path = match &arguments.file {
        Some(file) => global.directory.join(file),
        None => config.path(evidence::FILE),
    };
    match evidence::check(&config, &path)? {
        Checked::Valid(proof) => {
            if global.json {
                output::print_json(&value(Some(&proof), &[]))?;
            } else {
                output::print(&text(&proof))?;
            }
            Ok(ExitStatus::Pass)
        }
        Checked::Refused(problems) => {
            if global.json {
                output::print_json(&value(None, &problems))?;
            } else {
                output::problems(&problems);
            }
            Ok(ExitStatus::Failed)
        }
    }
}

fn text(proof: &Proof) -> String {
    let Proof { digest, project, commit, prompts, image, time, signer } = proof;
    let (project, signer) = (printable(project), printable(signer));
    let mut text = format!("{project} passed at commit {commit}\n");
    for prompt in prompts {
        let _ = writeln!(text, "  prompt    {}@{}, content {}", prompt.name, prompt.version, prompt.digest);
    }
    if let Some(image) = image {
        let _ = writeln!(text, "  image     {image}");
    }
    let _ = writeln!(text, "  measured  {time}\n  signed    by {signer}\n  statement {digest}");
    text
}

fn value(proof: Option<&Proof>, problems: &[Problem]) -> serde_json::Value {
    let problem =
        |problem: &Problem| json!({ "place": problem.place, "message": problem.message, "hint": problem.hint });
    json!({
        "valid": proof.is_some(),
        "reasons": problems.iter().map(problem).collect::<Vec<_>>(),
        "proof": proof.map(proven),
    })
}

fn proven(proof: &Proof) -> serde_json::Value {
    let Proof { digest, project, commit, prompts, image, time, signer } = proof;
    let prompts =
        prompts.iter().map(|prompt| json!({ "name": prompt.name, "version": prompt.version, "digest": prompt.digest }));
    json!({
        "statement": digest,
        "project": project,
        "commit": commit,
        "prompts": prompts.collect::<Vec<_>>(),
        "image": image,
        "time": time,
        "signer": signer,
    })
}

/// Makes a key where none is. The public half is not made anew for an old private one: nobody could tell which was meant.
fn key(global: &Global) -> Result<ExitStatus> {
    let root = Config::root_of(&global.directory, global.config.as_deref())?;
    let (private, public) = (root.join(PRIVATE_KEY), root.join(PUBLIC_KEY));
    for (path, shown) in [(&private, PRIVATE_KEY), (&public, PUBLIC_KEY)] {
        if path.exists() {
            return Err(Error::config(format!("{shown} is there already"))
                .hint("a new key makes all evidence of the old one worthless; move both halves away first"));
        }
    }
    let (key, pem) = PrivateKey::generate()?;
    let failed = |path: &Path, error| Error::io("write", path, error);
    file::replace_private(&private, pem.reveal().as_bytes()).map_err(|error| failed(&private, error))?;
    file::replace(&public, key.public().to_pem().as_bytes()).map_err(|error| failed(&public, error))?;
    output::print(&format!(
        "{PRIVATE_KEY} signs: keep it out of git, and give it to CI as the secret LLMOPS_EVIDENCE_KEY\n\
         {PUBLIC_KEY} says whose signature counts: commit it\n"
    ))?;
    if git::top(&root).is_some() && !git::is_ignored(&root, PRIVATE_KEY) {
        output::note(&format!("git does not ignore {PRIVATE_KEY}: echo .llmops/ >> .gitignore"));
    }
    Ok(ExitStatus::Pass)
}
