//! Telephone numbers.
//!
//! Three readings, of which the surest wins:
//! - international, `+` or `00`, a country code and as many digits as its plan has (ITU-T E.164: at most 15 in all);
//! - national, where grouping and first digits leave little doubt (`plans`);
//! - any number of 7 to 15 digits that a word like "phone" announces.
//!
//! Bare digits alone are never a telephone number.

mod plans;

use std::ops::Range;

use super::super::context::Words;
use super::super::shape::Sample;
use super::super::{Found, Kind, Search, context};

pub(in super::super) const KIND: Kind = Kind::personal(
    "pii.phone",
    "a telephone number",
    "PHONE",
    &[
        Search::Around(&["+"], international),
        Search::Words(|byte| byte == b'0', dialled_abroad),
        Search::Shapes(plans::ALONE, national),
        Search::Around(NUMBERS, |text, literal| announced(text, literal, true)),
        Search::Around(VERBS, |text, literal| announced(text, literal, false)),
    ],
);

/// Nouns behind which a number is a telephone number.
const NUMBERS: &[&str] = &[
    "tel",
    "tel.",
    "telephone",
    "telephone number",
    "phone",
    "phones",
    "phone number",
    "phonenumber",
    "fax",
    "whatsapp",
    "mobile number",
    "mobile no",
    "cell number",
    "landline",
    "hotline",
    "telefon",
    "telefonnummer",
    "telefonnr",
    "rufnummer",
    "handy",
    "handynummer",
    "mobil",
    "mobilnummer",
    "mobiltelefon",
    "téléphone",
    "tél",
    "portable",
    "teléfono",
    "móvil",
    "celular",
    "telefono",
    "cellulare",
    "telefone",
    "telefoon",
    "telefoonnummer",
    "mobiel",
    "telefonu",
    "телефон",
    "тел",
    "電話",
    "電話番号",
    "携帯",
    "电话",
    "手机",
    "手机号",
    "전화",
    "전화번호",
    "휴대폰",
    "फोन",
    "मोबाइल",
    "هاتف",
];

static NEAR: Words = Words::new(NUMBERS);

/// Words behind which more than bare digits has to stand.
const VERBS: &[&str] = &[
    "call",
    "call me",
    "dial",
    "sms",
    "mobile",
    "cell",
    "text me",
    "text us",
    "ring me",
    "reach me",
    "reach us",
    "contact me",
    "contact us",
    "my number is",
    "anrufen",
    "appelez",
    "llame",
    "chiamare",
];

/// Words after a telephone's that say that another number follows.
static OTHERS: Words = Words::new(&[
    "order",
    "invoice",
    "ticket",
    "case",
    "reference",
    "ref",
    "version",
    "model",
    "id",
    "code",
    "pin",
    "year",
    "page",
    "extension",
]);

/// Digits with what separates them: where each group ends, and how many digits there are up to there.
struct Run {
    digits: Vec<u8>,
    groups: Vec<(usize, usize)>,
}

impl Run {
    /// Reads groups of digits from `start` on, each after at most three separators, up to 20 digits.
    fn read(text: &str, start: usize) -> Self {
        let bytes = text.as_bytes();
        let (mut digits, mut groups, mut at) = (Vec::new(), Vec::new(), start);
        loop {
            let group = bytes[at..].iter().take(21).take_while(|byte| byte.is_ascii_digit()).count();
            // The zero of `+44 (0)20` is not dialled.
            let is_trunk = group == 1
                && bytes[at] == b'0'
                && at > start
                && bytes[at - 1] == b'('
                && bytes.get(at + 1) == Some(&b')');
            if group == 0 || digits.len() + group > 20 {
                break;
            }
            if !is_trunk {
                digits.extend(bytes[at..at + group].iter().map(|digit| digit - b'0'));
                groups.push((at + group, digits.len()));
            }
            at += group;
            at += separators(&bytes[at..]);
        }
        Self { digits, groups }
    }

    /// The longest beginning with a number of digits that is wanted, and where it ends in the text.
    fn longest(&self, text: &str, wanted: impl Fn(&[u8]) -> bool) -> Option<(usize, &[u8])> {
        let ends_well = |end: usize| {
            let rest = text.as_bytes().get(end..).unwrap_or_default();
            let joins = matches!(rest, [b'.' | b':' | b'-' | b'/' | b',', next, ..] if next.is_ascii_digit());
            !joins && !rest.first().is_some_and(|byte| context::is_word(*byte) || *byte == b'%')
        };
        let fits = |(end, count): &&(usize, usize)| ends_well(*end) && wanted(&self.digits[..*count]);
        self.groups.iter().rev().find(fits).map(|(end, count)| (*end, &self.digits[..*count]))
    }
}

