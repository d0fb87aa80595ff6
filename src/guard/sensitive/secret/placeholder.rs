//! What stands where a secret would, without being one: examples, references to a variable, masks.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

/// Shannon entropy of a text's bytes, in bits for each byte: 0 for `aaaa`, 4 for all hexadecimal digits once.
pub(in super::super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let total = f64::from(counts.iter().sum::<u32>().max(1));
    let share = |count: &u32| f64::from(*count) / total;
    -counts.iter().filter(|count| **count > 0).map(|count| share(count) * share(count).log2()).sum::<f64>()
}

/// Whether a token may have been drawn at random. Documentation writes `sk-xxxxxxxx`, `ghp_your_token_here` and AWS's
/// keys that end with EXAMPLE, none of which lets anybody in.
pub(in super::super) fn is_random(token: &str) -> bool {
    longest_run(token) < 8 && entropy(token) >= 2.5 && !says_so(token)
}

/// Whether most characters follow their neighbour, as in `1234567890abcdef`: written by hand, perhaps yet in use.
pub(in super::super) fn is_counting(token: &str) -> bool {
    let steps = token.as_bytes().windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    steps * 2 > token.len()
}

/// Whether a value that something is set to is plainly no secret.
pub(in super::super) fn is_placeholder(value: &str) -> bool {
    let lower = value.trim().to_lowercase();
    let word = lower.trim_end_matches(|last: char| last.is_ascii_digit() || "!_-.".contains(last));
    let mut others = lower.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
    let first = others.next();
    let second = others.find(|byte| Some(*byte) != first);
    lower.is_empty()
        || !others.any(|byte| Some(byte) != first && Some(byte) != second)
        || says_so(value)
        || WHOLE.split(' ').any(|whole| whole == word)
        || REFERENCES.split(' ').any(|start| lower.starts_with(start))
        || lower.contains("{{")
        || lower.contains("${")
        || is_enclosed(&lower)
}

/// Whether a text has a word in it that only what is no secret has.
fn says_so(text: &str) -> bool {
    static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let builder = &mut AhoCorasickBuilder::new();
        let built = builder.ascii_case_insensitive(true).build(SAYS_SO.split(' '));
        built.expect("a few words are far below the automaton's limits")
    });
    WORDS.is_match(text)
}

/// `<password>`, `[PASSWORD_1]`, `%PASSWORD%`, `__PASSWORD__`, `(none)`.
fn is_enclosed(value: &str) -> bool {
    [("<", ">"), ("[", "]"), ("{", "}"), ("%", "%"), ("__", "__"), ("(", ")"), ("@", "@"), ("«", "»")]
        .iter()
        .any(|(open, close)| value.len() > 2 && value.starts_with(open) && value.ends_with(close))
}

/// How many times the same character stands in a row.
fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for byte in text.bytes() {
        run = if last == Some(byte) { run + 1 } else { 1 };
        last = Some(byte);
        longest = longest.max(run);
    }
    longest
}

/// In lower case, anywhere in a value.
const SAYS_SO: &str = "\
    example changeme change-me change_me placeholder your_ your- yourpass yourkey yourtoken yoursecret yourapi \
    redacted replace_ replace- replaceme insert_ insert- dummy xxxx **** .... •••• todo: fixme not-a-real not_a_real \
    notareal fakekey fake_ fake- key_here key-here token_here token-here password_here password-here secret_here \
    secret-here goes_here goes-here <your …";

/// In lower case, but for digits and marks at the end.
const WHOLE: &str = "\
    password passwd passphrase pass pwd secret token key apikey api_key api-key none null nil undefined true false \
    yes no string str text value empty test testing foo bar foobar demo sample user username mypassword my_password \
    my-password mysecret my_secret my-secret secretkey secret_key secret-key access_token client_secret optional \
    required unknown default hidden masked private n/a bytes int bool any self this passwort kennwort geheim \
    contraseña contrasena senha motdepasse";

/// In lower case: how a value begins that names where the secret is.
const REFERENCES: &str = "\
    $ env: env. env( process.env os.environ os.getenv getenv std::env system.getenv vault: secret: secrets. secret/ \
    ref+ op:// arn:aws: keyring: file: config. settings. var. local. data. params. request. req. self. this. \
    options. args. opts. ctx. projects/ @microsoft.keyvault !ref !vault enc[ {cipher} #{ <%";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_the_share_of_each_byte() {
        for (text, expected) in [("", 0.0), ("aaaa", 0.0), ("abab", 1.0), ("0123456789abcdef", 4.0)] {
            assert!((entropy(text) - expected).abs() < 1e-12, "{text}");
        }
    }

    #[test]
    fn placeholders_are_no_secrets() {
        let placeholders = [
            "",
            "xxxxxxxx",
            "********",
            "changeme",
            "ChangeMe123",
            "<your key>",
            "${DB_PASSWORD}",
            "$PASSWORD",
            "env:NAME",
            "process.env.KEY",
            "{{ password }}",
            "[PASSWORD_1]",
            "password",
            "Password1!",
            "your_password",
            "example",
            "op://vault/item",
            "aaaaaaaa",
            "0000-0000",
            "%PASSWORD%",
            "test123",
            "insert_key_here",
            "null",
        ];
        let secrets =
            ["hunter2", "S3cr3t!pw", "correct horse battery staple", "tr0ub4dor&3", "admin2024!", "kJ8#mN2$pQ"];
        for (values, expected) in [(&placeholders[..], true), (&secrets[..], false)] {
            for value in values {
                assert_eq!(is_placeholder(value), expected, "{value}");
            }
        }
    }

    #[test]
    fn tokens_that_say_they_are_none_are_not_random() {
        let cases = [
            (concat!("AKIAIOSFODNN7", "EXAMPLE"), false),
            ("sk-xxxxxxxxxxxxxxxxxxxxxxxx", false),
            ("ghp_your_token_here_please_do_it", false),
            ("aaaaaaaabbbbbbbbccccccccdddddddd", false),
            ("Zk3vQ9xT1bR7mW5nY2cL8pD4", true),
        ];
        for (token, expected) in cases {
            assert_eq!(is_random(token), expected, "{token}");
        }
        assert!(is_counting("abcdefghij1234567890") && !is_counting("Zk3vQ9xT1bR7mW5nY2cL8pD4"));
    }
}
