//! Finds a prompt's version in the project: `prompts/NAME/VERSION.md`.

use std::path::Path;

use semver::Version;

use super::PromptVersion;
use crate::error::{Error, Result, suggestion};

pub(crate) const FOLDER: &str = "prompts";

/// What a user asks for: `NAME` or `NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) name: String,
    /// `latest`, `draft` or a version number.
    pub(crate) version: String,
}

impl Selector {
    /// Reads `NAME[@VERSION]`; without a version it is the latest.
    pub(crate) fn parse(text: &str) -> Self {
        let (name, version) = text.split_once('@').unwrap_or((text, "latest"));
        Self { name: name.to_owned(), version: plain_version(version).unwrap_or(version).to_owned() }
    }
}

/// The version as its file is named, if it is one: `1.2.0`, `v1.2.0`, `latest` or `draft`.
pub(crate) fn plain_version(text: &str) -> Option<&str> {
    let number = text.strip_prefix('v').unwrap_or(text);
    if Version::parse(number).is_ok() {
        return Some(number);
    }
    matches!(text, "latest" | "draft").then_some(text)
}

/// The version that `selector` means: `latest` is the highest release by semantic version, never a pre-release.
pub(crate) fn find(root: &Path, selector: &Selector) -> Result<PromptVersion> {
    let names = folder_names(&root.join(FOLDER))?;
    if !names.contains(&selector.name) {
        let error = Error::config(format!("there is no prompt \"{}\" in {FOLDER}/", selector.name));
        return Err(error.hint(if names.is_empty() {
            format!("create {FOLDER}/{}/1.0.0.md", selector.name)
        } else {
            suggestion(&selector.name, names.iter().map(String::as_str))
        }));
    }
    let folder = root.join(FOLDER).join(&selector.name);
    let releases = releases(&folder)?;
    let version = match selector.version.as_str() {
        "latest" => latest(&releases).map(ToString::to_string),
        "draft" => folder.join("draft.md").is_file().then(|| "draft".to_owned()),
        number => releases.iter().map(ToString::to_string).find(|release| release == number),
    };
    let version = version.ok_or_else(|| {
        let known = releases.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Error::config(format!("the prompt {} has no version \"{}\"", selector.name, selector.version))
            .hint(if known.is_empty() { "it has no release yet".to_owned() } else { format!("releases: {known}") })
    })?;
    let shown = format!("{FOLDER}/{}/{version}.md", selector.name);
    PromptVersion::read(&selector.name, &version, &folder.join(format!("{version}.md")), &shown)
}

fn latest(releases: &[Version]) -> Option<&Version> {
    releases.iter().rfind(|version| version.pre.is_empty())
}

/// All releases in ascending order of their semantic version.
fn releases(folder: &Path) -> Result<Vec<Version>> {
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

fn folder_names(folder: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", folder, error)),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
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
