//! The longest common subsequence of two sequences of symbols.
//!
//! Symbols are small numbers, dense from 0, as [`Symbols`] gives them out.

use std::collections::HashMap;
use std::hash::Hash;

/// Numbers for the distinct items of several sequences.
pub(super) struct Symbols<T>(HashMap<T, usize>);

impl<T: Hash + Eq> Symbols<T> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    pub(super) fn number(&mut self, items: impl IntoIterator<Item = T>) -> Vec<usize> {
        let number = |item| {
            let next = self.0.len();
            *self.0.entry(item).or_insert(next)
        };
        items.into_iter().map(number).collect()
    }

    /// How many numbers were given out.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Two sequences over `0..symbols`.
pub(super) struct Pair {
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
    pub(super) symbols: usize,
}

impl Pair {
    pub(super) fn new<T: Hash + Eq>(left: impl IntoIterator<Item = T>, right: impl IntoIterator<Item = T>) -> Self {
        let mut symbols = Symbols::new();
        let (left, right) = (symbols.number(left), symbols.number(right));
        Self { left, right, symbols: symbols.len() }
    }
}

/// Which of 64 symbols of one sequence equal a symbol: one word of bits for each symbol.
pub(super) struct Masks(Vec<u64>);

impl Masks {
    pub(super) fn new(symbols: usize) -> Self {
        Self(vec![0; symbols])
    }

    pub(super) fn set(&mut self, block: &[usize]) {
        for (bit, symbol) in block.iter().enumerate() {
            self.0[*symbol] |= 1 << bit;
        }
    }

    pub(super) fn clear(&mut self, block: &[usize]) {
        for symbol in block {
            self.0[*symbol] = 0;
        }
    }

    pub(super) fn of(&self, symbol: usize) -> u64 {
        self.0[symbol]
    }
}

/// Length of the longest common subsequence, in O(n·m / 64) time and linear memory.
///
/// Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited", in blocks of 64 symbols of the left sequence;
/// what an addition carries from one block into the next is kept for each symbol of the right.
pub(super) fn length(pair: &Pair) -> usize {
    let mut masks = Masks::new(pair.symbols);
    let mut carries = vec![false; pair.right.len()];
    let mut length = 0;
    for block in pair.left.chunks(64) {
        masks.set(block);
        // A zero at a bit: the subsequence grows by one with this symbol of the block.
        let mut row = u64::MAX;
        for (symbol, carry) in pair.right.iter().zip(&mut carries) {
            let matched = row & masks.of(*symbol);
            let (sum, first) = row.overflowing_add(matched);
            let (sum, second) = sum.overflowing_add(u64::from(*carry));
            *carry = first || second;
            row = sum | (row - matched);
        }
        let used = u64::MAX >> (64 - block.len());
        length += (!row & used).count_ones() as usize;
        masks.clear(block);
    }
    length
}

/// The largest table that [`positions`] makes: about 100 MB.
const MOST_CELLS: usize = 100_000_000;

/// The positions in `left` of one longest common subsequence, in falling order: the one that is found from the end, one step
/// back in `left` unless only a step back in `right` keeps the length. `None` if the table for it would be too large.
///
/// Which of several longest ones is found matters to those who join them, so this is the order of `rouge_score`.
pub(super) fn positions(left: &[usize], right: &[usize]) -> Option<Vec<usize>> {
    let cells = left.len().checked_mul(right.len()).filter(|cells| *cells <= MOST_CELLS)?;
    let mut back_in_right = Vec::with_capacity(cells);
    let mut above = vec![0_usize; right.len() + 1];
    for symbol in left {
        let mut row = Vec::with_capacity(right.len() + 1);
        row.push(0);
        for (column, other) in right.iter().enumerate() {
            back_in_right.push(row[column] > above[column + 1]);
            row.push(if symbol == other { above[column] + 1 } else { row[column].max(above[column + 1]) });
        }
        above = row;
    }
    let mut found = Vec::new();
    let (mut row, mut column) = (left.len(), right.len());
    while row > 0 && column > 0 {
        if left[row - 1] == right[column - 1] {
            found.push(row - 1);
            row -= 1;
            column -= 1;
        } else if back_in_right[(row - 1) * right.len() + column - 1] {
            column -= 1;
        } else {
            row -= 1;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_a_common_subsequence_across_blocks() {
        let mut random = fastrand::Rng::with_seed(1);
        for lengths in [(0, 5), (1, 1), (63, 64), (64, 65), (128, 200), (300, 129), (500, 500)] {
            for symbols in [1, 2, 4, 30] {
                let mut draw = |length| (0..length).map(|_| random.usize(..symbols)).collect::<Vec<usize>>();
                let (left, right) = (draw(lengths.0), draw(lengths.1));
                let expected = positions(&left, &right).unwrap().len();
                assert_eq!(length(&Pair::new(left, right)), expected, "{lengths:?} of {symbols}");
            }
        }
    }

    #[test]
    fn positions_are_of_the_subsequence_found_from_the_end() {
        assert_eq!(positions(&[0, 1, 2, 3], &[0, 2, 4, 3]).unwrap(), [3, 2, 0]);
        assert_eq!(positions(&[0, 1], &[1, 0]).unwrap(), [0]);
        assert_eq!(positions(&[], &[1]).unwrap(), [0_usize; 0]);
        assert_eq!(positions(&vec![0; 20_000], &vec![0; 20_000]), None);
    }
}
