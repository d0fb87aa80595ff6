//! What the passages say, as far as words tell: which words they hold, which stand side by side, and how they begin.

use std::collections::HashMap;

use super::words::{Class, Word, words};

#[derive(Default)]
pub(super) struct Evidence {
    /// Each word's key, numbered.
    keys: HashMap<String, usize>,
    /// Sorted.
    neighbours: Vec<(usize, usize)>,
    /// Words of letters, folded and sorted, one of each key.
    spellings: Vec<String>,
}

impl Evidence {
    pub(super) fn new(passages: &[&str]) -> Self {
        let mut evidence = Self::default();
        for passage in passages {
            let mut before = None;
            for word in words(passage) {
                let id = evidence.number(&word);
                evidence.neighbours.extend(before.map(|before| (before, id)));
                before = Some(id);
            }
        }
        evidence.neighbours.sort_unstable();
        evidence.spellings.sort_unstable();
        evidence
    }

    fn number(&mut self, word: &Word) -> usize {
        let key = word.key();
        if let Some(id) = self.keys.get(&*key) {
            return *id;
        }
        let id = self.keys.len();
        self.keys.insert(key.into_owned(), id);
        if word.class == Class::Letters {
            self.spellings.push(word.folded.to_string());
        }
        id
    }

    pub(super) fn holds(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// Whether the two stand side by side somewhere, in this order.
    pub(super) fn holds_pair(&self, left: &str, right: &str) -> bool {
        let ids = self.keys.get(left).zip(self.keys.get(right));
        ids.is_some_and(|(left, right)| self.neighbours.binary_search(&(*left, *right)).is_ok())
    }

    /// Whether some word begins as this one does, which then is likely to be related: `nation` to `national`. At least
    /// four letters must be equal and 60 % of the word, and at most three may differ.
    pub(super) fn holds_relative(&self, word: &Word) -> bool {
        let length = word.folded.chars().count();
        if word.class != Class::Letters || length < 5 {
            return false;
        }
        // The longest common beginning is that of a neighbour in the sorted list.
        let place = self.spellings.partition_point(|spelling| **spelling < *word.folded);
        let around = self.spellings[place.saturating_sub(1)..].iter().take(2);
        let common = around.map(|spelling| common_beginning(spelling, &word.folded)).max().unwrap_or_default();
        common >= 4 && length - common <= 3 && common * 10 >= length * 6
    }

    /// Whether the passages are German, where every noun has a capital letter.
    pub(super) fn is_german(&self) -> bool {
        self.holds("und") && ["der", "das", "ist"].iter().any(|word| self.holds(word))
    }
}

fn common_beginning(left: &str, right: &str) -> usize {
    left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_of_one_passage_and_in_order() {
        let evidence = Evidence::new(&["The tall bridge", "opened early"]);
        for (left, right, expected) in [("tall", "bridg", true), ("bridg", "tall", false), ("bridg", "open", false)] {
            assert_eq!(evidence.holds_pair(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn relatives_share_their_beginning() {
        let evidence = Evidence::new(&["Canada produces national software, and cars"]);
        let cases = [
            ("Canadian", true),
            ("producers", true),
            ("nationality", true),
            ("production", false),
            ("natural", false),
            ("care", false),
        ];
        for (text, expected) in cases {
            let words = words(text);
            assert_eq!(evidence.holds_relative(&words[0]), expected, "{text}");
        }
    }

    #[test]
    fn german_is_told_from_its_function_words() {
        for (text, expected) in [("Der Fluss und die Stadt", true), ("It must die and be das Boot", false), ("", false)]
        {
            assert_eq!(Evidence::new(&[text]).is_german(), expected, "{text}");
        }
    }
}
