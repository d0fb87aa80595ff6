//! From a safetensors file to the model: every tensor is looked up by name, checked by shape and laid out for speed.

use ndarray::{Array1, Array2, Axis, concatenate};
use safetensors::{Dtype, SafeTensors};

use super::bert::{Bert, DIMENSIONS, INNER, LAYERS, Layer, LayerNorm, Linear};
use crate::error::{Error, Result};

/// How many pieces the model knows.
pub(super) const VOCABULARY: usize = 30_522;
/// How many positions the model was trained for.
const POSITIONS: usize = 512;

/// The model in the bytes of `model.safetensors`.
pub(super) fn read(file: &[u8]) -> Result<Bert> {
    let tensors = SafeTensors::deserialize(file)
        .map_err(|error| Error::unavailable("the weights are not a safetensors file").source(error))?;
    let weights = Weights(tensors);
    let mut positions = weights.matrix("embeddings.position_embeddings.weight", POSITIONS)?;
    let types = weights.matrix("embeddings.token_type_embeddings.weight", 2)?;
    // A single text is all of type 0, so its vector is part of every position.
    positions += &types.row(0);
    Ok(Bert {
        words: weights.bytes("embeddings.word_embeddings.weight", &[VOCABULARY, DIMENSIONS])?.to_vec(),
        positions,
        norm: weights.norm("embeddings.LayerNorm")?,
        layers: (0..LAYERS).map(|index| weights.layer(index)).collect::<Result<_>>()?,
    })
}

struct Weights<'f>(SafeTensors<'f>);

impl<'f> Weights<'f> {
    fn layer(&self, index: usize) -> Result<Layer> {
        let linear =
            |part: &str, inputs, outputs| self.linear(&format!("encoder.layer.{index}.{part}.dense"), inputs, outputs);
        let norm = |part: &str| self.norm(&format!("encoder.layer.{index}.{part}.LayerNorm"));
        Ok(Layer {
            attention: self.attention(index)?,
            attention_output: linear("attention.output", DIMENSIONS, DIMENSIONS)?,
            attention_norm: norm("attention.output")?,
            expand: linear("intermediate", DIMENSIONS, INNER)?,
            contract: linear("output", INNER, DIMENSIONS)?,
            norm: norm("output")?,
        })
    }

    /// Queries, keys and values in one matrix: one large product is faster than three.
    fn attention(&self, index: usize) -> Result<Linear> {
        let part = |name: &str| {
            let name = format!("encoder.layer.{index}.attention.self.{name}");
            self.linear(&name, DIMENSIONS, DIMENSIONS)
        };
        let parts = [part("query")?, part("key")?, part("value")?];
        let weights = parts.each_ref().map(|part| part.weight.view());
        let biases = parts.each_ref().map(|part| part.bias.view());
        Ok(Linear {
            weight: concatenate(Axis(1), &weights).expect("three matrices of one shape"),
            bias: concatenate(Axis(0), &biases).expect("three vectors"),
        })
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let bytes = self.bytes(&format!("{name}.weight"), &[outputs, inputs])?;
        let weight = transposed(bytes, inputs, outputs);
        Ok(Linear { weight, bias: self.vector(&format!("{name}.bias"), outputs)? })
    }

    fn norm(&self, name: &str) -> Result<LayerNorm> {
        Ok(LayerNorm {
            scale: self.vector(&format!("{name}.weight"), DIMENSIONS)?,
            shift: self.vector(&format!("{name}.bias"), DIMENSIONS)?,
        })
    }

    fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>> {
        Ok(floats(self.bytes(name, &[length])?).collect())
    }

    /// Rows by dimensions.
    fn matrix(&self, name: &str, rows: usize) -> Result<Array2<f32>> {
        let values = floats(self.bytes(name, &[rows, DIMENSIONS])?).collect();
        Ok(Array2::from_shape_vec((rows, DIMENSIONS), values).expect("the shape was checked"))
    }

    /// The little-endian bytes of a tensor of exactly this shape.
    fn bytes(&self, name: &str, shape: &[usize]) -> Result<&'f [u8]> {
        let tensor = self
            .0
            .tensor(name)
            .map_err(|error| Error::unavailable(format!("the weights have no usable tensor {name}")).source(error))?;
        if tensor.dtype() == Dtype::F32 && tensor.shape() == shape {
            return Ok(tensor.data());
        }
        let (kind, found) = (tensor.dtype(), tensor.shape());
        Err(Error::unavailable(format!("the tensor {name} is {kind:?} {found:?}, expected F32 {shape:?}")))
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

/// An inputs by outputs matrix from the bytes of an outputs by inputs one, in strips of rows as wide as a cache line.
fn transposed(bytes: &[u8], inputs: usize, outputs: usize) -> Array2<f32> {
    const STRIP: usize = 16;
    let (values, _) = bytes.as_chunks::<4>();
    let mut matrix = vec![0.0; inputs * outputs];
    for (strip, rows) in values.chunks(STRIP * inputs).enumerate() {
        for (input, row) in matrix.chunks_exact_mut(outputs).enumerate() {
            let column = rows.iter().skip(input).step_by(inputs);
            for (value, bytes) in row[strip * STRIP..].iter_mut().zip(column) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
    }
    Array2::from_shape_vec((inputs, outputs), matrix).expect("the shape was checked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transposed_matrix_has_its_columns_as_rows() {
        let (inputs, outputs) = (3_u16, 37_u16);
        let bytes: Vec<u8> = (0..inputs * outputs).flat_map(|value| f32::from(value).to_le_bytes()).collect();
        let matrix = transposed(&bytes, usize::from(inputs), usize::from(outputs));
        for ((input, output), value) in matrix.indexed_iter() {
            let expected = u16::try_from(output * usize::from(inputs) + input).unwrap();
            assert!((value - f32::from(expected)).abs() < f32::EPSILON);
        }
    }

    #[test]
    fn a_file_that_is_not_the_model_is_refused() {
        let error = read(b"not a model").err().unwrap().to_string();
        assert!(error.starts_with("the weights are not a safetensors file: "), "{error}");
        let header = br#"{"embeddings.position_embeddings.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let file = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
        let error = read(&file).err().unwrap().to_string();
        assert_eq!(error, "the tensor embeddings.position_embeddings.weight is F32 [1], expected F32 [512, 384]");
    }
}
