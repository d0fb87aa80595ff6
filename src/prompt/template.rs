//! Jinja templates, strict: an undefined variable is an error, and values are data, never template code.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::error::Problem;

/// A compiled template and where it stands in its file.
pub(crate) struct Template {
    environment: Environment<'static>,
    file: String,
    /// Line of the file that the template's first line is.
    first_line: usize,
    source: String,
}

/// The only name in each template's own environment.
const NAME: &str = "template";

impl Template {
    /// Compiles `source`, which begins at `first_line` of `file`.
    pub(crate) fn compile(file: &str, first_line: usize, source: &str) -> Result<Self, Problem> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut template =
            Self { environment: Environment::empty(), file: file.to_owned(), first_line, source: source.to_owned() };
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| template.problem(&error))?;
        template.environment = environment;
        Ok(template)
    }

    /// The same for a URL: what values hold is percent-encoded, so that it stays in its place.
    pub(crate) fn compile_url(file: &str, first_line: usize, source: &str) -> Result<Self, Problem> {
        let mut template = Self::compile(file, first_line, source)?;
        template.environment.set_formatter(|out, _, value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out.write_str(&percent_encoded(&text)).map_err(minijinja::Error::from)
        });
        Ok(template)
    }

    /// Every variable that the template reads and does not set itself.
    pub(crate) fn variables(&self) -> BTreeSet<String> {
        let template = self.environment.get_template(NAME);
        let used = template.map(|template| template.undeclared_variables(false)).unwrap_or_default();
        let built_in: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        used.into_iter().filter(|name| !built_in.contains(name.as_str())).collect()
    }

    /// The file that it stands in, as messages name it.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Fills the template in. What the values hold stays as it is: braces in a document are data.
    pub(crate) fn render(&self, values: impl Serialize) -> Result<String, Problem> {
        let values = Value::from(Serde(values));
        let template = self.environment.get_template(NAME).map_err(|error| self.problem(&error))?;
        template.render(values).map_err(|error| self.problem(&error))
    }

    /// The line of the file where `word` first stands.
    pub(crate) fn line_of(&self, word: &str) -> usize {
        let before = self.source.find(word).map_or("", |offset| &self.source[..offset]);
        self.first_line + before.matches('\n').count()
    }

    fn problem(&self, error: &minijinja::Error) -> Problem {
        let line = error.line().map(|line| self.first_line + line - 1);
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Problem::new(format!("template: {message}")).at(&self.file, line)
    }
}

/// Everything but the unreserved characters as `%XX` (RFC 3986, 2.3).
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn braces_in_values_are_data() {
        let template = Template::compile("p.md", 1, "Context: {{ context }}").unwrap();
        let hostile = "{{ question }} {% raw %} {# x #}";
        assert_eq!(template.render(json!({ "context": hostile })).unwrap(), format!("Context: {hostile}"));
    }

    #[test]
    fn an_undefined_variable_is_an_error_at_its_line() {
        let template = Template::compile("p.md", 5, "one\n{{ nope }}").unwrap();
        assert_eq!(
            template.render(json!({})).unwrap_err().to_string(),
            "p.md:6: template: undefined value: `nope` is undefined"
        );
    }

    #[test]
    fn a_value_in_a_url_stays_in_its_place() {
        let template = Template::compile_url("p", 1, "http://x/ask?q={{ q }}&n={{ n }}").unwrap();
        let url = template.render(json!({ "q": "R&D? #1 東", "n": 7 })).unwrap();
        assert_eq!(url, "http://x/ask?q=R%26D%3F%20%231%20%E6%9D%B1&n=7");
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let problem = Template::compile("p.md", 3, "ok\n{% if %}").err().unwrap();
        assert!(problem.to_string().starts_with("p.md:4: template: syntax error"), "{problem}");
    }

    #[test]
    fn variables_are_those_that_must_be_given() {
        let source = "{% for p in passages %}{{ p.title }}{% endfor %}{{ question }}{{ range(3) }}";
        let template = Template::compile("p.md", 1, source).unwrap();
        assert_eq!(template.variables(), BTreeSet::from(["passages".to_owned(), "question".to_owned()]));
    }
}
