//! The machine-readable zone of passports, visas and identity cards, and the numbers of passports where a word says so.
//!
//! Shape of the zone: two lines of 44 (TD3, MRV-A) or 36 characters (TD2, MRV-B), or three of 30 (TD1), made of
//! capitals, digits and `<`. Checksum: weights 7, 3, 1 over the number, the date of birth and the date of expiry.
//! Source: ICAO Doc 9303, parts 3 to 7.

use std::ops::Range;

use super::super::context::Words;
use super::super::{Found, Kind, Search, checksum, context};

/// Seven to nine digits or letters and digits, as most states number; there is no check outside the zone.
pub(in super::super) const NUMBER: Kind = Kind::personal(
    "pii.passport_number",
    "the number of a passport",
    "PASSPORT_NUMBER",
    &[Search::Shapes(
        &["ddddddddd", "dddddddd", "udddddddd", "uddddddd", "uuddddddd", "dduuddddd", "uudddddd", "uxxxxxxxx"],
        |sample| (sample.digits().len() >= 4 && sample.is_near(&WORDS)).then_some(0.75),
    )],
);

static WORDS: Words = Words::new(&[
    "passport",
    "passport number",
    "reisepass",
    "reisepassnummer",
    "passnummer",
    "passeport",
    "pasaporte",
    "passaporto",
    "passaporte",
    "paspoort",
    "護照",
    "护照",
    "パスポート",
    "旅券",
    "여권",
    "паспорт",
]);

pub(in super::super) const ZONE: Kind = Kind::personal(
    "pii.passport_mrz",
    "the machine-readable zone of a passport or identity card",
    "PASSPORT",
    &[Search::Around(&["<<"], read)],
);

/// Where the document number, the date of birth and the date of expiry stand in the line that holds the dates, each
/// with its check digit behind it. In TD1 the number stands in the line before.
const DATES_OF_TWO_LINES: [Range<usize>; 3] = [0..9, 13..19, 21..27];
const NUMBER_OF_THREE_LINES: Range<usize> = 5..14;
const DATES_OF_THREE_LINES: [Range<usize>; 2] = [0..6, 8..14];

fn read(text: &str, literal: Range<usize>) -> Option<Found> {
    let before = context::before(text, literal.start, 44);
    let line_start = literal.start - before.bytes().rev().take_while(|byte| is_zone(*byte)).count();
    // A line is read once, where the first `<<` in it stands.
    if text[line_start..literal.start].contains("<<")
        || (literal.start > line_start && text.as_bytes()[literal.start - 1] == b'<')
    {
        return None;
    }
    let lines = lines(text, line_start);
    let first = lines.first()?;
    let length = first.len();
    if !text[first.clone()].starts_with(['P', 'V', 'I', 'A', 'C']) || lines.iter().any(|line| line.len() != length) {
        return None;
    }
    let line = |place: usize| lines.get(place).map(|line| &text.as_bytes()[line.clone()]);
    let is_right = match (length, lines.len()) {
        (44 | 36, 2..) => has_checks(line(1)?, &DATES_OF_TWO_LINES),
        (30, 3) => {
            has_checks(line(0)?, std::slice::from_ref(&NUMBER_OF_THREE_LINES))
                && has_checks(line(1)?, &DATES_OF_THREE_LINES)
        }
        _ => false,
    };
    let last = if length == 30 { 2 } else { 1 };
    is_right.then(|| Found { bytes: first.start..lines[last].end, confidence: 0.99 })
}

fn is_zone(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<'
}

/// At most three lines of a zone's characters from a place on.
fn lines(text: &str, start: usize) -> Vec<Range<usize>> {
    let (bytes, mut at, mut lines) = (text.as_bytes(), start, Vec::new());
    while lines.len() < 3 {
        let length = bytes[at..].iter().take(45).position(|byte| !is_zone(*byte)).unwrap_or(bytes.len() - at);
        if length < 30 {
            break;
        }
        lines.push(at..at + length);
        if lines[0].len() > 30 && lines.len() == 2 {
            break;
        }
        at += length;
        let gap = bytes[at..].iter().take(8).take_while(|byte| b" \r\n\t\\nr".contains(byte)).count();
        at += gap;
    }
    lines
}

fn has_checks(line: &[u8], fields: &[Range<usize>]) -> bool {
    fields.iter().all(|field| {
        let check = line.get(field.end).copied();
        line.get(field.clone()).is_some_and(|field| check == Some(checksum::icao(field) + b'0'))
    })
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    /// The specimens of ICAO Doc 9303.
    #[test]
    fn specimens_are_found() {
        let zones = [
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
            "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\r\nD231458907UTO7408122F1204159<<<<<<<6",
            "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
            "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<",
        ];
        for zone in zones {
            let text = format!("My passport:\n{zone}\nThanks");
            let found = scan(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("pii.passport_mrz", zone));
        }
    }

    #[test]
    fn a_word_makes_a_number_that_of_a_passport() {
        for (text, expected) in [
            ("passport number 533380006", "533380006"),
            ("Passport: X1234567", "X1234567"),
            ("Reisepass C01X00T47", "C01X00T47"),
            ("護照號碼123456789", "123456789"),
        ] {
            let found = scan(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("pii.passport_number", expected), "{text}");
        }
        for text in [
            "533380006",
            "X1234567",
            "passport PASSWORDS",
            "passports of 2024",
            "passport-js 1.12.3",
            "order 533380006 for the port",
        ] {
            assert_eq!(scan(text), [], "{text}");
        }
    }

    #[test]
    fn near_misses_are_left_alone() {
        let texts = [
            "cout << x << endl;",
            "<<<<<<<<<<<<<<<<<<<<",
            "P<<",
            "a <<EOF",
            "<<<<<<< HEAD\nx\n=======\n",
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C37UTO7408122F1204159ZE184226B<<<<<10",
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