/// How many bytes separate two groups: a blank, a mark, or a mark between blanks.
fn separators(bytes: &[u8]) -> usize {
    let mut at = 0;
    for _ in 0..3 {
        let length = match &bytes[at..] {
            [b' ' | b'-' | b'.' | b'/' | b'(' | b')', ..] => 1,
            [0xC2, 0xA0, ..] => 2,
            [0xE2, 0x80, 0x90..=0x93 | 0xAF, ..] => 3,
            _ => break,
        };
        // Columns are apart by several blanks.
        if at > 0 && bytes[at] == bytes[at - 1] {
            return 0;
        }
        at += length;
    }
    if bytes.get(at).is_some_and(u8::is_ascii_digit) { at } else { 0 }
}

fn international(text: &str, literal: Range<usize>) -> Option<Found> {
    let bytes = text.as_bytes();
    let start = literal.start;
    let is_sign = start > 0 && (context::is_word(bytes[start - 1]) || matches!(bytes[start - 1], b'+' | b')' | b'.'));
    let is_open = bytes.get(literal.end) == Some(&b'(');
    if is_sign && context::word_start(bytes, start - 1) != start {
        return None;
    }
    let run = Run::read(text, literal.end + usize::from(is_open));
    let (end, _) = run.longest(text, plans::is_international)?;
    let is_number = !plans::is_position(&text[literal.end..end]) && !plans::is_fraction(&text[literal.end..end]);
    is_number.then_some(Found { bytes: start..end, confidence: 0.95 })
}

/// `0049 30 ...` and, from North America, `011 49 30 ...`; bare digits need a word.
fn dialled_abroad(text: &str, start: usize) -> Option<Found> {
    let prefix = ["00", "011 ", "011-"].into_iter().find(|prefix| text[start..].starts_with(prefix))?;
    let is_joined = start > 0 && matches!(text.as_bytes()[start - 1], b'.' | b',' | b'-' | b'/' | b':' | b'+' | b'$');
    let from = start + prefix.len() + usize::from(text[start + prefix.len()..].starts_with(' '));
    let run = Run::read(text, from);
    if is_joined || run.digits.first() == Some(&0) {
        return None;
    }
    let (end, _) = run.longest(text, plans::is_international)?;
    let is_code_point = text[start..end].split(' ').all(|group| group.len() == 4);
    let is_grouped =
        !is_code_point && run.groups.first().is_some_and(|(_, digits)| plans::is_country(&run.digits[..*digits]));
    let is_named = NEAR.are_near(text, &(start..end));
    (is_grouped || is_named).then_some(Found { bytes: start..end, confidence: if is_named { 0.95 } else { 0.8 } })
}

fn national(sample: &Sample) -> Option<f64> {
    let digits = sample.digits();
    let is_row = sample.is_in_a_row() && !sample.is_near(&NEAR);
    (!is_row && plans::is_national(sample.shape, &digits)).then(|| if sample.is_near(&NEAR) { 0.93 } else { 0.75 })
}

/// The number that a word announces.
fn announced(text: &str, literal: Range<usize>, is_noun: bool) -> Option<Found> {
    let is_letter = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphabetic());
    let window = context::window(text, literal.end, 40);
    let last = text[..literal.end].chars().next_back();
    if is_letter(text[..literal.start].chars().next_back()) || (is_letter(last) && is_letter(window.chars().next())) {
        return None;
    }
    let gap = window.find(|character: char| character.is_ascii_digit() || character == '(' || character == '+')?;
    let between = &window[..gap];
    let is_apart = between.contains(". ") || (!is_noun && between.contains(['=', '`', '|', '\n']));
    if is_apart || OTHERS.are_in(between) {
        return None;
    }
    let start = literal.end + gap;
    let opens = usize::from(window[gap..].starts_with('('));
    let run = Run::read(text, start + opens);
    let (end, digits) = run.longest(text, |digits| (7..=15).contains(&digits.len()))?;
    let written = &text[start..end];
    let is_marked = written.len() > digits.len() || digits[0] == 0 || digits.len() >= 10;
    let is_plain = plans::is_amount_or_date(written.trim_start_matches('('));
    (is_marked || is_noun).then_some(())?;
    (!is_plain && context::begins_word(text.as_bytes(), start))
        .then_some(Found { bytes: start..end, confidence: if is_noun { 0.9 } else { 0.75 } })
}

#[cfg(test)]
mod tests;
