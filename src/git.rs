//! The few questions that we ask git. A project outside git, or a machine without it, has no answer.

use std::path::{Component, Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

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

/// Where `folder` left the history of `reference`: the commit that both have last in common.
pub(crate) fn merge_base(folder: &Path, reference: &str) -> Result<String> {
    if ask(folder, &["rev-parse", "--is-inside-work-tree"]).is_none() {
        return Err(Error::config("the project is in no git repository, or git is not installed"));
    }
    let commit = format!("{reference}^{{commit}}");
    let Some(commit) = ask(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) else {
        return Err(Error::config(format!("git knows no \"{reference}\""))
            .hint("name a branch, a tag or a commit; in CI, fetch it first, for example with `fetch-depth: 0`"));
    };
    match ask(folder, &["merge-base", "HEAD", commit.trim()]) {
        Some(base) => Ok(base.trim().to_owned()),
        None => Err(Error::config(format!("git knows no commit that HEAD and \"{reference}\" have in common"))
            .hint("in CI, fetch the whole history, for example with `fetch-depth: 0`")),
    }
}

/// The commits before this one; none in a shallow clone that ends here.
pub(crate) fn parents(folder: &Path, commit: &str) -> Vec<String> {
    let names = ask(folder, &["rev-parse", &format!("{commit}^@")]).unwrap_or_default();
    names.lines().map(str::to_owned).collect()
}

/// Who works here, as commits would say it: `Name <address>`.
pub(crate) fn identity(folder: &Path) -> Result<String> {
    let known = ask(folder, &["var", "GIT_AUTHOR_IDENT"]);
    // Then come a time and a zone.
    let who = known.and_then(|known| known.rfind('>').map(|end| known[..=end].to_owned()));
    who.ok_or_else(|| {
        Error::config("git does not know who you are, and the ledger names who did what")
            .hint("git config user.name \"...\" and git config user.email \"...\"")
    })
}

/// What signs commits, and so whatever else somebody puts a name to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SigningKey {
    /// The private key, or the public one whose other half is beside it or with an agent.
    File(PathBuf),
    /// The public key itself; the private one is with an agent.
    Literal(String),
}

/// The SSH key that git signs with (`gpg.format = ssh`, `user.signingkey`).
pub(crate) fn signing_key(folder: &Path) -> Result<SigningKey> {
    const HINT: &str = "git config gpg.format ssh and git config user.signingkey ~/.ssh/id_ed25519.pub; prompts.sign = false signs nothing";
    let format = ask(folder, &["config", "--get", "gpg.format"]).unwrap_or_default();
    let key = ask(folder, &["config", "--type=path", "--get", "user.signingkey"]).unwrap_or_default();
    let (format, key) = (format.trim(), key.trim_end_matches('\n'));
    if format != "ssh" || key.is_empty() {
        let what = if format == "ssh" { "user.signingkey is not set" } else { "gpg.format is not \"ssh\"" };
        return Err(Error::config(format!("git has no SSH key to sign with: {what}")).hint(HINT));
    }
    if let Some(literal) = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(key)) {
        return Ok(SigningKey::Literal(literal.to_owned()));
    }
    // As git does it, from the top of the work tree.
    let top = ask(folder, &["rev-parse", "--show-toplevel"]).unwrap_or_default();
    let path = Path::new(top.trim_end_matches('\n')).join(key);
    if path.is_file() {
        return Ok(SigningKey::File(path));
    }
    Err(Error::config(format!("there is no key {}, which git's user.signingkey names", path.display())).hint(HINT))
}

/// The files below `path` of `folder` that differ between a commit and the work tree, with those that are new to git, as seen from
/// `folder`.
pub(crate) fn changed(folder: &Path, commit: &str, path: &str) -> Result<Vec<String>> {
    let tracked = &["diff", "--name-only", "--relative", "--no-renames", "-z", commit, "--", path];
    let mut files = list(folder, tracked)?;
    files.extend(list(folder, &["ls-files", "--others", "--exclude-standard", "-z", "--", path])?);
    Ok(files)
}

