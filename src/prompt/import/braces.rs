//! Templates of other tools as ours: what marks a variable there becomes `{{ variable }}`, and all else stays text.

use crate::error::Problem;

/// How a template marks its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Braces {
    /// `{name}`, and `{{` for a brace: Python's str.format, `LangChain`
    Single,
    /// `{{name}}`: mustache, Langfuse
    Double,
    /// Jinja or Nunjucks, as templates here
    Jinja,
    /// No variables: all braces are text
    None,
}

impl Braces {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Double => "double",
            Self::Jinja => "jinja",
            Self::None => "none",
        }
    }

    /// What texts look like: double if there is `{{name}}`, single if there is `{name}`, an error if there are both.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let (mut single, mut double) = (false, false);
        for text in texts {
            for (at, _) in text.match_indices('{') {
                // Each run of braces is looked at once.
                if text[..at].ends_with('{') {
                    continue;
                }
                let braces = text[at..].chars().take_while(|c| *c == '{').count();
                let inside = &text[at + braces..];
                // Only as far as a name may go, so that a text of nothing but open braces takes no longer than others.
                let end = inside.find(|c: char| !is_part(c) && !matches!(c, '.' | ' ')).unwrap_or(0);
                let is_closed = |by: &str| inside[end..].starts_with(by);
                double |= braces >= 2 && is_closed("}}") && is_path(inside[..end].trim());
                single |= braces == 1 && is_closed("}") && is_path(&inside[..end]);
            }
        }
        match (single, double) {
            (true, true) => {
                Err(Problem::new("both {name} and {{name}} are in it, so what marks a variable cannot be told")
                    .hint("--braces single (then {{ is a brace), or --braces double (then { is one)"))
            }
            (true, false) => Ok(Self::Single),
            (false, true) => Ok(Self::Double),
            (false, false) => Ok(Self::None),
        }
    }

    /// The template in our syntax. An error has the line of the text at which it is, from 0.
    pub(crate) fn convert(self, text: &str) -> Result<String, (usize, Problem)> {
        let mut writer = Writer::default();
        match self {
            Self::Jinja => return Ok(text.to_owned()),
            Self::None => writer.text(text),
            Self::Single => single(text, &mut writer)?,
            Self::Double => double(text, &mut writer)?,
        }
        Ok(writer.finish())
    }
}

/// What a template is made of: text, in which nothing is a mark of ours, and variables.
#[derive(Default)]
struct Writer {
    out: String,
    /// Text that is not written yet: whether a brace at its end must be escaped depends on what follows.
    pending: String,
}

impl Writer {
    fn text(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    fn variable(&mut self, path: &str) {
        self.flush(true);
        self.out.push_str("{{ ");
        self.out.push_str(path);
        self.out.push_str(" }}");
    }

    /// A brace is escaped where it would begin a mark together with what follows.
    fn flush(&mut self, before_variable: bool) {
        let text = std::mem::take(&mut self.pending);
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let begins = match rest.peek() {
                Some(next) => matches!(next, '{' | '%' | '#'),
                None => before_variable,
            };
            if character == '{' && begins {
                self.out.push_str("{{ \"{\" }}");
            } else {
                self.out.push(character);
            }
        }
    }

