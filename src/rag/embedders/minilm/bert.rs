//! The forward pass of BERT: word pieces in, one vector of unit length out.
//!
//! ```text
//! ids -> embeddings -> [attention -> feed-forward] x 6 -> mean over the pieces -> length 1
//! ```
//! Source: Devlin et al. 2018, arXiv:1810.04805; Vaswani et al. 2017, arXiv:1706.03762.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayViewMut2, Axis, Slice};

/// Length of every vector of the model.
pub(super) const DIMENSIONS: usize = 384;
/// Width of the feed-forward layer.
pub(super) const INNER: usize = 1536;
pub(super) const LAYERS: usize = 6;
const HEADS: usize = 12;
const HEAD: usize = DIMENSIONS / HEADS;
const EPSILON: f32 = 1e-12;

/// `x * weight + bias`.
pub(super) struct Linear {
    /// Inputs by outputs: the other way round than in the file, because the product is half again as fast so.
    pub(super) weight: Array2<f32>,
    pub(super) bias: Array1<f32>,
}

pub(super) struct LayerNorm {
    pub(super) scale: Array1<f32>,
    pub(super) shift: Array1<f32>,
}

pub(super) struct Layer {
    /// Queries, keys and values side by side.
    pub(super) attention: Linear,
    pub(super) attention_output: Linear,
    pub(super) attention_norm: LayerNorm,
    pub(super) expand: Linear,
    pub(super) contract: Linear,
    pub(super) norm: LayerNorm,
}

pub(super) struct Bert {
    /// Vocabulary by dimensions, as the file's little-endian bytes: a text needs a few rows of it only.
    pub(super) words: Vec<u8>,
    /// Positions by dimensions, the one token type added.
    pub(super) positions: Array2<f32>,
    pub(super) norm: LayerNorm,
    pub(super) layers: Vec<Layer>,
}

/// The intermediate values of one text, allocated once for all layers.
struct Scratch {
    /// Pieces by 3 x dimensions: queries, keys, values.
    attention: Array2<f32>,
    /// Pieces by pieces, one head at a time.
    weights: Array2<f32>,
    /// Pieces by dimensions.
    context: Array2<f32>,
    output: Array2<f32>,
    /// Pieces by width of the feed-forward layer.
    inner: Array2<f32>,
}

impl Scratch {
    fn new(pieces: usize) -> Self {
        let zeros = |columns| Array2::zeros((pieces, columns));
        Self {
            attention: zeros(3 * DIMENSIONS),
            weights: zeros(pieces),
            context: zeros(DIMENSIONS),
            output: zeros(DIMENSIONS),
            inner: zeros(INNER),
        }
    }
}

impl Bert {
    /// The vector of a text. An id outside the vocabulary and a piece after the last position are bugs of the caller.
    pub(super) fn embed(&self, ids: &[u32]) -> Vec<f32> {
        let mut hidden = self.look_up(ids);
        let mut scratch = Scratch::new(ids.len());
        for layer in &self.layers {
            layer.apply(&mut hidden, &mut scratch);
        }
        let mut mean = hidden.sum_axis(Axis(0));
        let length = mean.dot(&mean).sqrt().max(EPSILON);
        mean /= length;
        mean.to_vec()
    }

    fn look_up(&self, ids: &[u32]) -> Array2<f32> {
        let mut hidden = self.positions.slice_axis(Axis(0), Slice::from(..ids.len())).to_owned();
        for (mut row, id) in hidden.rows_mut().into_iter().zip(ids) {
            let start = *id as usize * DIMENSIONS * size_of::<f32>();
            let (word, _) = self.words[start..start + DIMENSIONS * size_of::<f32>()].as_chunks();
            for (value, bytes) in row.iter_mut().zip(word) {
                *value += f32::from_le_bytes(*bytes);
            }
        }
        self.norm.apply(&mut hidden);
        hidden
    }
}

impl Layer {
    fn apply(&self, hidden: &mut Array2<f32>, scratch: &mut Scratch) {
        self.attention.apply(hidden, &mut scratch.attention);
        attend(scratch);
        self.attention_output.apply(&scratch.context, &mut scratch.output);
        *hidden += &scratch.output;
        self.attention_norm.apply(hidden);

        self.expand.apply(hidden, &mut scratch.inner);
        scratch.inner.map_inplace(|value| *value = gelu(*value));
        self.contract.apply(&scratch.inner, &mut scratch.output);
        *hidden += &scratch.output;
        self.norm.apply(hidden);
    }
}

