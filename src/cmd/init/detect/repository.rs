//! The git repository that a folder lies in, and whose CI it uses.

use std::path::{Path, PathBuf};

use crate::cli::Forge;
use crate::git;

pub(in crate::cmd::init) struct Repository {
    /// The folder that CI looks for its files in: the repository's root, or the folder itself outside of git.
    pub(in crate::cmd::init) top: PathBuf,
    /// The project's folder below it, without a slash at its end; empty at the root.
    pub(in crate::cmd::init) folder: String,
    pub(in crate::cmd::init) is_git: bool,
    pub(in crate::cmd::init) branch: String,
    /// What the remote or the files of a CI system say; `None` if nothing does.
    pub(in crate::cmd::init) forge: Option<Forge>,
    /// Whether `.gitlab-ci.yml` is there.
    pub(in crate::cmd::init) has_pipeline: bool,
}

impl Repository {
    pub(super) fn of(root: &Path) -> Self {
        let top = git::top(root);
        let is_git = top.is_some();
        let absolute = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let below =
            top.as_ref().and_then(|top| absolute.strip_prefix(top.canonicalize().ok()?).ok().map(Path::to_owned));
        let folder = below.unwrap_or_default().iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        // As the user wrote it, where that says the same.
        let top = top.filter(|_| !folder.is_empty()).unwrap_or_else(|| root.to_owned());
        let has_pipeline = top.join(".gitlab-ci.yml").is_file();
        let remote = git::remote(root).filter(|_| is_git).unwrap_or_default();
        let forge = forge_of(&remote).or_else(|| {
            let github = top.join(".github").is_dir().then_some(Forge::Github);
            github.or_else(|| (has_pipeline || top.join(".gitlab").is_dir()).then_some(Forge::Gitlab))
        });
        let branch = git::default_branch(root).filter(|_| is_git).unwrap_or_else(|| "main".to_owned());
        Self { top, folder, is_git, branch, forge, has_pipeline }
    }
}

/// Whose server a remote's address names; own servers are mostly called so too.
fn forge_of(remote: &str) -> Option<Forge> {
    let after_scheme = remote.split_once("://").map_or(remote, |(_, rest)| rest);
    let host = after_scheme.split('/').next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host).split(':').next().unwrap_or_default();
    if host.contains("github") {
        Some(Forge::Github)
    } else if host.contains("gitlab") {
        Some(Forge::Gitlab)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_says_whose_it_is_by_its_host() {
        let cases = [
            ("git@github.com:team/gitlab-tools.git", Some(Forge::Github)),
            ("https://user:secret@gitlab.example.org/team/app.git", Some(Forge::Gitlab)),
            ("ssh://git@gitlab.com:2222/team/app", Some(Forge::Gitlab)),
            ("https://example.org/github.git", None),
            ("/srv/github/app.git", None),
            ("", None),
        ];
        for (remote, expected) in cases {
            assert_eq!(forge_of(remote), expected, "{remote}");
        }
    }
}
