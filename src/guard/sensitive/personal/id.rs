//! National numbers of persons, by region. Where the shape is a plain number, a word near it has to say what it is.

pub(in super::super) mod america;
pub(in super::super) mod asia;
pub(in super::super) mod commonwealth;
pub(in super::super) mod middle;
pub(in super::super) mod north;
pub(in super::super) mod south;

use super::super::context::Words;
use super::super::shape::Sample;

/// How sure a number is whose name stands near it.
const NAMED: f64 = 0.95;

/// Sure if one of these words is near, not at all otherwise.
fn named(sample: &Sample, words: &Words) -> Option<f64> {
    sample.is_near(words).then_some(NAMED)
}

/// Sure if one of these words is near, else as sure as given if the separators show the shape.
fn named_or_grouped(sample: &Sample, words: &Words, grouped: f64) -> Option<f64> {
    named(sample, words).or((!sample.is_solid() && !sample.is_in_a_row() && !sample.is_in_a_table()).then_some(grouped))
}

#[cfg(test)]
mod tests;
