//! Fills the templates of files: `@{name}` is a value, and lines between `@if name` and `@end` stay where it is not empty.
//!
//! Their own marks, because workflows are full of those that template engines have.

use std::collections::BTreeMap;

/// Values by name. One that is not there is empty.
#[derive(Default)]
pub(super) struct Values(BTreeMap<&'static str, String>);

impl Values {
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) -> &mut Self {
        self.0.insert(name, value.into());
        self
    }

    /// A switch for `@if`.
    pub(super) fn switch(&mut self, name: &'static str, on: bool) -> &mut Self {
        self.set(name, if on { "yes" } else { "" })
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A value of several lines has each of them indented as its mark is.
    pub(super) fn fill(&self, template: &str) -> String {
        let mut text = String::new();
        let mut open: Vec<bool> = Vec::new();
        for line in template.lines() {
            let mark = line.trim();
            if let Some(condition) = mark.strip_prefix("@if ") {
                let (name, wanted) = condition.strip_prefix("not ").map_or((condition, true), |name| (name, false));
                open.push(self.get(name).is_empty() != wanted);
            } else if mark == "@end" {
                open.pop();
            } else if open.iter().all(|open| *open) {
                let indent = &line[..line.len() - line.trim_start().len()];
                text.push_str(&self.line(line, indent));
                text.push('\n');
            }
        }
        text
    }

    fn line(&self, line: &str, indent: &str) -> String {
        let mut filled = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("@{") {
            let (name, end) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(&self.get(name).replace('\n', &format!("\n{indent}")));
            rest = end;
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_filled_and_lines_without_a_reason_are_left_out() {
        let mut values = Values::default();
        values.set("name", "x").set("lines", "1\n2").switch("off", false);
        let template = "a @{name} ${{ b }}\n  @{lines}\n@if off\nc\n@end\n@if not off\n@if name\nd\n@end\n@end\n";
        assert_eq!(values.fill(template), "a x ${{ b }}\n  1\n  2\nd\n");
    }
}
