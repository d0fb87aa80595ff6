//! The record and the ledgers of the prompts, committed and pushed: these files and no others.

use super::Tools;
use crate::deploy::{Entry, Outcome, short};
use crate::error::{Error, Result};
use crate::git;

/// How often somebody else may be faster.
const TRIES: usize = 3;

/// The files that a deployment changes, from the project's folder.
pub(super) fn paths(entry: &Entry, record: &str) -> Vec<String> {
    let ledgers = entry.prompts.iter().map(|prompt| format!("prompts/{}/ledger.jsonl", prompt.name));
    std::iter::once(record.to_owned()).chain(ledgers).collect()
}

/// The branch that the record is pushed to.
pub(super) fn branch(tools: &Tools<'_>) -> Result<String> {
    if let Some(branch) = &tools.deploy.branch {
        return Ok(branch.clone());
    }
    let current = git::commit(&tools.config.root).and_then(|commit| commit.branch);
    // A job of CI works on no branch, and is told which one it is about.
    let told = || {
        let names: &[&str] = if tools.config.env.get("GITHUB_REF_TYPE") == Some("tag") {
            &["CI_COMMIT_BRANCH"]
        } else {
            &["GITHUB_REF_NAME", "CI_COMMIT_BRANCH"]
        };
        tools.config.env.first(names).map(|(_, name)| name.to_owned())
    };
    current.or_else(told).ok_or_else(|| {
        Error::config("deploy.push is on, and it is not known to which branch")
            .hint("set deploy.branch, for example to \"main\"")
    })
}

/// Commits and pushes what the deployment changed; gives the branch.
pub(super) fn push(tools: &Tools<'_>, entry: &Entry, record: &str) -> Result<String> {
    let branch = branch(tools)?;
    let root = &tools.config.root;
    let files = paths(entry, record);
    let send_by_hand = format!("git pull --rebase origin {branch} && git push origin HEAD:{branch}");
    let by_hand = format!("by hand: git add {} && git commit -m \"deployments\" && {send_by_hand}", files.join(" "));
    let failed = |what: &str, why: String| {
        Error::unavailable(format!("the deployment is done, and its record is not pushed: {what}: {why}"))
    };
    let files: Vec<&str> = files.iter().map(String::as_str).filter(|file| root.join(file).exists()).collect();
    let run = |arguments: &[&str]| git::act(root, arguments);
    run(&[&["add", "--"], &files[..]].concat()).map_err(|why| failed("git add", why).hint(&by_hand))?;
    let changed = run(&[&["diff", "--cached", "--name-only", "--"], &files[..]].concat());
    let sent = || send(&run, &branch, &failed).map_err(|error| error.hint(format!("by hand: {send_by_hand}")));
    if changed.map_err(|why| failed("git diff", why))?.is_empty() {
        return sent().map(|()| branch.clone());
    }
    let what = match entry.outcome {
        Outcome::Deployed => "runs",
        Outcome::Returned => "is back at",
        Outcome::RolledBack | Outcome::Failed => "did not get",
    };
    let commit = if entry.outcome == Outcome::Returned { &entry.runs } else { &entry.commit };
    let message = format!("deployments: {} {what} {} [skip ci]", tools.deploy.environment, short(commit));
    run(&[&["commit", "--quiet", "--only", "-m", &message, "--"], &files[..]].concat())
        .map_err(|why| failed("git commit", why).hint(&by_hand))?;
    sent().map(|()| branch.clone())
}

type Git<'a> = &'a dyn Fn(&[&str]) -> std::result::Result<String, String>;

/// Pushes, and where somebody else was faster, after what they pushed.
fn send(run: Git<'_>, branch: &str, failed: &dyn Fn(&str, String) -> Error) -> Result<()> {
    let target = format!("HEAD:{branch}");
    let mut last = String::new();
    for _ in 0..TRIES {
        match run(&["push", "--quiet", "origin", &target]) {
            Ok(_) => return Ok(()),
            Err(why) => last = why,
        }
        run(&["fetch", "--quiet", "origin", branch]).map_err(|why| failed("git fetch", why))?;
        if let Err(why) = run(&["rebase", "--quiet", "--autostash", "FETCH_HEAD"]) {
            let _ = run(&["rebase", "--abort"]);
            let why = format!("others have written to the same ledger or record meanwhile: {why}");
            return Err(failed("git rebase", why));
        }
    }
    Err(failed("git push", last))
}
