//! What a prompt's variables may hold, as its front matter declares them.
//!
//! ```text
//! variables: [context, question]            # of any type, required
//!
//! variables:
//!   question: { type: string, example: "What is the price?" }
//!   tone: { type: string, default: friendly }
//! ```

use std::fmt;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A variable of a prompt. With a default it need not be given.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// `None` takes any value.
    pub(crate) kind: Option<Kind>,
    pub(crate) default: Option<Value>,
    pub(crate) example: Option<Value>,
    pub(crate) description: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    String,
    Number,
    Integer,
    Boolean,
    List,
    Object,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Object => "object",
        }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

impl Variable {
    pub(crate) fn is_required(&self) -> bool {
        self.default.is_none()
    }

    /// Why it cannot hold a value.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        match self.kind {
            Some(kind) if !kind.takes(value) => Err(format!(
                "the variable \"{}\" takes {}, not {}",
                self.name,
                with_article(kind.name()),
                type_of(value)
            )),
            _ => Ok(()),
        }
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// All of a prompt, in the order in which they are declared.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Variables(pub(crate) Vec<Variable>);

/// A variable as it is written below its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "type")]
    kind: Option<Kind>,
    required: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    default: Option<Value>,
    example: Option<Value>,
    description: Option<String>,
}

/// `null` is a value like others here.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Written {
    fn variable(self, name: String) -> Result<Variable, String> {
        let Self { kind, required, default, example, description } = self;
        match (required, &default) {
            (Some(true), Some(_)) => {
                return Err(format!("the variable \"{name}\" is required and has a default; it cannot be both"));
            }
            (Some(false), None) => {
                return Err(format!(
                    "the variable \"{name}\" is not required; say what it is without: `default: \"\"`"
                ));
            }
            _ => {}
        }
        let variable = Variable { name, kind, default, example, description };
        for (what, value) in [("default", &variable.default), ("example", &variable.example)] {
            if let Some(value) = value.as_ref().filter(|value| !value.is_null()) {
                variable.check(value).map_err(|wrong| format!("{wrong}, which its {what} is"))?;
            }
        }
        Ok(variable)
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Variables;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names, or names with what they hold")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Variables, E> {
        Ok(Variables::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Variables, A::Error> {
        let mut variables = Variables::default();
        while let Some(name) = list.next_element::<String>()? {
            variables.push(Variable { name, ..Variable::default() }).map_err(de::Error::custom)?;
        }
        Ok(variables)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variables, A::Error> {
        let mut variables = Variables::default();
        while let Some((name, written)) = map.next_entry::<String, Option<Written>>()? {
            let variable = match written {
                None => Variable { name, ..Variable::default() },
                Some(written) => written.variable(name).map_err(de::Error::custom)?,
            };
            variables.push(variable).map_err(de::Error::custom)?;
        }
        Ok(variables)
    }
}

impl Variables {
    pub(crate) fn find(&self, name: &str) -> Option<&Variable> {
        self.0.iter().find(|variable| variable.name == name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|variable| variable.name.as_str())
    }

    fn push(&mut self, variable: Variable) -> Result<(), String> {
        let name = &variable.name;
        let mut characters = name.chars();
        let is_name = characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_');
        if !is_name {
            return Err(format!("\"{name}\" is no name of a variable"));
        }
        if self.find(name).is_some() {
            return Err(format!("the variable \"{name}\" is declared twice"));
        }
        self.0.push(variable);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(yaml: &str) -> Result<Variables, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.without_snippet().to_string())
    }

    #[test]
    fn names_alone_take_anything_and_are_required() {
        for yaml in ["[a, b]", "{a: , b: {}}"] {
            let variables = read(yaml).unwrap();
            assert_eq!(variables.names().collect::<Vec<_>>(), ["a", "b"], "{yaml}");
            assert!(variables.0.iter().all(|variable| variable.is_required() && variable.check(&json!([1])).is_ok()));
        }
    }

    #[test]
    fn a_variable_takes_only_its_type() {
        let variables = read("{s: {type: string}, i: {type: integer, default: 1}, l: {type: list}}").unwrap();
        let check = |name: &str, value: Value| variables.find(name).unwrap().check(&value);
        assert_eq!(check("s", json!(1)).unwrap_err(), "the variable \"s\" takes a string, not a number");
        assert_eq!(check("i", json!(1.5)).unwrap_err(), "the variable \"i\" takes an integer, not a number");
        assert_eq!((check("i", json!(2)), check("l", json!([])), check("s", json!(""))), (Ok(()), Ok(()), Ok(())));
        assert!(!variables.find("i").unwrap().is_required());
    }

    #[test]
    fn what_contradicts_itself_is_an_error() {
        let cases = [
            (
                "{a: {required: true, default: 1}}",
                "the variable \"a\" is required and has a default; it cannot be both",
            ),
            ("{a: {required: false}}", "the variable \"a\" is not required; say what it is without: `default: \"\"`"),
            (
                "{a: {type: string, default: 1}}",
                "the variable \"a\" takes a string, not a number, which its default is",
            ),
            ("[a, a]", "the variable \"a\" is declared twice"),
            ("[a-b]", "\"a-b\" is no name of a variable"),
        ];
        for (yaml, expected) in cases {
            let error = read(yaml).unwrap_err();
            assert!(error.contains(expected), "{yaml}: {error}");
        }
        assert!(read("{a: {typ: string}}").unwrap_err().contains("typ"));
    }
}
