//! Numbering plans: which country codes there are, how long their numbers are, and which national forms stand alone.
//!
//! Source: ITU-T E.164 and its list of country codes; the national plans as the operational bulletins give them,
//! compared with the metadata of libphonenumber 9.0 (<https://github.com/google/libphonenumber>).

/// Country codes and the least and most digits behind them.
const COUNTRIES: &[(&str, usize, usize)] = &[
    ("1", 10, 10),
    ("7", 10, 10),
    ("20", 8, 10),
    ("27", 9, 9),
    ("30", 10, 10),
    ("31", 9, 9),
    ("32", 8, 9),
    ("33", 9, 9),
    ("34", 9, 9),
    ("36", 8, 9),
    ("39", 6, 11),
    ("40", 9, 9),
    ("41", 9, 9),
    ("43", 6, 13),
    ("44", 9, 10),
    ("45", 8, 8),
    ("46", 7, 10),
    ("47", 8, 8),
    ("48", 9, 9),
    ("49", 6, 13),
    ("51", 8, 9),
    ("52", 10, 11),
    ("53", 6, 8),
    ("54", 10, 11),
    ("55", 10, 11),
    ("56", 9, 9),
    ("57", 10, 10),
    ("58", 10, 10),
    ("60", 8, 10),
    ("61", 9, 9),
    ("62", 8, 12),
    ("63", 8, 10),
    ("64", 8, 10),
    ("65", 8, 8),
    ("66", 8, 9),
    ("81", 9, 10),
    ("82", 8, 11),
    ("84", 9, 10),
    ("86", 10, 11),
    ("90", 10, 10),
    ("91", 10, 10),
    ("92", 9, 10),
    ("93", 9, 9),
    ("94", 9, 9),
    ("95", 7, 10),
    ("98", 10, 10),
    ("351", 9, 9),
    ("352", 5, 11),
    ("353", 7, 9),
    ("358", 6, 11),
    ("370", 8, 8),
    ("371", 8, 8),
    ("372", 7, 8),
    ("380", 9, 9),
    ("385", 8, 9),
    ("420", 9, 9),
    ("421", 9, 9),
    ("423", 7, 9),
    ("852", 8, 8),
    ("853", 8, 8),
    ("886", 8, 9),
    ("966", 8, 9),
    ("971", 8, 9),
    ("972", 8, 9),
];

/// The other codes of three digits that are assigned, by their first two, and what may follow them.
const OTHERS: &[(&str, &str)] = &[
    ("21", "12368"),
    ("22", "0123456789"),
    ("23", "0123456789"),
    ("24", "0123456789"),
    ("25", "012345678"),
    ("26", "012345689"),
    ("29", "01789"),
    ("35", "045679"),
    ("37", "345678"),
    ("38", "1235679"),
    ("50", "0123456789"),
    ("59", "0123456789"),
    ("67", "02345679"),
    ("68", "0123567890"),
    ("69", "012"),
    ("80", "08"),
    ("85", "56"),
    ("87", "08"),
    ("88", "0138"),
    ("96", "0134578"),
    ("97", "034567"),
    ("99", "234568"),
];

/// Whether these digits are a country code and a number of its length.
pub(super) fn is_international(digits: &[u8]) -> bool {
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    if let Some((code, least, most)) = COUNTRIES.iter().find(|(code, ..)| text.starts_with(code)) {
        let national = &digits[code.len()..];
        let is_dialled = *code != "1" || is_north_american(national);
        // The zero before an area is dialled from abroad in Italy alone.
        let is_area = *code == "39" || national.first() != Some(&0);
        return (*least..=*most).contains(&national.len()) && is_dialled && is_area;
    }
    is_country(&digits[..digits.len().min(3)]) && (9..=15).contains(&digits.len())
}

/// Whether these digits are a country code and nothing more.
pub(super) fn is_country(digits: &[u8]) -> bool {
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    COUNTRIES.iter().any(|(code, ..)| *code == text)
        || (text.len() == 3 && OTHERS.iter().any(|(first, last)| text.starts_with(first) && last.contains(&text[2..])))
}

/// Ten digits, of which neither the area nor the exchange begins with 0 or 1 or is a service (N11), and the area has
/// no 9 in its middle: <https://www.nanpa.com/numbering/area-codes>.
fn is_north_american(digits: &[u8]) -> bool {
    let is_code = |code: &[u8]| code[0] > 1 && code[1..] != [1, 1];
    digits.len() == 10 && is_code(&digits[..3]) && digits[1] != 9 && is_code(&digits[3..6])
}

