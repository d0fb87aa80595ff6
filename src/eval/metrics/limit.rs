//! What the metrics that hold answers to a limit share.

use super::{Key, Options, scored, scored_because};
use crate::eval::Outcome;

pub(super) const LIMIT: &[Key] =
    &[Key { name: "value", help: "the most that is allowed, a whole number", required: true }];

/// The option `value` as a whole number, at least 1.
pub(super) fn limit(options: &Options) -> Result<u64, String> {
    let wrong = || "the option \"value\" must be a whole number, at least 1".to_owned();
    options.value("value").and_then(serde_json::Value::as_u64).filter(|limit| *limit > 0).ok_or_else(wrong)
}

/// 1 if the number is within the limit, else 0.
pub(super) fn within(number: u64, limit: u64, unit: &str) -> Outcome {
    if number <= limit { scored(1.0) } else { scored_because(0.0, format!("{number} {unit}, more than {limit}")) }
}

pub(super) fn length(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::Scorer;

    #[test]
    fn a_limit_is_a_whole_number_from_1() {
        for value in [json!(0), json!(-1), json!(1.5), json!("3"), json!(null)] {
            let table = json!({"type": "max_words", "value": value}).as_object().unwrap().clone();
            let message = "the option \"value\" must be a whole number, at least 1";
            assert_eq!(Scorer::of_table("x", table).err().as_deref(), Some(message), "{value}");
        }
    }
}
