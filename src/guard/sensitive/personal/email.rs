//! E-mail addresses.
//!
//! Shape: `local@domain`, the local part of at most 64 bytes, a domain of at least two labels of which the last is made
//! of letters. Letters of other alphabets count in both (RFC 6531), but not scripts without blanks between words, where
//! an address could not be told from the sentence around it. Quoted local parts and addresses at an IP are left out.
//! Source: RFC 5321 section 4.1.2, RFC 5322 section 3.2.3.

use std::ops::Range;

use super::super::{Found, Kind, Search, context};

pub(in super::super) const KIND: Kind =
    Kind::personal("pii.email", "an e-mail address", "EMAIL", &[Search::Around(&["@", "%40"], read)]);

const LONGEST_LOCAL_BYTES: usize = 64;
const LONGEST_DOMAIN_BYTES: usize = 253;

/// Last parts of names of files, as in `icon@2x.png`, that are no domains.
const FILES: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "js",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "jsx",
    "css",
    "scss",
    "html",
    "htm",
    "json",
    "yaml",
    "yml",
    "toml",
    "xml",
    "txt",
    "csv",
    "tsv",
    "pdf",
    "tgz",
    "gz",
    "jar",
    "dll",
    "exe",
    "lock",
    "map",
    "wasm",
    "local",
    "localhost",
    "internal",
    "lan",
    "invalid",
    "localdomain",
    "loc",
    "po",
    "lst",
    "tar",
    "bak",
    "tmp",
    "conf",
    "cfg",
    "ini",
];

fn read(text: &str, at: Range<usize>) -> Option<Found> {
    let local = local_part(context::before(text, at.start, LONGEST_LOCAL_BYTES));
    // In a string of source code, `n` of `\\n` is no part of it.
    let start = context::word_start(text.as_bytes(), at.start - local.len()).min(at.start);
    let local = &text[start..at.start];
    let domain = domain(context::window(text, at.end, LONGEST_DOMAIN_BYTES))?;
    let end = at.end + domain.len();
    let user = context::before(text, start, 80).trim_end_matches(|last: char| is_letter(last) || ":_-.".contains(last));
    let is_user_of_url = user.ends_with("//");
    let is_repository = local == "git" && text[end..].starts_with([':', '/']);
    if local.is_empty() || is_user_of_url || is_repository || text[end..].starts_with(['@', '(']) {
        return None;
    }
    Some(Found { bytes: start..end, confidence: 0.95 })
}

/// Letters and digits as addresses have them, of scripts that separate words.
fn is_letter(character: char) -> bool {
    character.is_alphanumeric() && character < '\u{E00}'
}

/// The end of a text that can be a local part: dot-atoms, but for the marks that more often quote or separate.
fn local_part(before: &str) -> &str {
    let is_local = |character: char| is_letter(character) || "._%+-'&~".contains(character);
    let start = before.char_indices().rev().take_while(|(_, character)| is_local(*character)).last();
    let local = start.map_or("", |(start, _)| &before[start..]);
    // What stands before two dots is another word.
    let local = local.rfind("..").map_or(local, |dots| &local[dots + 2..]);
    let local = local.trim_start_matches(|first: char| !is_letter(first) && first != '_' && first != '+');
    if local.ends_with('.') { "" } else { local }
}

/// The domain at the beginning of a text.
fn domain(text: &str) -> Option<&str> {
    let is_domain = |character: char| is_letter(character) || matches!(character, '.' | '-');
    let run = &text[..text.find(|character| !is_domain(character)).unwrap_or(text.len())];
    let run = run.find("..").map_or(run, |dots| &run[..dots]).trim_end_matches(['.', '-']);
    let is_label =
        |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    let (rest, last) = run.rsplit_once('.')?;
    // A sentence may go on without a blank: "write to a@b.org.Thanks" is as good as an address.
    let is_top = last.starts_with("xn--") || (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic));
    let is_file = FILES.contains(&last.to_ascii_lowercase().as_str());
    (is_top && last.len() <= 63 && !is_file && rest.split('.').all(is_label)).then_some(run)
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    #[test]
    fn addresses_are_found() {
        let cases = [
            ("Write to jane.doe+news@example.co.uk.", "jane.doe+news@example.co.uk"),
            ("<jane@example.org>", "jane@example.org"),
            ("mailto:jane@example.org?subject=x", "jane@example.org"),
            ("email=jane@example.org&x", "jane@example.org"),
            ("jörg.müller@bücher.example", "jörg.müller@bücher.example"),
            ("请写信给jane@example.org谢谢", "jane@example.org"),
            ("иван@пример.рф,", "иван@пример.рф"),
            ("'o'neil@example.org'", "o'neil@example.org"),
            ("x@xn--bcher-kva.xn--p1ai", "x@xn--bcher-kva.xn--p1ai"),
            ("u=jane%40example.org", "jane%40example.org"),
            ("_a-b_@a-b.io", "_a-b_@a-b.io"),
            ("JANE@EXAMPLE.ORG", "JANE@EXAMPLE.ORG"),
            ("...jane@example.org", "jane@example.org"),
        ];
        for (text, expected) in cases {
            let found = scan(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("pii.email", expected), "{text}");
        }
    }

    #[test]
    fn what_only_has_the_sign_is_left_alone() {
        let texts = [
            "@",
            "@@@",
            "a@b",
            "@property",
            "@scope/package",
            "npm i react@18.2.0",
            "uses: actions/checkout@v4.1.2",
            "icon@2x.png",
            "root@localhost",
            "git@github.com:owner/repo.git",
            "https://joe@example.org/x",
            "ftp://joe:password@example.org/",
            "a@.org",
            "a.@b.org",
            "a@-b.org",
            "a@b..org",
            "3 @ 4.50",
            "me @ work.now",
            "image@sha256:0f3a",
            "meet @ 5pm",
            "x@y.z",
            "a@b.123",
            "user@192.0.2.1",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
