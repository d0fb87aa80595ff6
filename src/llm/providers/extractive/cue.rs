//! What kind of thing a question asks for, as far as its question word tells.

use crate::text::{fold, terms};

use super::is_same_word;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// A date, an amount, a count.
    Number,
    /// A person or a place.
    Name,
}

/// Phrases of one or two words of English, and beginnings of Japanese words.
const CUES: &[(Cue, &[&str])] = &[
    (
        Cue::Number,
        &[
            "when",
            "how many",
            "how much",
            "how long",
            "how old",
            "how far",
            "how large",
            "what year",
            "いつ",
            "何人",
            "何年",
            "何回",
            "いくつ",
            "いくら",
        ],
    ),
    (Cue::Name, &["who", "whom", "whose", "where"]),
];

const NUMERALS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "dozen",
    "hundred", "thousand", "million", "billion",
];

impl Cue {
    pub(super) fn of(question: &str) -> Option<Self> {
        let folded = fold(question);
        let words = format!(" {} ", terms(question).join(" "));
        let says = |phrase: &&str| {
            if phrase.is_ascii() { words.contains(&format!(" {phrase} ")) } else { folded.contains(phrase) }
        };
        CUES.iter().find(|(_, phrases)| phrases.iter().any(&says)).map(|(cue, _)| *cue)
    }

    /// Whether the sentence holds such a thing that is not in the question already.
    pub(super) fn fits(self, sentence: &str, question: &[String]) -> bool {
        let mut words = sentence.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
        match self {
            Self::Number => words.any(|word| is_number(word) && is_new(word, question)),
            // The first word of a sentence is capitalised whatever it is.
            Self::Name => words.skip(1).any(|word| word.starts_with(char::is_uppercase) && is_new(word, question)),
        }
    }
}

fn is_number(word: &str) -> bool {
    word.contains(char::is_numeric) || NUMERALS.contains(&fold(word).as_str())
}

fn is_new(word: &str, question: &[String]) -> bool {
    let word = fold(word);
    question.iter().all(|term| !is_same_word(term, &word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_word_tells_what_is_asked_for() {
        let cases = [
            ("How many seats are there?", Some(Cue::Number)),
            ("Since WHEN is it open?", Some(Cue::Number)),
            ("会議はいつですか", Some(Cue::Number)),
            ("Who opened it?", Some(Cue::Name)),
            ("Whoever comes, however many", None),
            ("", None),
        ];
        for (question, expected) in cases {
            assert_eq!(Cue::of(question), expected, "{question}");
        }
    }

    #[test]
    fn what_the_question_says_itself_is_no_answer() {
        let cases = [
            (Cue::Number, "It has 25 seats.", true),
            (Cue::Number, "It has twelve seats.", true),
            (Cue::Number, "It opened in 1932.", false),
            (Cue::Name, "Later Ito opened it.", true),
            (Cue::Name, "Nobody opened it.", false),
            (Cue::Name, "The Bridges were open.", false),
        ];
        for (cue, sentence, expected) in cases {
            assert_eq!(cue.fits(sentence, &["1932".to_owned(), "bridge".to_owned()]), expected, "{sentence}");
        }
    }
}
