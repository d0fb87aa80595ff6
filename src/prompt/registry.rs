//! Finds a prompt's version in the project: `prompts/NAME/VERSION.md`.

use std::path::{Path, PathBuf};

use semver::Version;

use super::PromptVersion;
use super::ledger::{self, Entry, History};
use super::source::{PARTIALS, Partials};
use crate::error::{Error, Result, suggestion};

pub(crate) const FOLDER: &str = "prompts";
/// The version that is being worked on.
pub(crate) const DRAFT: &str = "draft";
/// The highest release.
pub(crate) const LATEST: &str = "latest";

/// What a user asks for: `NAME` or `NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) name: String,
    /// `latest`, `draft`, a version number or a label.
    pub(crate) version: String,
}

impl Selector {
    /// Reads `NAME[@VERSION]`; without a version it is the latest.
    pub(crate) fn parse(text: &str) -> Self {
        let (name, version) = text.split_once('@').unwrap_or((text, LATEST));
        Self { name: name.to_owned(), version: plain_version(version).unwrap_or(version).to_owned() }
    }
}

/// The version as its file is named, if it is one: `1.2.0`, `v1.2.0`, `latest` or `draft`.
pub(crate) fn plain_version(text: &str) -> Option<&str> {
    let number = text.strip_prefix('v').unwrap_or(text);
    if Version::parse(number).is_ok() {
        return Some(number);
    }
    matches!(text, LATEST | DRAFT).then_some(text)
}

/// A prompt's folder.
pub(crate) struct Folder<'a> {
    pub(crate) root: &'a Path,
    pub(crate) name: &'a str,
    pub(crate) path: PathBuf,
}

impl<'a> Folder<'a> {
    pub(crate) fn new(root: &'a Path, name: &'a str) -> Self {
        Self { root, name, path: root.join(FOLDER).join(name) }
    }

    /// The folder of a prompt that is there.
    pub(crate) fn existing(root: &'a Path, name: &'a str) -> Result<Self> {
        let folder = Self::new(root, name);
        if is_name(name) && folder.path.is_dir() {
            return Ok(folder);
        }
        let names = names(root)?;
        let error = Error::config(format!("there is no prompt \"{name}\" in {FOLDER}/"));
        Err(error.hint(if names.is_empty() {
            format!("begin one: llmops prompt new {name}")
        } else {
            suggestion(name, names.iter().map(String::as_str))
        }))
    }

    /// A version's file as messages name it.
    pub(crate) fn shown(&self, version: &str) -> String {
        format!("{FOLDER}/{}/{version}.md", self.name)
    }

    pub(crate) fn file(&self, version: &str) -> PathBuf {
        self.path.join(format!("{version}.md"))
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.path.join(ledger::FILE)
    }

    pub(crate) fn shown_ledger(&self) -> String {
        format!("{FOLDER}/{}/{}", self.name, ledger::FILE)
    }

    /// The lines of the ledger, if nothing is wrong with them.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        ledger::read(&self.ledger(), &self.shown_ledger())?.sound()
    }

    /// What the ledger says, if nothing is wrong with it.
    pub(crate) fn history(&self) -> Result<History> {
        let mut history = History::of(&self.entries()?, &self.shown_ledger());
        Error::unless_empty(std::mem::take(&mut history.problems))?;
        Ok(history)
    }

    /// The version of this number, or the draft.
    pub(crate) fn read(&self, version: &str) -> Result<PromptVersion> {
        let partials = if version == DRAFT { Partials::Project(self.root.to_owned()) } else { Partials::Refused };
        PromptVersion::read(self.name, version, &self.file(version), &self.shown(version), &partials)
    }

    /// The version that a selector means; a label's only with the content that it was given.
    pub(crate) fn find(&self, version: &str) -> Result<PromptVersion> {
        let (number, digest) = self.meaning(version)?;
        let prompt = self.read(&number)?;
        if digest.is_some_and(|digest| digest != prompt.digest) {
            return Err(Error::config(format!("{version} means {}, whose file was edited since", prompt.full_name()))
                .hint("`llmops prompt verify` says how to repair it"));
        }
        Ok(prompt)
    }

    /// The number that a selector's version means.
    pub(crate) fn resolve(&self, version: &str) -> Result<String> {
        self.meaning(version).map(|(number, _)| number)
    }

    /// `latest` is the highest release by semantic version, never a pre-release; any other name that is no number is a label, which
    /// has the digest of what it means.
    fn meaning(&self, version: &str) -> Result<(String, Option<String>)> {
        let versions = versions(&self.path)?;
        let found = match version {
            LATEST => latest_version(&versions).map(ToString::to_string),
            DRAFT => self.file(DRAFT).is_file().then(|| DRAFT.to_owned()),
            number if Version::parse(number).is_ok() => {
                versions.iter().map(ToString::to_string).find(|release| release == number)
            }
            label => return self.labelled(label, &versions),
        };
        found.map(|number| (number, None)).ok_or_else(|| self.no_version(version, &versions))
    }

    fn labelled(&self, label: &str, versions: &[Version]) -> Result<(String, Option<String>)> {
        let history = self.history()?;
        let moved = history.label(label).and_then(|moved| Some((moved.version.clone()?, moved.digest.clone())));
        moved.ok_or_else(|| {
            let error = self.no_version(label, versions);
            let known: Vec<&str> = history.labels.keys().map(String::as_str).collect();
            if known.is_empty() { error } else { error.hint(format!("labels: {}", known.join(", "))) }
        })
    }

    fn no_version(&self, version: &str, versions: &[Version]) -> Error {
        let known = versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Error::config(format!("the prompt {} has no version \"{version}\"", self.name)).hint(if known.is_empty() {
            "it has no release yet".to_owned()
        } else {
            format!("releases: {known}")
        })
    }
}

