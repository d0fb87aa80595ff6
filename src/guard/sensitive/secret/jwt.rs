//! Signed tokens of the JSON Web Token format.
//!
//! Three parts in base64url, joined by dots; the first is a JSON object with `alg`, and so begins with `eyJ`. An
//! encrypted one has five. Source: RFC 7519, RFC 7515 section 3.1, RFC 7516 section 3.1.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::token::Token;
use super::super::{Kind, Search};

pub(in super::super) const KIND: Kind = Kind::secret(
    "secret.jwt",
    "a JSON Web Token",
    "JWT",
    &[Search::Token(
        Token::new(&["eyJ"], r"eyJ[\w-]{10,}(?:\.[\w-]{2,}\.[\w-]{20,}|\.[\w-]*(?:\.[\w-]{10,}){3})")
            .longest(12_000)
            .confidence(header),
    )],
);

fn header(token: &str) -> Option<f64> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    header.get("alg")?.is_string().then_some(0.98)
}
