//! The words of a text as they are compared: where they stand, what form they are compared in, and how much each says.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::{fold, is_unspaced_script};

/// A word, a number, or two neighbouring characters of a script whose words are not told apart by spaces or endings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// Where it begins in its text, in bytes.
    pub(super) start: usize,
    pub(super) folded: Cow<'a, str>,
    pub(super) class: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Letters,
    Number,
    /// Two neighbours of an unspaced script, or of Hangul, whose particles are written to the word.
    Pair,
}

/// What a word of an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words around an answer, not of it: `yes`, `therefore`, `according to passage 2`.
    Framing,
    /// Grammar.
    Function,
    Content,
    /// What nobody can say in other words: a name, a number, who speaks.
    Exact,
}

impl Word<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The form that is equal for equal words: inflected English, `1,200` and `1200`, `three` and `3`.
    pub(super) fn key(&self) -> Cow<'_, str> {
        match self.class {
            Class::Number if self.folded.contains(',') => self.folded.replace(',', "").into(),
            Class::Number | Class::Pair => (&*self.folded).into(),
            Class::Letters => numeral(&self.folded).map_or_else(|| stem(&self.folded), Cow::from),
        }
    }
}

/// The words of a text in their order.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let Some(class) = class(first) else { continue };
        let mut end = start + first.len_utf8();
        while let Some((at, next)) = rest.peek().copied() {
            if !continues(class, next, &text[at..]) {
                break;
            }
            end = at + next.len_utf8();
            rest.next();
        }
        push(&mut words, &text[start..end], start, class);
    }
    words
}

fn class(character: char) -> Option<Class> {
    if character.is_ascii_alphabetic() {
        Some(Class::Letters)
    } else if character.is_ascii() {
        character.is_ascii_digit().then_some(Class::Number)
    } else if is_unspaced_script(character) || matches!(character, '\u{AC00}'..='\u{D7A3}') {
        Some(Class::Pair)
    } else if character.is_numeric() {
        Some(Class::Number)
    } else {
        character.is_alphabetic().then_some(Class::Letters)
    }
}

/// Whether the character goes on a run; `rest` begins with it.
fn continues(run: Class, character: char, rest: &str) -> bool {
    if matches!(character, '.' | ',') {
        return run == Class::Number && rest[1..].starts_with(char::is_numeric);
    }
    class(character) == Some(run) || (!character.is_ascii() && is_combining_mark(character))
}

fn push<'a>(words: &mut Vec<Word<'a>>, run: &'a str, start: usize, class: Class) {
    let word = |at: usize, text: &'a str| Word { text, start: start + at, folded: folded(text), class };
    let characters: Vec<(usize, &str)> =
        if class == Class::Pair { run.grapheme_indices(true).collect() } else { Vec::new() };
    if characters.len() < 2 {
        words.push(word(0, run));
        return;
    }
    for pair in characters.windows(2) {
        let [(at, _), (second, last)] = pair else { continue };
        words.push(word(*at, &run[*at..second + last.len()]));
    }
}

/// `fold`, which leaves lower-case ASCII as it is.
fn folded(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()) {
        text.into()
    } else {
        fold(text).into()
    }
}

/// What each word of a sentence says. Capital letters tell a name only where the language and the text use them so.
pub(super) fn kinds(sentence: &str, words: &[Word], capitals_tell: bool) -> Vec<Kind> {
    let kind = |(index, word): (usize, &Word)| {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        let is_capital = capitals_tell && word.text.starts_with(char::is_uppercase);
        let is_acronym = is_capital && word.text.len() > 1 && !word.text.contains(char::is_lowercase);
        if is_framing(&word.folded) || is_reference(sentence, word, before) {
            Kind::Framing
        } else if is_function(&word.folded) && !is_acronym {
            Kind::Function
        } else if word.class == Class::Number || is_speaker(&word.folded) || (is_capital && index > 0) {
            Kind::Exact
        } else {
            Kind::Content
        }
    };
    words.iter().enumerate().map(kind).collect()
}

/// The number of `passage 2` or `[2]`.
fn is_reference(sentence: &str, word: &Word, before: Option<&Word>) -> bool {
    let named = before.is_some_and(|before| {
        matches!(&*before.folded, "passage" | "passages" | "source" | "sources" | "document" | "documents")
    });
    let in_brackets = sentence[..word.start].ends_with('[') && sentence[word.end()..].starts_with(']');
    word.class == Class::Number && (named || in_brackets)
}

fn is_framing(folded: &str) -> bool {
    FRAMING.binary_search(&folded).is_ok()
}

/// English function words, and pairs of Hiragana, which are mostly grammar.
fn is_function(folded: &str) -> bool {
    FUNCTION.binary_search(&folded).is_ok() || folded.chars().all(|character| matches!(character, 'ぁ'..='ゟ'))
}

fn is_speaker(folded: &str) -> bool {
    matches!(folded, "i" | "me" | "mine" | "my" | "myself")
}

fn numeral(folded: &str) -> Option<&'static str> {
    let digits = match folded {
        "zero" => "0",
        "one" | "first" => "1",
        "two" | "second" => "2",
        "three" | "third" => "3",
        "four" | "fourth" => "4",
        "five" | "fifth" => "5",
        "six" | "sixth" => "6",
        "seven" | "seventh" => "7",
        "eight" | "eighth" => "8",
        "nine" | "ninth" => "9",
        "ten" | "tenth" => "10",
        "eleven" => "11",
        "twelve" => "12",
        _ => return None,
    };
    Some(digits)
}

