//! Reads a TOML document key by key, remembers the line of everything, and collects every problem instead of
//! stopping at the first. The embedded default document supplies what the user's file leaves out.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Problem, suggestion};
use crate::money::Cost;

const SHORTEST: Duration = Duration::from_millis(1);
/// A limit as a time and as messages write it.
pub(super) type Limit = (Duration, &'static str);
const LONGEST: Limit = (Duration::from_secs(24 * 60 * 60), "24 h");

/// A value and the line that it was written on; no line if it is a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) line: Option<usize>,
}

/// One TOML text with the problems found in it so far.
pub(super) struct Document<'a> {
    file: &'a str,
    text: &'a str,
    problems: RefCell<Vec<(Option<usize>, Problem)>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, problems: RefCell::default() }
    }

    /// The root table. Syntax errors are recorded, and reading goes on with what could be understood.
    pub(super) fn parse(&self) -> Spanned<DeTable<'a>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = error.span().map(|span| self.line(span.start));
            self.report(line, error.message().to_owned(), None);
        }
        root
    }

    /// The file as messages name it.
    pub(super) fn file(&self) -> &str {
        self.file
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.text.get(..offset).unwrap_or(self.text).matches('\n').count()
    }

    pub(super) fn report(&self, line: Option<usize>, message: String, hint: Option<String>) {
        self.problems.borrow_mut().push((line, Problem { hint, ..Problem::new(message).at(self.file, line) }));
    }

    /// Every problem found so far, in the order of the lines.
    pub(super) fn take_problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.take();
        problems.sort_by_key(|(line, _)| *line);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }
}

type Table<'a> = DeTable<'a>;
type Value<'a> = Spanned<DeValue<'a>>;

