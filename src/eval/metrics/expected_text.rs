//! What the metrics that look for given texts in the answer share.

use super::{Key, Options};
use crate::text::fold;

pub(super) const VALUE: Key = Key { name: "value", help: "the text", required: true };
pub(super) const VALUES: Key = Key { name: "value", help: "the texts, an array of strings", required: true };
pub(super) const IGNORE_CASE: Key = Key {
    name: "ignore_case",
    help: "true makes upper and lower case and full and half width equal (default false)",
    required: false,
};

/// How texts are compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    ignore_case: bool,
}

impl Comparison {
    pub(super) fn new(options: &Options) -> Result<Self, String> {
        Ok(Self { ignore_case: options.flag(IGNORE_CASE.name)?.unwrap_or(false) })
    }

    /// The form of a text in which equal texts are equal.
    pub(super) fn form(self, text: &str) -> String {
        if self.ignore_case { fold(text) } else { text.to_owned() }
    }
}

/// The option `value` as one text.
pub(super) fn value(options: &Options) -> Result<String, String> {
    not_empty(options.text(VALUE.name)?.unwrap_or_default().to_owned())
}

/// The option `value` as texts, at least one.
pub(super) fn values(options: &Options) -> Result<Vec<String>, String> {
    let values = options.texts(VALUES.name)?;
    if values.is_empty() {
        return Err("the option \"value\" must hold at least one text".to_owned());
    }
    values.into_iter().map(not_empty).collect()
}

fn not_empty(text: String) -> Result<String, String> {
    if text.is_empty() {
        Err("the option \"value\" holds an empty text, which is in every answer".to_owned())
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::eval::metrics::Scorer;

    #[test]
    fn a_value_that_every_answer_would_meet_is_refused() {
        let empty = "the option \"value\" holds an empty text, which is in every answer";
        let cases = [
            (json!({"type": "contains", "value": ""}), empty),
            (json!({"type": "starts_with", "value": ""}), empty),
            (json!({"type": "contains_any", "value": ["a", ""]}), empty),
            (json!({"type": "contains_all", "value": []}), "the option \"value\" must hold at least one text"),
            (json!({"type": "contains"}), "the option \"value\" is missing: the text"),
        ];
        for (table, expected) in cases {
            let table = table.as_object().unwrap().clone();
            assert_eq!(Scorer::of_table("x", table).err().as_deref(), Some(expected));
        }
    }
}
