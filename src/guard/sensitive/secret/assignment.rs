//! Passwords and keys that are told by the name they are given to: `password = "..."`, `api_key: ...`, `--token ...`,
//! `<secret>...</secret>`, "my password is ...".
//!
//! ```text
//! DB_ password _prod  "  :  "  hunter2  "
//!     literal  suffix ── gap ──   value
//! ```
//!
//! Weaker than a token's own shape, so that a value has to look the part: long and varied enough for a key, more than a
//! plain word for a password, and no placeholder.

mod rest;

use std::ops::Range;

use super::super::{Found, Kind, Search, context};
use super::placeholder::{entropy, is_placeholder};
use rest::{Gap, Rest};

pub(in super::super) const KINDS: &[Kind] = &[
    Kind::secret(
        "secret.password",
        "a password",
        "PASSWORD",
        &[
            Search::Around(PASSWORDS, |text, literal| read(text, literal, password)),
            Search::Around(&["identified by '", "identified by \""], of_sql_user),
        ],
    ),
    Kind::secret(
        "secret.generic",
        "a key or token",
        "SECRET",
        &[Search::Around(KEYS, |text, literal| read(text, literal, key))],
    ),
];

const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "passwort",
    "kennwort",
    "mot de passe",
    "motdepasse",
    "contraseña",
    "contrasena",
    "senha",
    "wachtwoord",
    "lösenord",
    "hasło",
    "пароль",
    "パスワード",
    "密码",
    "密碼",
    "비밀번호",
];

const KEYS: &[&str] = &[
    "secret",
    "token",
    "api_key",
    "api-key",
    "api key",
    "apikey",
    "access_key",
    "access-key",
    "access key",
    "accesskey",
    "auth_key",
    "auth-key",
    "authkey",
    "private_key",
    "private-key",
    "privatekey",
    "encryption_key",
    "encryptionkey",
    "signing_key",
    "signingkey",
    "master_key",
    "masterkey",
    "account_key",
    "accountkey",
    "credential",
];

/// What may follow in the same name, in lower case and without separators. `secret_name` or `token_count` is no secret.
const SUFFIXES: &[&str] = &[
    "",
    "key",
    "value",
    "val",
    "token",
    "secret",
    "string",
    "prod",
    "production",
    "dev",
    "development",
    "test",
    "testing",
    "stage",
    "staging",
    "live",
    "default",
    "base",
    "admin",
    "root",
    "user",
    "db",
    "old",
    "new",
    "plain",
    "text",
    "base64",
];

const LONGEST_BYTES: usize = 300;

/// A value and what is known of its surroundings.
struct Value<'a> {
    text: &'a str,
    is_quoted: bool,
    /// A sentence says it: "the password is ...".
    is_said: bool,
}

