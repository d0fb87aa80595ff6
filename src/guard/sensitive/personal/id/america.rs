//! United States and Brazil.

use super::super::super::context::Words;
use super::super::super::shape::Sample;
use super::super::super::{Kind, Search, Severity, checksum};
use super::{named, named_or_grouped};

pub(in super::super::super) const KINDS: &[Kind] = &[
    Kind::personal(
        "pii.us_ssn",
        "a US social security number",
        "SSN",
        &[Search::Shapes(&["ddd-dd-dddd", "ddd dd dddd", "ddddddddd"], ssn)],
    ),
    Kind::personal(
        "pii.us_itin",
        "a US taxpayer number",
        "ITIN",
        &[Search::Shapes(&["9dd-dd-dddd", "9dd dd dddd", "9dddddddd"], itin)],
    ),
    Kind::personal(
        "pii.br_cpf",
        "a Brazilian taxpayer number",
        "CPF",
        &[Search::Shapes(&["ddd.ddd.ddd-dd", "ddd ddd ddd dd", "ddddddddd-dd", "ddddddddddd"], cpf)],
    ),
    Kind::personal(
        "pii.br_cnpj",
        "the number of a Brazilian company",
        "CNPJ",
        &[Search::Shapes(&["xx.xxx.xxx/xxxx-dd", "xxxxxxxxxxxxdd"], cnpj)],
    )
    .severity(Severity::Medium),
];

static SSN: Words = Words::new(&["ssn", "social security", "social-security", "ss#", "socsec", "tax id", "taxpayer"]);
static ITIN: Words = Words::new(&["itin", "taxpayer", "tax id", "individual taxpayer"]);

/// Area not 000, 666 or from 900, group not 00, serial not 0000, and none of the numbers that were printed in
/// advertisements: <https://www.ssa.gov/employer/randomization.html>
fn ssn(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let (area, group, serial) =
        (checksum::number(&digits[..3]), checksum::number(&digits[3..5]), checksum::number(&digits[5..]));
    let is_void = area == 0 || area == 666 || area >= 900 || group == 0 || serial == 0;
    let is_printed = matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999));
    if is_void || is_printed || digits.iter().all(|digit| *digit == digits[0]) {
        return None;
    }
    named(sample, &SSN).or((sample.shape == "ddd-dd-dddd").then_some(0.85))
}

/// As a social security number with an area from 900 and a group that the revenue service gives:
/// <https://www.irs.gov/irm/part3/irm_03-021-263r>
fn itin(sample: &Sample) -> Option<f64> {
    let group = checksum::number(&sample.digits()[3..5]);
    let is_given = matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99);
    is_given.then(|| named(sample, &ITIN).or((sample.shape == "9dd-dd-dddd").then_some(0.85)))?
}

static CPF: Words = Words::new(&["cpf", "cadastro de pessoa"]);
static CNPJ: Words = Words::new(&["cnpj"]);

/// Two check digits, weights from 10 and from 11 downwards: Receita Federal.
fn cpf(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let check = |length: usize| {
        let weights: Vec<u32> = (2..=11).rev().skip(10 - length).collect();
        let rest = checksum::weighted(&digits[..length], &weights) * 10 % 11 % 10;
        rest == u32::from(digits[length])
    };
    let is_repeated = digits.iter().all(|digit| *digit == digits[0]);
    (!is_repeated && check(9) && check(10)).then(|| match sample.shape {
        "ddd.ddd.ddd-dd" => Some(0.97),
        _ => named(sample, &CPF),
    })?
}

/// Two check digits, weights 2 to 9 from the right, over the characters' codes less 48 (letters since 2026): Instrução
/// Normativa RFB 2.229/2024.
fn cnpj(sample: &Sample) -> Option<f64> {
    let characters: Vec<u8> = sample.characters().iter().map(|character| character - b'0').collect();
    let check = |length: usize| {
        let weights: Vec<u32> = (2..=9).cycle().take(length).collect();
        let sum: u32 = characters[..length].iter().rev().zip(weights).map(|(c, weight)| u32::from(*c) * weight).sum();
        let rest = sum % 11;
        (if rest < 2 { 0 } else { 11 - rest }) == u32::from(characters[length])
    };
    let is_repeated = characters.iter().all(|character| *character == characters[0]);
    (!is_repeated && check(12) && check(13)).then(|| named_or_grouped(sample, &CNPJ, 0.97))?
}