/// One table of the document, read key by key; `finish` complains about the keys that nobody asked for.
pub(super) struct Section<'a> {
    name: String,
    document: &'a Document<'a>,
    user: Option<&'a Table<'a>>,
    /// What holds where `user` says nothing: another table of the same file.
    base: Option<&'a Table<'a>>,
    default: Option<&'a Table<'a>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(document: &'a Document<'a>, user: &'a Table<'a>, default: &'a Table<'a>) -> Self {
        let (user, default) = (Some(user), Some(default));
        Self { name: String::new(), document, user, base: None, default, asked: RefCell::default() }
    }

    /// The table under `key`; empty if nobody wrote one.
    pub(super) fn section(&self, key: &str) -> Self {
        let user = self.user_value(key).and_then(|value| match value.get_ref() {
            DeValue::Table(table) => Some(table),
            other => {
                self.wrong_type::<()>(key, value, "a table", other);
                None
            }
        });
        let table = |of: Option<&'a Table<'a>>| of?.get(key)?.get_ref().as_table();
        let (base, default) = (table(self.base), table(self.default));
        Self { name: self.path(key), document: self.document, user, base, default, asked: RefCell::default() }
    }

    /// The table of this section below `key` and `name`, read over the section itself: what it leaves out is as here.
    pub(super) fn over(&self, key: &str, name: &str) -> Self {
        let top = self.section(key).section(name);
        Self { base: self.user, default: self.default, ..top }
    }

    /// Every table under this one, by name: for sections whose names the user chooses.
    pub(super) fn sections(&self) -> Vec<(String, Self)> {
        let names: Vec<String> =
            self.user.iter().flat_map(|table| table.keys()).map(|key| key.get_ref().to_string()).collect();
        names.into_iter().map(|name| (name.clone(), self.section(&name))).collect()
    }

    pub(super) fn string(&self, key: &str) -> Option<Located<String>> {
        self.read(key, "a string", |value| match value {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        })
    }

    pub(super) fn boolean(&self, key: &str) -> Option<Located<bool>> {
        self.read(key, "true or false", |value| match value {
            DeValue::Boolean(value) => Some(*value),
            _ => None,
        })
    }

    /// The strings of an array, each with its own line.
    pub(super) fn strings(&self, key: &str) -> Option<Vec<Located<String>>> {
        let (value, line) = self.value(key)?;
        let items = match value.get_ref() {
            DeValue::Array(items) => items,
            other => return self.wrong_type(key, value, "an array of strings", other),
        };
        let mut strings = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => {
                    let line = line.map(|_| self.document.line(item.span().start));
                    strings.push(Located { value: text.to_string(), line });
                }
                other => {
                    self.wrong_type::<()>(key, item, "an array of strings", other);
                }
            }
        }
        Some(strings)
    }

    /// A table of strings, in the order of its keys.
    pub(super) fn string_map(&self, key: &str) -> Vec<(String, Located<String>)> {
        let section = self.section(key);
        let base = section.base.iter().flat_map(|table| table.keys()).map(|key| key.get_ref().to_string());
        let keys: BTreeSet<String> = section.user_keys().into_iter().chain(base).collect();
        keys.into_iter().filter_map(|key| section.string(&key).map(|value| (key, value))).collect()
    }

    /// The whole table as JSON, for whoever knows what it means.
    pub(super) fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        let user = self.user.into_iter().flat_map(|table| table.iter());
        let asked = &mut self.asked.borrow_mut();
        user.map(|(key, value)| {
            asked.insert(key.get_ref().to_string());
            (key.get_ref().to_string(), json(value.get_ref()))
        })
        .collect()
    }

    pub(super) fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Option<usize> {
        let found = self.read(key, "a whole number", |value| match value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        })?;
        self.check_range(key, &found, &range);
        usize::try_from(found.value).ok()
    }

    pub(super) fn number(&self, key: &str, range: RangeInclusive<f64>) -> Option<Located<f64>> {
        let found = self.read(key, "a number", |value| match value {
            DeValue::Float(number) => number.as_str().replace('_', "").parse::<f64>().ok(),
            DeValue::Integer(number) => number.as_str().replace('_', "").parse::<f64>().ok(),
            _ => None,
        })?;
        self.check_range(key, &found, &range);
        Some(found)
    }

    /// Whether this word stands where a value of another type could.
    pub(super) fn is_word(&self, key: &str, word: &str) -> bool {
        self.value(key).is_some_and(|(value, _)| value.get_ref().as_str() == Some(word))
    }

    fn check_range<T: PartialOrd + Display>(&self, key: &str, found: &Located<T>, range: &RangeInclusive<T>) {
        if !range.contains(&found.value) {
            let (least, most) = (range.start(), range.end());
            let message = format!("{} is {}, but must be from {least} to {most}", self.path(key), found.value);
            self.document.report(found.line, message, None);
        }
    }

    /// A time with its unit: "500 ms", "60 s", "2 min".
    pub(super) fn duration(&self, key: &str) -> Option<Located<Duration>> {
        self.duration_up_to(key, &LONGEST)
    }

    /// The same with a limit of its own: "30 d".
    pub(super) fn duration_up_to(&self, key: &str, limit: &Limit) -> Option<Located<Duration>> {
        let text = self.string(key)?;
        let (longest, shown) = *limit;
        if let Some(value) = parse_duration(&text.value) {
            if !(SHORTEST..=longest).contains(&value) {
                let message = format!("{} is \"{}\", but must be from 1 ms to {shown}", self.path(key), text.value);
                self.document.report(text.line, message, None);
            }
            return Some(Located { value: value.min(longest), line: text.line });
        }
        let message = format!("{} is \"{}\", which is not a time", self.path(key), text.value);
        let hint = "write it like \"500 ms\", \"60 s\" or \"2 min\"";
        self.document.report(text.line, message, Some(hint.into()));
        None
    }

    /// An amount of money: "0.002 USD". Never below 0.
    pub(super) fn dollars(&self, key: &str) -> Option<Located<Cost>> {
        let text = self.string(key)?;
        let amount = text.value.trim().strip_suffix("USD").map(str::trim_end);
        // Only digits and a point: no sign, no exponent, no word that is a number to a computer.
        let amount = amount.filter(|amount| amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
        if let Some(value) = amount.and_then(Cost::parse) {
            return Some(Located { value, line: text.line });
        }
        let message = format!("{} is \"{}\", which is not an amount of money", self.path(key), text.value);
        self.document.report(text.line, message, Some("write it like \"0.002 USD\"".into()));
        None
    }

    /// A share in percent: "20 %", which is 0.2. Never below 0.
    pub(super) fn percent(&self, key: &str) -> Option<Located<f64>> {
        let text = self.string(key)?;
        let number = text.value.trim().strip_suffix('%').map(str::trim_end);
        let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
        if let Some(percent) = number.and_then(|number| number.parse::<f64>().ok()) {
            return Some(Located { value: percent / 100.0, line: text.line });
        }
        let message = format!("{} is \"{}\", which is not a percentage", self.path(key), text.value);
        self.document.report(text.line, message, Some("write it like \"20 %\"".into()));
        None
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.string(key)?;
        let found = choices.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let hint = suggestion(&text.value, choices.iter().map(|(word, _)| *word));
            let message = format!("{} is \"{}\", which is not known", self.path(key), text.value);
            self.document.report(text.line, message, Some(hint));
        }
        found.map(|(_, value)| *value)
    }

    /// What the section is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the user's own file has this key.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let (name, _) = self.user?.get_key_value(key)?;
        Some(self.document.line(name.span().start))
    }

    /// Whether anybody wrote something into this section.
    pub(super) fn is_written(&self) -> bool {
        [self.user, self.base].iter().flatten().any(|table| !table.is_empty())
    }

    pub(super) fn user_keys(&self) -> Vec<String> {
        self.user.iter().flat_map(|table| table.keys()).map(|key| key.get_ref().to_string()).collect()
    }

    /// `section.key`, as messages name it.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// Complains about every key that was not asked for.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.user.iter().flat_map(|table| table.iter()) {
            if asked.contains(key.get_ref().as_ref()) {
                continue;
            }
            let hint = suggestion(key.get_ref(), asked.iter().map(String::as_str));
            let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
            let message = format!("unknown key \"{}\"{place}", key.get_ref());
            self.document.report(Some(self.document.line(key.span().start)), message, Some(hint));
        }
    }

    fn user_value(&self, key: &str) -> Option<&'a Value<'a>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.user?.get(key)
    }

    fn value(&self, key: &str) -> Option<(&'a Value<'a>, Option<usize>)> {
        match self.user_value(key) {
            Some(value) => Some((value, Some(self.document.line(value.span().start)))),
            None => self.inherited(key),
        }
    }

    fn inherited(&self, key: &str) -> Option<(&'a Value<'a>, Option<usize>)> {
        if let Some(value) = self.base.and_then(|base| base.get(key)) {
            return Some((value, Some(self.document.line(value.span().start))));
        }
        self.default?.get(key).map(|value| (value, None))
    }

    fn read<T>(&self, key: &str, kind: &str, convert: impl Fn(&DeValue<'a>) -> Option<T>) -> Option<Located<T>> {
        let (value, line) = self.value(key)?;
        match convert(value.get_ref()) {
            Some(converted) => Some(Located { value: converted, line }),
            None => self.wrong_type(key, value, kind, value.get_ref()),
        }
    }

    fn wrong_type<T>(&self, key: &str, at: &Value<'a>, wanted: &str, found: &DeValue<'a>) -> Option<T> {
        let line = self.document.line(at.span().start);
        let message = format!("{} must be {wanted}, not {}", self.path(key), with_article(found.type_str()));
        self.document.report(Some(line), message, None);
        None
    }
}

fn json(value: &DeValue) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.to_string().into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().into(),
        DeValue::Float(number) => number.as_str().replace('_', "").parse::<f64>().ok().into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            serde_json::Value::Object(pairs.collect())
        }
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// Reads "500 ms", "60 s", "2 min", "1 h" or "30 d".
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (number, unit) = text.split_at(split);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_its_unit() {
        assert_eq!(parse_duration("500 ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("1.5s"), Some(Duration::from_millis(1500)));
        assert_eq!(parse_duration("2 min"), Some(Duration::from_secs(120)));
        assert_eq!(parse_duration("30 d"), Some(Duration::from_secs(30 * 24 * 60 * 60)));
        for wrong in ["2", "2 parsecs", "s", "", "-1 s", "1..2 s"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
