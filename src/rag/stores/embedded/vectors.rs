//! Vector search: an exact scan over all vectors. An approximate index would make a gate's figures depend on its luck,
//! and is not needed at this size: 100,000 vectors of 384 numbers take 7 ms.

use rusqlite::Connection;

use super::lexical::{Scored, best};
use crate::error::{Error, Result};

/// Every stored chunk's vector, in one block of memory.
pub(super) struct Vectors {
    /// The state of the store that they are from.
    pub(super) generation: i64,
    chunks: Vec<i64>,
    length: usize,
    numbers: Vec<f32>,
}

impl Vectors {
    pub(super) fn load(connection: &Connection, embedder: &str, generation: i64) -> rusqlite::Result<Self> {
        let mut vectors = Self { generation, chunks: Vec::new(), length: 0, numbers: Vec::new() };
        let mut select = connection.prepare(
            "select c.id, v.vector from chunks c join vectors v on v.text_hash = c.text_hash where v.embedder = ?1",
        )?;
        let mut rows = select.query([embedder])?;
        while let Some(row) = rows.next()? {
            let numbers = from_bytes(row.get_ref(1)?.as_blob()?);
            if vectors.chunks.is_empty() {
                vectors.length = numbers.len();
            }
            if numbers.len() == vectors.length {
                vectors.chunks.push(row.get(0)?);
                vectors.numbers.extend(numbers);
            }
        }
        Ok(vectors)
    }

    /// A question can only be compared with vectors of its own length.
    pub(super) fn check_length(&self, length: usize, embedder: &str) -> Result<()> {
        if self.length == 0 || self.length == length {
            return Ok(());
        }
        let message = format!("the store has vectors of {} numbers, {embedder} now gives {length}", self.length);
        Err(Error::config(message).hint("delete .llmops/store.db; it is made anew from the documents"))
    }

    /// The chunks nearest to a vector, by the cosine of the angle between them.
    pub(super) fn nearest(&self, vector: &[f32], depth: usize) -> Vec<Scored> {
        if self.length == 0 {
            return Vec::new();
        }
        let rows = self.numbers.chunks_exact(self.length);
        let scored = self.chunks.iter().zip(rows).map(|(chunk, row)| (*chunk, f64::from(dot(row, vector))));
        best(scored.collect(), depth)
    }
}

/// The cosine, for vectors of unit length. Sixteen sums side by side, so that the compiler can use vector registers.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (left_lanes, right_lanes) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest: f32 = left_lanes.remainder().iter().zip(right_lanes.remainder()).map(|(a, b)| a * b).sum();
    for (left, right) in left_lanes.zip(right_lanes) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    rest + sums.iter().sum::<f32>()
}

/// Little-endian, as stored.
pub(super) fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scan_is_exact_at_every_length() {
        for length in [1_u8, 15, 16, 17, 64, 100] {
            let left: Vec<f32> = (0..length).map(|index| f32::from(index) * 0.5).collect();
            let right: Vec<f32> = (0..length).map(|index| 1.0 - f32::from(index) * 0.25).collect();
            let expected: f32 = left.iter().zip(&right).map(|(a, b)| a * b).sum();
            assert!((dot(&left, &right) - expected).abs() <= expected.abs() * 1e-5, "{length}");
        }
    }

    #[test]
    fn the_nearest_chunks_come_back_with_their_cosine() {
        let vectors =
            Vectors { generation: 0, chunks: vec![7, 8, 9], length: 2, numbers: vec![1.0, 0.0, 0.0, 1.0, 0.6, 0.8] };
        let mut nearest = vectors.nearest(&[0.0, 1.0], 2);
        nearest.sort_by(|left, right| right.1.total_cmp(&left.1));
        assert_eq!(nearest.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [8, 9]);
        assert!((nearest[1].1 - 0.8).abs() < 1e-6);
        assert!(vectors.check_length(2, "e").is_ok());
        let error = vectors.check_length(3, "e").unwrap_err();
        assert_eq!(error.to_string(), "the store has vectors of 2 numbers, e now gives 3");
    }

    #[test]
    fn a_vector_survives_storing() {
        let vector = [0.1_f32, -2.5, f32::MIN_POSITIVE];
        assert_eq!(from_bytes(&to_bytes(&vector)), vector);
    }
}
