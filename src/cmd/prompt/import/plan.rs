//! What an import will do: which versions are new, which are here already, and what stands against it.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::config::Config;
use crate::error::{Error, Problem, Result};
use crate::prompt::import::{Braces, Found, Imported, VersionFile, version_file};
use crate::prompt::{Folder, PromptVersion, interface, is_name};

/// Longer ones are no name of a folder everywhere.
const LONGEST_NAME: usize = 100;

pub(super) struct Plan {
    /// In the order in which they are written.
    pub(super) versions: Vec<Planned>,
    pub(super) notes: Vec<String>,
}

pub(super) struct Planned {
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) step: Step,
    pub(super) labels: Vec<String>,
    /// Why there is this version, in the source's words.
    pub(super) message: Option<String>,
    /// Variables that have no default.
    pub(super) required: BTreeSet<String>,
}

pub(super) enum Step {
    Release {
        version: Version,
        text: String,
    },
    /// This release has exactly this content.
    Unchanged {
        version: Version,
    },
}

impl Planned {
    pub(super) fn version(&self) -> String {
        let (Step::Release { version, .. } | Step::Unchanged { version }) = &self.step;
        version.to_string()
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(self.step, Step::Release { .. })
    }
}

impl Plan {
    /// Everything that stands against the import is one error, and then nothing is written.
    pub(super) fn of(config: &Config, found: Found, braces: Braces, shown: &str) -> Result<Self> {
        let Found { prompts, mut notes, .. } = found;
        let (mut versions, mut failures) = (Vec::new(), Vec::new());
        for (name, mut prompts) in by_name(prompts, &mut notes, shown)? {
            // Those without a version stay in their order.
            prompts.sort_by(|one, other| one.version.cmp(&other.version));
            match Known::of(config, &name) {
                Ok(mut known) => {
                    for prompt in prompts {
                        match known.plan(prompt, braces, shown) {
                            Ok(planned) => versions.push(planned),
                            Err(error) => failures.push(error),
                        }
                    }
                }
                Err(error) => failures.push(error),
            }
        }
        match Error::all(failures) {
            Some(error) => Err(error),
            None => Ok(Self { versions, notes }),
        }
    }

    pub(super) fn released(&self) -> impl Iterator<Item = &Planned> {
        self.versions.iter().filter(|planned| planned.is_new())
    }
}

/// The prompts by the names that they will have. A name that cannot be a folder's is changed, which is said.
fn by_name(prompts: Vec<Imported>, notes: &mut Vec<String>, shown: &str) -> Result<BTreeMap<String, Vec<Imported>>> {
    let mut named: BTreeMap<String, Vec<Imported>> = BTreeMap::new();
    let mut problems = Vec::new();
    for prompt in prompts {
        let name = folder_name(&prompt.name);
        let problem = |message: String| Problem::new(message).at(shown, prompt.line);
        if !is_name(&name) || name.len() > LONGEST_NAME {
            let message = format!("\"{}\" cannot be the name of a prompt", crate::text::brief(&prompt.name, 40));
            problems.push(problem(message).hint("letters, digits, `_`, `-` and `.`; --name gives another"));
            continue;
        }
        let same = named.entry(name.clone()).or_default();
        match same.first() {
            None if name != prompt.name => notes.push(format!("\"{}\" is called {name} here", prompt.name)),
            Some(first) if first.name != prompt.name => {
                problems
                    .push(problem(format!("\"{}\" and \"{}\" would both be called {name}", first.name, prompt.name)));
            }
            Some(first) if first.version.is_none() || prompt.version.is_none() => {
                problems.push(problem(format!("two prompts are called {name}, and have no versions")));
            }
            _ => {}
        }
        same.push(prompt);
    }
    Error::unless_empty(problems)?;
    Ok(named)
}

fn folder_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    let name: String = name.trim().chars().map(plain).collect();
    name.trim_matches(['_', '.']).to_owned()
}

