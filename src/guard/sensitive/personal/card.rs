//! Numbers of payment cards.
//!
//! Shape: 13 to 19 digits, in groups as on the card or in one; the first digits name the issuer, and with it the
//! lengths.
//! Checksum: Luhn over all. Source: ISO/IEC 7812-1; the ranges that the networks publish, as listed in
//! <https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)>.

use super::super::context::Words;
use super::super::shape::Sample;
use super::super::{Kind, Search, checksum};

pub(in super::super) const KIND: Kind = Kind::personal(
    "pii.card",
    "the number of a payment card",
    "CARD",
    &[Search::Shapes(
        &[
            "dddd dddd dddd dddd",
            "dddd-dddd-dddd-dddd",
            "dddd dddd dddd dddd ddd",
            "dddd-dddd-dddd-dddd-ddd",
            "dddd dddddd ddddd",
            "dddd-dddddd-ddddd",
            "dddd dddddd dddd",
            "dddd-dddddd-dddd",
            "ddddddddddddd",
            "dddddddddddddd",
            "ddddddddddddddd",
            "dddddddddddddddd",
            "ddddddddddddddddd",
            "dddddddddddddddddd",
            "ddddddddddddddddddd",
        ],
        accept,
    )],
);

/// First and last of the six leading digits, and the lengths that the network issues.
const RANGES: &[(u32, u32, &[usize])] = &[
    (400_000, 499_999, &[13, 16, 19]), // Visa
    (510_000, 559_999, &[16]),         // Mastercard
    (222_100, 272_099, &[16]),
    (340_000, 349_999, &[15]), // American Express
    (370_000, 379_999, &[15]),
    (360_000, 369_999, &[14, 16]),         // Diners Club
    (601_100, 601_199, &[16, 19]),         // Discover
    (644_000, 659_999, &[16, 19]),         // and RuPay
    (352_800, 358_999, &[16, 19]),         // JCB
    (620_000, 629_999, &[16, 17, 18, 19]), // UnionPay
    (810_000, 817_199, &[16, 17, 18, 19]),
    (300_000, 305_999, &[14, 16]), // Diners Club
    (309_500, 309_599, &[14, 16]),
    (380_000, 399_999, &[14, 16]),
    (500_000, 509_999, &[13, 14, 15, 16, 17, 18, 19]), // Maestro, Elo, Verve
    (560_000, 589_999, &[13, 14, 15, 16, 17, 18, 19]),
    (630_000, 639_999, &[13, 14, 15, 16, 17, 18, 19]),
    (670_000, 679_999, &[13, 14, 15, 16, 17, 18, 19]),
    (606_282, 606_282, &[16]),             // Hipercard
    (607_000, 608_999, &[16]),             // RuPay
    (220_000, 220_499, &[16, 17, 18, 19]), // Mir
    (979_200, 979_289, &[16]),             // Troy
];

/// How many of the ranges are common enough for bare digits.
const COMMON: usize = 10;

static WORDS: Words = Words::new(&[
    "card",
    "credit",
    "debit",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "maestro",
    "discover",
    "unionpay",
    "jcb",
    "pan",
    "ccn",
    "cc:",
    "cc number",
    "cc no",
    "kreditkarte",
    "kartennummer",
    "carte",
    "tarjeta",
    "carta",
    "cartão",
    "cartao",
    "karta",
    "kaart",
    "カード",
    "卡号",
    "信用卡",
    "银行卡",
    "카드",
]);

fn accept(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let leading = checksum::number(&digits[..6]);
    let is_issued = |(first, last, lengths): &(u32, u32, &[usize])| {
        (*first..=*last).contains(&leading) && lengths.contains(&digits.len())
    };
    let network = RANGES.iter().position(is_issued)?;
    if digits.iter().all(|digit| *digit == digits[0]) || !checksum::luhn(&digits) {
        return None;
    }
    if sample.is_near(&WORDS) {
        return Some(0.98);
    }
    if sample.is_in_a_table() {
        return None;
    }
    // One of ten random numbers passes Luhn; of these lengths there are barcodes, timestamps and database ids.
    match digits.len() {
        _ if !sample.is_solid() => Some(0.95),
        14..=16 if network < COMMON => Some(0.8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    /// The numbers are those that Stripe, Adyen and `PayPal` publish for tests.
    #[test]
    fn test_cards_are_found() {
        let cases = [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "4000056655665556",
            "5555555555554444",
            "2223003122003222",
            "5105 1051 0510 5100",
            "378282246310005",
            "3714 496353 98431",
            "6011111111111117",
            "6011000990139424",
            "36227206271667",
            "3566002020360505",
            "6200000000000005",
            "6205 5000 0000 0000 004",
            "4111\u{a0}1111\u{a0}1111\u{a0}1111",
            "4012888888881881",
        ];
        for number in cases {
            let text = format!("Paid with {number}, thanks");
            let found = scan(&text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("pii.card", number));
        }
        for text in
            ["card 4222222222222", "visa: 4000000000000000006", "卡号30569309025904", "12 4111 1111 1111 1111 12/27"]
        {
            assert_eq!(scan(text).iter().map(|found| found.rule).collect::<Vec<_>>(), ["pii.card"], "{text}");
        }
    }

    #[test]
    fn other_long_numbers_are_left_alone() {
        let texts = [
            "4242424242424241",
            "4242 4242 4242 4241",
            "1234567890123456",
            "9999999999999995",
            "card 0000000000000000",
            "4006381333931",
            "ISBN 9783161484100",
            "1714989600000",
            "20240506123456",
            "id 4242424242424242424242",
            "0.4242424242424242",
            "x4242424242424242",
            "4242424242424242-a1b2",
            "1234-4242-4242-4242-4242",
            "tracking 92748999985493513044555558",
            "4222222222222",
            "4444444444444444",
            "5004 5005 5006 5007 5008 5009",
            "20EA 5711 5712 5713 5714",
            "4300.0020.0011.0002",
            "$4242424242424242",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
