//! United Kingdom, Canada and Australia.

use super::super::super::context::Words;
use super::super::super::shape::Sample;
use super::super::super::{Kind, Search, checksum};
use super::{named, named_or_grouped};

pub(in super::super::super) const KINDS: &[Kind] = &[
    Kind::personal(
        "pii.uk_nino",
        "a UK national insurance number",
        "NINO",
        &[Search::Shapes(&["uuddddddu", "uu dd dd dd u", "uu-dd-dd-dd-u", "uu dddddd u"], nino)],
    ),
    Kind::personal(
        "pii.uk_nhs",
        "a number of the UK's national health service",
        "NHS_NUMBER",
        &[Search::Shapes(&["ddd ddd dddd", "ddd-ddd-dddd", "dddddddddd"], nhs)],
    ),
    Kind::personal(
        "pii.ca_sin",
        "a Canadian social insurance number",
        "SIN",
        &[Search::Shapes(&["ddd ddd ddd", "ddd-ddd-ddd", "ddddddddd"], sin)],
    ),
    Kind::personal(
        "pii.au_tfn",
        "an Australian tax file number",
        "TFN",
        &[Search::Shapes(&["ddd ddd ddd", "ddd-ddd-ddd", "ddddddddd", "dddddddd"], tfn)],
    ),
];

static NINO: Words = Words::new(&["nino", "ni number", "ni no", "national insurance", "insurance number"]);

/// Two letters that are given, six digits, A to D:
/// <https://www.gov.uk/hmrc-internal-manuals/national-insurance-manual/nim39110>
fn nino(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let (first, second, last) = (characters[0], characters[1], characters[8]);
    let is_void = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[first, second]);
    let is_given = !b"DFIQUV".contains(&first) && !b"DFIOQUV".contains(&second) && (b'A'..=b'D').contains(&last);
    (is_given && !is_void).then(|| named(sample, &NINO).unwrap_or(if sample.is_solid() { 0.8 } else { 0.9 }))
}

static NHS: Words = Words::new(&["nhs", "national health", "health service"]);

/// Weights 10 to 2, modulo 11: <https://www.datadictionary.nhs.uk/attributes/nhs_number.html>. A tenth of all telephone
/// numbers would do, so that a word is needed.
fn nhs(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let check = (11 - checksum::weighted(&digits[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    (check == u32::from(digits[9]) && digits.iter().any(|digit| *digit != digits[0])).then(|| named(sample, &NHS))?
}

static SIN: Words = Words::new(&["sin", "social insurance", "sin#", "nas", "assurance sociale", "numéro d'assurance"]);

/// Luhn; none begins with 8, one with 0 is not given yet but is the example of the agency:
/// <https://www.canada.ca/en/employment-social-development/services/sin.html>
fn sin(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    (digits[0] != 8 && checksum::luhn(&digits) && digits.iter().any(|digit| *digit != digits[0]))
        .then(|| named(sample, &SIN))?
}

static TFN: Words = Words::new(&["tfn", "tax file", "tax-file"]);

/// Weights 1, 4, 3, 7, 5, 8, 6, 9, 10, modulo 11; those of eight digits 10, 7, 8, 4, 6, 3, 5, 1: Australian Taxation
/// Office.
fn tfn(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let weights: &[u32] = if digits.len() == 9 { &[1, 4, 3, 7, 5, 8, 6, 9, 10] } else { &[10, 7, 8, 4, 6, 3, 5, 1] };
    let is_right = checksum::weighted(&digits, weights).is_multiple_of(11) && digits.iter().any(|digit| *digit > 0);
    is_right.then(|| named_or_grouped(sample, &TFN, 0.0).filter(|confidence| *confidence > 0.0))?
}