/// A prompt's releases, those that are planned included.
struct Known<'a> {
    folder: Folder<'a>,
    digests: BTreeMap<Version, String>,
    /// The highest of the planned ones.
    planned: Option<(Version, PromptVersion)>,
}

impl<'a> Known<'a> {
    fn of(config: &'a Config, name: &'a str) -> Result<Self> {
        let folder = Folder::new(&config.root, name);
        let releases = if folder.path.is_dir() { folder.history()?.releases } else { BTreeMap::new() };
        let digests = releases.into_iter().map(|(version, release)| (version, release.digest)).collect();
        Ok(Self { folder, digests, planned: None })
    }

    fn plan(&mut self, imported: Imported, braces: Braces, shown: &str) -> Result<Planned> {
        let VersionFile { text, prompt } = version_file(&imported, braces, shown)?;
        let digest = prompt.digest.clone();
        let required = prompt.variables.0.iter().filter(|variable| variable.is_required());
        let required = required.map(|variable| variable.name.clone()).collect();
        let same = match &imported.version {
            Some(version) => self.same_as(version, &digest, imported.line, shown)?,
            None => self.digests.iter().rfind(|(_, known)| **known == digest).map(|(version, _)| version.clone()),
        };
        let step = match (same, imported.version) {
            (Some(version), _) => Step::Unchanged { version },
            (None, Some(version)) => Step::Release { version, text },
            (None, None) => Step::Release { version: self.next(&prompt)?, text },
        };
        if let Step::Release { version, .. } = &step {
            self.digests.insert(version.clone(), digest.clone());
            if self.planned.as_ref().is_none_or(|(highest, _)| highest < version) {
                self.planned = Some((version.clone(), prompt));
            }
        }
        let name = self.folder.name.to_owned();
        Ok(Planned { name, digest, step, labels: imported.labels, message: imported.message, required })
    }

    /// The release that has this content already: of this number, or the one before it. An error if the number has another.
    fn same_as(&self, version: &Version, digest: &str, line: Option<usize>, shown: &str) -> Result<Option<Version>> {
        let name = self.folder.name;
        if let Some(known) = self.digests.get(version) {
            if known == digest {
                return Ok(Some(version.clone()));
            }
            let problem = Problem::new(format!("{name}@{version} is released with another content")).at(shown, line);
            return Err(problem.hint("a released version never changes; import under another name with --name").into());
        }
        let file = self.folder.file(&version.to_string());
        if file.is_file() && self.folder.read(&version.to_string())?.digest != *digest {
            let problem = Problem::new("a version with another content is there, and no ledger knows it");
            return Err(problem
                .at(self.folder.shown(&version.to_string()), None)
                .hint("record it or remove it first")
                .into());
        }
        let before = self.digests.range(..version).next_back();
        let highest = self.latest();
        let same = before.into_iter().chain(highest).find(|(_, known)| *known == digest);
        Ok(same.map(|(version, _)| version.clone()))
    }

    /// The release that a next one follows.
    fn latest(&self) -> Option<(&Version, &String)> {
        self.digests.iter().rfind(|(version, _)| version.pre.is_empty()).or(self.digests.last_key_value())
    }

    /// The least number after the latest release that says what changed.
    fn next(&self, prompt: &PromptVersion) -> Result<Version> {
        let Some((latest, _)) = self.latest() else { return Ok(Version::new(1, 0, 0)) };
        let old = match &self.planned {
            Some((planned, old)) if planned == latest => interface(old, prompt),
            _ => interface(&self.folder.read(&latest.to_string())?, prompt),
        };
        Ok(old.least.after(latest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_of_a_folder() {
        let cases = [
            ("rag answer", "rag_answer"),
            ("team/qa", "team_qa"),
            ("../x", "x"),
            ("v1.2", "v1.2"),
            ("日本", ""),
            (" a ", "a"),
            (".hidden", "hidden"),
        ];
        for (name, expected) in cases {
            assert_eq!(folder_name(name), expected, "{name}");
        }
    }
}