/// An English word without its usual endings, so that `policies` and `policy`, `stopped` and `stop` are equal. Lighter
/// than Porter's stemmer, which separated supported answers no better; other languages than English pass through it,
/// answer and passages alike.
fn stem(folded: &str) -> Cow<'_, str> {
    if !folded.is_ascii() {
        return folded.into();
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| folded.ends_with(end));
    if folded.len() > 4 && ends(&["ies", "ied"]) {
        return format!("{}y", &folded[..folded.len() - 3]).into();
    }
    let is_plural = folded.len() > 3 && ends(&["s"]) && !ends(&["ss", "us", "is"]);
    let singular = &folded[..folded.len() - usize::from(is_plural)];
    let stem = ["ing", "ed"].iter().find_map(|end| singular.strip_suffix(end)).filter(|stem| stem.len() > 2);
    let stem = stem.map_or(singular, single_end);
    stem.strip_suffix('e').filter(|stem| stem.len() > 2).unwrap_or(stem).into()
}

/// `stopp` as `stop`, but `fall` and `pass` as they are.
fn single_end(stem: &str) -> &str {
    match stem.as_bytes() {
        [_, .., before, last] if before == last && !matches!(last, b'l' | b's') && stem.len() > 3 => {
            &stem[..stem.len() - 1]
        }
        _ => stem,
    }
}

/// Sorted, for the binary search, as the list below.
const FRAMING: &[&str] = &[
    "according",
    "additionally",
    "ah",
    "alternatively",
    "although",
    "answer",
    "answers",
    "based",
    "conclusion",
    "context",
    "document",
    "documents",
    "finally",
    "firstly",
    "following",
    "furthermore",
    "given",
    "hello",
    "hence",
    "hi",
    "however",
    "lastly",
    "mention",
    "mentioned",
    "mentions",
    "moreover",
    "no",
    "nope",
    "note",
    "oh",
    "ok",
    "okay",
    "overall",
    "passage",
    "passages",
    "please",
    "provided",
    "question",
    "secondly",
    "sorry",
    "source",
    "sources",
    "summary",
    "sure",
    "text",
    "texts",
    "thank",
    "thanks",
    "therefore",
    "thirdly",
    "though",
    "thus",
    "unable",
    "unfortunately",
    "well",
    "yea",
    "yeah",
    "yep",
    "yes",
    "yup",
];

const FUNCTION: &[&str] = &[
    "a", "about", "after", "again", "against", "all", "also", "am", "an", "and", "any", "are", "aren", "as", "at",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "could", "couldn", "d",
    "did", "didn", "do", "does", "doesn", "don", "down", "during", "each", "few", "for", "from", "further", "had",
    "hadn", "has", "hasn", "have", "haven", "he", "her", "here", "hers", "him", "his", "how", "if", "in", "into", "is",
    "isn", "it", "its", "just", "ll", "m", "may", "might", "more", "most", "must", "nd", "nor", "not", "nt", "o", "of",
    "off", "on", "once", "only", "or", "other", "our", "out", "over", "own", "rd", "re", "s", "same", "shall", "she",
    "should", "shouldn", "so", "some", "st", "such", "t", "th", "than", "that", "the", "their", "them", "then",
    "there", "these", "they", "this", "those", "through", "to", "too", "under", "until", "up", "us", "ve", "very",
    "was", "wasn", "we", "were", "weren", "what", "when", "where", "which", "while", "who", "whom", "whose", "why",
    "will", "with", "won", "would", "wouldn", "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_numbers_and_pairs() {
        let cases: [(&str, &[&str]); 6] = [
            ("It's 1,200.5 km, in 1990s.", &["It", "s", "1,200.5", "km", "in", "1990", "s"]),
            ("café e\u{301}tude", &["café", "e\u{301}tude"]),
            ("東京都に3つ", &["東京", "京都", "都に", "3", "つ"]),
            ("서울시는", &["서울", "울시", "시는"]),
            ("x.y, 5.", &["x", "y", "5"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text).iter().map(|word| word.text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn forms_of_one_word_have_one_key() {
        let key = |text: &str| words(text).iter().map(|word| word.key().into_owned()).collect::<Vec<_>>().join(" ");
        for (left, right) in [
            ("policies", "policy"),
            ("stopped", "stops"),
            ("tried", "tries"),
            ("making", "makes"),
            ("falling", "falls"),
            ("1,200", "1200"),
            ("third", "3"),
            ("ＡＢＣ", "abc"),
        ] {
            assert_eq!(key(left), key(right), "{left} {right}");
        }
        for (left, right) in [("bus", "bud"), ("12.5", "125"), ("string", "star")] {
            assert_ne!(key(left), key(right), "{left} {right}");
        }
    }

    #[test]
    fn a_word_is_framing_grammar_content_or_exact() {
        use Kind::{Content, Exact, Framing, Function};
        let cases: [(&str, &[Kind]); 7] = [
            ("The bridge", &[Function, Content]),
            ("Yes, Ana paid 40", &[Framing, Exact, Content, Exact]),
            ("Passage 2 says so [3].", &[Framing, Framing, Content, Function, Framing]),
            ("I like it", &[Exact, Content, Function]),
            ("the US told us", &[Function, Exact, Content, Function]),
            ("Bridges open", &[Content, Content]),
            ("です 水", &[Function, Content]),
        ];
        for (sentence, expected) in cases {
            assert_eq!(kinds(sentence, &words(sentence), true), expected, "{sentence}");
        }
        assert_eq!(kinds("das Haus", &words("das Haus"), false), [Content, Content]);
    }

    #[test]
    fn lists_are_sorted_and_folded() {
        assert!(FRAMING.is_sorted() && FUNCTION.is_sorted());
        assert!(FRAMING.iter().chain(FUNCTION).all(|word| fold(word) == **word));
    }
}
