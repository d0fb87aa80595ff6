//! Whether an answer gives away the instructions that the model was given.
//!
//! ```text
//! canaries ── spellings ──> needles ──> every view of the answer, letters and digits alone ─┐
//! prompt ── n-grams but for what is quoted in it or known from passages ──> every view ─────┴─> findings
//! ```
//!
//! A phrase that instructions and answers share is no leak: names of products, a rule that a refusal names, a greeting
//! that the instructions quote. A dozen words in a row are one, or a quarter of the instructions in pieces.

mod canary;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Answer;
use crate::guard::finding::{Finding, Severity};
use crate::guard::normal::{fold_text, visible};
use crate::guard::overlap::{Grams, Shared, token};
use crate::guard::reading::{Reading, words_of};
use crate::guard::view::View;
use crate::text::is_unspaced_script;

pub(super) const RULE: &str = "prompt_leak";

/// From how much on what is shared is a leak, in tokens.
struct Scale {
    n: usize,
    /// In a row.
    run: usize,
    /// As messages name them.
    unit: &'static str,
}

const WORDS: Scale = Scale { n: 5, run: 12, unit: "words" };
const UNSPACED: Scale = Scale { n: 10, run: 24, unit: "characters" };
/// Letters alone, for texts whose words were joined or torn apart.
const LETTERS: Scale = Scale { n: 24, run: 60, unit: "letters" };

/// What instructions put between quotation marks is meant to be said.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""[^"\n]{1,300}"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|「[^」\n]{1,300}」"#)
        .expect("the pattern is constant and tested")
});

/// Tokens of a text, and where each stands in the original.
#[derive(Default)]
struct Tokens {
    hashes: Vec<u64>,
    /// Bytes of the text that was cut.
    spans: Vec<Range<usize>>,
}

/// Findings by their place in the original.
pub(super) fn check(answer: &Answer<'_>, readings: &[Reading]) -> Vec<Finding> {
    let mut findings = canary::check(answer, readings);
    if let Some(prompt) = answer.system_prompt {
        let instructions = Instructions::new(prompt, answer.passages.unwrap_or_default());
        for (index, reading) in readings.iter().enumerate() {
            findings.extend(instructions.leaks(reading, index == 0));
        }
    }
    findings
}

/// Instructions, ready for comparison.
struct Instructions {
    words: (Scale, Grams),
    letters: Grams,
}

impl Instructions {
    fn new(prompt: &str, passages: &[String]) -> Self {
        let reading = Reading::new(visible(prompt).0);
        let words = words(&reading.words);
        let letters = letters(&reading.seen.text);
        let unspaced = reading.words.chars().filter(|character| is_unspaced_script(*character)).count();
        let scale = if unspaced * 2 > words.hashes.len() { UNSPACED } else { WORDS };
        let quoted: Vec<Range<usize>> = QUOTED.find_iter(prompt).map(|found| found.range()).collect();
        let quoted_words = quoted_tokens(&words, &quoted, |span| reading.original(span));
        let quoted_letters = quoted_tokens(&letters, &quoted, |span| reading.seen.original(span));
        let known: Vec<String> = passages.iter().map(|passage| fold_text(passage)).collect();
        let known_words: Vec<Vec<u64>> =
            known.iter().map(|text| self::words(&format!(" {}", words_of(text))).hashes).collect();
        let known_letters: Vec<Vec<u64>> = passages.iter().map(|text| self::letters(text).hashes).collect();
        let grams = Grams::new(scale.n, &words.hashes, &known_words, |at| quoted_words.are_all(at..at + scale.n));
        let letters =
            Grams::new(LETTERS.n, &letters.hashes, &known_letters, |at| quoted_letters.are_all(at..at + LETTERS.n));
        Self { words: (scale, grams), letters }
    }

    /// What one reading of an answer gives away.
    fn leaks(&self, reading: &Reading, is_first: bool) -> Vec<Finding> {
        let (scale, grams) = &self.words;
        let said = words(&reading.words);
        let found = findings(scale, grams, &said.hashes, |run| {
            reading.original(said.spans[run.start].start..said.spans[run.end - 1].end)
        });
        if !found.is_empty() || scale.n != WORDS.n {
            return found;
        }
        let said = letters(&reading.seen.text);
        let place = |run: Range<usize>| reading.seen.original(said.spans[run.start].start..said.spans[run.end - 1].end);
        let mut found = findings(&LETTERS, &self.letters, &said.hashes, place);
        if is_first && found.is_empty() {
            found = self.disguised(&reading.seen, &said);
        }
        found
    }

