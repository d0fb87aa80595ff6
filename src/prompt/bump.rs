//! How far a new version is from the one before, and the version number that this asks for.

use semver::Version;

use super::PromptVersion;
use super::variable::Variable;

/// What callers must do about a change: nothing, know of it, or change too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bump {
    /// The wording, the model or its parameters changed
    Patch,
    /// Callers may give more: a new variable with a default
    Minor,
    /// Callers must change: a variable is gone, new without a default or of another type, or answers have another shape
    Major,
}

impl Bump {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }

    /// The version after this one.
    pub(crate) fn after(self, version: &Version) -> Version {
        let Version { major, minor, patch, .. } = *version;
        match self {
            // What comes after 2.0.0-rc.1 is 2.0.0.
            Self::Patch if !version.pre.is_empty() => Version::new(major, minor, patch),
            Self::Patch => Version::new(major, minor, patch + 1),
            Self::Minor => Version::new(major, minor + 1, 0),
            Self::Major => Version::new(major + 1, 0, 0),
        }
    }
}

/// What changed for whoever fills the prompt in or reads its answers, and the least bump that says so.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) least: Bump,
    /// Why; empty for a patch.
    pub(crate) reasons: Vec<String>,
}

/// Compares what two versions ask of their callers.
pub(crate) fn interface(old: &PromptVersion, new: &PromptVersion) -> Interface {
    let mut found: Vec<(Bump, String)> = Vec::new();
    for variable in &old.variables.0 {
        match new.variables.find(&variable.name) {
            None => found.push((Bump::Major, format!("the variable \"{}\" is gone", variable.name))),
            Some(now) => found.extend(changed(variable, now)),
        }
    }
    for variable in new.variables.0.iter().filter(|variable| old.variables.find(&variable.name).is_none()) {
        found.push(if variable.is_required() {
            (Bump::Major, format!("the variable \"{}\" is new and has no default", variable.name))
        } else {
            (Bump::Minor, format!("the variable \"{}\" is new", variable.name))
        });
    }
    if old.output != new.output {
        found.push((Bump::Major, "the schema of the output changed".to_owned()));
    }
    let least = found.iter().map(|(bump, _)| *bump).max().unwrap_or(Bump::Patch);
    Interface { least, reasons: found.into_iter().map(|(_, reason)| reason).collect() }
}

fn changed(old: &Variable, new: &Variable) -> Option<(Bump, String)> {
    let name = &new.name;
    if new.kind != old.kind && new.kind.is_some() {
        return Some((Bump::Major, format!("the variable \"{name}\" has another type")));
    }
    match (old.is_required(), new.is_required()) {
        (false, true) => Some((Bump::Major, format!("the variable \"{name}\" lost its default"))),
        (true, false) => Some((Bump::Minor, format!("the variable \"{name}\" got a default"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::source::Partials;

    fn prompt(variables: &str, output: &str) -> PromptVersion {
        let names: super::super::variable::Variables = serde_saphyr::from_str(variables).unwrap();
        let uses: Vec<String> = names.names().map(|name| format!("{{{{ {name} }}}}")).collect();
        let uses = uses.join(" ");
        let text = format!("---\nvariables: {variables}\n{output}---\nHi {uses}");
        PromptVersion::parse(("p", "draft"), "p", &text, &Partials::Refused).unwrap()
    }

    #[test]
    fn the_bump_follows_what_callers_must_do() {
        let cases = [
            ("[a]", "[a]", Bump::Patch),
            ("[a, b]", "[a]", Bump::Major),
            ("[a]", "[b]", Bump::Major),
            ("[a]", "[a, b]", Bump::Major),
            ("{a: }", "{a: , b: {default: 1}}", Bump::Minor),
            ("{a: {type: string}}", "{a: {type: list}}", Bump::Major),
            ("{a: {type: string}}", "{a: }", Bump::Patch),
            ("{a: }", "{a: {default: 1}}", Bump::Minor),
            ("{a: {default: 1}}", "{a: }", Bump::Major),
            ("{a: {default: 1}}", "{a: {default: 2}}", Bump::Patch),
        ];
        for (old, new, expected) in cases {
            assert_eq!(interface(&prompt(old, ""), &prompt(new, "")).least, expected, "{old} -> {new}");
        }
        let shaped = prompt("[a]", "output: {type: object}\n");
        assert_eq!(interface(&prompt("[a]", ""), &shaped).reasons, ["the schema of the output changed"]);
    }

    #[test]
    fn versions_follow_each_other_as_semver_has_it() {
        let cases = [
            (Bump::Patch, "1.2.3", "1.2.4"),
            (Bump::Minor, "1.2.3", "1.3.0"),
            (Bump::Major, "1.2.3", "2.0.0"),
            (Bump::Patch, "2.0.0-rc.1", "2.0.0"),
        ];
        for (bump, version, expected) in cases {
            assert_eq!(bump.after(&Version::parse(version).unwrap()).to_string(), expected);
        }
    }
}
