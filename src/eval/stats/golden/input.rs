//! Reads the input of a golden row; what is missing or has the wrong type is an error's text.

use serde_json::Value;

use crate::eval::stats::two_proportions::Count;

/// The object `input` of a row.
pub(super) struct Input<'a>(&'a serde_json::Map<String, Value>);

impl<'a> Input<'a> {
    pub(super) fn new(input: &'a Value) -> Result<Self, String> {
        input.as_object().map(Self).ok_or_else(|| "the input is not an object".to_owned())
    }

    fn of<T>(&self, key: &str, kind: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, String> {
        self.0.get(key).and_then(read).ok_or_else(|| format!("\"{key}\" of the input is not {kind}"))
    }

    /// A number inside (0, 1).
    pub(super) fn fraction(&self, key: &str) -> Result<f64, String> {
        let inside = |value: &Value| value.as_f64().filter(|number| *number > 0.0 && *number < 1.0);
        self.of(key, "a number between 0 and 1", inside)
    }

    pub(super) fn flag(&self, key: &str) -> Result<bool, String> {
        self.of(key, "true or false", Value::as_bool)
    }

    pub(super) fn text(&self, key: &str) -> Result<&'a str, String> {
        self.of(key, "a text", Value::as_str)
    }

    /// A setting of which only one value is computed.
    pub(super) fn only(&self, key: &str, value: &str) -> Result<(), String> {
        let found = self.text(key)?;
        if found == value { Ok(()) } else { Err(format!("\"{key}\" is \"{found}\"; only \"{value}\" is computed")) }
    }

    pub(super) fn count(&self, key: &str) -> Result<usize, String> {
        self.of(key, "a whole number from 0", as_count)
    }

    pub(super) fn list(&self, key: &str) -> Result<&'a [Value], String> {
        self.of(key, "an array", |value| value.as_array().map(Vec::as_slice))
    }

    pub(super) fn numbers(&self, key: &str) -> Result<Vec<f64>, String> {
        self.of(key, "an array of numbers", |value| value.as_array()?.iter().map(Value::as_f64).collect())
    }

    /// Two arrays of numbers of one length.
    pub(super) fn pairs(&self, first: &str, second: &str) -> Result<(Vec<f64>, Vec<f64>), String> {
        let (one, two) = (self.numbers(first)?, self.numbers(second)?);
        if one.len() == two.len() {
            Ok((one, two))
        } else {
            Err(format!("\"{first}\" and \"{second}\" differ in length"))
        }
    }

    /// Differences of `a` less `b`.
    pub(super) fn differences(&self) -> Result<Vec<f64>, String> {
        let (first, second) = self.pairs("a", "b")?;
        Ok(first.iter().zip(&second).map(|(left, right)| left - right).collect())
    }

    /// Labels 0 or 1.
    pub(super) fn labels(&self, key: &str) -> Result<Vec<bool>, String> {
        let label = |value: &Value| as_count(value).filter(|label| *label < 2).map(|label| label == 1);
        self.of(key, "an array of labels 0 and 1", |value| value.as_array()?.iter().map(label).collect())
    }

    /// Successes of a number of cases, which is above 0.
    pub(super) fn successes(&self) -> Result<Count, String> {
        as_share(self.count("successes")?, self.count("n")?)
    }

    /// The same of two groups.
    pub(super) fn two_successes(&self) -> Result<[Count; 2], String> {
        let two = |key| self.of(key, "an array of two counts", as_counts);
        let ([first, second], [of_first, of_second]) = (two("successes")?, two("n")?);
        Ok([as_share(first, of_first)?, as_share(second, of_second)?])
    }

    pub(super) fn table(&self) -> Result<[[usize; 2]; 2], String> {
        self.of("table", "two rows of two counts", |value| match value.as_array()?.as_slice() {
            [first, second] => Some([as_counts(first)?, as_counts(second)?]),
            _ => None,
        })
    }
}

fn as_count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

fn as_counts(value: &Value) -> Option<[usize; 2]> {
    match value.as_array()?.as_slice() {
        [first, second] => Some([as_count(first)?, as_count(second)?]),
        _ => None,
    }
}

fn as_share(successes: usize, n: usize) -> Result<Count, String> {
    if n == 0 || successes > n {
        return Err(format!("{successes} successes of {n} cases make no share"));
    }
    Ok(Count { successes, n })
}
