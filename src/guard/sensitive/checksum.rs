//! Check digits and checksums that several kinds share.

/// Luhn, ISO/IEC 7812-1 annex B: from the right, every second digit doubled, the sum of all digits divisible by 10.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sums = digits.iter().rev().enumerate();
    let sum: u32 = sums.map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum.is_multiple_of(10)
}

/// The sum of each digit times its weight.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// The number that the digits write, modulo something; letters count 10 to 35 (A to Z), as two digits each.
pub(super) fn modulo(characters: impl IntoIterator<Item = u8>, divisor: u32) -> u32 {
    characters.into_iter().fold(0, |rest, character| match character {
        b'0'..=b'9' => (rest * 10 + u32::from(character - b'0')) % divisor,
        _ => (rest * 100 + u32::from(character.to_ascii_uppercase().wrapping_sub(b'A')) + 10) % divisor,
    })
}

/// ISO 7064 MOD 11,10, as the German tax number uses it: the last digit checks the others.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((check, body)) = digits.split_last() else { return false };
    let product = body.iter().fold(10, |product, digit| {
        let sum = (u32::from(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(*check)
}

/// Verhoeff 1969, over the dihedral group of order 10.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    const INVERSE_FREE: [[u8; 10]; 8] = permutations();
    let check = digits
        .iter()
        .rev()
        .enumerate()
        .fold(0, |check, (place, digit)| dihedral(check, INVERSE_FREE[place % 8][usize::from(*digit)]));
    check == 0
}

/// The product in the dihedral group of order 10: 0 to 4 are turns, 5 to 9 are reflections.
const fn dihedral(one: u8, other: u8) -> u8 {
    match (one < 5, other < 5) {
        (true, true) => (one + other) % 5,
        (true, false) => (one + other - 5) % 5 + 5,
        (false, true) => (one + 5 - other) % 5 + 5,
        (false, false) => (one + 5 - other) % 5,
    }
}

/// The powers of Verhoeff's permutation, which begins at power 0.
const fn permutations() -> [[u8; 10]; 8] {
    const DIGITS: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut powers = [[0; 10]; 8];
    let mut power = 0;
    while power < 8 {
        let mut digit = 0;
        while digit < 10 {
            powers[power][digit] =
                if power == 0 { DIGITS[digit] } else { PERMUTATION[powers[power - 1][digit] as usize] };
            digit += 1;
        }
        power += 1;
    }
    powers
}

/// ICAO 9303 part 3, 4.9: weights 7, 3, 1; `<` counts 0, letters count 10 to 35. Gives the check digit.
pub(super) fn icao(characters: &[u8]) -> u8 {
    let value = |character: u8| match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'Z' => character - b'A' + 10,
        _ => 0,
    };
    let sum: u32 =
        characters.iter().zip([7, 3, 1].into_iter().cycle()).map(|(c, weight)| u32::from(value(*c)) * weight).sum();
    u8::try_from(sum % 10).unwrap_or_default()
}

/// CRC-32 as in zlib: polynomial 0x04C11DB7, reflected.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    });
    !sum
}

/// A number in base 62 (digits, capitals, small letters), padded with `0` to six places, as GitHub and npm write CRCs.
pub(super) fn base62(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    text
}

/// Whether year (of the century if below 100), month and day can be a date of birth.
pub(super) fn is_date(year: u32, month: u32, day: u32) -> bool {
    let last = match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// The number that some digits write.
pub(super) fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number.wrapping_mul(10).wrapping_add(u32::from(*digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|digit| digit - b'0').collect()
    }

    /// The numbers are the examples of the standards and of python-stdnum 2.2.
    #[test]
    fn check_digits_are_those_of_the_published_examples() {
        type Check = fn(&[u8]) -> bool;
        let cases: [(Check, &str, &str); 3] = [
            (luhn, "79927398713", "79927398710"),
            (mod_11_10, "36574261809", "36574261890"),
            (verhoeff, "2363", "2364"),
        ];
        for (check, right, wrong) in cases {
            assert!(check(&digits(right)) && !check(&digits(wrong)), "{right}");
        }
        assert_eq!(modulo("3214282912345698765432161182".bytes(), 97), 1);
        assert_eq!(modulo("GB".bytes(), 97), 1611 % 97);
        assert_eq!((icao(b"L898902C3"), icao(b"740812"), icao(b"ZE184226B<<<<<")), (6, 2, 1));
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(&base62(crc32(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ")), b"0mLq17");
    }

    #[test]
    fn dates_have_the_days_of_their_month() {
        for (year, month, day, expected) in [
            (84, 2, 29, true),
            (85, 2, 29, false),
            (1999, 12, 31, true),
            (0, 13, 1, false),
            (0, 4, 31, false),
            (0, 1, 0, false),
        ] {
            assert_eq!(is_date(year, month, day), expected, "{year}-{month}-{day}");
        }
    }
}
