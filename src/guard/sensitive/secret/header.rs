//! Credentials in HTTP headers and on the command line of what sends them.
//!
//! `Authorization: Basic` is a name and a password in base64, `Bearer` a token. Source: RFC 7617, RFC 6750, RFC 9110
//! section 11.6.2.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::{Found, Kind, Search, context};
use super::placeholder;

pub(in super::super) const KIND: Kind = Kind::secret(
    "secret.authorization",
    "credentials of an HTTP header",
    "CREDENTIALS",
    &[
        Search::Around(&["bearer ", "token "], bearer),
        Search::Around(&["basic "], basic),
        Search::Around(&[" -u ", " -u\"", " -u'", "--user ", "--user=", "--proxy-user "], user),
    ],
);

const LONGEST_BYTES: usize = 4_100;

/// What follows a scheme, as far as the characters of `token68` go.
fn credentials(text: &str, start: usize) -> &str {
    let window = context::window(text, start, LONGEST_BYTES);
    let is_token = |character: char| character.is_ascii_alphanumeric() || "-._~+/=".contains(character);
    window[..window.find(|character| !is_token(character)).unwrap_or(window.len())].trim_end_matches('.')
}

fn bearer(text: &str, literal: Range<usize>) -> Option<Found> {
    let token = credentials(text, literal.end);
    let has = |sort: fn(&u8) -> bool| token.as_bytes().iter().any(sort);
    // "bearer of-bad-news" has no digit. `token` is a word of prose, so that it takes a header's name before it.
    let is_named = text[literal.clone()].starts_with(['b', 'B'])
        || context::before(text, literal.start, 20).to_ascii_lowercase().contains("authorization");
    let is_token = token.len() >= 16 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    (is_named && is_token && placeholder::entropy(token) >= 3.0 && !placeholder::is_placeholder(token))
        .then(|| Found { bytes: literal.end..literal.end + token.len(), confidence: 0.9 })
}

fn basic(text: &str, literal: Range<usize>) -> Option<Found> {
    let token = credentials(text, literal.end);
    if token.len() < 8 {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    let is_text = !decoded.chars().any(char::is_control);
    (is_text && user != password && !placeholder::is_placeholder(password))
        .then(|| Found { bytes: literal.end..literal.end + token.len(), confidence: 0.97 })
}

/// The password of `curl -u name:password`.
fn user(text: &str, literal: Range<usize>) -> Option<Found> {
    let window = context::window(text, literal.end, 200);
    let quoted = window.starts_with(['"', '\'']);
    let value = &window[usize::from(quoted)..];
    let ends = |character: char| character.is_whitespace() || matches!(character, '"' | '\'');
    let value = &value[..value.find(ends).unwrap_or(value.len())];
    let (user, password) = value.split_once(':')?;
    // `date -u +%H:%M` is a format.
    let is_password = !user.is_empty()
        && !user.starts_with('+')
        && !password.starts_with(':')
        && user != password
        && password.bytes().any(|byte| !byte.is_ascii_digit());
    let start = literal.end + usize::from(quoted) + user.len() + 1;
    (is_password && !placeholder::is_placeholder(password))
        .then(|| Found { bytes: start..start + password.len(), confidence: 0.7 })
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    #[test]
    fn credentials_of_headers_are_found() {
        let cases = [
            ("Authorization: Bearer mF_9.B5f-4.1JqMwe7Kp", "mF_9.B5f-4.1JqMwe7Kp"),
            ("-H 'authorization: bearer 0f3a9c71be5d4e28a6'", "0f3a9c71be5d4e28a6"),
            ("Authorization: token 0f3a9c71be5d4e28a6c1", "0f3a9c71be5d4e28a6c1"),
            ("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("curl -u alice:wonder1and https://x.org", "wonder1and"),
            ("curl --user 'alice:wonder1and' https://x.org", "wonder1and"),
        ];
        for (text, expected) in cases {
            let found = scan(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("secret.authorization", expected), "{text}");
        }
    }

    #[test]
    fn prose_and_placeholders_are_left_alone() {
        let texts = [
            "the bearer of this letter",
            "Authorization: Bearer <token>",
            "Authorization: Bearer $TOKEN",
            "Authorization: Bearer YOUR_ACCESS_TOKEN_HERE",
            "a token 0f3a9c71be5d4e28a6c1 was drawn",
            "basic understanding of physics",
            "Basic authentication: see RFC7617",
            "docker run -u 1000:1000 image",
            "perldoc -u Some::Module",
            "git push -u origin main:main",
            "date -u +%Y-%m-%dT%H:%M:%SZ`",
            "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
