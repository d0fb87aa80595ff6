//! What changed between two versions of a prompt: lines and words of the text, and everything beside it.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::bump::{Interface, interface};
use super::variable::Variable;
use super::{Bump, PromptVersion};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// What changed. Everything is empty if nothing did.
#[derive(Debug, Serialize)]
pub(crate) struct Diff {
    /// Messages below their role markers.
    pub(crate) text: Vec<Hunk>,
    /// The output's JSON Schema as indented text.
    pub(crate) output: Vec<Hunk>,
    /// Description, model, parameters and variables.
    pub(crate) facts: Vec<Fact>,
    /// The least bump that says enough to callers.
    pub(crate) bump: Bump,
    /// Why it is no patch.
    pub(crate) reasons: Vec<String>,
}

/// Changed lines that stand together, with a few around them.
pub(crate) type Hunk = Vec<Line>;

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Line {
    pub(crate) side: Side,
    /// The line in parts, without its end.
    pub(crate) parts: Vec<Part>,
}

/// Which of the two versions has a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    Both,
    Old,
    New,
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Part {
    pub(crate) text: String,
    /// Whether just these words changed in a line that is otherwise the same.
    pub(crate) changed: bool,
}

/// One thing beside the text; `None` where a version does not have it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Fact {
    pub(crate) name: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

impl Diff {
    pub(crate) fn between(old: &PromptVersion, new: &PromptVersion) -> Self {
        let Interface { least, reasons } = interface(old, new);
        Self {
            text: hunks(&old.text(), &new.text()),
            output: hunks(&schema(old), &schema(new)),
            facts: facts(old, new),
            bump: least,
            reasons,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.output.is_empty() && self.facts.is_empty()
    }
}

fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT);
    groups
        .iter()
        .map(|ops| ops.iter().flat_map(|op| diff.iter_inline_changes(op)).map(|change| line(&change)).collect())
        .collect()
}

fn line(change: &similar::InlineChange<'_, str>) -> Line {
    let side = match change.tag() {
        ChangeTag::Equal => Side::Both,
        ChangeTag::Delete => Side::Old,
        ChangeTag::Insert => Side::New,
    };
    let part = |(changed, text): &(bool, &str)| Part {
        text: text.trim_end_matches(['\n', '\r']).to_owned(),
        changed: *changed,
    };
    let parts = change.values().iter().map(part).filter(|part| !part.text.is_empty()).collect();
    Line { side, parts }
}

fn schema(prompt: &PromptVersion) -> String {
    prompt.output.as_ref().map_or_else(String::new, |schema| format!("{schema:#}\n"))
}

fn facts(old: &PromptVersion, new: &PromptVersion) -> Vec<Fact> {
    let mut facts = vec![
        Fact { name: "description".to_owned(), old: old.description.clone(), new: new.description.clone() },
        Fact { name: "model".to_owned(), old: old.model.clone(), new: new.model.clone() },
    ];
    let parameters = |prompt: &PromptVersion| serde_json::to_value(&prompt.parameters).unwrap_or_default();
    let (before, after) = (parameters(old), parameters(new));
    for name in before
        .as_object()
        .into_iter()
        .chain(after.as_object())
        .flat_map(|fields| fields.keys())
        .collect::<BTreeSet<_>>()
    {
        facts.push(Fact { name: name.clone(), old: written(&before[name]), new: written(&after[name]) });
    }
    let names: Vec<&str> = old.variables.names().collect();
    let added = new.variables.names().filter(|name| !names.contains(name));
    for name in names.iter().copied().chain(added) {
        let of = |prompt: &PromptVersion| prompt.variables.find(name).map(declaration);
        facts.push(Fact { name: format!("variable {name}"), old: of(old), new: of(new) });
    }
    facts.retain(|fact| fact.old != fact.new);
    facts
}

/// A parameter, unless it is not set.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        // `0` as people write it, not `0.0`.
        Value::Number(number) => number.as_f64().map(|number| number.to_string()),
        value => Some(value.to_string()),
    }
}

/// `string, default "friendly", example "Hi"`
fn declaration(variable: &Variable) -> String {
    let mut parts = vec![variable.kind.map_or("any type", super::variable::Kind::name).to_owned()];
    parts.push(variable.default.as_ref().map_or_else(|| "required".to_owned(), |default| format!("default {default}")));
    parts.extend(variable.example.as_ref().map(|example| format!("example {example}")));
    parts.extend(variable.description.clone());
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::source::Partials;

    fn version(text: &str) -> PromptVersion {
        PromptVersion::parse(("qa", "1.0.0"), "qa.md", text, &Partials::Refused).unwrap()
    }

    /// Lines with their marks, changed words in brackets.
    fn shown(hunks: &[Hunk]) -> Vec<String> {
        let part = |part: &Part| if part.changed { format!("[{}]", part.text) } else { part.text.clone() };
        let line = |line: &Line| {
            let mark = match line.side {
                Side::Both => ' ',
                Side::Old => '-',
                Side::New => '+',
            };
            format!("{mark}{}", line.parts.iter().map(part).collect::<String>())
        };
        hunks.iter().flatten().map(line).collect()
    }

    #[test]
    fn lines_and_the_words_in_them_are_told_apart() {
        let diff = Diff::between(&version("Answer it briefly.\nThen stop."), &version("Answer it kindly.\nThen stop."));
        assert_eq!(shown(&diff.text), [" user:", "-Answer it [briefly].", "+Answer it [kindly].", " Then stop."]);
        assert_eq!((diff.bump, diff.facts.is_empty()), (Bump::Patch, true));
    }

    #[test]
    fn a_message_of_another_role_is_a_change() {
        let diff = Diff::between(&version("user:\nHi"), &version("system:\nHi"));
        assert!(shown(&diff.text).iter().any(|line| line.contains("system")), "{diff:?}");
    }

    #[test]
    fn what_stands_beside_the_text_is_named() {
        let old = version("---\nmodel: a/b\nparameters: { temperature: 0 }\nvariables: [x]\n---\n{{ x }}");
        let new = version(
            "---\nparameters: { temperature: 0.5, stop: [END] }\nvariables: { x: { type: string }, y: { default: 1 } }\n---\n{{ x }}{{ y }}",
        );
        let fact = |fact: &Fact| {
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            format!("{}: {} | {}", fact.name, side(&fact.old), side(&fact.new))
        };
        let diff = Diff::between(&old, &new);
        assert_eq!(
            diff.facts.iter().map(fact).collect::<Vec<_>>(),
            [
                "model: a/b | -",
                "stop: - | [\"END\"]",
                "temperature: 0 | 0.5",
                "variable x: any type, required | string, required",
                "variable y: - | any type, default 1",
            ]
        );
    }

    #[test]
    fn equal_versions_do_not_differ() {
        let text = "---\noutput: { type: object }\n---\nHi";
        assert!(Diff::between(&version(text), &version(text)).is_empty());
        let other = Diff::between(&version(text), &version("---\noutput: { type: array }\n---\nHi"));
        assert_eq!(shown(&other.output), [" {", "-  \"type\": \"[object]\"", "+  \"type\": \"[array]\"", " }"]);
        assert_eq!(other.bump, Bump::Major);
    }
}
