//! The literals that a Python file gives names to.

use std::collections::HashMap;

use serde_json::Value;

use super::super::shape::Tree;
use super::token::{Kind, Token};

type Wrong = (usize, String);

/// How deep dicts and lists may be in each other.
const DEEPEST: usize = 50;
/// Bytes that a file's names may stand for together: one that is made of others twice as often as they are grows without end.
const MOST: usize = 64 << 20;

/// Every `NAME = LITERAL` of the module, the last of a name, in order. Other statements are passed over, but for a dict that is begun and
/// then holds what is no literal: prompts would be missing.
pub(super) fn module(tokens: &[Token]) -> Result<Vec<(String, Tree)>, Wrong> {
    let mut reader = Reader { tokens, at: 0, known: HashMap::new(), named: 0 };
    let mut order: Vec<String> = Vec::new();
    while let Some(token) = reader.tokens.get(reader.at) {
        let start = reader.at;
        if token.begins_statement
            && let Some(name) = reader.assigned()
        {
            let is_dict = matches!(reader.peek(), Some(Kind::Mark('{')));
            match reader.expression(0) {
                Ok(tree) if reader.is_at_end() => {
                    order.retain(|known| *known != name);
                    order.push(name.clone());
                    reader.known.insert(name, tree);
                }
                Err(wrong) if is_dict => return Err(wrong),
                _ => {}
            }
        }
        reader.at = reader.at.max(start + 1);
        reader.pass_over_statement();
    }
    Ok(order.into_iter().filter_map(|name| reader.known.remove_entry(&name)).collect())
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    known: HashMap<String, Tree>,
    /// Bytes of all that names stood for.
    named: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |token| token.line)
    }

    fn takes(&mut self, mark: char) -> bool {
        let is_it = self.peek() == Some(&Kind::Mark(mark));
        self.at += usize::from(is_it);
        is_it
    }

    fn is_at_end(&self) -> bool {
        matches!(self.peek(), None | Some(Kind::End | Kind::Mark(';')))
    }

    fn pass_over_statement(&mut self) {
        while self.tokens.get(self.at).is_some_and(|token| !token.begins_statement) {
            self.at += 1;
        }
    }

    /// The name that a statement gives a value: `NAME =`, or `NAME: TYPE =`.
    fn assigned(&mut self) -> Option<String> {
        let Some(Kind::Name(name)) = self.peek() else { return None };
        let name = name.clone();
        self.at += 1;
        if self.takes(':') {
            while !self.is_at_end() && self.peek() != Some(&Kind::Mark('=')) {
                self.at += 1;
            }
        }
        // `==` begins no value.
        (self.takes('=') && self.peek() != Some(&Kind::Mark('='))).then_some(name)
    }

    /// Terms with `+` between them.
    fn expression(&mut self, depth: usize) -> Result<Tree, Wrong> {
        let mut left = self.term(depth)?;
        while self.takes('+') {
            let line = self.line();
            let right = self.term(depth)?;
            left = match (left, right) {
                (Tree::Text { text, line }, Tree::Text { text: more, .. }) => Tree::Text { text: text + &more, line },
                _ => return Err((line, "only texts can be added".to_owned())),
            };
        }
        Ok(left)
    }

    fn term(&mut self, depth: usize) -> Result<Tree, Wrong> {
        let line = self.line();
        if depth > DEEPEST {
            return Err((line, format!("it is more than {DEEPEST} deep")));
        }
        let Some(kind) = self.peek().cloned() else { return Err((line, "a value is missing".to_owned())) };
        self.at += 1;
        match kind {
            Kind::Text { text, line } => Ok(Tree::Text { text: self.joined(text)?, line: Some(line) }),
            Kind::Strange(why) => Err((line, why.to_owned())),
            Kind::Mark('{') => self.dict(line, depth),
            Kind::Mark('[') => self.list(line, ']', depth),
            Kind::Mark('(') => self.group(line, depth),
            Kind::Mark('-') => match self.term(depth)? {
                Tree::Other(Value::Number(number)) => parse_number(&format!("-{number}"), line),
                _ => Err((line, "a value is no literal".to_owned())),
            },
            Kind::Number(text) => parse_number(&text, line),
            Kind::Name(name) => self.named(&name, line, depth),
            Kind::Mark(_) | Kind::End => Err((line, "a value is no literal".to_owned())),
        }
    }

    /// Texts beside each other are one.
    fn joined(&mut self, mut text: String) -> Result<String, Wrong> {
        loop {
            match self.peek() {
                Some(Kind::Text { text: more, .. }) => text.push_str(more),
                Some(Kind::Strange(why)) => return Err((self.line(), (*why).to_owned())),
                _ => return Ok(text),
            }
            self.at += 1;
        }
    }

    fn named(&mut self, name: &str, line: usize, depth: usize) -> Result<Tree, Wrong> {
        match name {
            "True" => Ok(Tree::Other(true.into())),
            "False" => Ok(Tree::Other(false.into())),
            "None" => Ok(Tree::Other(Value::Null)),
            "dedent" | "textwrap.dedent" | "inspect.cleandoc" | "cleandoc" if self.takes('(') => {
                let inner = self.expression(depth + 1)?;
                let text = match inner {
                    Tree::Text { text, line } => Tree::Text { text: dedent(&text), line },
                    _ => return Err((line, format!("{name} is given no text"))),
                };
                if self.takes(')') { Ok(text) } else { Err((line, format!("{name} is given more than a text"))) }
            }
            known => {
                let tree =
                    self.known.get(known).ok_or_else(|| (line, format!("the value of {known} is no literal")))?;
                self.named += weight(tree);
                if self.named > MOST {
                    return Err((line, format!("the names of the file stand for more than {} MB", MOST >> 20)));
                }
                Ok(tree.clone())
            }
        }
    }

    /// What stands in parentheses: one value, or a tuple.
    fn group(&mut self, line: usize, depth: usize) -> Result<Tree, Wrong> {
        if self.takes(')') {
            return Ok(Tree::List { items: Vec::new(), line: Some(line) });
        }
        let first = self.expression(depth + 1)?;
        if self.takes(')') {
            return Ok(first);
        }
        if !self.takes(',') {
            return Err((self.line(), "a value is no literal".to_owned()));
        }
        let Tree::List { mut items, line } = self.list(line, ')', depth)? else { return Ok(first) };
        items.insert(0, first);
        Ok(Tree::List { items, line })
    }

    fn list(&mut self, line: usize, close: char, depth: usize) -> Result<Tree, Wrong> {
        let mut items = Vec::new();
        while !self.takes(close) {
            items.push(self.expression(depth + 1)?);
            if !self.takes(',') && self.peek() != Some(&Kind::Mark(close)) {
                return Err((self.line(), "a value is no literal".to_owned()));
            }
        }
        Ok(Tree::List { items, line: Some(line) })
    }

    fn dict(&mut self, line: usize, depth: usize) -> Result<Tree, Wrong> {
        let mut entries: Vec<(String, Tree)> = Vec::new();
        while !self.takes('}') {
            let at = self.line();
            let key = match self.expression(depth + 1)? {
                Tree::Text { text, .. } => text,
                Tree::Other(Value::Number(number)) => number.to_string(),
                _ => return Err((at, "a key of the dict is no text".to_owned())),
            };
            if !self.takes(':') {
                return Err((self.line(), "a dict has a value for every key".to_owned()));
            }
            let value = self.expression(depth + 1)?;
            if !self.takes(',') && self.peek() != Some(&Kind::Mark('}')) {
                return Err((self.line(), format!("the value of \"{key}\" is no literal")));
            }
            // As in Python, the last one counts, in the place of the first.
            match entries.iter_mut().find(|(known, _)| *known == key) {
                Some(known) => known.1 = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Tree::Map { entries, line: Some(line) })
    }
}