    /// Decoders recognise English; these two disguises need no language when it is known what they hide.
    fn disguised(&self, seen: &View, said: &Tokens) -> Vec<Finding> {
        let span = |run: Range<usize>| seen.original(said.spans[run.start].start..said.spans[run.end - 1].end);
        let backwards: Vec<u64> = said.hashes.iter().rev().copied().collect();
        let last = said.hashes.len();
        let mut found = findings(&LETTERS, &self.letters, &backwards, |run| span(last - run.end..last - run.start));
        let rotated = |letter: &u64| if (97..=122).contains(letter) { (letter - 97 + 13) % 26 + 97 } else { *letter };
        let rotated: Vec<u64> = said.hashes.iter().map(rotated).collect();
        found.extend(findings(&LETTERS, &self.letters, &rotated, span));
        found
    }
}

/// Findings for the runs of a leak, by the places that `place` gives them; none if what is shared is none.
fn findings(scale: &Scale, grams: &Grams, said: &[u64], place: impl Fn(Range<usize>) -> Range<usize>) -> Vec<Finding> {
    let Shared { runs, found } = grams.shared_with(said);
    let longest = runs.iter().map(Range::len).max().unwrap_or_default();
    let all = grams.len();
    // As many n-grams as the shortest run has, in pieces.
    let is_much = found > scale.run - scale.n && found * 4 >= all;
    let is_whole = all >= 3 && found == all;
    if longest < scale.run && !is_much && !is_whole {
        return Vec::new();
    }
    let message = format!(
        "The answer repeats the instructions: {longest} {} in a row, {} % of all.",
        scale.unit,
        found * 100 / all.max(1)
    );
    let finding = |run| Finding {
        rule: RULE,
        severity: Severity::High,
        bytes: place(run),
        confidence: 0.9,
        message: message.clone(),
    };
    runs.into_iter().map(finding).collect()
}

/// Words, and the characters of scripts without spaces, of a text of words that each follow one space.
fn words(text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    // Numbers are left out: whoever is asked for a list numbers what it repeats.
    let mut push = |span: Range<usize>| {
        if !text[span.clone()].bytes().all(|byte| byte.is_ascii_digit()) {
            tokens.hashes.push(token(&text[span.clone()]));
            tokens.spans.push(span);
        }
    };
    let mut start = 0;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        if character == ' ' {
            push(start..at);
            start = end;
        } else if is_unspaced_script(character) {
            push(start..at);
            push(at..end);
            start = end;
        }
    }
    push(start..text.len());
    tokens
}

/// Letters in lower case.
fn letters(text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    for (at, character) in text.char_indices().filter(|(_, character)| character.is_alphabetic()) {
        for lower in character.to_lowercase() {
            tokens.hashes.push(u64::from(u32::from(lower)));
            tokens.spans.push(at..at + character.len_utf8());
        }
    }
    tokens
}

/// How many tokens before each are quoted.
struct QuotedTokens(Vec<usize>);

impl QuotedTokens {
    fn are_all(&self, tokens: Range<usize>) -> bool {
        self.0.get(tokens.end).is_some_and(|end| end - self.0[tokens.start] == tokens.len())
    }
}

/// Which tokens stand between quotation marks; none if most do, for then the instructions themselves are quoted.
fn quoted_tokens(
    tokens: &Tokens,
    quoted: &[Range<usize>],
    original: impl Fn(Range<usize>) -> Range<usize>,
) -> QuotedTokens {
    let mut counts = vec![0];
    for span in &tokens.spans {
        let at = original(span.clone()).start;
        let before = quoted.partition_point(|range| range.start <= at);
        let is_quoted = before.checked_sub(1).is_some_and(|index| at < quoted[index].end);
        counts.push(counts.last().copied().unwrap_or_default() + usize::from(is_quoted));
    }
    let all = counts.last().copied().unwrap_or_default();
    if all * 2 > tokens.spans.len() { QuotedTokens(Vec::new()) } else { QuotedTokens(counts) }
}
