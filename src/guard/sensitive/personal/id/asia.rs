//! China, India, Japan and Korea.

use super::super::super::context::Words;
use super::super::super::shape::Sample;
use super::super::super::{Kind, Search, checksum};
use super::{named, named_or_grouped};

pub(in super::super::super) const KINDS: &[Kind] = &[
    Kind::personal(
        "pii.cn_resident_id",
        "a Chinese resident number",
        "RESIDENT_ID",
        &[Search::Shapes(&["pddddddddddddddddx"], cn_resident_id)],
    ),
    Kind::personal(
        "pii.in_aadhaar",
        "an Indian Aadhaar number",
        "AADHAAR",
        &[Search::Shapes(&["nddd dddd dddd", "nddd-dddd-dddd", "nddddddddddd"], in_aadhaar)],
    ),
    Kind::personal("pii.in_pan", "an Indian taxpayer number", "PAN", &[Search::Shapes(&["uuuuuddddu"], in_pan)]),
    Kind::personal(
        "pii.jp_my_number",
        "a Japanese individual number",
        "MY_NUMBER",
        &[Search::Shapes(&["dddd dddd dddd", "dddd-dddd-dddd", "dddddddddddd"], jp_my_number)],
    ),
    Kind::personal(
        "pii.kr_rrn",
        "a Korean resident number",
        "RRN",
        &[Search::Shapes(&["dddddd-ddddddd", "dddddd ddddddd", "ddddddddddddd"], kr_rrn)],
    ),
];

/// Province, date of birth, order, ISO 7064 MOD 11-2: GB 11643-1999.
fn cn_resident_id(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let digits: Vec<u8> = characters[..17].iter().map(|character| character.wrapping_sub(b'0')).collect();
    let province = checksum::number(&digits[..2]);
    let is_province = matches!(province, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91);
    let (year, month, day) =
        (checksum::number(&digits[6..10]), checksum::number(&digits[10..12]), checksum::number(&digits[12..14]));
    let is_born = (1850..2100).contains(&year) && checksum::is_date(year, month, day);
    let sum = checksum::weighted(&digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
    let check = b"10X98765432"[sum as usize];
    (is_province && is_born && check == characters[17]).then_some(0.97)
}

static AADHAAR: Words = Words::new(&["aadhaar", "aadhar", "adhaar", "uidai", "uid", "आधार"]);

/// Begins with 2 to 9, Verhoeff: <https://uidai.gov.in>. One of ten random numbers would do, so that one in groups of
/// four is no more than likely.
fn in_aadhaar(sample: &Sample) -> Option<f64> {
    checksum::verhoeff(&sample.digits()).then(|| named_or_grouped(sample, &AADHAAR, 0.6))?
}

static PAN: Words = Words::new(&["pan", "permanent account", "income tax", "pan card", "पैन"]);

/// The fourth letter says what the holder is: <https://incometaxindia.gov.in>
fn in_pan(sample: &Sample) -> Option<f64> {
    let characters = sample.characters();
    let is_holder = b"ABCFGHJKLPT".contains(&characters[3]) && characters[5..9] != *b"0000";
    is_holder.then(|| named(sample, &PAN))?
}

static MY_NUMBER: Words =
    Words::new(&["マイナンバー", "個人番号", "my number", "mynumber", "my_number", "individual number"]);

/// Weights 6 to 2 and 7 to 2, modulo 11: Order of the Ministry of Internal Affairs 85 of 2014, article 5.
fn jp_my_number(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let rest = checksum::weighted(&digits[..11], &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    (check == u32::from(digits[11])).then(|| named(sample, &MY_NUMBER))?
}

static RRN: Words = Words::new(&["주민등록번호", "주민번호", "외국인등록번호", "resident registration", "rrn"]);

/// Date of birth, sex and century, then until 2020 place and a check digit (weights 2 to 9, 2 to 5, modulo 11), since
/// then random: Resident Registration Act.
fn kr_rrn(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let century = match digits[6] {
        1 | 2 | 5 | 6 => 1900,
        3 | 4 | 7 | 8 => 2000,
        _ => 1800,
    };
    let (year, month, day) =
        (checksum::number(&digits[..2]), checksum::number(&digits[2..4]), checksum::number(&digits[4..6]));
    if !checksum::is_date(century + year, month, day) {
        return None;
    }
    let check = (11 - checksum::weighted(&digits[..12], &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10;
    let is_right = check == u32::from(digits[12]);
    named(sample, &RRN).or((sample.shape == "dddddd-ddddddd").then_some(if is_right { 0.95 } else { 0.7 }))
}