/// Scaled dot-product attention of every piece to every piece, head by head.
fn attend(scratch: &mut Scratch) {
    #[expect(clippy::cast_precision_loss, reason = "a small constant")]
    let scale = 1.0 / (HEAD as f32).sqrt();
    for start in (0..DIMENSIONS).step_by(HEAD) {
        let columns = |start: usize| Slice::from(start..start + HEAD);
        let part = |of: usize| scratch.attention.slice_axis(Axis(1), columns(of * DIMENSIONS + start));
        let (queries, keys, values) = (part(0), part(1), part(2));
        general_mat_mul(scale, &queries, &keys.t(), 0.0, &mut scratch.weights);
        softmax_rows(scratch.weights.view_mut());
        let mut context = scratch.context.slice_axis_mut(Axis(1), columns(start));
        general_mat_mul(1.0, &scratch.weights, &values, 0.0, &mut context);
    }
}

fn softmax_rows(mut rows: ArrayViewMut2<f32>) {
    for mut row in rows.rows_mut() {
        let highest = row.fold(f32::NEG_INFINITY, |highest, value| highest.max(*value));
        row.map_inplace(|value| *value = (*value - highest).exp());
        let sum = row.sum();
        row /= sum;
    }
}

impl Linear {
    fn apply(&self, input: &Array2<f32>, output: &mut Array2<f32>) {
        output.rows_mut().into_iter().for_each(|mut row| row.assign(&self.bias));
        general_mat_mul(1.0, input, &self.weight, 1.0, output);
    }
}

impl LayerNorm {
    /// Mean 0 and variance 1 in every row, then scale and shift. Source: Ba et al. 2016, arXiv:1607.06450.
    fn apply(&self, rows: &mut Array2<f32>) {
        for mut row in rows.rows_mut() {
            let mean = row.mean().unwrap_or_default();
            row -= mean;
            let variance = row.dot(&row) / self.width();
            row /= (variance + EPSILON).sqrt();
            row *= &self.scale;
            row += &self.shift;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    fn width(&self) -> f32 {
        self.scale.len() as f32
    }
}

/// `x * P(X <= x)` for a standard normal X. Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function, off by at most 1e-6: the compiler can turn this form into vector instructions, which it cannot
/// do with a call into the C library.
///
/// Source: Abramowitz and Stegun 1964, formula 7.1.28.
fn erf(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 6] =
        [0.000_043_063_8, 0.000_276_567_2, 0.000_152_014_3, 0.009_270_527, 0.042_282_01, 0.070_523_08];
    let magnitude = x.abs();
    let polynomial = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * magnitude) + 1.0;
    let squared = polynomial * polynomial;
    let fourth = squared * squared;
    let eighth = fourth * fourth;
    (1.0 - 1.0 / (eighth * eighth)).copysign(x)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    /// Expected values: Python's `math.erf`.
    #[test]
    fn erf_is_close_to_the_exact_one() {
        let cases = [
            (0.0, 0.0),
            (0.1, 0.112_462_916),
            (-0.5, -0.520_499_9),
            (1.0, 0.842_700_8),
            (-2.0, -0.995_322_3),
            (3.5, 0.999_999_3),
            (40.0, 1.0),
            (-1e30, -1.0),
        ];
        for (x, expected) in cases {
            assert!((erf(x) - expected).abs() < 1e-6, "erf({x}) = {}, expected {expected}", erf(x));
        }
    }

    #[test]
    fn softmax_sums_to_one_and_does_not_overflow() {
        let mut rows = array![[0.0, 0.0], [1e4, 0.0]];
        softmax_rows(rows.view_mut());
        assert_eq!(rows, array![[0.5, 0.5], [1.0, 0.0]]);
    }

    #[test]
    fn a_normalised_row_has_mean_0_and_variance_1() {
        let norm = LayerNorm { scale: array![1.0, 1.0, 2.0], shift: array![0.0, 0.0, 1.0] };
        let mut rows = array![[1.0, 2.0, 3.0]];
        norm.apply(&mut rows);
        let expected = array![[-1.224_744_9, 0.0, 3.449_489_8]];
        assert!((rows - expected).iter().all(|difference: &f32| difference.abs() < 1e-6));
    }
}
