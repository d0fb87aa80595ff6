//! Sweden and Finland.

use super::super::super::context::Words;
use super::super::super::shape::Sample;
use super::super::super::{Kind, Search, checksum};
use super::named_or_grouped;

pub(in super::super::super) const KINDS: &[Kind] = &[
    Kind::personal(
        "pii.se_personnummer",
        "a Swedish person number",
        "PERSONNUMMER",
        &[Search::Shapes(
            &["dddddd-dddd", "dddddd+dddd", "dddddddd-dddd", "dddddddd+dddd", "dddddddddd", "dddddddddddd"],
            se_personnummer,
        )],
    ),
    Kind::personal(
        "pii.fi_hetu",
        "a Finnish person number",
        "HETU",
        &[Search::Shapes(&["dddddd-dddx", "dddddd+dddx", "ddddddudddx"], fi_hetu)],
    ),
];

static PERSONNUMMER: Words = Words::new(&[
    "personnummer",
    "personnr",
    "person-nr",
    "pnr",
    "samordningsnummer",
    "person number",
    "personal number",
]);

/// Date of birth (a coordination number has 60 more days), three digits, Luhn over the ten: SKV 704.
fn se_personnummer(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let ten = &digits[digits.len() - 10..];
    let century = checksum::number(&digits[..digits.len() - 10]);
    let (year, month, day) = (checksum::number(&ten[..2]), checksum::number(&ten[2..4]), checksum::number(&ten[4..6]));
    let is_born =
        checksum::is_date(year, month, if day > 60 { day - 60 } else { day }) && matches!(century, 0 | 18..=20);
    (is_born && checksum::luhn(ten)).then(|| named_or_grouped(sample, &PERSONNUMMER, 0.85))?
}

/// Date of birth, century (`+` 1800, `-` and U to Y 1900, A to F 2000), order, and the 31 characters that cannot be
/// mistaken by the number modulo 31: <https://dvv.fi/en/personal-identity-code>
fn fi_hetu(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let has_letter = characters.len() == 11;
    let (body, last) = (&characters[..characters.len() - 1], characters[characters.len() - 1]);
    let is_century = !has_letter || matches!(characters[6], b'A'..=b'F' | b'U'..=b'Y');
    let digits: Vec<u8> =
        body.iter().filter(|character| character.is_ascii_digit()).map(|digit| digit - b'0').collect();
    let (day, month, year) =
        (checksum::number(&digits[..2]), checksum::number(&digits[2..4]), checksum::number(&digits[4..6]));
    let check = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[checksum::number(&digits) as usize % 31];
    (is_century && checksum::is_date(year, month, day) && check == last && checksum::number(&digits[6..]) >= 2)
        .then_some(0.95)
}
