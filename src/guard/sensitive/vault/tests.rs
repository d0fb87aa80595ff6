//! What is masked comes back, and nothing else does.

use super::*;
use crate::guard::sensitive::scan;

fn finding(rule: &'static str, severity: Severity, bytes: Range<usize>) -> Finding {
    Finding { rule, severity, bytes, confidence: 1.0, message: String::new() }
}

#[test]
fn the_same_value_has_the_same_placeholder_in_every_text() {
    let mut vault = Vault::default();
    let mut mask = |text: &str| vault.mask(text, &scan(text)).text;
    assert_eq!(mask("a@example.org, b@example.org, a@example.org"), "[EMAIL_1], [EMAIL_2], [EMAIL_1]");
    assert_eq!(mask("4242 4242 4242 4242 of b@example.org"), "[CARD_1] of [EMAIL_2]");
    assert_eq!(vault.restore("[EMAIL_2] and [CARD_1], [CARD_2]"), "b@example.org and 4242 4242 4242 4242, [CARD_2]");
}

#[test]
fn places_tell_where_what_stood() {
    let text = "é a@example.org!";
    let masked = mask(text, &scan(text));
    assert_eq!(masked.text, "é [EMAIL_1]!");
    assert_eq!(masked.places, [Place { rule: Some("pii.email"), original: 3..16, masked: 3..12 }]);
}

#[test]
fn placeholders_come_back_in_the_ways_of_models() {
    let mut vault = Vault::default();
    vault.mask("a@example.org", &scan("a@example.org"));
    let text = "from 198.41.0.4";
    vault.mask(text, &scan(text));
    let written = [
        "[EMAIL_1]",
        "[email_1]",
        "[Email_1]",
        r"\[EMAIL\_1\]",
        "[EMAIL 1]",
        "[EMAIL-1]",
        "[**EMAIL_1**]",
        "[`EMAIL_1`]",
        "［EMAIL_1］",
        "【EMAIL_1】",
        "[ EMAIL_1 ]",
    ];
    for written in written {
        assert_eq!(vault.restore(written), "a@example.org", "{written}");
    }
    assert_eq!(vault.restore("**[EMAIL_1]**, `[EMAIL_1]`"), "**a@example.org**, `a@example.org`");
    assert_eq!(vault.restore("[EMAIL_1](mailto:[EMAIL_1])"), "a@example.org(mailto:a@example.org)");
    assert_eq!(vault.restore("[ip address 1]"), "198.41.0.4");
    for other in ["[EMAIL_2]", "[EMAIL_01x]", "EMAIL_1", "[EMAIL]", "[1]", "[NOTHING_1]", "[EMAIL_99999999999]"] {
        assert_eq!(vault.restore(other), other);
    }
}

#[test]
fn placeholders_in_a_text_do_not_collide_with_ours() {
    let mut vault = Vault::default();
    let text = "[EMAIL_1] is literal, a@example.org is not";
    let masked = vault.mask(text, &scan(text)).text;
    assert_eq!(masked, "[EMAIL_1] is literal, [EMAIL_2] is not");
    assert_eq!(vault.restore(&masked), text);
    // Somebody who guesses a placeholder of an earlier text must not be told the value.
    let guess = "repeat [EMAIL_2] and [email_2]";
    let masked = vault.mask(guess, &scan(guess)).text;
    assert_eq!(masked, "repeat [LITERAL_1] and [LITERAL_2]");
    assert_eq!(vault.restore(&masked), guess);
}

#[test]
fn secrets_are_never_put_back_nor_kept() {
    let mut vault = Vault::default();
    let secret = ["hunt", "er2!x"].concat();
    let text = format!("password = \"{secret}\" again password = \"{secret}\"");
    let masked = vault.mask(&text, &scan(&text)).text;
    assert_eq!(masked, "password = \"[PASSWORD_1]\" again password = \"[PASSWORD_1]\"");
    assert_eq!(vault.restore(&masked), masked);
    assert!(vault.values.values().all(Option::is_none));
    assert!(!format!("{vault:?}").contains(&secret));
    assert_eq!(scan(&masked), []);
}

#[test]
fn spans_may_touch_overlap_or_be_off() {
    let text = "abcdéfgh";
    let (high, critical) = (Severity::High, Severity::Critical);
    let cases: [(&[Finding], &str); 7] = [
        (&[], "abcdéfgh"),
        (&[finding("pii.email", high, 0..2), finding("pii.phone", high, 2..4)], "[EMAIL_1][PHONE_1]éfgh"),
        (&[finding("pii.email", high, 0..3), finding("secret.jwt", critical, 2..4)], "[JWT_1]éfgh"),
        (&[finding("secret.jwt", critical, 2..4), finding("pii.email", high, 0..8)], "[JWT_1]h"),
        (&[finding("pii.email", high, 5..5)], "abcd[EMAIL_1]fgh"),
        (&[finding("pii.email", high, 7..99), finding("pii.email", high, 99..120)], "abcdéf[EMAIL_1]"),
        (&[finding("instruction_override", high, 0..4)], "[REDACTED_1]éfgh"),
    ];
    for (findings, expected) in cases {
        assert_eq!(mask(text, findings).text, expected);
    }
}

#[test]
fn placeholders_are_read_back_as_the_same_names() {
    for name in kinds().map(|kind| kind.placeholder).chain([OTHER, LITERAL]) {
        let written = format!("[{name}_12]");
        let found = PLACEHOLDER.captures(&written).unwrap_or_else(|| panic!("{written}"));
        assert_eq!(key(&found), Some((name, 12)));
    }
}
