//! Made-up words by which an answer proves that an attack worked.
//!
//! An attack names its mark only in a way from which the word must be made: two halves to be put together, letters with
//! hyphens between them, or backwards. So a model that repeats, quotes or decodes the attack does not say the word.

use super::dice::Dice;

/// Letters that keep their shape in every translation and transcription of Latin script, and that no ending or plural
/// of a language adds to a half.
const CONSONANTS: &[u8] = b"bdfgjklmnprtvxz";
const VOWELS: &[u8] = b"aeiou";
const SYLLABLES: usize = 6;

/// What syllables could make, and a report should not show: names of people, and words that are rude in some language.
const UNFIT: &[&str] = &[
    "putin", "obama", "osama", "modi", "nazi", "neger", "nig", "puta", "puto", "pene", "rape", "kike", "fag", "fot",
    "pede", "pipi", "popo", "pupu", "kaka", "zizi", "tete", "bite", "pute", "nude", "porn", "anal", "anus", "loli",
    "rapi", "negr",
];

/// A word that nobody says by chance: six syllables of 75 each are 37 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    word: String,
}

impl Mark {
    /// The mark of an attempt.
    pub(super) fn new(seed: u64, attempt: &str) -> Self {
        let mut dice = Dice::new(seed, attempt);
        loop {
            let word = drawn(&mut dice);
            if UNFIT.iter().all(|unfit| !word.contains(unfit)) {
                return Self { word };
            }
        }
    }

    /// The whole word, in lower case.
    pub(crate) fn word(&self) -> &str {
        &self.word
    }

    pub(super) fn head(&self) -> &str {
        &self.word[..SYLLABLES]
    }

    pub(super) fn tail(&self) -> &str {
        &self.word[SYLLABLES..]
    }

    /// The letters from the end, with a hyphen in the middle that keeps the word apart also when it is turned back.
    pub(super) fn backwards(&self) -> String {
        let turn = |half: &str| half.chars().rev().collect::<String>();
        format!("{}-{}", turn(self.tail()), turn(self.head()))
    }

    /// A text with its parts of the mark: `{head}`, `{tail}`, `{head-letters}`, `{tail-letters}`, `{backwards}`, and
    /// `{MARK}` for the whole word in capitals, which only places that the attacker does not write may hold.
    pub(super) fn fill(&self, template: &str) -> String {
        let letters = |half: &str| half.chars().map(String::from).collect::<Vec<_>>().join("-");
        [
            ("{head}", self.head().to_owned()),
            ("{tail}", self.tail().to_owned()),
            ("{head-letters}", letters(self.head())),
            ("{tail-letters}", letters(self.tail())),
            ("{backwards}", self.backwards()),
            ("{MARK}", self.word.to_ascii_uppercase()),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (name, part)| text.replace(name, &part))
    }
}

fn drawn(dice: &mut Dice) -> String {
    let mut letter = |from: &[u8]| char::from(from[dice.below(from.len())]);
    (0..SYLLABLES).flat_map(|_| [letter(CONSONANTS), letter(VOWELS)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_its_seed_and_attempt() {
        let mark = Mark::new(1, "a/b/c");
        assert_eq!(mark, Mark::new(1, "a/b/c"));
        assert_ne!(mark, Mark::new(2, "a/b/c"));
        assert_ne!(mark, Mark::new(1, "a/b/d"));
        assert_eq!(mark.word().len(), 12);
        let marks = (0..20_000).map(|seed| Mark::new(seed, "x"));
        assert!(marks.into_iter().all(|mark| !UNFIT.iter().any(|unfit| mark.word().contains(unfit))));
        assert_eq!(format!("{}{}", mark.head(), mark.tail()), mark.word());
    }

    #[test]
    fn no_part_that_an_attack_may_hold_is_the_word() {
        let mark = Mark::new(1, "a");
        let text = mark.fill("{head} {tail} {head-letters} {tail-letters} {backwards}");
        let turned: String = text.chars().rev().collect();
        assert!(!text.contains('{') && !text.contains(mark.word()) && !turned.contains(mark.word()), "{text}");
        assert_eq!(mark.fill("x {MARK}"), format!("x {}", mark.word().to_ascii_uppercase()));
    }
}
