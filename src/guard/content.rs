//! What nobody should be helped with, in questions and in answers: harm to others or to oneself.
//!
//! ```text
//! content/CATEGORY.txt ── sets of terms ──> mentions in a sentence ── all sets of a line, close together ──> finding
//!                                                      └─ a term of `unless` in the sentence ──> none
//! ```
//!
//! A term alone is a subject of news, law, history and help; what somebody wants with it makes it a finding. One file and
//! one row add a category: `name: term, term*` lines make sets, `find: name name` lines say which of them mean harm
//! together.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::finding::{Finding, Severity};
use super::normal::fold_text;
use super::reading::{Reading, words_of};
use crate::text::is_unspaced_script;

/// Rule, file, and what the text is about.
const CATEGORIES: &[(&str, &str, &str)] = &[
    ("content.weapons", include_str!("content/weapons.txt"), "how explosives or weapons are made"),
    ("content.drugs", include_str!("content/drugs.txt"), "how illegal drugs are made"),
    ("content.self_harm", include_str!("content/self_harm.txt"), "hurting or killing oneself"),
    ("content.hate", include_str!("content/hate.txt"), "hatred of people for what they are"),
    ("content.minors", include_str!("content/minors.txt"), "children in sexual content"),
    ("content.malware", include_str!("content/malware.txt"), "programs that do harm"),
    ("content.fraud", include_str!("content/fraud.txt"), "deceiving people for money or identity"),
];
/// What takes a finding of any category back.
const UNLESS: &str = include_str!("content/unless.txt");

/// Bytes of words, about fifteen of them, within which all that makes a finding stands.
const NEAR: usize = 100;

/// The category of sets that hold for all.
const ANY: usize = usize::MAX;

/// A set of terms of a category.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    category: usize,
    name: &'static str,
}

/// A term of a set.
struct Term {
    set: usize,
    is_open: bool,
    is_unspaced: bool,
}

/// Sets that mean harm together.
struct Line {
    category: usize,
    sets: Vec<usize>,
}

#[derive(Default)]
struct Table {
    sets: Vec<Set>,
    terms: Vec<Term>,
    lines: Vec<Line>,
    automaton: Option<AhoCorasick>,
}

/// A term in a text.
struct Mention {
    start: usize,
    end: usize,
    set: usize,
}

/// The names of findings of harmful content, and what each is about.
pub(crate) fn subjects() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    CATEGORIES.iter().map(|(rule, _, subject)| (*rule, *subject))
}

/// Whether a finding of this name is one of harmful content.
pub(super) fn is_rule(name: &str) -> bool {
    subjects().any(|(rule, _)| rule == name)
}

/// Harmful content in the readings of a text.
pub(crate) fn content(readings: &[Reading]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for reading in readings {
        for (category, span) in table().harm(reading) {
            let bytes = reading.original(span);
            let (rule, _, subject) = CATEGORIES[category];
            if findings.iter().rev().take(CATEGORIES.len()).any(|known| known.rule == rule && known.bytes == bytes) {
                continue;
            }
            let hidden = if reading.seen.decoders.is_empty() {
                String::new()
            } else {
                format!(" It was hidden: {}.", reading.seen.decoders.join(", then "))
            };
            findings.push(Finding {
                rule,
                severity: Severity::High,
                bytes,
                confidence: 0.8,
                message: format!("The text is about {subject}.{hidden}"),
            });
        }
    }
    findings
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(Table::read)
}

impl Table {
    fn read() -> Self {
        let mut table = Self::default();
        let mut spelt = Vec::new();
        let files = CATEGORIES.iter().enumerate().map(|(index, (_, file, _))| (index, *file)).chain([(ANY, UNLESS)]);
        for (category, file) in files {
            for (name, terms) in
                file.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "))
            {
                if name == "find" {
                    let sets = terms.split(' ').map(|name| table.set(category, name)).collect();
                    table.lines.push(Line { category, sets });
                    continue;
                }
                let set = table.set(category, name);
                for term in terms.split(", ") {
                    let words = words_of(&fold_text(term.trim_end_matches('*')));
                    let is_unspaced = words.chars().any(is_unspaced_script);
                    table.terms.push(Term { set, is_open: term.ends_with('*'), is_unspaced });
                    spelt.push(if is_unspaced { words } else { format!(" {words}") });
                }
            }
        }
        table.automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(spelt).ok();
        table
    }

    fn set(&mut self, category: usize, name: &'static str) -> usize {
        let set = Set { category, name };
        self.sets.iter().position(|known| *known == set).unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        })
    }

    /// The categories that a reading touches, each with where, in bytes of its words.
    fn harm(&self, reading: &Reading) -> Vec<(usize, Range<usize>)> {
        let mentions = self.mentions(&reading.words);
        let mut harm = Vec::new();
        let mut rest = mentions.as_slice();
        while let Some(first) = rest.first() {
            let sentence = reading.sentences.get(reading.sentence_of(first.start));
            let end = sentence.map_or(usize::MAX, |sentence| sentence.end);
            let count = rest.partition_point(|mention| mention.start < end).max(1);
            let (inside, after) = rest.split_at(count);
            for category in 0..CATEGORIES.len() {
                harm.extend(self.in_sentence(inside, category).map(|span| (category, span)));
            }
            rest = after;
        }
        harm
    }

    fn mentions(&self, words: &str) -> Vec<Mention> {
        let found = self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(words));
        let ends = |term: &Term, at: usize| {
            term.is_open || term.is_unspaced || matches!(words.as_bytes().get(at), None | Some(b' '))
        };
        let found = found
            .map(|found| (found.range(), &self.terms[found.pattern().as_usize()]))
            .filter(|(bytes, term)| ends(term, bytes.end));
        let mention = |(bytes, term): (Range<usize>, &Term)| {
            let start = bytes.start + usize::from(!term.is_unspaced);
            Mention { start, end: bytes.end, set: term.set }
        };
        let mut mentions: Vec<Mention> = found.map(mention).collect();
        mentions.sort_by_key(|mention| (mention.start, mention.end));
        mentions
    }

    /// The first place in a sentence where all sets of a line stand close together.
    fn in_sentence(&self, mentions: &[Mention], category: usize) -> Option<Range<usize>> {
        let is_unless = |mention: &Mention| {
            let set = &self.sets[mention.set];
            set.name == "unless" && (set.category == category || set.category == ANY)
        };
        let lines = || self.lines.iter().filter(|line| line.category == category);
        let is_mentioned = |set: &usize| mentions.iter().any(|mention| mention.set == *set);
        let line = lines()
            .filter(|line| line.sets.iter().all(is_mentioned))
            .find_map(|line| together(mentions, &line.sets))?;
        (!mentions.iter().any(is_unless)).then_some(line)
    }
}

/// The first stretch, short enough, in which each of some sets is mentioned.
fn together(mentions: &[Mention], sets: &[usize]) -> Option<Range<usize>> {
    let mut last: Vec<Option<&Mention>> = vec![None; sets.len()];
    for mention in mentions {
        let Some(index) = sets.iter().position(|set| *set == mention.set) else { continue };
        last[index] = Some(mention);
        let all: Option<Vec<&Mention>> = last.iter().copied().collect();
        let span = all.and_then(|all| {
            let start = all.iter().map(|mention| mention.start).min()?;
            Some(start..all.iter().map(|mention| mention.end).max()?)
        });
        if let Some(span) = span.filter(|span| span.len() <= NEAR) {
            return Some(span);
        }
    }
    None
}

#[cfg(test)]
mod tests;
