//! The prompts that differ from those of a commit: what a branch would change.

use std::collections::BTreeSet;
use std::path::Path;

use semver::Version;

use super::PromptVersion;
use super::registry::{FOLDER, Selector, find};
use super::source::Partials;
use crate::error::Result;
use crate::git;

/// What differs, and what was found that cannot be compared.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) changes: Vec<Change>,
    /// One sentence for each prompt that changed in nothing that could be compared.
    pub(crate) notes: Vec<String>,
}

/// A prompt before and after.
pub(crate) struct Change {
    pub(crate) old: PromptVersion,
    pub(crate) new: PromptVersion,
}

/// Compares each prompt of the work tree with what it was where the branch left `reference`. The old one is read from git; the
/// work tree is only looked at.
pub(crate) fn changes(root: &Path, reference: &str) -> Result<Changes> {
    let base = git::merge_base(root, reference)?;
    let changed = git::changed(root, &base, FOLDER)?;
    let before = git::files(root, &base, FOLDER)?;
    let names: BTreeSet<&str> = changed.iter().filter_map(|file| parts(file)).map(|(name, _)| name).collect();
    let mut found = Changes::default();
    for name in names {
        let of = |files: &[String]| -> Vec<String> {
            let stems = files.iter().filter_map(|file| parts(file)).filter(|(known, _)| *known == name);
            stems.map(|(_, stem)| stem.to_owned()).collect()
        };
        let (old, changed) = (of(&before), of(&changed));
        let present =
            changed.into_iter().filter(|stem| root.join(FOLDER).join(name).join(format!("{stem}.md")).is_file());
        let Some(new) = newest(root, name, &present.collect::<Vec<_>>())? else {
            found.notes.push(format!("{name}: versions were removed, and none was changed or added"));
            continue;
        };
        let Some(old) = chosen(&old) else {
            found.notes.push(format!("{name} is new: there is nothing to compare it with"));
            continue;
        };
        let file = format!("{FOLDER}/{name}/{old}.md");
        let short = &base[..base.len().min(10)];
        let partials = Partials::Commit(root.to_owned(), base.clone());
        let text = git::show(root, &base, &file)?;
        let old = PromptVersion::parse((name, &old), &format!("{short}:{file}"), &text, &partials)?;
        if old.digest == new.digest {
            found.notes.push(format!("{name}: nothing changed that a model sees"));
        } else {
            found.changes.push(Change { old, new });
        }
    }
    Ok(found)
}

/// The name and the stem of a version's file: `prompts/NAME/STEM.md`.
fn parts(file: &str) -> Option<(&str, &str)> {
    let (name, file) = file.strip_prefix(FOLDER)?.strip_prefix('/')?.split_once('/')?;
    Some((name, file.strip_suffix(".md").filter(|stem| !stem.contains('/'))?))
}

fn newest(root: &Path, name: &str, changed: &[String]) -> Result<Option<PromptVersion>> {
    let Some(version) = chosen(changed) else { return Ok(None) };
    find(root, &Selector { name: name.to_owned(), version }).map(Some)
}

/// The version that stands for several: the highest release, else the highest pre-release, else the draft.
fn chosen(stems: &[String]) -> Option<String> {
    let mut versions: Vec<Version> = stems.iter().filter_map(|stem| Version::parse(stem).ok()).collect();
    versions.sort();
    let release = versions.iter().rfind(|version| version.pre.is_empty()).or(versions.last());
    let draft = || stems.iter().find(|stem| *stem == "draft").cloned();
    release.map(ToString::to_string).or_else(draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_release_stands_for_a_prompt() {
        let cases: [(&[&str], Option<&str>); 5] = [
            (&["1.9.0", "1.10.0", "2.0.0-rc.1", "draft"], Some("1.10.0")),
            (&["2.0.0-rc.1", "draft"], Some("2.0.0-rc.1")),
            (&["draft", "notes"], Some("draft")),
            (&["notes"], None),
            (&[], None),
        ];
        for (stems, expected) in cases {
            let stems: Vec<String> = stems.iter().map(ToString::to_string).collect();
            assert_eq!(chosen(&stems).as_deref(), expected, "{stems:?}");
        }
    }

    #[test]
    fn only_files_of_versions_are_looked_at() {
        assert_eq!(parts("prompts/qa/1.0.0.md"), Some(("qa", "1.0.0")));
        for other in ["prompts/qa/notes/1.0.0.md", "prompts/README.md", "prompts/qa/1.0.0.txt", "promptss/a/1.0.0.md"] {
            assert_eq!(parts(other), None, "{other}");
        }
    }
}
