//! How alike two texts are as strings of code points: edit distances as `RapidFuzz` defines them.

use super::lcs::{self, Masks, Pair};
use super::{float, ratio};

/// The least number of insertions, deletions and substitutions of code points that make one text the other.
///
/// O(n·m / 64) time, linear memory. Source: Levenshtein 1966; Myers 1999 and Hyyrö 2003 for the bit-parallel form, here
/// in blocks of 64 characters.
pub(crate) fn levenshtein(left: &str, right: &str) -> usize {
    let pair = Pair::new(left.chars(), right.chars());
    let mut masks = Masks::new(pair.symbols);
    // How the distance changes from one character of `right` to the next, at the last row above the block.
    let mut steps = vec![Step::Up; pair.right.len()];
    for block in pair.left.chunks(64) {
        masks.set(block);
        let mut column = Column::new(block.len());
        for (symbol, step) in pair.right.iter().zip(&mut steps) {
            *step = column.advance(masks.of(*symbol), *step);
        }
        masks.clear(block);
    }
    let count = |wanted| steps.iter().filter(|step| **step == wanted).count();
    pair.left.len() + count(Step::Up) - count(Step::Down)
}

/// 1 - distance / length of the longer text: 1 equal, 0 nothing in common; 1 of two empty texts.
pub(crate) fn levenshtein_similarity(left: &str, right: &str) -> f64 {
    let longest = left.chars().count().max(right.chars().count());
    1.0 - ratio(levenshtein(left, right), longest)
}

/// 2·LCS / (n + m): the similarity by insertions and deletions alone, 0 to 1; 1 of two empty texts.
pub(crate) fn indel_ratio(left: &str, right: &str) -> f64 {
    let pair = Pair::new(left.chars(), right.chars());
    let total = pair.left.len() + pair.right.len();
    1.0 - ratio(total - 2 * lcs::length(&pair), total)
}

/// Jaro similarity, and above 0.7 nearer to 1 by `prefix_weight` (usually 0.1) for each of up to four first characters
/// that are equal. 0 to 1 for weights up to 0.25. For names and short texts: time is quadratic.
///
/// Source: Winkler 1990.
pub(crate) fn jaro_winkler(left: &str, right: &str, prefix_weight: f64) -> f64 {
    let similarity = strsim::jaro(left, right);
    if similarity <= 0.7 {
        return similarity;
    }
    let prefix = left.chars().zip(right.chars()).take(4).take_while(|(left, right)| left == right).count();
    similarity + float(prefix) * prefix_weight * (1.0 - similarity)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Down,
    Level,
    Up,
}

/// One column of a block of the distance table, as differences from row to row: bits that say where it grows and where
/// it falls.
struct Column {
    grows: u64,
    falls: u64,
    last: u64,
}

impl Column {
    /// The first column, before any character of the right text. `rows` is 1 to 64.
    fn new(rows: usize) -> Self {
        Self { grows: u64::MAX, falls: 0, last: 1 << (rows - 1) }
    }

    /// Goes on to the next column; takes and returns the step above the first and at the last row.
    fn advance(&mut self, matches: u64, above: Step) -> Step {
        let (above_up, above_down) = (u64::from(above == Step::Up), u64::from(above == Step::Down));
        let vertical = matches | self.falls;
        let matches = matches | above_down;
        let diagonal = ((matches & self.grows).wrapping_add(self.grows) ^ self.grows) | matches;
        let up = self.falls | !(diagonal | self.grows);
        let down = self.grows & diagonal;
        let step = match (up & self.last != 0, down & self.last != 0) {
            (true, _) => Step::Up,
            (_, true) => Step::Down,
            _ => Step::Level,
        };
        let (up, down) = (up << 1 | above_up, down << 1 | above_down);
        self.grows = down | !(vertical | up);
        self.falls = up & vertical;
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_of_code_points() {
        let cases = [
            ("", "", 0),
            ("", "東京", 2),
            ("kitten", "sitting", 3),
            ("é", "e\u{301}", 2),
            ("👩‍👩‍👧", "👩", 4),
            ("flaw", "lawn", 2),
        ];
        for (left, right, expected) in cases {
            assert_eq!(levenshtein(left, right), expected, "{left} {right}");
            assert_eq!(levenshtein(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn distances_agree_with_the_table_across_blocks() {
        let mut random = fastrand::Rng::with_seed(2);
        for lengths in [(1, 64), (63, 65), (64, 64), (65, 130), (200, 190), (400, 10)] {
            for letters in ['b', 'e', 'z'] {
                let mut draw = |length| (0..length).map(|_| random.char('a'..=letters)).collect::<String>();
                let (left, right) = (draw(lengths.0), draw(lengths.1));
                assert_eq!(levenshtein(&left, &right), strsim::levenshtein(&left, &right), "{left} {right}");
            }
        }
    }

    #[test]
    fn empty_texts_are_equal_to_each_other_and_unlike_all_else() {
        for (left, right, expected) in [("", "", 1.0), ("", "a", 0.0), ("a", "", 0.0), ("a", "a", 1.0)] {
            let values =
                [levenshtein_similarity(left, right), indel_ratio(left, right), jaro_winkler(left, right, 0.1)];
            assert_eq!(values.map(f64::to_bits), [f64::to_bits(expected); 3], "{left:?} {right:?}");
        }
    }
}
