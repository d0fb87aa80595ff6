//! Text as search and metrics see it: folded so that case, width and composition do not matter, and cut into terms
//! so that languages without spaces can be found too.

use std::borrow::Cow;
use std::time::Duration;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// The text with case, character width and composition folded away: `ＡＢＣ` and `abc`, `ｶﾞ` and `ガ`, `ß` and `ss`
/// become equal.
///
/// Source: NFKC and default case folding, Unicode Standard 3.13 and UAX #15.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Folding can undo composition, so it is normalised again.
    caseless::default_case_fold_str(&text.nfkc().collect::<String>()).nfkc().collect()
}

/// The terms of a text in their order: words in folded form; overlapping pairs of characters where a script has no
/// spaces between words (`東京都` gives `東京`, `京都`).
pub(crate) fn terms(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut terms = Vec::new();
    let mut run = String::new();
    let mut unspaced = false;
    for character in folded.chars() {
        let is_mark = !character.is_ascii() && is_combining_mark(character);
        let is_word = character.is_alphanumeric() || (is_mark && !run.is_empty());
        let is_unspaced = if is_mark { unspaced } else { is_unspaced_script(character) };
        if !is_word || is_unspaced != unspaced {
            push_run(&mut terms, &mut run, unspaced);
        }
        if is_word {
            unspaced = is_unspaced;
            run.push(character);
        }
    }
    push_run(&mut terms, &mut run, unspaced);
    terms
}

fn push_run(terms: &mut Vec<String>, run: &mut String, unspaced: bool) {
    if run.is_empty() {
        return;
    }
    let word = std::mem::take(run);
    let characters: Vec<&str> = if unspaced { word.graphemes(true).collect() } else { Vec::new() };
    if characters.len() < 2 {
        terms.push(word);
    } else {
        terms.extend(characters.windows(2).map(<[&str]>::concat));
    }
}

/// Scripts that are written without spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Myanmar.
pub(crate) fn is_unspaced_script(character: char) -> bool {
    matches!(u32::from(character),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// Whether a folded term says nothing about the subject: English function and question words, which are common in
/// questions and rare in short documents, so that a rank by term frequency would overrate them.
pub(crate) fn is_stop_word(term: &str) -> bool {
    STOP_WORDS.binary_search(&term).is_ok()
}

/// Sorted, for the binary search.
const STOP_WORDS: &[&str] = &[
    "a", "about", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "of", "on",
    "or", "our", "s", "should", "so", "such", "t", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "whom", "whose",
    "why", "will", "with", "would", "you", "your",
];

/// The sentences of a text, trimmed, empty ones left out (UAX #29, so `。` ends one too).
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_sentence_bounds().map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// The text of a line such as `- item`, `2. item` or `> quoted`.
pub(crate) fn list_item(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|character: char| character.is_ascii_digit());
    let marker: &[&str] = if rest.len() < line.len() { &[". ", ") "] } else { &["- ", "* ", "+ ", "> "] };
    marker.iter().find_map(|marker| rest.strip_prefix(marker)).map(str::trim_start)
}

/// How many words a text has; a character of an unspaced script counts as half a word.
pub(crate) fn word_count(text: &str) -> usize {
    let unspaced = text.chars().filter(|character| is_unspaced_script(*character)).count();
    let spaced = text
        .split(|character: char| character.is_whitespace() || is_unspaced_script(character))
        .filter(|word| !word.is_empty())
        .count();
    spaced + unspaced.div_ceil(2)
}

/// `1 case`, `2 cases`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A time for people: `60 s`, `1.5 s`, `200 ms`.
pub(crate) fn span(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{} ms", duration.as_millis());
    }
    // Tenths, without a zero behind the point.
    let tenths = (duration.as_secs_f64() * 10.0).round() / 10.0;
    format!("{tenths} s")
}

/// The beginning of a text that a terminal can show, of so many characters at most.
pub(crate) fn brief(text: &str, limit: usize) -> String {
    let text = printable(text);
    let start: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() { start + "…" } else { start }
}

/// The nearest character boundary at or before `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// The text as one line that a terminal only shows: every control character, line breaks and escapes included, is a
/// space. Text of models, documents and datasets is hostile.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_control) {
        text.chars().map(|character| if is_control(character) { ' ' } else { character }).collect()
    } else {
        text.into()
    }
}

/// Control characters, and those that turn the direction of writing.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_removes_case_width_and_composition() {
        for (left, right) in [("ＡＢＣ", "abc"), ("ｶﾞｲﾄﾞ", "ガイド"), ("Straße", "STRASSE"), ("e\u{301}", "É")]
        {
            assert_eq!(fold(left), fold(right), "{left} {right}");
        }
    }

    #[test]
    fn terms_are_words_and_pairs_of_unspaced_characters() {
        let cases: [(&str, &[&str]); 6] = [
            ("The gate's bar: 0.80", &["the", "gate", "s", "bar", "0", "80"]),
            ("東京都の人口", &["東京", "京都", "都の", "の人", "人口"]),
            ("RAGとは", &["rag", "とは"]),
            ("水", &["水"]),
            ("naïve café", &["naïve", "café"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(terms(text), expected, "{text}");
        }
    }

    #[test]
    fn printable_text_is_one_line_that_commands_no_terminal() {
        assert_eq!(printable("plain ü 東"), "plain ü 東");
        assert_eq!(printable("a\u{1b}[31mb\n::error::c\u{202e}d\u{7}"), "a [31mb ::error::c d ");
    }

    #[test]
    fn a_span_is_written_in_the_unit_that_fits() {
        for (milliseconds, expected) in [(60_000, "60 s"), (1_500, "1.5 s"), (200, "200 ms")] {
            assert_eq!(span(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
        assert!(is_stop_word("what"));
        assert!(!is_stop_word("gate"));
    }

    #[test]
    fn words_are_counted_in_both_kinds_of_script() {
        assert_eq!(word_count("one two  three"), 3);
        assert_eq!(word_count("東京都"), 2);
        assert_eq!(word_count("RAGとは何か"), 3);
    }

    #[test]
    fn a_list_item_is_what_stands_behind_its_mark() {
        let cases = [
            ("- a", Some("a")),
            ("2. b", Some("b")),
            ("10) c", Some("c")),
            ("> d", Some("d")),
            ("3.5 e", None),
            ("f", None),
        ];
        for (line, expected) in cases {
            assert_eq!(list_item(line), expected, "{line}");
        }
    }

    #[test]
    fn sentences_end_in_any_script() {
        assert_eq!(sentences("One. Two? 三つ。四つ。").collect::<Vec<_>>(), ["One.", "Two?", "三つ。", "四つ。"]);
    }
}