    fn finish(mut self) -> String {
        self.flush(false);
        self.out
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count()
}

/// A variable, or a field of one.
fn is_path(path: &str) -> bool {
    !path.is_empty() && path.split('.').all(is_identifier)
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(is_part)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Python's format strings.
///
/// Source: <https://docs.python.org/3/library/string.html#format-string-syntax>
fn single(text: &str, writer: &mut Writer) -> Result<(), (usize, Problem)> {
    let mut from = 0;
    while let Some(found) = text[from..].find(['{', '}']) {
        let at = from + found;
        writer.text(&text[from..at]);
        let rest = &text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            writer.text(&rest[..1]);
            from = at + 2;
            continue;
        }
        let problem = |message: String| (line(text, at), Problem::new(message));
        if rest.starts_with('}') {
            return Err(with_braces(problem("a single } closes nothing".to_owned())));
        }
        let Some(end) = rest.find('}') else {
            return Err(with_braces(problem("a { is not closed".to_owned())));
        };
        let field = &rest[1..end];
        if !is_path(field) {
            let shown = crate::text::brief(field, 40);
            let why = match field.trim() {
                "" => "{} has no name".to_owned(),
                number if number.chars().all(|c| c.is_ascii_digit()) => format!("{{{number}}} has no name"),
                _ if field.contains(['!', ':', '[']) => {
                    format!("{{{shown}}} formats its value, which templates here do otherwise")
                }
                _ => format!("{{{shown}}} is no variable"),
            };
            return Err(with_braces(problem(why)));
        }
        writer.variable(field);
        from = at + end + 1;
    }
    writer.text(&text[from..]);
    Ok(())
}

fn with_braces((line, problem): (usize, Problem)) -> (usize, Problem) {
    (
        line,
        problem.hint(
            "give it a plain name, or double the braces that are text; --braces double or none reads them otherwise",
        ),
    )
}

/// Mustache, without what is more than a variable.
///
/// Source: <https://mustache.github.io/mustache.5.html>
fn double(text: &str, writer: &mut Writer) -> Result<(), (usize, Problem)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("{{") {
        let at = from + found;
        writer.text(&text[from..at]);
        let (open, close) = if text[at..].starts_with("{{{") { (3, "}}}") } else { (2, "}}") };
        let inside = &text[at + open..];
        let Some(end) = inside.find(close) else {
            // As mustache's users see it: what is not closed is text.
            writer.text(&text[at..]);
            return Ok(());
        };
        let tag = inside[..end].trim();
        let name = tag.strip_prefix('&').unwrap_or(tag).trim();
        if tag.starts_with('!') {
            // A comment.
        } else if is_path(name) {
            writer.variable(name);
        } else if name.is_empty() || name.contains(['{', '"', '\n']) {
            writer.text(&text[at..at + open + end + close.len()]);
        } else {
            let shown = crate::text::brief(tag, 40);
            let problem = if tag.starts_with(['#', '^', '/', '>', '=']) {
                Problem::new(format!("{{{{{shown}}}}} is more than a variable"))
                    .hint("sections and partials of mustache have another form here: {% if x %}, {% for x in xs %}, {% include \"x.md\" %}; change it and take --braces jinja")
            } else {
                Problem::new(format!("{{{{{shown}}}}} is no name of a variable"))
                    .hint("letters, digits and _, beginning with a letter")
            };
            return Err((line(text, at), problem));
        }
        from = at + open + end + close.len();
    }
    writer.text(&text[from..]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Template;

    /// Converts, and fills in with our engine.
    fn filled(braces: Braces, text: &str) -> String {
        let converted = braces.convert(text).unwrap();
        let values = serde_json::json!({ "x": "1{{ y }}", "y": "2", "a": { "b": "3" } });
        Template::compile("t", 1, &converted)
            .unwrap_or_else(|error| panic!("{converted}: {error}"))
            .render(values)
            .unwrap()
    }

    /// What Python 3.12's `str.format(x="1{{ y }}", y="2")` makes of them.
    #[test]
    fn single_braces_are_filled_in_as_python_does() {
        let cases = [
            ("a {x} b", "a 1{{ y }} b"),
            ("{{x}}", "{x}"),
            ("{{{x}}}", "{1{{ y }}}"),
            ("{{{{{x}{y}", "{{1{{ y }}2"),
            ("{{\"k\": {y}}}", "{\"k\": 2}"),
            ("{{% if %}} {{# x #}}", "{% if %} {# x #}"),
            ("100% {y}%", "100% 2%"),
            ("no", "no"),
            ("{{", "{"),
            ("{{{{", "{{"),
        ];
        for (text, expected) in cases {
            assert_eq!(filled(Braces::Single, text), expected, "{text}");
        }
        assert_eq!(filled(Braces::Single, "{y}\n{{% raw %}}"), "2\n{% raw %}");
    }

    #[test]
    fn double_braces_are_filled_in_as_mustache_does() {
        let cases = [
            ("{{y}} {{ y }} {{{y}}} {{&y}}", "2 2 2 2"),
            ("{\"a\": {{y}}}", "{\"a\": 2}"),
            ("{x} {% if %} {# c #}", "{x} {% if %} {# c #}"),
            ("{{a.b}}{{! a comment }}", "3"),
            ("{{\"k\": 1}}", "{{\"k\": 1}}"),
            ("{{ open", "{{ open"),
        ];
        for (text, expected) in cases {
            assert_eq!(filled(Braces::Double, text), expected, "{text}");
        }
        for text in ["{{ x }} {% for %} {# #} {{{", "{", "{{{{"] {
            assert_eq!(filled(Braces::None, text), text);
        }
    }

    #[test]
    fn what_is_no_plain_variable_is_refused_where_it_stands() {
        let cases = [
            (Braces::Single, "a\n{}", 1, "{} has no name"),
            (Braces::Single, "{0}", 0, "{0} has no name"),
            (Braces::Single, "{x!r}", 0, "{x!r} formats its value, which templates here do otherwise"),
            (Braces::Single, "{x:>10}", 0, "{x:>10} formats its value, which templates here do otherwise"),
            (Braces::Single, "{\"k\" 1}", 0, "{\"k\" 1} is no variable"),
            (Braces::Single, "}", 0, "a single } closes nothing"),
            (Braces::Single, "{x", 0, "a { is not closed"),
            (Braces::Double, "{{#each}}", 0, "{{#each}} is more than a variable"),
            (Braces::Double, "\n\n{{user-name}}", 2, "{{user-name}} is no name of a variable"),
        ];
        for (braces, text, line, message) in cases {
            let (found, problem) = braces.convert(text).unwrap_err();
            assert_eq!((found, problem.message.as_str()), (line, message), "{text}");
        }
    }

    #[test]
    fn what_marks_a_variable_is_told_from_the_texts() {
        let of = |texts: &[&str]| Braces::of(texts.iter().copied()).map_or("both", Braces::name);
        assert_eq!(of(&["{x}", "{{\"k\": 1}}"]), "single");
        assert_eq!(of(&["{{ x }}", "{\"k\": 1}"]), "double");
        assert_eq!(of(&["{{{x}}}"]), "double");
        assert_eq!(of(&["plain { text }", "{}"]), "none");
        assert_eq!(of(&["{x}", "{{x}}"]), "both");
    }
}