/// Whether a folder of this name can be a prompt.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && !name.starts_with('.') && name != PARTIALS && name.chars().all(plain)
}

/// The version that `selector` means.
pub(crate) fn find(root: &Path, selector: &Selector) -> Result<PromptVersion> {
    Folder::existing(root, &selector.name)?.find(&selector.version)
}

/// The highest version that is no pre-release, of versions in ascending order.
pub(crate) fn latest_version(releases: &[Version]) -> Option<&Version> {
    releases.iter().rfind(|version| version.pre.is_empty())
}

/// The versions that have a file, in ascending order.
pub(crate) fn versions(folder: &Path) -> Result<Vec<Version>> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))?;
    let mut versions = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Error::io("read", folder, error))?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        match Version::parse(&stem) {
            Ok(version) => versions.push(version),
            // It would silently not be the latest.
            Err(error) if stem.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) => {
                return Err(
                    Error::config(format!("{} is no version: {error}", path.display())).hint("name it like 1.2.0.md")
                );
            }
            Err(_) => {}
        }
    }
    versions.sort();
    Ok(versions)
}

/// All prompts of a project.
pub(crate) fn names(root: &Path) -> Result<Vec<String>> {
    let folder = &root.join(FOLDER);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| is_name(name))
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(FOLDER).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "Hello.").unwrap();
        }
        folder
    }

    fn version(folder: &tempfile::TempDir, selector: &str) -> std::result::Result<String, String> {
        let found = find(folder.path(), &Selector::parse(selector));
        found
            .map(|prompt| prompt.version)
            .map_err(|error| format!("{error} | {}", error.problems[0].hint.clone().unwrap_or_default()))
    }

    #[test]
    fn latest_is_the_highest_release_by_semantic_version() {
        let files = ["a/1.9.0.md", "a/1.10.0.md", "a/2.0.0-rc.1.md", "a/draft.md", "a/notes.md"];
        let folder = project(&files);
        assert_eq!(version(&folder, "a").unwrap(), "1.10.0");
        assert_eq!(version(&folder, "a@1.9.0").unwrap(), "1.9.0");
        assert_eq!(version(&folder, "a@v1.9.0").unwrap(), "1.9.0");
        assert_eq!(version(&folder, "a@2.0.0-rc.1").unwrap(), "2.0.0-rc.1");
        assert_eq!(version(&folder, "a@draft").unwrap(), "draft");
    }

    #[test]
    fn a_file_that_is_almost_a_version_is_an_error() {
        for file in ["a/v2.0.0.md", "a/2.0.md"] {
            let folder = project(&["a/1.0.0.md", file]);
            assert!(version(&folder, "a").unwrap_err().ends_with("name it like 1.2.0.md"), "{file}");
        }
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let folder = project(&["rag_answer/1.0.0.md"]);
        let cases = [
            ("rag_anwser", "there is no prompt \"rag_anwser\" in prompts/ | did you mean \"rag_answer\"?"),
            ("rag_answer@9.9.9", "the prompt rag_answer has no version \"9.9.9\" | releases: 1.0.0"),
            ("rag_answer@../x", "the prompt rag_answer has no version \"../x\" | releases: 1.0.0"),
        ];
        for (selector, expected) in cases {
            assert_eq!(version(&folder, selector).unwrap_err(), expected);
        }
    }
}
