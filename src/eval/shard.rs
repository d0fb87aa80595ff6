//! One of several parts of a run: `2/8` is the second of eight. The parts are disjoint and together the whole.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Rows are dealt out like cards, so that every shard has as many, give or take one, and of every part of the dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shard {
    /// From 1.
    pub(crate) index: usize,
    pub(crate) count: usize,
}

impl Shard {
    /// Whether the row with this number in the whole report belongs to the shard.
    pub(crate) fn holds(self, row: usize) -> bool {
        row % self.count == self.index - 1
    }

    /// How many of so many rows belong to the shard.
    pub(crate) fn size(self, rows: usize) -> usize {
        (rows + self.count - self.index) / self.count
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_disjoint_and_together_the_whole() {
        for (rows, count) in [(0, 3), (1, 3), (10, 3), (12, 4), (7, 7), (3, 5)] {
            let shards: Vec<Shard> = (1..=count).map(|index| Shard { index, count }).collect();
            for row in 0..rows {
                assert_eq!(shards.iter().filter(|shard| shard.holds(row)).count(), 1);
            }
            for shard in shards {
                assert_eq!(shard.size(rows), (0..rows).filter(|row| shard.holds(*row)).count(), "{shard} of {rows}");
            }
        }
    }
}
