//! Golden rows: one computation each, with the numbers that another implementation found. This computes the same input with
//! the functions that the gate uses, so that the two can be compared.

mod agreement_rows;
mod input;
mod test_rows;

use serde_json::Value;

use input::Input;

/// Computes what a row expects, in the same shape, or says what is wrong with its input.
type Compute = fn(&Input<'_>) -> Result<Value, String>;

fn rows() -> impl Iterator<Item = &'static (&'static str, Compute)> {
    test_rows::ROWS.iter().chain(agreement_rows::ROWS)
}

/// The metrics of the rows that can be computed.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    rows().map(|(name, _)| *name)
}

/// Computes a row from its metric and input; `None` if no such metric is known. Whatever the input lacks, or a figure that
/// does not exist for it, is an error's text.
pub(crate) fn compute(metric: &str, input: &Value) -> Option<Result<Value, String>> {
    let (_, compute) = rows().find(|(name, _)| *name == metric)?;
    let computed = Input::new(input).and_then(|input| compute(&input));
    Some(computed.and_then(|value| {
        if is_complete(&value) { Ok(value) } else { Err("the figure does not exist for this input".to_owned()) }
    }))
}

/// JSON has no number that is not finite: such a one, like a missing figure, has become null.
fn is_complete(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => values.iter().all(is_complete),
        Value::Object(values) => values.values().all(is_complete),
        _ => true,
    }
}

/// The largest distance of a computed number from the expected one; `None` if the two have different shapes or texts. What is not
/// expected, or expected as null, does not matter.
pub(crate) fn deviation(expected: &Value, computed: &Value) -> Option<f64> {
    match (expected, computed) {
        (Value::Null, _) => Some(0.0),
        (Value::Array(expected), Value::Array(computed)) if expected.len() == computed.len() => expected
            .iter()
            .zip(computed)
            .try_fold(0.0, |worst: f64, (left, right)| Some(worst.max(deviation(left, right)?))),
        (Value::Object(expected), Value::Object(computed)) => {
            expected.iter().try_fold(0.0, |worst: f64, (key, value)| {
                let found = computed.get(key).unwrap_or(&Value::Null);
                Some(worst.max(deviation(value, found)?))
            })
        }
        _ => match (expected.as_f64(), computed.as_f64()) {
            (Some(expected), Some(computed)) => Some((expected - computed).abs()),
            _ => (expected == computed).then_some(0.0),
        },
    }
}

#[cfg(test)]
mod tests;
