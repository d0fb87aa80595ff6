//! How an attack is dressed: a pure function from a text to a text. One row in one of the tables adds one.
//!
//! Names joined by `+` are layers, applied from left to right: `base64+authority` encodes the request and has an
//! authority ask for it.

mod carrier;
mod encoding;
mod extraction;
mod frame;
mod noise;
mod structure;
mod unicode;

use super::dice::Dice;
use super::goals::{Language, Place, Seed};
use crate::error::{Error, Result, suggestion};

/// A way to dress an attack.
pub(crate) struct Strategy {
    pub(crate) name: &'static str,
    /// What it does, in one sentence.
    pub(crate) summary: &'static str,
    /// Why it may work.
    pub(crate) documentation: &'static str,
    pub(crate) scope: Scope,
    rewrite: Rewrite,
}

const fn template(
    scope: Scope,
    name: &'static str,
    summary: &'static str,
    documentation: &'static str,
    template: &'static str,
) -> Strategy {
    Strategy { name, summary, documentation, scope, rewrite: Rewrite::Template(template) }
}

const fn function(
    scope: Scope,
    name: &'static str,
    summary: &'static str,
    documentation: &'static str,
    function: fn(&str, &mut Wording) -> String,
) -> Strategy {
    Strategy { name, summary, documentation, scope, rewrite: Rewrite::Function(function) }
}

/// Which seeds a strategy applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Anywhere,
    /// Attacks in a question.
    Question,
    /// Attacks in a question that is in English: it changes letters that other scripts do not have, or counts on words.
    English,
    /// Attacks in a question that ask for something secret.
    Extraction,
    /// Attacks in a passage.
    Passage,
}

impl Scope {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Anywhere => "questions and passages",
            Self::Question => "questions",
            Self::English => "questions in English",
            Self::Extraction => "questions for something secret",
            Self::Passage => "passages",
        }
    }
}

enum Rewrite {
    /// The text in place of `{request}`.
    Template(&'static str),
    Function(fn(&str, &mut Wording) -> String),
}

/// What a strategy needs beside the text.
struct Wording {
    dice: Dice,
    /// Parts of the mark. Strategies that disturb letters leave them alone: the target must still be able to read them.
    keep: Vec<String>,
}

const TABLES: &[&[Strategy]] = &[
    frame::STRATEGIES,
    structure::STRATEGIES,
    encoding::STRATEGIES,
    unicode::STRATEGIES,
    noise::STRATEGIES,
    extraction::STRATEGIES,
    carrier::STRATEGIES,
];

/// All strategies, `basic` first.
pub(crate) fn strategies() -> impl Iterator<Item = &'static Strategy> + Clone {
    TABLES.iter().copied().flatten()
}

/// Each layer makes a text longer and harder to read; what nobody understands is no attack.
const MAX_LAYERS: usize = 3;

/// Strategies applied one after another.
pub(super) struct Layers {
    pub(super) name: String,
    parts: Vec<&'static Strategy>,
}

impl Layers {
    /// Every strategy by itself.
    pub(super) fn singles() -> Vec<Self> {
        strategies().map(|strategy| Self { name: strategy.name.to_owned(), parts: vec![strategy] }).collect()
    }

    /// From names joined by `+`.
    pub(super) fn parse(names: &str) -> Result<Self> {
        let parts: Vec<_> = names.split('+').map(|name| find(name.trim())).collect::<Result<_>>()?;
        if parts.len() > MAX_LAYERS {
            let message = format!("strategy \"{names}\" has {} layers, which are more than {MAX_LAYERS}", parts.len());
            return Err(Error::config(message).hint("what nobody can read is no attack; leave some out"));
        }
        let early = parts.iter().rev().skip(1).find(|part| part.scope == Scope::Passage);
        if let Some(early) = early {
            let message = format!("strategy \"{names}\" goes on after \"{}\", which makes a whole passage", early.name);
            return Err(Error::config(message).hint("put the strategy for passages last"));
        }
        let name = parts.iter().map(|part| part.name).collect::<Vec<_>>().join("+");
        Ok(Self { name, parts })
    }

    pub(super) fn applies_to(&self, seed: &Seed) -> bool {
        let is_question = seed.place == Place::Question;
        let fits = |part: &&Strategy| match part.scope {
            Scope::Anywhere | Scope::Question => true,
            Scope::English => seed.language == Language::English,
            Scope::Extraction => is_question && seed.sign.is_leak(),
            Scope::Passage => !is_question,
        };
        // In a passage, what is made for questions only comes inside of what makes a passage.
        let last = self.parts.last().map(|part| part.scope);
        let ends = is_question || matches!(last, Some(Scope::Passage | Scope::Anywhere));
        ends && self.parts.iter().all(fits)
    }

    /// The text of an attack, dressed.
    pub(super) fn rewrite(&self, text: &str, dice: Dice, keep: Vec<String>) -> String {
        let mut wording = Wording { dice, keep };
        self.parts.iter().fold(text.to_owned(), |text, part| match part.rewrite {
            Rewrite::Template(template) => template.replacen("{request}", &text, 1),
            Rewrite::Function(rewrite) => rewrite(&text, &mut wording),
        })
    }
}

fn find(name: &str) -> Result<&'static Strategy> {
    strategies().find(|strategy| strategy.name == name).ok_or_else(|| {
        Error::config(format!("unknown attack strategy \"{name}\""))
            .hint(suggestion(name, strategies().map(|strategy| strategy.name)))
    })
}

/// The text with each of its words changed, but for those that hold a part of the mark.
fn by_word(text: &str, wording: &mut Wording, change: impl Fn(&str, &mut Dice) -> String) -> String {
    let mut changed = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if word.is_empty() || wording.keep.iter().any(|part| word.contains(part.as_str())) {
            changed.push_str(word);
        } else {
            changed.push_str(&change(word, &mut wording.dice));
        }
        changed.push_str(&piece[word.len()..]);
    }
    changed
}

#[cfg(test)]
mod tests;