fn read(text: &str, literal: Range<usize>, confidence: fn(&Value) -> Option<f64>) -> Option<Found> {
    let window = context::window(text, literal.end, LONGEST_BYTES);
    let mut rest = Rest::new(window);
    let suffix = rest.take(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'));
    let suffix = suffix.trim_end_matches(|last: char| last.is_ascii_digit()).to_ascii_lowercase();
    if !SUFFIXES.contains(&suffix.replace(['_', '-'], "").as_str()) {
        return None;
    }
    let gap = rest.gap(rest::is_option(text, literal.start))?;
    let quote = rest.quote();
    if gap == Gap::NeedsQuote && quote.is_none() {
        return None;
    }
    let (start, value) = (rest.at(), rest.value(quote, gap == Gap::Said)?);
    // What ends only where we stop to read is longer than any password.
    let is_endless = start + value.len() == window.len() && literal.end + window.len() < text.len();
    if is_endless || gap == Gap::Tagged && !window[start + value.len()..].starts_with('<') {
        return None;
    }
    let value = Value { text: value, is_quoted: quote.is_some(), is_said: gap == Gap::Said };
    let confidence = confidence(&value)?;
    if is_placeholder(value.text) {
        return None;
    }
    let start = literal.end + start;
    Some(Found { bytes: start..start + value.text.len(), confidence })
}

/// The password of an SQL statement for a user.
fn of_sql_user(text: &str, literal: Range<usize>) -> Option<Found> {
    let is_user = context::before(text, literal.start, 60).to_ascii_lowercase().contains("user");
    let quote = text[..literal.end].chars().next_back()?;
    let window = context::window(text, literal.end, LONGEST_BYTES);
    let value = window.lines().next()?.split(quote).next()?;
    let is_closed = window[value.len()..].starts_with(quote);
    (is_user && is_closed && !is_placeholder(value))
        .then(|| Found { bytes: literal.end..literal.end + value.len(), confidence: 0.85 })
}

/// What a value is made of.
#[derive(Default)]
struct Makeup {
    digits: usize,
    capitals: usize,
    letters: usize,
    marks: usize,
    blanks: usize,
}

impl Makeup {
    fn of(value: &str) -> Self {
        let mut makeup = Self::default();
        for character in value.chars() {
            makeup.digits += usize::from(character.is_ascii_digit());
            makeup.capitals += usize::from(character.is_uppercase());
            makeup.letters += usize::from(character.is_alphabetic());
            makeup.marks +=
                usize::from(character.is_ascii_punctuation() && !matches!(character, '-' | '_' | '.' | '/' | ':'));
            makeup.blanks += usize::from(character.is_whitespace());
        }
        makeup
    }
}

/// Anything but a plain word, as labels and translations are.
fn password(value: &Value) -> Option<f64> {
    let makeup = Makeup::of(value.text);
    let is_varied = makeup.letters > 0 && (makeup.digits > 0 || makeup.marks > 0);
    if value.is_quoted {
        let is_one = makeup.blanks == 0
            && !value.text.contains(['-', '_', '/', '.'])
            && !value.text.to_ascii_lowercase().contains("password");
        let is_mixed = is_one && makeup.capitals > 1 && makeup.letters > makeup.capitals && value.text.len() >= 8;
        let is_long = is_one && makeup.letters >= 16;
        return (value.text.len() >= 5
            && makeup.blanks < 2
            && !is_path(value.text)
            && (is_varied || is_mixed || is_long))
            .then_some(0.7);
    }
    let is_code = value.text.contains(['(', '[', '{']) || is_path(value.text);
    let is_strong = makeup.digits > 0 || (makeup.marks > 0 && value.text.len() >= 8);
    let is_password = value.text.len() >= 6 && is_varied && is_strong && !is_code;
    is_password.then_some(if value.is_said { 0.55 } else { 0.6 })
}

fn is_path(text: &str) -> bool {
    text.starts_with(['/', '.', '-', '~']) || text.contains("://")
}

/// Long and varied: from 12 characters in quotes and 16 without.
fn key(value: &Value) -> Option<f64> {
    let text = value.text;
    let makeup = Makeup::of(text);
    let is_key = text.len() >= if value.is_quoted { 12 } else { 16 }
        && makeup.blanks == 0
        && makeup.letters > 0
        && (makeup.digits > 0 || (makeup.capitals > 2 && entropy(text) > 4.0))
        && entropy(text) >= 3.0
        && !text.contains(['(', '{', '<', '[', '$', '\\'])
        && !is_path(text)
        && !text.starts_with('@')
        // The name of something in a module.
        && (value.is_quoted || !text.contains('.'))
        && !is_slug(text);
    is_key.then_some(if value.is_quoted { 0.6 } else { 0.55 })
}

/// Words and numbers with separators, as names of things are: `my-app-secret-2`, `app.tokens.v1`, `x25519_private_key`.
fn is_slug(text: &str) -> bool {
    let parts = || text.split(['-', '_', '.', '/', ':']);
    let is_plain = |part: &str| {
        let word = part.trim_end_matches(|last: char| last.is_ascii_digit());
        word.chars().all(char::is_alphabetic) && (word.len() == part.len() || part.len() - word.len() <= 4)
    };
    let is_word = |part: &&str| part.len() > 2 && part.chars().all(char::is_lowercase);
    let words: usize = parts().filter(is_word).map(str::len).sum();
    parts().count() > 1 && (parts().all(is_plain) || words * 2 > text.len())
}

#[cfg(test)]
mod tests;