/// The files of git below `folder`, and those at or below some paths whether git knows them or not, that differ from the commit. What is
/// ignored does not, and a path outside the repository is none of git's. Git is not believed that a file need not be looked at.
pub(crate) fn differing(folder: &Path, paths: &[&str]) -> Result<Vec<String>> {
    let mut files = list(folder, &["diff", "--name-only", "--relative", "--no-renames", "-z", "HEAD"])?;
    files.extend(passed_over(folder)?);
    let top = one_line(folder, &["rev-parse", "--show-cdup"]).unwrap_or_default();
    for path in paths {
        // As seen from the folder, which a path need not lie in.
        files.extend(
            names(folder, &["ls-files", "--others", "--exclude-standard", "-z", "--", path])?.unwrap_or_default(),
        );
        if Path::new(path).is_absolute() || Path::new(path).components().any(|part| part == Component::ParentDir) {
            let changed = ["diff", "--name-only", "--no-relative", "--no-renames", "-z", "HEAD", "--", path];
            let changed = names(folder, &changed)?.unwrap_or_default();
            files.extend(changed.into_iter().map(|file| format!("{top}{file}")));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files below `folder` that git was told to take for unchanged (`update-index --assume-unchanged`, `--skip-worktree`) and that
/// differ from the commit. One that is not there, because only a part is checked out, does not.
fn passed_over(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let failed = || Error::unavailable("`git ls-files -v` failed");
    let known = answer(folder, &["ls-files", "-v", "-z"]).ok_or_else(failed)?;
    for line in String::from_utf8_lossy(&known).split('\0') {
        let Some((tag, file)) = line.split_once(' ') else { continue };
        let is_skipped = tag.eq_ignore_ascii_case("s");
        if !is_skipped && !tag.bytes().all(|letter| letter.is_ascii_lowercase()) {
            continue;
        }
        if is_skipped && !folder.join(file).exists() {
            continue;
        }
        let here = one_line(folder, &["hash-object", "--", file]);
        let committed = one_line(folder, &["rev-parse", &format!("HEAD:./{file}")]);
        if here.is_none() || here != committed {
            files.push(file.to_owned());
        }
    }
    Ok(files)
}

/// The files below `path` of `folder` in a commit, as seen from `folder`.
pub(crate) fn files(folder: &Path, commit: &str, path: &str) -> Result<Vec<String>> {
    list(folder, &["ls-tree", "-r", "--name-only", "-z", commit, "--", path])
}

/// The files that differ between two commits, as seen from the top of the repository; `None` if one of them is not here.
pub(crate) fn between(folder: &Path, from: &str, to: &str) -> Option<Vec<String>> {
    list(folder, &["diff", "--name-only", "--no-renames", "--no-relative", "-z", from, to, "--"]).ok()
}

/// Does something in the repository; what git says if it cannot, without the credentials of an address.
pub(crate) fn act(folder: &Path, arguments: &[&str]) -> std::result::Result<String, String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).env("GIT_TERMINAL_PROMPT", "0").output();
    let output = output.map_err(|error| format!("git cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(without_credentials(String::from_utf8_lossy(&output.stderr).trim()))
}

/// `https://user:password@host` as `https://***@host`.
fn without_credentials(text: &str) -> String {
    let mut rest = text;
    let mut shown = String::new();
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                shown.push_str("***");
                &after[sign..]
            }
            None => after,
        };
    }
    shown + rest
}

/// What a file of `folder` holds in a commit.
pub(crate) fn show(folder: &Path, commit: &str, file: &str) -> Result<String> {
    let object = format!("{commit}:./{file}");
    ask(folder, &["show", &object]).ok_or_else(|| Error::unavailable(format!("git cannot show {object}")))
}

/// The folder that holds the whole repository; `None` outside one.
pub(crate) fn top(folder: &Path) -> Option<PathBuf> {
    one_line(folder, &["rev-parse", "--show-toplevel"]).map(PathBuf::from)
}

/// The address of the remote `origin`, or of the only other one.
pub(crate) fn remote(folder: &Path) -> Option<String> {
    let origin = one_line(folder, &["remote", "get-url", "origin"]);
    origin.or_else(|| {
        let names = one_line(folder, &["remote"])?;
        one_line(folder, &["remote", "get-url", &names])
    })
}

/// The branch that others begin from, as the remote says, or the one that is checked out where nobody says.
pub(crate) fn default_branch(folder: &Path) -> Option<String> {
    let head = one_line(folder, &["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    match head.as_deref().and_then(|head| head.strip_prefix("origin/")) {
        Some(branch) => Some(branch.to_owned()),
        None => one_line(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]),
    }
}

/// Whether git would pass over a file of `folder` that is there, or could be.
pub(crate) fn is_ignored(folder: &Path, file: &str) -> bool {
    ask(folder, &["check-ignore", "--quiet", "--no-index", "--", file]).is_some()
}

/// Whether the repository has a file of `folder`.
pub(crate) fn is_tracked(folder: &Path, file: &str) -> bool {
    ask(folder, &["ls-files", "--error-unmatch", "--", file]).is_some()
}

/// Whether the history ends before its beginning, as in a clone with `--depth`.
pub(crate) fn is_shallow(folder: &Path) -> bool {
    one_line(folder, &["rev-parse", "--is-shallow-repository"]).is_some_and(|answer| answer == "true")
}

/// An answer that is one line.
fn one_line(folder: &Path, arguments: &[&str]) -> Option<String> {
    let answer = ask(folder, arguments)?;
    let answer = answer.trim_end_matches(['\n', '\r']);
    (!answer.is_empty() && !answer.contains('\n')).then(|| answer.to_owned())
}

fn list(folder: &Path, arguments: &[&str]) -> Result<Vec<String>> {
    let failed = || Error::unavailable(format!("`git {}` failed", arguments.join(" ")));
    names(folder, arguments)?.ok_or_else(failed)
}

/// The names of an answer, each with a zero byte at its end; `None` if git fails.
fn names(folder: &Path, arguments: &[&str]) -> Result<Option<Vec<String>>> {
    let Some(answer) = answer(folder, arguments) else { return Ok(None) };
    let names = String::from_utf8(answer).map_err(|error| {
        Error::unavailable("git names a file whose name is not UTF-8").source(error).hint("rename the file")
    })?;
    Ok(Some(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
}

fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    String::from_utf8(answer(folder, arguments)?).ok()
}

fn answer(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then_some(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_holds_no_credentials() {
        let cases = [
            ("fatal: https://me:secret@host/a failed", "fatal: https://***@host/a failed"),
            ("to ssh://git@host and http://x", "to ssh://***@host and http://x"),
            ("nothing", "nothing"),
            ("https://host/a@b", "https://host/a@b"),
        ];
        for (said, shown) in cases {
            assert_eq!(without_credentials(said), shown);
        }
    }
}
