//! Germany, Austria, Switzerland, the Netherlands and Poland.

use super::super::super::context::Words;
use super::super::super::shape::Sample;
use super::super::super::{Kind, Search, checksum};
use super::{named, named_or_grouped};

pub(in super::super::super) const KINDS: &[Kind] = &[
    Kind::personal(
        "pii.de_tax_id",
        "a German tax number",
        "TAX_ID",
        &[Search::Shapes(&["pd ddd ddd ddd", "pdddddddddd"], de_tax_id)],
    ),
    Kind::personal(
        "pii.de_id_card",
        "the number of a German identity card",
        "ID_CARD",
        &[Search::Shapes(&["uxxxxxxxxd", "uxxxxxxxx d"], de_id_card)],
    ),
    Kind::personal(
        "pii.at_svnr",
        "an Austrian social insurance number",
        "SVNR",
        &[Search::Shapes(&["pddd dddddd", "pddd-dddddd", "pddddddddd"], at_svnr)],
    ),
    Kind::personal(
        "pii.ch_ahv",
        "a Swiss social insurance number",
        "AHV",
        &[Search::Shapes(&["756.dddd.dddd.dd", "756 dddd dddd dd", "756dddddddddd"], ch_ahv)],
    ),
    Kind::personal(
        "pii.nl_bsn",
        "a Dutch citizen service number",
        "BSN",
        &[Search::Shapes(
            &["ddddddddd", "dddd.dd.ddd", "dddd dd ddd", "ddd ddd ddd", "ddd.ddd.ddd", "dddddddd"],
            nl_bsn,
        )],
    ),
    Kind::personal("pii.pl_pesel", "a Polish person number", "PESEL", &[Search::Shapes(&["ddddddddddd"], pl_pesel)]),
];

static TAX_ID: Words = Words::new(&[
    "steuer-id",
    "steuerid",
    "steuer id",
    "steueridentifikationsnummer",
    "steuer-identifikationsnummer",
    "idnr",
    "id-nr",
    "identifikationsnummer",
    "tin",
    "tax id",
    "steuernummer",
    "steuerliche",
]);

/// Of the first ten digits exactly one stands there two or three times; ISO 7064 MOD 11,10: § 139b AO, Bundeszentralamt
/// für Steuern.
fn de_tax_id(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let mut counts = [0_u8; 10];
    digits[..10].iter().for_each(|digit| counts[usize::from(*digit)] += 1);
    let repeated: Vec<&u8> = counts.iter().filter(|count| **count > 1).collect();
    let is_drawn = matches!(repeated[..], [2 | 3]);
    (is_drawn && checksum::mod_11_10(&digits)).then(|| named_or_grouped(sample, &TAX_ID, 0.85))?
}

static ID_CARD: Words = Words::new(&[
    "personalausweis",
    "ausweisnummer",
    "ausweis-nr",
    "ausweisnr",
    "ausweis",
    "identity card",
    "id card",
    "perso",
]);

/// A letter or digit that cannot be mistaken, nine in all, weights 7, 3, 1: § 5 `PAuswG`, ICAO 9303.
fn de_id_card(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let is_given = characters[..9].iter().all(|character| b"CFGHJKLMNPRTVWXYZ0123456789".contains(character));
    let is_right = characters[9] == checksum::icao(&characters[..9]) + b'0';
    (is_given && is_right).then(|| named(sample, &ID_CARD))?
}

static SVNR: Words = Words::new(&[
    "svnr",
    "sv-nr",
    "sv-nummer",
    "svnummer",
    "sv nummer",
    "sozialversicherungsnummer",
    "versicherungsnummer",
    "sozialversicherung",
]);

/// Three digits, a check digit over the others (weights 3, 7, 9, 5, 8, 4, 2, 1, 6, modulo 11), the date of birth: ASVG.
fn at_svnr(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let check = checksum::weighted(&digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    let day = checksum::number(&digits[4..6]);
    (check == u32::from(digits[3]) && (1..=31).contains(&day)).then(|| named(sample, &SVNR))?
}

static AHV: Words = Words::new(&["ahv", "avs", "sozialversicherungsnummer", "versichertennummer", "oasi"]);

/// The country's 756, then nine digits and a check digit as in EAN-13: <https://www.zas.admin.ch>
fn ch_ahv(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let sum = checksum::weighted(&digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    sum.is_multiple_of(10).then(|| named(sample, &AHV).unwrap_or(if sample.is_solid() { 0.8 } else { 0.97 }))
}

static BSN: Words = Words::new(&["bsn", "burgerservicenummer", "sofi", "sofinummer", "sofi-nummer", "citizen service"]);

/// Weights 9 to 2 and -1, modulo 11: Logisch Ontwerp BSN.
fn nl_bsn(sample: &Sample) -> Option<f64> {
    let mut digits = sample.digits();
    if digits.len() == 8 {
        digits.insert(0, 0);
    }
    // 10 is -1 modulo 11.
    let is_right = checksum::weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2, 10]).is_multiple_of(11);
    (is_right && digits.iter().any(|digit| *digit > 0)).then(|| named(sample, &BSN))?
}

static PESEL: Words = Words::new(&["pesel"]);

/// The date of birth, with the century in the month; weights 1, 3, 7, 9, modulo 10: Ustawa o
/// ewidencji ludności, articles 15 to 20.
fn pl_pesel(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let (year, month, day) =
        (checksum::number(&digits[..2]), checksum::number(&digits[2..4]), checksum::number(&digits[4..6]));
    let is_right = checksum::weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10);
    (is_right && checksum::is_date(year, month % 20, day)).then(|| named(sample, &PESEL))?
}
