//! A diff as two columns: what was on the left, what is on the right, long lines wrapped.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use super::Shown;
use super::unified::{end, foot, head, mark, style};
use crate::prompt::{Hunk, Line, Side};
use crate::text::printable;

const BETWEEN: &str = " | ";
/// Narrower columns cannot be read.
const NARROWEST: usize = 20;

pub(super) fn text(shown: &[Shown], notes: &[String], columns: usize) -> String {
    // Each line has its mark.
    let width = (columns.saturating_sub(BETWEEN.len()) / 2).saturating_sub(1).max(NARROWEST);
    let mut text = String::new();
    for one in shown {
        head(&mut text, one);
        for (title, hunks) in [("", &one.diff.text), ("output schema", &one.diff.output)] {
            if !title.is_empty() && !hunks.is_empty() {
                let _ = writeln!(text, "{title}:");
            }
            for (place, hunk) in hunks.iter().enumerate() {
                if place > 0 {
                    text.push_str("  ...\n");
                }
                columns_of(&mut text, hunk, width);
            }
            if !hunks.is_empty() {
                text.push('\n');
            }
        }
        foot(&mut text, one);
    }
    end(&mut text, shown, notes);
    text
}

/// Lines that were removed stand beside those that replaced them.
fn columns_of(text: &mut String, hunk: &Hunk, width: usize) {
    let (mut old, mut new): (Vec<&Line>, Vec<&Line>) = (Vec::new(), Vec::new());
    for line in hunk {
        match line.side {
            Side::Old => old.push(line),
            Side::New => new.push(line),
            Side::Both => {
                pairs(text, &mut old, &mut new, width);
                pair(text, Some(line), Some(line), width);
            }
        }
    }
    pairs(text, &mut old, &mut new, width);
}

fn pairs(text: &mut String, old: &mut Vec<&Line>, new: &mut Vec<&Line>, width: usize) {
    for place in 0..old.len().max(new.len()) {
        pair(text, old.get(place).copied(), new.get(place).copied(), width);
    }
    old.clear();
    new.clear();
}

fn pair(text: &mut String, old: Option<&Line>, new: Option<&Line>, width: usize) {
    let (left, right) = (wrapped(old, width), wrapped(new, width));
    for row in 0..left.len().max(right.len()) {
        let empty = Row { text: String::new(), width: 0 };
        let (left, right) = (left.get(row).unwrap_or(&empty), right.get(row).unwrap_or(&empty));
        let room = " ".repeat((width + 1).saturating_sub(left.width));
        let line = format!("{}{room}{BETWEEN}{}", left.text, right.text);
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// A piece of a line that fits into its column.
struct Row {
    text: String,
    /// Columns of a terminal, the mark's included.
    width: usize,
}

fn wrapped(line: Option<&Line>, width: usize) -> Vec<Row> {
    let Some(line) = line else { return Vec::new() };
    let plain = style(line.side, false);
    let begin = |mark: char| Row { text: format!("{plain}{mark}{plain:#}"), width: 1 };
    let mut rows = vec![begin(mark(line.side))];
    for part in &line.parts {
        let style = style(line.side, part.changed);
        let mut piece = String::new();
        for character in printable(&part.text).chars() {
            let wide = character.width().unwrap_or_default();
            let row = rows.last_mut().expect("there is a first one");
            if row.width + wide > width + 1 {
                let _ = write!(row.text, "{style}{piece}{style:#}");
                piece.clear();
                rows.push(begin(' '));
            }
            piece.push(character);
            rows.last_mut().expect("there is a first one").width += wide;
        }
        let _ = write!(rows.last_mut().expect("there is a first one").text, "{style}{piece}{style:#}");
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Part;

    fn shown(hunk: &Hunk, width: usize) -> String {
        let mut text = String::new();
        columns_of(&mut text, hunk, width);
        anstream::adapter::strip_str(&text).to_string()
    }

    fn line(side: Side, text: &str) -> Line {
        Line { side, parts: vec![Part { text: text.to_owned(), changed: false }] }
    }

    #[test]
    fn what_was_replaced_stands_beside_what_replaced_it() {
        let hunk =
            vec![line(Side::Both, "same"), line(Side::Old, "one"), line(Side::New, "two"), line(Side::New, "three")];
        assert_eq!(shown(&hunk, 6), " same   |  same\n-one    | +two\n        | +three\n");
    }

    #[test]
    fn long_lines_are_wrapped_by_the_width_that_they_have_on_a_terminal() {
        let hunk = vec![line(Side::Old, "abcdefgh"), line(Side::New, "東京都庁")];
        assert_eq!(shown(&hunk, 6), "-abcdef | +東京都\n gh     |  庁\n");
    }
}
