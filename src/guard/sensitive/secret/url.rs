//! Passwords in URLs: `scheme://user:password@host`. Only the password is the secret.
//!
//! Source: RFC 3986 section 3.2.1. A password that the user's name repeats is a default that everybody knows.

use std::ops::Range;

use super::super::{Found, Kind, Search, context};
use super::placeholder;

pub(in super::super) const KIND: Kind =
    Kind::secret("secret.url_password", "a password in a URL", "PASSWORD", &[Search::Around(&["://"], read)]);

const LONGEST_BYTES: usize = 300;

fn read(text: &str, literal: Range<usize>) -> Option<Found> {
    let scheme = context::before(text, literal.start, 20);
    if !scheme.ends_with(|last: char| last.is_ascii_alphanumeric()) {
        return None;
    }
    let window = context::window(text, literal.end, LONGEST_BYTES);
    let ends = |character: char| character.is_whitespace() || "/?#\"'`<>\\|^".contains(character);
    let authority = &window[..window.find(ends).unwrap_or(window.len())];
    let (user_info, host) = authority.rsplit_once('@')?;
    let (user, password) = user_info.split_once(':')?;
    let is_host = host.starts_with(|first: char| first.is_alphanumeric() || first == '[' || first == '$');
    if !is_host || password == user || placeholder::is_placeholder(password) {
        return None;
    }
    let start = literal.end + user.len() + 1;
    Some(Found { bytes: start..start + password.len(), confidence: 0.96 })
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    #[test]
    fn passwords_in_urls_are_found() {
        let cases = [
            ("postgres://app:s3cr3t@db.internal:5432/app", "s3cr3t"),
            ("mongodb+srv://u:p%40ss9@cluster0.mongodb.net/?x=1", "p%40ss9"),
            ("redis://:b1gR3dis@localhost:6379", "b1gR3dis"),
            ("see https://joe:hunter2@example.org.", "hunter2"),
            ("amqp://u:a@b9@[::1]/", "a@b9"),
        ];
        for (text, expected) in cases {
            let found = scan(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("secret.url_password", expected), "{text}");
        }
    }

    #[test]
    fn urls_without_one_are_left_alone() {
        let texts = [
            "https://example.org/a:b@c",
            "https://example.org:8080/path?x=a:b@c",
            "postgres://user:password@localhost/db",
            "postgres://${USER}:${PASSWORD}@localhost/db",
            "postgres://postgres:postgres@localhost/db",
            "https://<user>:<token>@github.com/x/y",
            "redis://user@localhost",
            "http://[::1]:80/",
            "a ://b:c@d",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
