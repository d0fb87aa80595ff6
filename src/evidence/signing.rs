//! Puts a statement into an envelope, and a name to it.

use super::envelope::{Envelope, Signature};
use super::key::{PrivateKey, of_pem, pem};
use super::{NAMESPACE, Statement};
use crate::config::{Config, EvidenceSigner};
use crate::error::{Error, Result};
use crate::ssh;

/// What puts its name to evidence.
pub(crate) enum Signing {
    Key(Box<PrivateKey>),
    Ssh(ssh::Signer),
    /// Nobody does, or whoever runs the job does with the file.
    Nobody,
}

impl Signing {
    /// As `[evidence]` says. It is opened before anything is measured, so that nothing is measured in vain.
    pub(crate) fn open(config: &Config) -> Result<Self> {
        match &config.evidence.signer {
            EvidenceSigner::Key(key) => PrivateKey::of_pem(key, "evidence.key").map(|key| Self::Key(Box::new(key))),
            EvidenceSigner::Ssh => ssh::Signer::open(config).map(Self::Ssh),
            EvidenceSigner::Missing(problem) => Err(problem.clone().into()),
            EvidenceSigner::Nobody => Ok(Self::Nobody),
        }
    }

    pub(crate) fn sign(&self, statement: &Statement) -> Result<Envelope> {
        let payload = serde_json::to_vec(statement)
            .map_err(|error| Error::unavailable("cannot write the evidence").source(error))?;
        let mut envelope = Envelope::new(&payload);
        let bytes = envelope.signed_bytes(&payload);
        match self {
            Self::Key(key) => envelope.signatures.push(Signature::new(key.public().id(), &key.sign(&bytes))),
            Self::Ssh(signer) => {
                let armoured = signer.sign(NAMESPACE, &bytes, "evidence.sign = \"none\" signs nothing")?;
                let signature = dearmour(&armoured)
                    .ok_or_else(|| Error::unavailable("ssh-keygen made a signature of a form that is not known"))?;
                envelope.signatures.push(Signature::new("ssh".to_owned(), &signature));
            }
            Self::Nobody => {}
        }
        Ok(envelope)
    }

    /// Who signs, for people.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Key(key) => format!("signed by key {}", &key.public().id()[..12]),
            Self::Ssh(_) => "signed with SSH".to_owned(),
            Self::Nobody => "not signed".to_owned(),
        }
    }
}

/// What `ssh-keygen` writes around a signature.
const ARMOUR: &str = "SSH SIGNATURE";
/// What every SSH signature begins with.
pub(super) const SSH_MAGIC: &[u8] = b"SSHSIG";

fn dearmour(text: &str) -> Option<Vec<u8>> {
    of_pem(ARMOUR, text).filter(|bytes| bytes.starts_with(SSH_MAGIC))
}

/// The signature as `ssh-keygen` reads it.
pub(super) fn armour(signature: &[u8]) -> String {
    pem(ARMOUR, signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_keeps_its_bytes_in_and_out_of_its_armour() {
        let signature = [SSH_MAGIC, &[7; 200]].concat();
        assert_eq!(dearmour(&armour(&signature)), Some(signature));
        assert_eq!(dearmour("-----BEGIN SSH SIGNATURE-----\nQUJD\n-----END SSH SIGNATURE-----\n"), None);
    }
}
