//! Jinja templates, strict: an undefined variable is an error, and values are data, never template code.

use std::collections::BTreeSet;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::source::Origin;
use crate::error::Problem;

/// A compiled template and where it stands in its file.
pub(crate) struct Template {
    environment: Environment<'static>,
    origin: Origin,
    source: String,
}

/// The only name in each template's own environment.
const NAME: &str = "template";

impl Template {
    /// Compiles `source`, which is a value that begins at `line` of `file`.
    pub(crate) fn compile(file: &str, line: usize, source: &str) -> Result<Self, Problem> {
        Self::compile_at(Origin::line(file, line, source), source)
    }

    /// The same for text whose origin is known to the character.
    pub(crate) fn compile_at(origin: Origin, source: &str) -> Result<Self, Problem> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let mut template = Self { environment: Environment::empty(), origin, source: source.to_owned() };
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

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Fills the template in. What the values hold stays as it is: braces in a document are data.
    pub(crate) fn render(&self, values: impl Serialize) -> Result<String, Problem> {
        let values = Value::from(Serde(values));
        let template = self.environment.get_template(NAME).map_err(|error| self.problem(&error))?;
        template.render(values).map_err(|error| self.problem(&error))
    }

    /// `problem` where the template first reads a variable.
    pub(crate) fn at_variable(&self, name: &str, problem: Problem) -> Problem {
        self.origin.place(use_of(&self.source, name).unwrap_or_default(), problem)
    }

    fn problem(&self, error: &minijinja::Error) -> Problem {
        let message = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        let line = |line: usize| self.source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let offset = error.range().map(|range| range.start).or(error.line().map(line)).unwrap_or_default();
        self.origin.place(offset, Problem::new(format!("template: {message}")))
    }
}

/// Where a word stands between `{{` and `}}` or `{%` and `%}`, not as a field of something else.
fn use_of(source: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    source.match_indices(word).map(|(offset, _)| offset).find(|offset| {
        let (before, after) = (&source[..*offset], &source[offset + word.len()..]);
        let open = before.rfind("{{").max(before.rfind("{%"));
        let closed = before.rfind("}}").max(before.rfind("%}"));
        open > closed && !before.ends_with(is_part) && !before.ends_with('.') && !after.starts_with(is_part)
    })
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
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::prompt::source::{Partials, Source};

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
    fn places_have_columns_where_the_text_is_that_of_a_file() {
        let source =
            Arc::new(Source::read("p.md", 5, "question: \n{{ x }}{{ question }}", &Partials::Refused).unwrap());
        let template = Template::compile_at(source.origin(0), source.text()).unwrap();
        let place = template.at_variable("question", Problem::new("?")).to_string();
        assert_eq!(place, "p.md:6:11: ?");
        let undefined = template.render(json!({"question": 1})).unwrap_err().to_string();
        assert_eq!(undefined, "p.md:6:4: template: undefined value: `x` is undefined");
    }

    #[test]
    fn variables_are_those_that_must_be_given() {
        let source = "{% for p in passages %}{{ p.title }}{% endfor %}{{ question }}{{ range(3) }}";
        let template = Template::compile("p.md", 1, source).unwrap();
        assert_eq!(template.variables(), BTreeSet::from(["passages".to_owned(), "question".to_owned()]));
    }
}
