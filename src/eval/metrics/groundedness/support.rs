//! How much of an answer the passages support, word by word.

use std::collections::HashSet;

use super::evidence::Evidence;
use super::words::{Kind, Word, kinds, words};
use crate::eval::metrics::refusal::is_refusal;
use crate::text::{is_unspaced_script, list_item, sentences};

/// What a function word counts, relative to a word of content.
const FUNCTION: f64 = 0.25;
/// What a supported word counts that the question says already: to say it again supports little.
const ASKED: f64 = 0.25;
/// What a name, a number or a word for the speaker counts if it is nowhere in the passages.
const MISSING_EXACT: f64 = 5.0;
/// What a word is credited that the passages have, but beside neither of its neighbours.
const ALONE: f64 = 0.8;
/// What a word is credited of which the passages have a relative only.
const RELATIVE: f64 = 0.5;

/// What the passages support of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Support {
    /// 0 nothing to 1 all; `None` if the answer has no content to check.
    pub(super) value: Option<f64>,
    /// What the passages do not have, as the answer writes it: neighbouring words together, those with names and numbers
    /// first, each once.
    pub(super) unsupported: Vec<String>,
}

/// Takes time in proportion to the texts' length.
pub(super) fn support(question: &str, answer: &str, passages: &[&str]) -> Support {
    let evidence = Evidence::new(passages);
    let mixes_case = answer.contains(|character: char| character.is_lowercase() || is_unspaced_script(character));
    let mut tally = Tally {
        asked: words(question).iter().map(|word| word.key().into_owned()).collect(),
        capitals_tell: mixes_case && !evidence.is_german(),
        ..Tally::default()
    };
    for line in answer.lines() {
        let line = line.trim_start();
        let parts = sentences(list_item(line).unwrap_or(line)).flat_map(|sentence| sentence.split(" but "));
        // That something is not said cannot be in the passages.
        for part in parts.filter(|part| !is_refusal(part)) {
            tally.add(part, &evidence);
        }
    }
    tally.finish()
}

/// What was found in the answer so far. Each different word counts once.
#[derive(Default)]
struct Tally {
    /// Keys of the question's words.
    asked: HashSet<String>,
    capitals_tell: bool,
    seen: HashSet<String>,
    supported: f64,
    unsupported: f64,
    has_content: bool,
    missing: Vec<Missing>,
}

/// A piece of the answer that the passages do not have.
struct Missing {
    text: String,
    is_exact: bool,
}

impl Tally {
    fn add(&mut self, sentence: &str, evidence: &Evidence) {
        let words = words(sentence);
        let keys: Vec<String> = words.iter().map(|word| word.key().into_owned()).collect();
        let kinds = kinds(sentence, &words, self.capitals_tell);
        let mut gaps: Vec<(&Word, bool)> = Vec::new();
        for (index, (word, kind)) in words.iter().zip(&kinds).enumerate() {
            if *kind == Kind::Framing || !self.seen.insert(keys[index].clone()) {
                continue;
            }
            let credit = credit(word, &keys, index, evidence);
            self.count(*kind, credit, self.asked.contains(&keys[index]));
            if credit == 0.0 && *kind != Kind::Function {
                gaps.push((word, *kind == Kind::Exact));
            }
        }
        self.missing.extend(pieces(sentence, &gaps));
    }

    fn count(&mut self, kind: Kind, credit: f64, asked: bool) {
        self.has_content |= kind != Kind::Function;
        let weight = if kind == Kind::Function { FUNCTION } else { 1.0 };
        let is_missing_exact = kind == Kind::Exact && credit == 0.0;
        self.supported += weight * credit * if asked { ASKED } else { 1.0 };
        self.unsupported += weight * (1.0 - credit) * if is_missing_exact { MISSING_EXACT } else { 1.0 };
    }

    fn finish(mut self) -> Support {
        self.missing.sort_by_key(|missing| !missing.is_exact);
        let mut unsupported: Vec<String> = Vec::new();
        for missing in self.missing {
            if !unsupported.contains(&missing.text) {
                unsupported.push(missing.text);
            }
        }
        let value = self.has_content.then(|| self.supported / (self.supported + self.unsupported));
        Support { value, unsupported }
    }
}

/// What the passages give for a word, 0 to 1.
fn credit(word: &Word, keys: &[String], index: usize, evidence: &Evidence) -> f64 {
    let key = &keys[index];
    if !evidence.holds(key) {
        return if evidence.holds_relative(word) { RELATIVE } else { 0.0 };
    }
    let before = index.checked_sub(1).and_then(|before| keys.get(before));
    let after = keys.get(index + 1);
    let beside = before.is_some_and(|before| evidence.holds_pair(before, key))
        || after.is_some_and(|after| evidence.holds_pair(key, after));
    if beside || keys.len() == 1 { 1.0 } else { ALONE }
}