/// National forms that are written for telephone numbers and little else.
pub(super) const ALONE: &[&str] = &[
    // North America
    "(ndd) ndd-dddd",
    "(ndd)ndd-dddd",
    "(ndd) ndd dddd",
    "(ndd) ndd.dddd",
    "ndd-ndd-dddd",
    "ndd.ndd.dddd",
    "1-ndd-ndd-dddd",
    "1 ndd-ndd-dddd",
    "1 ndd ndd dddd",
    "1 (ndd) ndd-dddd",
    "1.ndd.ndd.dddd",
    // United Kingdom
    "07ddd dddddd",
    "07ddd ddd ddd",
    "020 dddd dddd",
    "(020) dddd dddd",
    "01d1 ddd dddd",
    "011d ddd dddd",
    "(01d1) ddd dddd",
    "01ddd dddddd",
    "(01ddd) dddddd",
    "0800 ddd dddd",
    "03dd ddd dddd",
    // France, and the mobile numbers of the Netherlands
    "0p dd dd dd dd",
    "0p.dd.dd.dd.dd",
    "0p-dd-dd-dd-dd",
    "06-dddddddd",
    // Germany, mobile numbers and those with the area in brackets or before a stroke
    "015d dddddddd",
    "015dd ddddddd",
    "016d ddddddd",
    "017d ddddddd",
    "017d dddddddd",
    "015d-dddddddd",
    "016d-ddddddd",
    "017d-ddddddd",
    "015d/dddddddd",
    "016d/ddddddd",
    "017d/ddddddd",
    "(0pd) ddddddd",
    "(0pd) dddddddd",
    "(0pdd) ddddddd",
    // Austria, mobile numbers; Switzerland
    "06dd ddddddd",
    "06dd/ddddddd",
    "0dd ddd dd dd",
    // Japan, Korea
    "0p-dddd-dddd",
    "0pd-ddd-dddd",
    "0pd-dddd-dddd",
    "0pdd-dd-dddd",
    "0120-ddd-ddd",
    "02-ddd-dddd",
    // Brazil
    "(pp) 9dddd-dddd",
    "(pp) ndddd-dddd",
    "(pp) nddd-dddd",
    "pp 9dddd-dddd",
    // China, mobile numbers
    "1nd dddd dddd",
    "1nd-dddd-dddd",
    // Australia
    "04dd ddd ddd",
    "(0n) dddd dddd",
    "1300 ddd ddd",
    "1800 ddd ddd",
];

/// Whether digits in one of these forms follow the rules of the plans that have it.
pub(super) fn is_national(shape: &str, digits: &[u8]) -> bool {
    if shape.contains("ndd") && shape.ends_with("dddd") && !shape.starts_with("(p") {
        return is_north_american(&digits[digits.len() - 10..]);
    }
    match shape {
        // 01 02 03 04 05
        _ if shape.len() == 14 && shape.starts_with("0p") => {
            !digits.chunks(2).is_sorted_by(|one, other| one[1] + 1 == other[1])
        }
        "1nd dddd dddd" | "1nd-dddd-dddd" => digits[1] >= 3,
        // Mobile numbers of Austria: <https://www.rtr.at>
        "06dd ddddddd" | "06dd/ddddddd" => matches!(digits[2], 5..=9) || digits[2..4] == [4, 4],
        "0dd ddd dd dd" => digits[1] != 0,
        "(0n) dddd dddd" => matches!(digits[1], 2 | 3 | 7 | 8),
        _ => true,
    }
}

/// Whether a number has a point in it and no other separator: `3.1415926`.
pub(super) fn is_fraction(written: &str) -> bool {
    written.bytes().filter(|byte| !byte.is_ascii_digit()).eq(*b".")
}

/// Whether what was written behind a sign is a latitude and a longitude: `+4031-07400` or `+403100-0740023` (ISO 6709).
pub(super) fn is_position(written: &str) -> bool {
    written.split_once('-').is_some_and(|(latitude, longitude)| {
        let is_all = [latitude, longitude].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        is_all && matches!((latitude.len(), longitude.len()), (4, 5) | (6, 7))
    })
}

/// Whether what was written is a date, an IP address, an amount with separators or a row of digits, whatever word
/// stands before it.
pub(super) fn is_amount_or_date(written: &str) -> bool {
    let groups: Vec<&str> = written.split(|character: char| !character.is_ascii_digit()).collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    // Counting, or an object identifier.
    if lengths.len() > 4 && lengths.iter().filter(|length| **length == 1).count() * 2 > lengths.len() {
        return true;
    }
    let is_year = |group: &str| group.starts_with("19") || group.starts_with("20");
    match lengths[..] {
        [4, 1..=2, 1..=2] => is_year(groups[0]),
        [1..=2, 1..=2, 4] => is_year(groups[2]),
        [4, 4] => is_year(groups[0]) && is_year(groups[1]),
        [1..=3, 1..=3, 1..=3, 1..=3] => written.split('.').count() == 4,
        [_, _] if is_fraction(written) => !groups[0].starts_with('0'),
        [1..=3, ref others @ ..] => {
            let separators: Vec<&str> =
                written.split(|character: char| character.is_ascii_digit()).filter(|s| !s.is_empty()).collect();
            !groups[0].starts_with('0')
                && others.iter().all(|length| *length == 3)
                && separators.iter().all(|s| *s == ".")
                && !others.is_empty()
        }
        _ => false,
    }
}
