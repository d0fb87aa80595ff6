//! Private keys in their armour: PEM of every kind, `OpenPGP`, SSH, `PuTTY`.
//!
//! A line `-----BEGIN`, words that say what it is, `-----`; base64; a line `-----END`. In source code and JSON the
//! lines are joined by `\n`. Source: RFC 7468, RFC 9580 section 6.2, RFC 4716 section 3.2 (four dashes).

use std::ops::Range;

use super::super::{Found, Kind, Search, context};
use super::placeholder;

pub(in super::super) const KIND: Kind = Kind::secret(
    "secret.private_key",
    "a private key",
    "PRIVATE_KEY",
    &[Search::Around(&["---- BEGIN ", "-----BEGIN "], armoured), Search::Around(&["Private-Lines:"], putty)],
);

/// A key of 16,384 bits takes 13 kB.
const LONGEST_BYTES: usize = 20_000;
/// What remains of a documentation's `...` is shorter, the shortest key (Ed25519, 48 bytes) is 64.
const SHORTEST_BODY: usize = 40;

fn armoured(text: &str, literal: Range<usize>) -> Option<Found> {
    let window = context::window(text, literal.end, LONGEST_BYTES);
    let label = window.split("----").next()?;
    let is_key = label.len() < 60 && (label.contains("PRIVATE KEY") || label.contains("SECRET KEY"));
    if !is_key {
        return None;
    }
    let window = &window[..window.find("BEGIN ").unwrap_or(window.len())];
    // Without an end the key still stands there, as far as base64 goes.
    let end = window.find("---- END").or_else(|| window.find("-----END"));
    let body = window.get(label.len()..end.unwrap_or(label.len() + body_length(&window[label.len()..])))?;
    if body.bytes().filter(u8::is_ascii_alphanumeric).count() < SHORTEST_BODY || !placeholder::is_random(body) {
        return None;
    }
    let mut last = literal.end + label.len() + body.trim_end().len();
    if let Some(end) = end {
        let closing = context::window(window, end, 80);
        let dashes = closing[4..].find("----").map_or(closing.len(), |dashes| 4 + dashes);
        let tail = closing[dashes..].bytes().take_while(|byte| *byte == b'-').count();
        last = literal.end + end + dashes + tail;
    }
    Some(Found { bytes: literal.start..last, confidence: 0.99 })
}

/// How far base64, headers and line ends go.
fn body_length(text: &str) -> usize {
    let is_body = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-:,. \r\n\\\t".contains(&byte);
    text.bytes().position(|byte| !is_body(byte)).unwrap_or(text.len())
}

/// `Private-Lines: 8`, then as many lines of base64.
fn putty(text: &str, literal: Range<usize>) -> Option<Found> {
    let window = context::window(text, literal.end, LONGEST_BYTES);
    let count: usize = window.lines().next()?.trim().parse().ok()?;
    let body: usize = window.split_inclusive('\n').take(count + 1).map(str::len).sum();
    let start = window.find('\n')? + 1;
    let body = window.get(start..body)?.trim_end();
    (count > 0 && body.len() >= SHORTEST_BODY)
        .then(|| Found { bytes: literal.end + start..literal.end + start + body.len(), confidence: 0.99 })
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    fn key(label: &str, line_end: &str) -> String {
        let body = "MC4CAQAwBQYDK2VwBCIEIKoz9xT1bR7mW5nY2cL8pD4Zk3vQ".to_owned() + "uT0hB6sJfA1eGq8";
        let dashes = "-".repeat(5);
        format!("{dashes}BEGIN {label}{dashes}{line_end}{body}{line_end}{dashes}END {label}{dashes}")
    }

    #[test]
    fn private_keys_are_found_whole() {
        for label in
            ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "ENCRYPTED PRIVATE KEY"]
        {
            for line_end in ["\n", "\r\n", r"\n"] {
                let key = key(label, line_end);
                let text = format!("here:\n{key}\nbye");
                let found = scan(&text);
                assert_eq!(found.len(), 1, "{text}");
                assert_eq!(&text[found[0].bytes.clone()], key);
            }
        }
        let whole = key("PRIVATE KEY", "\n");
        let cut = &whole[..whole.find("END").unwrap() - 6];
        assert_eq!(scan(cut)[0].bytes, 0..cut.len());
    }

    #[test]
    fn public_keys_and_ellipses_are_left_alone() {
        let dashes = "-".repeat(5);
        let texts = [
            key("PUBLIC KEY", "\n"),
            key("CERTIFICATE", "\n"),
            key("PGP PUBLIC KEY BLOCK", "\n"),
            format!("{dashes}BEGIN PRIVATE KEY{dashes}\n...\n{dashes}END PRIVATE KEY{dashes}"),
            format!("the line {dashes}BEGIN RSA PRIVATE KEY{dashes} begins a key"),
            "PuTTY: Private-Lines: many\nnone".to_owned(),
        ];
        for text in texts {
            assert_eq!(scan(&text), [], "{text}");
        }
    }

    #[test]
    fn the_private_lines_of_putty_are_found() {
        let body = "AAAAgQCGJ7zk3vQ9xT1bR7mW5nY2cL8pD4uT0hB6sJfA1eGq8Zk3vQ9xT1bR7mW5";
        let text = format!("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n{body}\nPrivate-MAC: 0");
        assert_eq!(&text[scan(&text)[0].bytes.clone()], body);
    }
}
