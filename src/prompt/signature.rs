//! SSH signatures of ledger lines.
//!
//! What is signed is the hash of the line as text, in the namespace `llmops-prompt`. The hash covers the whole line and, through the
//! line before, all the history.

use super::ledger::{Entry, email};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::ssh;

const NAMESPACE: &str = "llmops-prompt";

/// Signs lines, or leaves them unsigned where the project does not ask for signatures.
pub(crate) struct Signer {
    key: Option<ssh::Signer>,
    signers: Option<Signers>,
    email: String,
}

impl Signer {
    /// The signer for whoever `by` is (`Name <address>`).
    pub(crate) fn open(config: &Config, by: &str) -> Result<Self> {
        let key = if config.prompts.sign { Some(ssh::Signer::open(config)?) } else { None };
        Ok(Self { key, signers: Signers::open(config)?, email: email(by).to_owned() })
    }

    /// The signature of a line's hash; `None` where the project does not sign. One that would not hold is an error now, not only
    /// when somebody else verifies it.
    pub(crate) fn sign(&self, hash: &str) -> Result<Option<String>> {
        let Some(key) = &self.key else { return Ok(None) };
        let signature = key.sign(NAMESPACE, hash.as_bytes(), "prompts.sign = false signs nothing")?;
        if let Some(Signers(signers)) = &self.signers
            && let Err(why) = signers.check(&self.email, (NAMESPACE, hash.as_bytes()), &signature, None)
        {
            let message = format!("{} does not accept your signature as that of {}: {why}", signers.shown, self.email);
            return Err(Error::config(message).hint(format!(
                "a line of that file: {} namespaces=\"{NAMESPACE}\" ssh-ed25519 AAAA... (your public key); or set git's \
                 user.signingkey to the key that is there",
                self.email
            )));
        }
        Ok(Some(signature))
    }
}

/// Whose signatures of lines count.
#[derive(Debug)]
pub(crate) struct Signers(ssh::Signers);

impl Signers {
    /// The project's; `None` if it names none.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>> {
        let Some(file) = &config.prompts.signers else { return Ok(None) };
        ssh::Signers::open(config, file, "prompts.signers").map(|signers| Some(Self(signers)))
    }

    /// The file that says it.
    pub(crate) fn shown(&self) -> &str {
        &self.0.shown
    }

    /// Why a line's signature does not hold, if it does not.
    pub(crate) fn check(&self, entry: &Entry) -> std::result::Result<(), String> {
        let Some(signature) = &entry.signature else { return Err("is not signed".to_owned()) };
        self.0
            .check(entry.email(), (NAMESPACE, entry.hash.as_bytes()), signature, Some(&entry.time))
            .map_err(|why| format!("has a signature that does not hold: {why}"))
    }
}
