//! Ed25519 keys (RFC 8032) in PEM, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them (RFC 8410).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::config::Secret;
use crate::digest::sha256;
use crate::error::{Error, Result};

/// What stands before the 32 bytes of a public key: the sequence, the algorithm 1.3.101.112 and the bit string.
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A key that signs.
pub(crate) struct PrivateKey(Ed25519KeyPair);

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey([u8; 32]);

impl PrivateKey {
    /// A new key, and its text in PEM.
    pub(crate) fn generate() -> Result<(Self, Secret)> {
        let failed = |_| Error::unavailable("the system gives no random numbers for a key");
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
        let key = Self::of_der(document.as_ref()).ok_or_else(|| failed(ring::error::Unspecified))?;
        Ok((key, Secret::new(pem("PRIVATE KEY", document.as_ref()))))
    }

    /// The key that a text in PEM holds. `name` is what messages call it.
    pub(crate) fn of_pem(text: &Secret, name: &str) -> Result<Self> {
        // A variable of many CI systems is one line.
        let text = text.reveal().replace("\\n", "\n");
        let der = of_pem("PRIVATE KEY", &text);
        der.and_then(|der| Self::of_der(&der)).ok_or_else(|| {
            Error::config(format!("{name} holds no ed25519 private key in PEM"))
                .hint("`llmops evidence key` makes one; so does `openssl genpkey -algorithm ed25519`")
        })
    }

    fn of_der(der: &[u8]) -> Option<Self> {
        // OpenSSL writes the older form, which does not hold the public key.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Self)
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }

    pub(crate) fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }
}

impl PublicKey {
    #[cfg(test)]
    pub(super) fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key that a text in PEM holds, if it does.
    pub(crate) fn of_pem(text: &str) -> Option<Self> {
        let der = of_pem("PUBLIC KEY", text)?;
        let bytes = der.strip_prefix(&PUBLIC_PREFIX)?;
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &self.der())
    }

    /// SHA-256 of the key as it is written into certificates.
    pub(crate) fn id(&self) -> String {
        sha256(&self.der())
    }

    pub(super) fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, signature).is_ok()
    }

    fn der(&self) -> Vec<u8> {
        [&PUBLIC_PREFIX[..], &self.0].concat()
    }
}

/// The bytes between two lines that say what they are.
pub(super) fn of_pem(label: &str, text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    BASE64_STANDARD.decode(body).ok()
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of RFC 8410, section 10.
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

    #[test]
    fn keys_are_read_as_the_standard_writes_them() {
        let key = PrivateKey::of_pem(&Secret::new(PRIVATE), "KEY").unwrap();
        assert_eq!(key.public().to_pem(), PUBLIC);
        assert_eq!(PublicKey::of_pem(PUBLIC), Some(key.public()));
        let on_one_line = Secret::new(PRIVATE.replace('\n', "\\n"));
        assert_eq!(PrivateKey::of_pem(&on_one_line, "KEY").unwrap().public(), key.public());
    }

    #[test]
    fn a_signature_holds_for_its_key_and_bytes_only() {
        let (key, text) = PrivateKey::generate().unwrap();
        let read = PrivateKey::of_pem(&text, "KEY").unwrap();
        let signature = read.sign(b"statement");
        assert!(key.public().verifies(b"statement", &signature));
        assert!(!key.public().verifies(b"Statement", &signature));
        assert!(!PublicKey::of_pem(PUBLIC).unwrap().verifies(b"statement", &signature));
    }

    #[test]
    fn what_is_no_key_is_said_without_showing_it() {
        let wrong = Secret::new(PUBLIC);
        let error = PrivateKey::of_pem(&wrong, "LLMOPS_EVIDENCE_KEY").err().unwrap();
        assert_eq!(error.to_string(), "LLMOPS_EVIDENCE_KEY holds no ed25519 private key in PEM");
        for text in ["", "-----BEGIN PUBLIC KEY-----", PRIVATE] {
            assert_eq!(PublicKey::of_pem(text), None, "{text}");
        }
    }
}
