//! One of several parts of a run: `2/8` is the second of eight. The parts are disjoint and together the whole.

use std::fmt;
use std::str::FromStr;

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

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) && count <= 10_000 => Ok(Self { index, count }),
            _ => Err("write it like 2/8: the second of eight"),
        }
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
    #[test]
    fn a_shard_is_written_as_a_fraction_up_to_one() {
        assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
        for wrong in ["", "2", "0/8", "9/8", "a/8", "2/", "1/0", "-1/2", "1/10001"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
