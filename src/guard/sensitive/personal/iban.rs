//! International bank account numbers.
//!
//! Shape: a country, two check digits, then letters and digits up to the country's length; in one or in groups of four.
//! Checksum: with the first four characters moved to the end and letters as 10 to 35, the number is 1 modulo 97.
//! Source: ISO 13616-1; lengths of the SWIFT IBAN registry, release 101.

use super::super::{Found, Kind, Search, checksum, context};

pub(in super::super) const KIND: Kind = Kind::personal(
    "pii.iban",
    "an international bank account number",
    "IBAN",
    &[Search::Words(|byte| byte.is_ascii_alphabetic(), read)],
);

const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

fn read(text: &str, start: usize) -> Option<Found> {
    let window = &text.as_bytes()[start..];
    let [first, second, b'0'..=b'9', b'0'..=b'9', ..] = window else { return None };
    let country = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
    let place = LENGTHS.binary_search_by(|(other, _)| (*other).cmp(&country)).ok()?;
    let (characters, length) = characters(window, LENGTHS[place].1)?;
    let end = start + length;
    let moved = characters[4..].iter().chain(&characters[..4]).copied();
    (checksum::modulo(moved, 97) == 1 && !context::is_inside_word(text.as_bytes(), end))
        .then_some(Found { bytes: start..end, confidence: 0.98 })
}

/// So many letters and digits, and how many bytes they take with a blank or hyphen between groups.
fn characters(bytes: &[u8], count: usize) -> Option<(Vec<u8>, usize)> {
    let mut characters = Vec::with_capacity(count);
    let mut at = 0;
    while characters.len() < count {
        at += match &bytes[at..] {
            [character, ..] if character.is_ascii_alphanumeric() => {
                characters.push(*character);
                1
            }
            // Groups are of four, so that no sentence is read on into.
            [b' ' | b'-', next, ..] if characters.len() % 4 == 0 && next.is_ascii_alphanumeric() => 1,
            [0xC2, 0xA0, next, ..] if characters.len() % 4 == 0 && next.is_ascii_alphanumeric() => 2,
            _ => return None,
        };
    }
    Some((characters, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::sensitive::scan;

    /// The numbers are the examples of the registry.
    #[test]
    fn the_examples_of_the_registry_are_found() {
        let cases = [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "GB29 NWBK 6016 1331 9268 19",
            "FR1420041010050500013M02606",
            "NL91ABNA0417164300",
            "CH93 0076 2011 6238 5295 7",
            "NO93 8601 1117 947",
            "MT84MALT011000012345MTLCAST001S",
            "AT61-1904-3002-3457-3201",
            "es9121000418450200051332",
            "BR1800360305000010009795493C1",
            "SA03 8000 0000 6080 1016 7519",
        ];
        for number in cases {
            let text = format!("IBAN:{number} (mine)");
            let found = scan(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("pii.iban", number));
        }
    }

    #[test]
    fn near_misses_are_left_alone() {
        let texts = [
            "DE89370400440532013001",
            "DE8937040044053201300",
            "DE893704004405320130000",
            "XX89370400440532013000",
            "AD 12",
            "GB29",
            "DE89 37 0400 4405 3201 3000",
            "xDE89370400440532013000",
            "US64SVBKUS6S3300958879",
            "DE00 0000 0000 0000 0000 00",
            "NO93 8601 1117 948",
            "GB29NWBK6016133192681",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }

    #[test]
    fn the_lengths_are_in_order() {
        assert!(LENGTHS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