/// The gaps as the sentence writes them; those with nothing but space between them are one piece.
fn pieces(sentence: &str, gaps: &[(&Word, bool)]) -> Vec<Missing> {
    let mut pieces: Vec<(usize, usize, bool)> = Vec::new();
    for (word, is_exact) in gaps {
        match pieces.last_mut() {
            Some((_, end, exact)) if sentence.get(*end..word.start).is_none_or(|between| between.trim().is_empty()) => {
                *end = word.end();
                *exact |= is_exact;
            }
            _ => pieces.push((word.start, word.end(), *is_exact)),
        }
    }
    let piece =
        |(start, end, is_exact): (usize, usize, bool)| Missing { text: sentence[start..end].to_owned(), is_exact };
    pieces.into_iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIDGE: &str = "The Alder Bridge in Milton was opened by Mayor Ruth Okafor on 4 May 1931. It is 212 metres long, \
                          carries two railway tracks, and was repaired in 1987 after a flood.";

    #[test]
    fn what_the_passages_do_not_have_is_named() {
        let cases: [(&str, &[&str]); 11] = [
            ("The bridge was opened in 1931.", &[]),
            ("It opened on 4 May 1931 and carries 2 tracks.", &[]),
            ("It was opened in 1932.", &["1932"]),
            ("It was opened in 1931 by Mayor Hugo Lindqvist.", &["Hugo Lindqvist"]),
            ("Painters love the bridge, which was designed by Lindqvist.", &["Lindqvist", "Painters love", "designed"]),
            ("1. It is 212 metres long.\n2. It carries trams.", &["trams"]),
            ("Yes, according to passage 1 it was repaired [1].", &[]),
            ("I was there.", &["I"]),
            ("The documents do not say who built it. It is 300 metres long.", &["300"]),
            ("I'm not sure, but it is 300 metres long.", &["300"]),
            ("1990 was the year; in 1990 it was sold.", &["1990", "year", "sold"]),
        ];
        for (answer, expected) in cases {
            assert_eq!(support("", answer, &[BRIDGE]).unsupported, expected, "{answer}");
        }
    }

    #[test]
    fn the_value_falls_with_what_is_not_supported() {
        let ordered = [
            "The Alder Bridge was opened by Mayor Ruth Okafor.",
            "Ruth Okafor, the mayor, opened the Alder Bridge.",
            "The Alder Bridge was inaugurated by Mayor Ruth Okafor.",
            "The Alder Bridge was opened by Mayor Hugo Okafor.",
            "The Alder Tunnel was inaugurated by Hugo Lindqvist in 1955.",
            "Nobody likes concrete.",
        ];
        let values: Vec<f64> = ordered.iter().map(|answer| support("", answer, &[BRIDGE]).value.unwrap()).collect();
        assert!(values.is_sorted_by(|left, right| left > right), "{values:?}");
        assert!(values[0] > 0.999 && values[5] < 0.001, "{values:?}");
    }

    #[test]
    fn an_answer_without_content_has_no_value() {
        for answer in ["", "Yes.", "...", "It is so.", "The documents do not say.", "Unable to answer the question."] {
            assert_eq!(support("", answer, &[BRIDGE]), Support { value: None, unsupported: Vec::new() }, "{answer}");
        }
    }

    #[test]
    fn without_passages_nothing_is_supported() {
        assert_eq!(support("", "It opened in 1931.", &[]).value, Some(0.0));
    }

    #[test]
    fn other_scripts_and_languages_are_compared_too() {
        let cases: [(&str, &str, &[&str]); 4] = [
            ("東京タワーは1958年に完成した。高さは333メートルである。", "東京タワーは1958年に完成した。", &[]),
            ("東京タワーは1958年に完成した。", "大阪城は1958年に完成した。", &["大阪城は"]),
            ("Der Turm und das Tor sind aus Sandstein.", "Der Turm ist aus Granit.", &["ist", "Granit"]),
            ("서울의 인구는 940만 명이다.", "서울의 면적은 940만 명이다.", &["면적은"]),
        ];
        for (passage, answer, expected) in cases {
            assert_eq!(support("", answer, &[passage]).unsupported, expected, "{answer}");
        }
        let german = |answer: &str| support("", answer, &["Der Turm und das Tor sind aus Sandstein."]).value.unwrap();
        assert!(german("Der Turm ist aus Granit.") > 0.5, "a noun is no name");
    }

    #[test]
    fn saying_the_question_again_supports_little() {
        let answer = "The Alder Bridge in Milton was opened in 1932.";
        let value = |question: &str| support(question, answer, &[BRIDGE]).value.unwrap();
        assert!(value("When was the Alder Bridge in Milton opened?") < value("When?") - 0.1);
    }

    #[test]
    fn one_wrong_number_weighs_more_than_one_other_word() {
        let value = |answer: &str| support("", answer, &[BRIDGE]).value.unwrap();
        assert!(value("It was opened by the mayor in 1932.") < value("It was unveiled by the mayor in 1931."));
    }
}
