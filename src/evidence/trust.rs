//! Whose word counts: public keys, people with SSH keys, or the forge that the pipeline runs on.

use std::path::Path;
use std::process::Command;

use super::NAMESPACE;
use super::envelope::Envelope;
use super::key::PublicKey;
use super::signing::{SSH_MAGIC, armour};
use crate::config::{Config, Located};
use crate::error::{Error, Problem, Result};
use crate::ssh;

/// What `[evidence]` trusts.
pub(super) struct Trust {
    /// With the files that they are in.
    keys: Vec<(String, PublicKey)>,
    signers: Option<ssh::Signers>,
    /// A repository of GitHub, whose own attestation of the file counts.
    github: Option<String>,
    unsigned: bool,
}

impl Trust {
    pub(super) fn open(config: &Config) -> Result<Self> {
        let mut keys = Vec::new();
        let mut problems = Vec::new();
        for file in &config.evidence.public_keys {
            // The default counts where somebody has put a key.
            if file.line.is_none() && !config.path(&file.value).exists() {
                continue;
            }
            match read_key(config, file) {
                Ok(key) => keys.push((file.value.clone(), key)),
                Err(problem) => problems.push(problem),
            }
        }
        Error::unless_empty(problems)?;
        let signers = config.evidence.signers.as_ref();
        let signers = signers.map(|file| ssh::Signers::open(config, file, "evidence.signers")).transpose()?;
        Ok(Self { keys, signers, github: config.evidence.github.clone(), unsigned: config.evidence.unsigned })
    }

    /// Who stands behind the evidence, or why nobody does whose word counts.
    pub(super) fn who(
        &self,
        envelope: &Envelope,
        payload: &[u8],
        path: &Path,
    ) -> Result<std::result::Result<String, Problem>> {
        let bytes = envelope.signed_bytes(payload);
        let mut whys = Vec::new();
        for signature in envelope.signatures.iter().filter_map(super::envelope::Signature::bytes) {
            match self.signer(&bytes, &signature) {
                Ok(who) => return Ok(Ok(who)),
                Err(why) => whys.push(why),
            }
        }
        if let Some(repository) = &self.github {
            match attested(path, repository)? {
                Ok(()) => return Ok(Ok(format!("GitHub, for {repository}"))),
                Err(why) => whys.push(why),
            }
        }
        if self.unsigned {
            return Ok(Ok("nobody, which evidence.unsigned allows".to_owned()));
        }
        if self.keys.is_empty() && self.signers.is_none() && self.github.is_none() {
            return Ok(Err(Problem::new("nobody's word counts: there is no key to check evidence with")
                .hint("`llmops evidence key` makes one; [evidence] in llmops.toml says whose word counts")));
        }
        if whys.is_empty() {
            let problem = Problem::new("nobody whose word counts has signed it: it is not signed");
            return Ok(Err(problem.hint("`llmops ci` signs it where [evidence] says with what: LLMOPS_EVIDENCE_KEY holds the key of `llmops evidence key`")));
        }
        let why = whys.join("; ");
        Ok(Err(Problem::new(format!("nobody whose word counts has signed it: {why}"))))
    }

    fn signer(&self, bytes: &[u8], signature: &[u8]) -> std::result::Result<String, String> {
        if !signature.starts_with(SSH_MAGIC) {
            let signer = self.keys.iter().find(|(_, key)| key.verifies(bytes, signature));
            return signer
                .map(|(file, _)| file.clone())
                .ok_or_else(|| "no key of evidence.public_keys made the signature".to_owned());
        }
        let Some(signers) = &self.signers else {
            return Err("it is signed with SSH, and evidence.signers names nobody".to_owned());
        };
        let armoured = armour(signature);
        let who = signers.find(&armoured)?;
        signers.check(&who, (NAMESPACE, bytes), &armoured, None).map(|()| who)
    }
}

fn read_key(config: &Config, file: &Located<String>) -> std::result::Result<PublicKey, Problem> {
    let wrong = |message: String| config.problem(file, message);
    let text = std::fs::read_to_string(config.path(&file.value))
        .map_err(|error| wrong(format!("cannot read the key {}: {error}", file.value)))?;
    PublicKey::of_pem(&text).ok_or_else(|| {
        wrong(format!("{} holds no ed25519 public key in PEM", file.value))
            .hint("`llmops evidence key` writes one; so does `openssl pkey -pubout`")
    })
}

/// Why GitHub does not attest that a workflow of the repository made the file, if it does not.
fn attested(path: &Path, repository: &str) -> Result<std::result::Result<(), String>> {
    let mut command = Command::new("gh");
    command.args(["attestation", "verify"]).arg(path).args(["--repo", repository]);
    let output = command.output().map_err(|error| {
        Error::unavailable("cannot run gh, which evidence.github needs")
            .source(error)
            .hint("install the GitHub CLI, and give it GH_TOKEN")
    })?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim();
    Ok(Err(format!("gh attestation verify: {last}")))
}
