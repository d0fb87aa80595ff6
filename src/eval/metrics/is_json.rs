//! Whether the answer is JSON, and follows a schema.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::{Key, Measure, Metric, Options, Scale, never_skipped, scored, scored_because};
use crate::eval::Outcome;

pub(super) const METRIC: Metric = Metric {
    name: "is_json",
    summary: "whether the answer is JSON, and follows a schema",
    documentation: "    1 if the whole answer is one JSON value, and valid by `schema` if there is one; else 0

White space around it does not count. Text around it does, and so does a Markdown code fence unless `fenced` is set: programs
that read the answer would stumble over it.

The draft of the schema is what its `$schema` says, or 2020-12. References lead within the schema or to the known drafts:
nothing is ever fetched, neither from the network nor from files. A `pattern` is matched in time linear in the answer, so it has
neither look-around nor references to groups; a schema with one is refused.

0 worst, 1 best. Never skipped. Errored if the case is.

Source: RFC 8259; JSON Schema drafts 4 to 2020-12.",
    scale: Scale::Share,
    needs: &[],
    options: &[
        Key { name: "schema", help: "a JSON Schema that the answer must follow, as a table", required: false },
        Key { name: "fenced", help: "true accepts JSON in a Markdown code fence too (default false)", required: false },
    ],
    skip: never_skipped,
    build,
};

fn build(options: &Options) -> Result<Measure, String> {
    let fenced = options.flag("fenced")?.unwrap_or(false);
    let schema = match options.value("schema") {
        None => None,
        Some(schema @ (Value::Object(_) | Value::Bool(_))) => Some(validator(schema)?),
        Some(_) => return Err("the option \"schema\" must be a JSON Schema: a table".to_owned()),
    };
    Ok(Measure::Output(Box::new(move |_, output| {
        let answer = output.answer.trim();
        let json = if fenced { without_fence(answer) } else { answer };
        measure(json, schema.as_ref())
    })))
}

fn validator(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|error| format!("the schema is wrong: {error}"))
}

fn measure(answer: &str, schema: Option<&Validator>) -> Outcome {
    let value: Value = match serde_json::from_str(answer) {
        Ok(value) => value,
        Err(error) => return scored_because(0.0, format!("not JSON: {error}")),
    };
    match schema.and_then(|schema| schema.iter_errors(&value).next()) {
        None => scored(1.0),
        Some(error) => scored_because(0.0, format!("against the schema at \"{}\": {error}", error.instance_path())),
    }
}

/// What stands in a fence of three backticks that encloses the whole text, or else the text.
fn without_fence(text: &str) -> &str {
    let inner = text.strip_prefix("```").and_then(|text| text.strip_suffix("```"));
    inner.and_then(|inner| inner.split_once('\n')).map_or(text, |(_, json)| json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::metrics::Scorer;
    use crate::eval::metrics::scorer::measured;
    use crate::eval::{Case, Output};

    fn schema() -> Value {
        json!({"type": "object", "required": ["price"], "properties": {"price": {"type": "number", "minimum": 0}}})
    }

    #[test]
    fn the_whole_answer_must_be_json() {
        let cases = [
            (json!({}), "{\"a\": [1]}", 1.0),
            (json!({}), " 3\n", 1.0),
            (json!({}), "", 0.0),
            (json!({}), "Here: {}", 0.0),
            (json!({}), "{} {}", 0.0),
            (json!({}), "```json\n{}\n```", 0.0),
            (json!({"fenced": true}), "```json\n{}\n```", 1.0),
            (json!({"fenced": true}), "{}", 1.0),
            (json!({"schema": schema()}), "{\"price\": 3}", 1.0),
            (json!({"schema": schema()}), "{\"price\": -3}", 0.0),
            (json!({"schema": schema()}), "{}", 0.0),
        ];
        for (options, answer, expected) in cases {
            let output = Output { answer: answer.to_owned(), ..Output::default() };
            let outcome = measured("is_json", &options, &Case::default(), &output);
            assert_eq!(outcome.value(), Some(expected), "{answer} {options}");
        }
    }

    #[test]
    fn the_reason_says_where_the_schema_is_not_followed() {
        let outcome = measure("{\"price\": \"x\"}", Some(&validator(&schema()).unwrap()));
        let Outcome::Scored { reason: Some(reason), .. } = outcome else { panic!() };
        assert_eq!(reason, "against the schema at \"/price\": \"x\" is not of type \"number\"");
    }

    #[test]
    fn a_schema_that_is_wrong_or_leads_elsewhere_is_refused() {
        for schema in [
            json!({"type": "objekt"}),
            json!({"$ref": "http://127.0.0.1:9/schema.json"}),
            json!({"$ref": "file:///etc/hostname"}),
            json!(3),
        ] {
            let table = json!({"type": "is_json", "schema": schema}).as_object().unwrap().clone();
            assert!(Scorer::of_table("x", table).is_err(), "{schema}");
        }
    }
}
