//! DSSE envelopes, version 1: a payload with its type, and signatures of both.
//!
//! Source: <https://github.com/secure-systems-lab/dsse>, `protocol.md` and `envelope.md`.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// What in-toto statements are called.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload and who put a name to it. Nothing in it is to be believed before a signature was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    pub(super) signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Signature {
    /// A hint which key it may be, never a reason to believe anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) keyid: Option<String>,
    sig: String,
}

impl Signature {
    pub(super) fn new(keyid: String, signature: &[u8]) -> Self {
        Self { keyid: Some(keyid), sig: BASE64_STANDARD.encode(signature) }
    }

    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        decode(&self.sig)
    }
}

impl Envelope {
    /// An envelope that nobody has signed yet.
    pub(super) fn new(payload: &[u8]) -> Self {
        Self { payload: BASE64_STANDARD.encode(payload), payload_type: PAYLOAD_TYPE.to_owned(), signatures: Vec::new() }
    }

    /// The payload; `None` if it is none of ours.
    pub(super) fn payload(&self) -> Option<Vec<u8>> {
        if self.payload_type == PAYLOAD_TYPE { decode(&self.payload) } else { None }
    }

    /// The bytes that are signed.
    pub(super) fn signed_bytes(&self, payload: &[u8]) -> Vec<u8> {
        let kind = &self.payload_type;
        let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// Either alphabet, with or without padding, as verifiers must take them.
fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::hex;
    use crate::evidence::key::PublicKey;

    /// Public keys of the first two tests of RFC 8032, section 7.1.
    const A: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const B: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

    fn envelope(payload: &str, kind: &str, signature: &str) -> Envelope {
        let signature = Signature { keyid: None, sig: signature.to_owned() };
        Envelope { payload: payload.to_owned(), payload_type: kind.to_owned(), signatures: vec![signature] }
    }

    fn is_signed_by(envelope: &Envelope, key: &str) -> bool {
        let bytes: Vec<u8> =
            (0..key.len()).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect();
        let key = PublicKey::of_bytes(bytes.try_into().unwrap());
        envelope.payload().is_some_and(|payload| {
            key.verifies(&envelope.signed_bytes(&payload), &envelope.signatures[0].bytes().unwrap())
        })
    }

    /// The project's own vectors: <https://github.com/secure-systems-lab/dsse/blob/master/testvectors/vectors.json>.
    #[test]
    fn the_vectors_of_the_specification_are_accepted_and_rejected_as_they_say() {
        const STATEMENT: &str = "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==";
        const SIGNED_BY_A: &str =
            "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==";
        const SIGNED_BY_B: &str =
            "c1+67/aT0yqEpwx8PsVY3MLHsj9D0CZ014/Fv/QlG59P+9CobUZ7xECJ/V3USG0Ob9CiE5LjReEZUzNF2l7eBw==";
        let cases = [
            (STATEMENT, PAYLOAD_TYPE, SIGNED_BY_A, A, true),
            (STATEMENT, PAYLOAD_TYPE, SIGNED_BY_B, B, true),
            (STATEMENT, PAYLOAD_TYPE, SIGNED_BY_A, B, false),
            (
                "-_-_Pj8=",
                PAYLOAD_TYPE,
                "P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==",
                A,
                true,
            ),
            (STATEMENT, "application/vnd.example.other+json", SIGNED_BY_A, A, false),
            (
                "",
                PAYLOAD_TYPE,
                "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==",
                A,
                true,
            ),
            (
                STATEMENT,
                "",
                "iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg==",
                A,
                false,
            ),
        ];
        for (payload, kind, signature, key, is_accepted) in cases {
            assert_eq!(is_signed_by(&envelope(payload, kind, signature), key), is_accepted, "{kind} {payload}");
        }
    }

    /// The encoding that `protocol.md` shows, and one of the vectors with a type that is not ASCII.
    #[test]
    fn what_is_signed_has_lengths_in_bytes() {
        let hello = envelope("", "http://example.com/HelloWorld", "");
        assert_eq!(hello.signed_bytes(b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        let umlaut = envelope("", "application/vnd.ex\u{e4}mple+json", "");
        assert!(
            hex(&umlaut.signed_bytes(b"{}"))
                .starts_with("445353457631203239206170706c69636174696f6e2f766e642e6578c3a46d")
        );
    }
}
