//! France, Spain and Italy.

use super::super::super::context::Words;
use super::super::super::shape::Sample;
use super::super::super::{Kind, Search, checksum};
use super::named;

pub(in super::super::super) const KINDS: &[Kind] = &[
    Kind::personal(
        "pii.fr_nir",
        "a French social security number",
        "NIR",
        &[Search::Shapes(
            &[
                "p dd dd dd ddd ddd dd",
                "p dd dd 2A ddd ddd dd",
                "p dd dd 2B ddd ddd dd",
                "p dd dd dd ddd ddd-dd",
                "pdddddddddddddd",
                "pdddd2Adddddddd",
                "pdddd2Bdddddddd",
                "pdddddddddddd dd",
            ],
            fr_nir,
        )],
    ),
    Kind::personal(
        "pii.es_dni",
        "a Spanish identity number",
        "DNI",
        &[Search::Shapes(&["ddddddddu", "dddddddd-u", "dddddddd u", "dd.ddd.dddu", "dd.ddd.ddd-u"], es_dni)],
    ),
    Kind::personal(
        "pii.es_nie",
        "a Spanish number of a foreigner",
        "NIE",
        &[Search::Shapes(&["udddddddu", "u-ddddddd-u", "uddddddd-u", "u ddddddd u"], es_nie)],
    ),
    Kind::personal(
        "pii.it_fiscal_code",
        "an Italian fiscal code",
        "FISCAL_CODE",
        &[Search::Shapes(&["uuuuuuxxuxxuxxxu", "uuu uuu xxuxx uxxxu"], it_fiscal_code)],
    ),
];

static NIR: Words = Words::new(&[
    "nir",
    "sécurité sociale",
    "securite sociale",
    "sécu",
    "insee",
    "social security",
    "numéro de sécurité",
]);

/// Sex, year, month, place, order, then 97 less the number modulo 97; Corsica's 2A and 2B count 19 and 18: INSEE,
/// <https://www.insee.fr/fr/metadonnees/definition/c1409>
fn fr_nir(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let month = checksum::number(&[characters[3] - b'0', characters[4] - b'0']);
    let is_person = matches!(characters[0], b'1'..=b'4' | b'7' | b'8') && matches!(month, 1..=12 | 20..=42 | 50..=99);
    let number = characters[..13].iter().enumerate().map(|(place, character)| match (place, character) {
        (5, _) if characters[6] == b'A' || characters[6] == b'B' => b'1',
        (6, b'A') => b'9',
        (6, b'B') => b'8',
        _ => *character,
    });
    let key = checksum::number(&[characters[13] - b'0', characters[14] - b'0']);
    let is_right = checksum::modulo(number, 97) + key == 97;
    if !is_person || !is_right {
        return None;
    }
    // Those of other first digits and months are temporary, and too rare for bare digits.
    let is_usual = matches!(characters[0], b'1' | b'2') && month <= 12;
    named(sample, &NIR).or((!sample.is_solid()).then_some(0.97)).or(is_usual.then_some(0.8))
}

static DNI: Words = Words::new(&["dni", "nif", "d.n.i", "documento nacional", "identidad"]);
static NIE: Words = Words::new(&["nie", "extranjero", "nif", "identidad"]);

/// By the number modulo 23: Ministerio del Interior, "Cálculo del dígito de control del NIF/NIE".
const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn es_dni(sample: &Sample) -> Option<f64> {
    let letter = sample.characters()[8];
    let is_right = LETTERS[checksum::number(&sample.digits()) as usize % 23] == letter;
    is_right.then(|| named(sample, &DNI).unwrap_or(if sample.is_solid() { 0.7 } else { 0.8 }))
}

/// X, Y and Z stand for 0, 1 and 2.
fn es_nie(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let leading = match characters[0] {
        first @ b'X'..=b'Z' => u32::from(first - b'X'),
        _ => return None,
    };
    let number = leading * 10_000_000 + checksum::number(&sample.digits());
    (LETTERS[number as usize % 23] == characters[8]).then(|| named(sample, &NIE).unwrap_or(0.75))
}

static FISCAL_CODE: Words = Words::new(&["codice fiscale", "cf", "c.f.", "fiscal code"]);

/// Name, year, month, day (of women plus 40), place, check letter. Where two persons would have the same, letters stand
/// for digits: decreto ministeriale of 23 December 1976.
fn it_fiscal_code(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let digit = |place: usize| match characters[place] {
        digit @ b'0'..=b'9' => Some(u32::from(digit - b'0')),
        letter => b"LMNPQRSTUV".iter().position(|other| *other == letter).and_then(|digit| u32::try_from(digit).ok()),
    };
    let month = b"ABCDEHLMPRST".contains(&characters[8]);
    let day = digit(9)? * 10 + digit(10)?;
    let is_born = month && matches!(day, 1..=31 | 41..=71);
    let are_digits = [6, 7, 12, 13, 14].into_iter().all(|place| digit(place).is_some());
    (is_born && are_digits && it_check(&characters[..15]) == characters[15])
        .then(|| named(sample, &FISCAL_CODE).unwrap_or(0.95))
}

/// The sum of values by place, odd ones from a table, modulo 26.
fn it_check(characters: &[u8]) -> u8 {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = |character: u8| if character.is_ascii_digit() { character - b'0' } else { character - b'A' };
    let sum = characters.iter().enumerate().fold(0, |sum, (place, character)| {
        let value = value(*character);
        (sum + if place % 2 == 0 { ODD[usize::from(value)] } else { value }) % 26
    });
    b'A' + sum
}
