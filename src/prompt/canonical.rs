//! JSON of which equal contents are equal texts.

use serde_json::{Map, Value};

/// The same value with the keys of its objects in order, so that equal contents are equal texts.
pub(super) fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            entries.into_iter().map(|(key, value)| (key, canonical(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(values) => values.into_iter().map(canonical).collect::<Vec<_>>().into(),
        other => other,
    }
}
