//! What a project sets of a metric: the keys of its `[metrics.NAME]` table, or of an assertion in the dataset.

use serde_json::{Map, Value};

use crate::error::suggestion;

/// One key that a metric's options may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it is, with its default if it may be left out.
    pub(crate) help: &'static str,
    pub(crate) required: bool,
}

/// A metric's options, read key by key. Every error says what is wrong with which key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    values: Map<String, Value>,
    /// What `@k` in the metric's name was written as.
    rank: usize,
}

impl Options {
    /// The options, unless one is not among `keys` or a required one is missing.
    pub(super) fn new(values: Map<String, Value>, rank: Option<usize>, keys: &[Key]) -> Result<Self, String> {
        if let Some(unknown) = values.keys().find(|key| keys.iter().all(|known| known.name != **key)) {
            let hint = suggestion(unknown, keys.iter().map(|key| key.name));
            return Err(format!("unknown option \"{unknown}\"; {hint}"));
        }
        if let Some(missing) = keys.iter().find(|key| key.required && !values.contains_key(key.name)) {
            return Err(format!("the option \"{}\" is missing: {}", missing.name, missing.help));
        }
        Ok(Self { values, rank: rank.unwrap_or_default() })
    }

    /// The cut-off rank `k` of a metric that has one, at least 1.
    pub(super) fn rank(&self) -> usize {
        self.rank
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(key, "a string", other)),
        }
    }

    /// The strings of an array; a single string counts as an array of one. Empty if there is no such key.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(key, "an array of strings", item)))
                .collect(),
            Some(other) => Err(wrong(key, "an array of strings", other)),
        }
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(wrong(key, "true or false", other)),
        }
    }

    /// A finite number.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| wrong(key, "a number", value)),
        }
    }
}

fn wrong(key: &str, wanted: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "a table",
    };
    format!("the option \"{key}\" must be {wanted}, not {found}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wrong_option_says_which_and_why() {
        const KEYS: &[Key] = &[
            Key { name: "value", help: "the text", required: true },
            Key { name: "count", help: "how many", required: false },
        ];
        let new = |value: Value| Options::new(value.as_object().unwrap().clone(), None, KEYS);
        assert_eq!(new(json!({})).unwrap_err(), "the option \"value\" is missing: the text");
        let unknown = new(json!({"valeu": 1})).unwrap_err();
        assert_eq!(unknown, "unknown option \"valeu\"; did you mean \"value\"?");
        let options = new(json!({"value": 3, "count": "x"})).unwrap();
        assert_eq!(options.text("value").unwrap_err(), "the option \"value\" must be a string, not a number");
        assert_eq!(options.number("count").unwrap_err(), "the option \"count\" must be a number, not a string");
        assert_eq!(options.flag("value").unwrap_err(), "the option \"value\" must be true or false, not a number");
        let listed = new(json!({"value": ["a", "b"]})).unwrap();
        assert_eq!(listed.texts("value").unwrap(), ["a", "b"]);
    }
}
