//! The file of weights: a line of JSON that says where they come from, then a 16-bit integer for each, in units of the
//! scale that the line holds.

use serde::{Deserialize, Serialize};

use super::features::SIZE;
use super::{Model, recipe};
use crate::error::{Error, Result};

const SCHEMA: u32 = 1;

/// Where weights come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    schema: u32,
    /// The day of the training rows, if whoever trains says it; the clock would make each file another one.
    pub(crate) date: Option<String>,
    /// How many rows were learnt.
    pub(crate) rows: usize,
    /// SHA-256 of the rows' file.
    pub(crate) rows_sha256: String,
    pub(crate) recipe: String,
    /// What one unit of the integers is worth.
    scale: f32,
}

impl Model {
    /// Rounds weights to integers, the largest to the largest; the same weights give the same bytes.
    pub(crate) fn new(weights: &[f64], date: Option<&str>, rows: usize, rows_sha256: &str) -> Self {
        let largest = weights.iter().fold(0.0f64, |largest, weight| largest.max(weight.abs()));
        #[expect(clippy::cast_possible_truncation, reason = "a scale needs no more digits")]
        let scale = (largest.max(f64::MIN_POSITIVE) / f64::from(i16::MAX)) as f32;
        let about = About {
            schema: SCHEMA,
            date: date.map(str::to_owned),
            rows,
            rows_sha256: rows_sha256.to_owned(),
            recipe: recipe::NAME.to_owned(),
            scale,
        };
        let round = |weight: &f64| {
            #[expect(clippy::cast_possible_truncation, reason = "the scale keeps it within 16 bits")]
            let units = (weight / f64::from(scale)).round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16;
            f32::from(units) * scale
        };
        Self { weights: weights.iter().map(round).collect(), about }
    }

    /// What tells weights of other rows apart.
    pub(crate) fn rows_sha256(&self) -> &str {
        &self.about.rows_sha256
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        let about = serde_json::to_string(&self.about);
        let about = about.map_err(|error| Error::unavailable("cannot write the weights").source(error))?;
        let mut bytes = about.into_bytes();
        bytes.push(b'\n');
        for weight in &self.weights {
            #[expect(clippy::cast_possible_truncation, reason = "they were made of such integers")]
            let units = (weight / self.about.scale).round() as i16;
            bytes.extend_from_slice(&units.to_le_bytes());
        }
        Ok(bytes)
    }

    /// A model from its file.
    ///
    /// # Errors
    ///
    /// If the file is of another version of the program, or is none of weights.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let no_weights =
            || Error::config("the file holds no weights of this version").hint("`llmops guard train` makes them");
        let end = bytes.iter().position(|&byte| byte == b'\n').ok_or_else(no_weights)?;
        let about: About = serde_json::from_slice(&bytes[..end]).map_err(|error| no_weights().source(error))?;
        let rest = &bytes[end + 1..];
        if about.schema != SCHEMA || about.recipe != recipe::NAME || rest.len() != (SIZE + 1) * 2 {
            return Err(no_weights());
        }
        let weights = rest.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) * about.scale);
        Ok(Self { weights: weights.collect(), about })
    }
}
