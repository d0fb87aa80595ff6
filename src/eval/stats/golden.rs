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

/// Whether every number of `expected` is met within an absolute tolerance, in the same shape; fields that are not expected
/// do not matter.
pub(crate) fn agrees(expected: &Value, computed: &Value, tolerance: f64) -> bool {
    match (expected, computed) {
        (Value::Array(expected), Value::Array(computed)) => {
            let mut pairs = expected.iter().zip(computed);
            expected.len() == computed.len() && pairs.all(|(left, right)| agrees(left, right, tolerance))
        }
        (Value::Object(expected), Value::Object(computed)) => {
            expected.iter().all(|(key, value)| computed.get(key).is_some_and(|found| agrees(value, found, tolerance)))
        }
        _ => match (expected.as_f64(), computed.as_f64()) {
            (Some(expected), Some(computed)) => (expected - computed).abs() <= tolerance,
            _ => expected == computed,
        },
    }
}

#[cfg(test)]
mod tests;
