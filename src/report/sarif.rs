//! What all files of SARIF 2.1.0 have in common.
//!
//! Source: OASIS SARIF 2.1.0; limits of GitHub's code scanning.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

pub(crate) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// More results in one file are refused by GitHub.
pub(crate) const MOST_RESULTS: usize = 25_000;
/// Characters of a message.
const LONGEST: usize = 4000;

/// A message no longer than what is shown of it.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// A relative reference (RFC 3986): what a path may hold and a URI may not is percent-encoded.
pub(crate) fn uri(path: &str) -> String {
    const NOT_IN_PATHS: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'%')
        .add(b':')
        .add(b'[')
        .add(b']')
        .add(b'\\')
        .add(b'^')
        .add(b'|');
    utf8_percent_encode(path, NOT_IN_PATHS).to_string()
}
