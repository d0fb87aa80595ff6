//! The file of a version: front matter and messages, in our syntax.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::super::source::Partials;
use super::super::{PromptVersion, Template};
use super::{Braces, Imported};
use crate::error::{Error, Problem, Result};

/// A version as a file says it.
pub(crate) struct VersionFile {
    pub(crate) text: String,
    pub(crate) prompt: PromptVersion,
}

/// The file of an imported version. `shown` is its source, for messages.
///
/// The text is read back, so that whatever a template holds (a line of dashes, a role marker, marks of ours) it says what the source
/// said. An error if it cannot be said.
pub(crate) fn version_file(imported: &Imported, braces: Braces, shown: &str) -> Result<VersionFile> {
    let mut messages = Vec::new();
    let mut variables = imported.variables.clone();
    for message in &imported.messages {
        let at = |line: usize| message.line.map(|first| first + line);
        let converted = braces.convert(message.text.trim()).map_err(|(line, problem)| problem.at(shown, at(line)))?;
        let template = without_markers(&converted);
        let compiled = Template::compile(shown, message.line.unwrap_or(1), &template)?;
        for variable in compiled.variables() {
            variables.entry(variable).or_insert_with(|| Value::Object(Map::new()));
        }
        messages.push((message.role.name(), template));
    }
    let mut text = front_matter(imported, &variables);
    for (place, (role, template)) in messages.iter().enumerate() {
        let between = if place == 0 { "" } else { "\n" };
        text.push_str(between);
        text.push_str(role);
        text.push_str(":\n");
        text.push_str(template);
        text.push('\n');
    }
    let read = PromptVersion::parse((&imported.name, "0.0.0"), shown, &text, &Partials::Refused)?;
    let wanted = messages.iter().filter(|(_, template)| !template.trim().is_empty());
    let is_same = read
        .templates()
        .iter()
        .map(|message| (message.role.as_str(), message.template.as_str()))
        .eq(wanted.map(|(role, template)| (*role, template.trim())));
    if is_same {
        return Ok(VersionFile { text, prompt: read });
    }
    let problem =
        Problem::new(format!("the prompt \"{}\" cannot be written as a file", imported.name)).at(shown, imported.line);
    Err(Error::from(problem.hint("its messages would be read as others")))
}

/// A line that would begin a message is written as a value.
fn without_markers(template: &str) -> String {
    let line = |line: &str| {
        let content = line.trim_end();
        if matches!(content, "system:" | "user:" | "assistant:") {
            line.replacen(content, &format!("{{{{ \"{content}\" }}}}"), 1)
        } else {
            line.to_owned()
        }
    };
    template.split_inclusive('\n').map(line).collect()
}

/// JSON as YAML reads it: that wants some characters escaped which JSON does not.
fn yaml(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        match u32::from(character) {
            number @ (0x7F..=0x9F | 0x2028 | 0x2029 | 0xFEFF | 0xFFFE | 0xFFFF) => {
                let _ = write!(text, "\\u{number:04x}");
            }
            _ => text.push(character),
        }
    }
    text
}

/// YAML whose values are JSON, which YAML includes.
fn front_matter(imported: &Imported, variables: &Map<String, Value>) -> String {
    let mut text = "---\n".to_owned();
    let mut add = |name: &str, value: &Value| {
        let _ = writeln!(text, "{name}: {}", yaml(value));
    };
    for (name, value) in [("description", &imported.description), ("model", &imported.model)] {
        if let Some(value) = value {
            add(name, &value.as_str().into());
        }
    }
    if !imported.parameters.is_empty() {
        add("parameters", &imported.parameters.clone().into());
    }
    let is_bare = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    if variables.values().all(is_bare) {
        if !variables.is_empty() {
            let names: Vec<&str> = variables.keys().map(String::as_str).collect();
            let _ = writeln!(text, "variables: [{}]", names.join(", "));
        }
    } else {
        text.push_str("variables:\n");
        for (name, value) in variables {
            let _ = writeln!(text, "  {name}: {}", yaml(value));
        }
    }
    if let Some(output) = &imported.output {
        let _ = writeln!(text, "output: {}", yaml(output));
    }
    text + "---\n"
}

#[cfg(test)]
mod tests {
    use super::super::ImportedMessage;
    use super::*;
    use crate::llm::Role;

    fn imported(texts: &[(Role, &str)]) -> Imported {
        let message =
            |(role, text): &(Role, &str)| ImportedMessage { role: *role, text: (*text).to_owned(), line: Some(3) };
        Imported { name: "qa".to_owned(), messages: texts.iter().map(message).collect(), ..Imported::default() }
    }

    #[test]
    fn a_version_says_what_its_source_said() {
        let source = imported(&[(Role::System, "Be {tone}."), (Role::User, "{question}")]);
        let expected = "---\nvariables: [tone, question]\n---\nsystem:\nBe {{ tone }}.\n\nuser:\n{{ question }}\n";
        assert_eq!(version_file(&source, Braces::Single, "p.py").unwrap().text, expected);
    }

    #[test]
    fn nothing_in_a_text_is_taken_for_a_part_of_the_file() {
        let texts = [
            "---\nmodel: x\n---\nHi",
            "user:\nHi\nsystem:  \nmore",
            "a: b\r\nuser:\r\nc",
            "{% include \"x.md\" %} {{ y }}",
            "assistant:",
        ];
        for text in texts {
            let file = version_file(&imported(&[(Role::User, text)]), Braces::None, "t").unwrap().text;
            let read = PromptVersion::parse(("qa", "1.0.0"), "t", &file, &Partials::Refused).unwrap();
            let rendered = read.render(&Map::new()).unwrap();
            assert_eq!(rendered.len(), 1, "{file}");
            let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
            assert_eq!(lines(&rendered[0].content), lines(text), "{file}");
        }
    }

    #[test]
    fn odd_descriptions_and_names_survive_the_front_matter() {
        for odd in [
            "a: b # c",
            "\"quoted\" 'twice'\n---\nmore",
            "\u{1}\u{7f}\u{85}\u{2028}",
            "- [x]",
            "\\ü東\u{1F600}",
            "null",
            "{{ x }}",
        ] {
            let source = Imported { description: Some(odd.to_owned()), ..imported(&[(Role::User, "Hi")]) };
            let file = version_file(&source, Braces::None, "t").unwrap_or_else(|error| panic!("{odd:?}: {error}")).text;
            let read = PromptVersion::parse(("qa", "1.0.0"), "t", &file, &Partials::Refused).unwrap();
            assert_eq!(read.description.as_deref(), Some(odd), "{file}");
        }
    }

    #[test]
    fn a_wrong_template_is_placed_in_its_source() {
        let error = version_file(&imported(&[(Role::User, "ok\n{x!r}")]), Braces::Single, "p.py").err().unwrap();
        assert!(error.to_string().starts_with("p.py:4: {x!r} formats its value"), "{error}");
    }
}