/// About how many bytes a tree takes.
fn weight(tree: &Tree) -> usize {
    const NODE: usize = 64;
    NODE + match tree {
        Tree::Text { text, .. } => text.len(),
        Tree::List { items, .. } => items.iter().map(weight).sum(),
        Tree::Map { entries, .. } => entries.iter().map(|(key, tree)| key.len() + weight(tree)).sum(),
        Tree::Other(_) => 0,
    }
}

fn parse_number(text: &str, line: usize) -> Result<Tree, Wrong> {
    let plain = text.replace('_', "");
    serde_json::from_str(&plain).map(Tree::Other).map_err(|_| (line, format!("the number {text} cannot be read")))
}

/// The text without the white space that all of its lines begin with. Lines of nothing but white space do not count, and end as
/// empty lines.
///
/// Source: <https://docs.python.org/3/library/textwrap.html#textwrap.dedent>
fn dedent(text: &str) -> String {
    let margin = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let lines: Vec<&str> = text.split('\n').collect();
    let counted: Vec<&&str> = lines.iter().filter(|line| !line.trim().is_empty()).collect();
    let mut common = counted.first().map_or("", |line| &line[..margin(line)]);
    for line in &counted {
        while !line.starts_with(common) {
            common = &common[..common.len() - 1];
        }
    }
    let cut = |line: &&str| if line.trim().is_empty() { String::new() } else { line[common.len()..].to_owned() };
    lines.iter().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, Value)>, Wrong> {
        fn value(tree: &Tree) -> Value {
            match tree {
                Tree::Text { text, .. } => text.as_str().into(),
                Tree::List { items, .. } => items.iter().map(value).collect(),
                Tree::Map { entries, .. } => {
                    Value::Object(entries.iter().map(|(key, tree)| (key.clone(), value(tree))).collect())
                }
                Tree::Other(value) => value.clone(),
            }
        }
        let module = module(&tokens(text).unwrap())?;
        Ok(module.iter().map(|(name, tree)| (name.clone(), value(tree))).collect())
    }

    #[test]
    fn literals_of_a_module_are_read_and_the_rest_is_passed_over() {
        let text = "\
import os
from x import y

BASE = 'Be kind. '
def f(a={'x': 1}):
    P = {'inner': 'no'}
    return {'a': f(1)}

class C:
    Q = {'x': 'no'}

P: dict[str, str] = {
    'a': BASE + 'Answer: '
         '{question}',   # joined
    'b': ('one '
          'two'),
    'c': {'n': -1.5, 't': True, 'l': ['x', ('y', 'z')], 'none': None,},
    1: 'one',
}
other = f(P)
if P == {'x': 1}: pass
";
        let found = read(text).unwrap();
        let expected = serde_json::json!({
            "a": "Be kind. Answer: {question}", "b": "one two",
            "c": { "n": -1.5, "t": true, "l": ["x", ["y", "z"]], "none": null }, "1": "one",
        });
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["BASE", "P"]);
        assert_eq!(found[1].1, expected);
    }

    #[test]
    fn a_dict_that_is_no_literal_is_an_error_with_its_line() {
        let cases = [
            ("P = {\n 'a': f(1)}", (2, "the value of f is no literal")),
            ("P = {\n 'a': 'x'.strip()}", (2, "the value of \"a\" is no literal")),
            ("P = {'a': b'x'}", (1, "bytes are no text")),
            ("P = {'a': 'x' + 1}", (1, "only texts can be added")),
            ("P = {'a'}", (1, "a dict has a value for every key")),
            ("P = {**OTHER}", (1, "a value is no literal")),
        ];
        for (text, (line, message)) in cases {
            assert_eq!(read(text).unwrap_err(), (line, message.to_owned()), "{text}");
        }
        let deep = format!("P = {}1{}", "{'a': ".repeat(10_000), "}".repeat(10_000));
        assert_eq!(read(&deep).unwrap_err().1, "it is more than 50 deep");
    }

    #[test]
    fn names_that_double_what_they_stand_for_are_stopped() {
        let doubled = |first: &str, each: &dyn Fn(usize) -> String| {
            format!("N0 = {first}\n{}P = {{'a': N60}}\n", (1..=60).map(each).collect::<String>())
        };
        let texts = doubled("'ab'", &|n| format!("N{n} = N{} + N{}\n", n - 1, n - 1));
        let dicts = doubled("{'a': 'b'}", &|n| format!("N{n} = {{'a': N{}, 'b': N{}}}\n", n - 1, n - 1));
        assert_eq!(read(&dicts).unwrap_err().1, "the names of the file stand for more than 64 MB");
        // A text by itself is no dict, so what cannot be read of it is only missed where it is used.
        assert_eq!(read(&texts).unwrap_err().1, "the value of N60 is no literal");
    }

    /// Values are those of Python's `textwrap.dedent`.
    #[test]
    fn dedent_takes_off_what_all_lines_begin_with() {
        let cases = [
            ("\n  a\n    b\n  ", "\na\n  b\n"),
            ("a\n b", "a\n b"),
            ("\ta\n  b", "\ta\n  b"),
            ("  \n", "\n"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(dedent(text), expected, "{text:?}");
        }
        assert_eq!(read("P = textwrap.dedent('''\\\n  a\n  b\n''')").unwrap()[0].1, "a\nb\n");
    }
}
