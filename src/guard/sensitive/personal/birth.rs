//! Dates of birth, where a word says that a date is one.
//!
//! Any usual writing of a full date counts, with the month as a number or as its name in English, German, French,
//! Spanish, Italian, Portuguese or Dutch.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::{Found, Kind, Search, context};

pub(in super::super) const KIND: Kind =
    Kind::personal("pii.birth_date", "a date of birth", "BIRTH_DATE", &[Search::Around(WORDS, read)]);

const WORDS: &[&str] = &[
    "date of birth",
    "birth date",
    "birthdate",
    "birth_date",
    "birthday",
    "dob",
    "born",
    "geburtsdatum",
    "geburtstag",
    "geboren",
    "geb.",
    "date de naissance",
    "né le",
    "née le",
    "fecha de nacimiento",
    "nacido el",
    "nacida el",
    "data di nascita",
    "nato il",
    "nata il",
    "data de nascimento",
    "nascido em",
    "nascida em",
    "geboortedatum",
    "生年月日",
    "出生日期",
    "생년월일",
    "дата рождения",
];

/// The date may stand a few words behind: "born in Lyon on 3 May 1985".
const GAP_BYTES: usize = 40;

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let months = "jan|feb|f[ée]v|m[aä]r|a[pbv]r|ma[iygj]|jun|juin|jui?l|giu|lug|aug|ago|ao[uû]|sep|set|o[ck]t|out|ott|\
                  no?v|d[ei][czc]|déc|gen|ene|fev|mei|maa|mrt";
    let month = format!("(?:{months})[a-zéû]{{0,8}}");
    let pattern = format!(
        r"(?xi) (?:19|20)\d\d [-/.年년] \s? \d\d? [-/.月월] \s? \d\d? [日일]?
            | \d\d? [-/.] \s? \d\d? [-/.] \s? (?:(?:19|20)\d\d|\d\d)\b
            | \d\d? (?:st|nd|rd|th|er|\.|º)? \s (?:of\s|de\s)? {month} \.?,? \s (?:of\s|de\s)? (?:19|20)\d\d
            | {month} \.? \s \d\d? (?:st|nd|rd|th)? ,? \s (?:19|20)\d\d
            | \b(?:19|20)\d\d (?:0[1-9]|1[0-2]) (?:[0-2]\d|3[01])\b"
    );
    Regex::new(&pattern).expect("the pattern is constant and tested")
});

fn read(text: &str, literal: Range<usize>) -> Option<Found> {
    let is_letter = |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphabetic());
    let window = context::window(text, literal.end, GAP_BYTES + 30);
    let last = text[..literal.end].chars().next_back();
    if is_letter(text[..literal.start].chars().next_back()) || (is_letter(last) && is_letter(window.chars().next())) {
        return None;
    }
    let date = DATE.find(window)?;
    let between = &window[..date.start()];
    // Another number or sentence between: the date belongs to that.
    let is_near =
        date.start() <= GAP_BYTES && !between.contains(|c: char| c.is_ascii_digit()) && !between.contains(". ");
    let start = literal.end + date.start();
    (is_near && !context::is_inside_word(text.as_bytes(), literal.end + date.end()))
        .then(|| Found { bytes: start..start + date.len(), confidence: 0.85 })
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    #[test]
    fn dates_of_birth_are_found() {
        let cases = [
            ("DOB: 1985-03-12", "1985-03-12"),
            ("\"date_of_birth\" no, \"dob\": \"12/03/1985\"", "12/03/1985"),
            ("Date of birth 3/12/85.", "3/12/85"),
            ("She was born on 12 March 1985 in Leeds", "12 March 1985"),
            ("born in Lyon on March 12th, 1985", "March 12th, 1985"),
            ("Geburtsdatum: 12.03.1985", "12.03.1985"),
            ("geboren am 12. März 1985", "12. März 1985"),
            ("née le 1er août 1985", "1er août 1985"),
            ("Fecha de nacimiento: 12 de marzo de 1985", "12 de marzo de 1985"),
            ("生年月日：1985年3月12日", "1985年3月12日"),
            ("birthdate=19850312", "19850312"),
        ];
        for (text, expected) in cases {
            let found = scan(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), ("pii.birth_date", expected), "{text}");
        }
    }

    #[test]
    fn other_dates_are_left_alone() {
        let texts = [
            "1985-03-12",
            "due on 12 March 2025",
            "The idea was born in 1985",
            "a born leader of 12 men",
            "airborne 12/03/1985",
            "born in room 4 on 12 March 1985",
            "He was born. On 12 March 1985 it rained.",
            "dobby 1985-03-12",
            "my birthday is in March",
            "born to be wild, and after many long years of work finished on 12 March 1985",
            "version dob-1.2.3",
            "birthday 1985",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
