//! `[evidence]`: who signs what passed, and whose signature counts.

use std::time::Duration;

use super::document::{Document, Limit, Section};
use super::{Env, Located, Secret};
use crate::error::Problem;

pub(crate) struct Evidence {
    pub(crate) signer: EvidenceSigner,
    /// Files with public keys, from the project's folder.
    pub(crate) public_keys: Vec<Located<String>>,
    /// An allowed-signers file of OpenSSH.
    pub(crate) signers: Option<Located<String>>,
    /// `OWNER/NAME` of the repository whose attestations by GitHub count.
    pub(crate) github: Option<String>,
    /// Whether evidence that nobody signed counts too.
    pub(crate) unsigned: bool,
    pub(crate) max_age: Duration,
}

/// Who signs.
pub(crate) enum EvidenceSigner {
    /// An ed25519 key in PEM.
    Key(Secret),
    /// The SSH key that git signs commits with.
    Ssh,
    /// A key that is not there: an error for whoever would sign, and for nobody else.
    Missing(Problem),
    Nobody,
}

#[derive(Clone, Copy)]
enum Sign {
    Key,
    Ssh,
    Nobody,
}

const LONGEST: Limit = (Duration::from_secs(366 * 24 * 60 * 60), "366 d");

pub(super) fn read(section: &Section, document: &Document, env: &Env) -> Option<Evidence> {
    let key = section.string("key")?;
    if !key.value.starts_with("env:") {
        // The value itself is not repeated.
        let message = "evidence.key is a secret and may not stand here";
        document.report(key.line, message.to_owned(), Some("write key = \"env:NAME\"".into()));
    }
    let sign = section.choice("sign", &[("key", Sign::Key), ("ssh", Sign::Ssh), ("none", Sign::Nobody)]);
    let public_keys = section.strings("public_keys");
    let signers = section.string("signers");
    let github = section.string("github");
    if let Some(repository) = github.as_ref().filter(|repository| !is_repository(&repository.value)) {
        let message = format!("\"{}\" is no repository of GitHub", repository.value);
        document.report(repository.line, message, Some("write \"owner/name\"".into()));
    }
    let unsigned = section.boolean("unsigned")?.value;
    let max_age = section.duration_up_to("max_age", &LONGEST)?.value;
    section.finish();
    let signer = match (sign, env.resolve(&key.value)) {
        (Some(Sign::Ssh), _) => EvidenceSigner::Ssh,
        (Some(Sign::Nobody), _) | (None, Err(_)) => EvidenceSigner::Nobody,
        (Some(Sign::Key) | None, Ok(key)) => EvidenceSigner::Key(Secret::new(key)),
        (Some(Sign::Key), Err(problem)) => {
            EvidenceSigner::Missing(problem.at(document.file(), key.line.or(section.line_of("sign"))))
        }
    };
    let github = github.map(|repository| repository.value);
    Some(Evidence { signer, public_keys: public_keys?, signers, github, unsigned, max_age })
}

fn is_repository(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
    };
    text.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::Config;

    #[test]
    fn a_key_may_not_stand_in_the_file_and_is_not_shown() {
        let read = Config::of_text(PathBuf::from("."), "[evidence]\nkey = \"k3y\"\n", &[]);
        let said = read.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.starts_with("llmops.toml:2: evidence.key is a secret and may not stand here"), "{said}");
        assert!(!said.contains("k3y"), "{said}");
    }
}
