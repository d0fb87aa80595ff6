//! A diff as lines below each other, the changed words of a line set off.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::Shown;
use crate::prompt::{Hunk, Side};
use crate::text::printable;

pub(super) fn text(shown: &[Shown], notes: &[String]) -> String {
    let mut text = String::new();
    for one in shown {
        head(&mut text, one);
        for (title, hunks) in [("", &one.diff.text), ("output schema", &one.diff.output)] {
            lines(&mut text, title, hunks);
        }
        foot(&mut text, one);
    }
    end(&mut text, shown, notes);
    text
}

pub(super) fn head(text: &mut String, one: &Shown) {
    let bold = Style::new().bold();
    let _ = writeln!(text, "{bold}{}{bold:#}\n", one.title());
}

/// What stands beside the text, and what it asks for.
pub(super) fn foot(text: &mut String, one: &Shown) {
    let (red, green) = (style(Side::Old, false), style(Side::New, false));
    let rows = one.rows();
    let width = rows.iter().map(|[name, ..]| name.chars().count()).max().unwrap_or_default();
    for [name, old, new] in &rows {
        let (name, old, new) = (printable(name), printable(old), printable(new));
        let _ = writeln!(text, "{name:<width$}  {red}{old}{red:#} -> {green}{new}{green:#}");
    }
    for remark in one.remarks() {
        let _ = writeln!(text, "{}", printable(&remark));
    }
    text.push('\n');
}

pub(super) fn end(text: &mut String, shown: &[Shown], notes: &[String]) {
    for note in notes {
        let _ = writeln!(text, "{}", printable(note));
    }
    if shown.is_empty() && notes.is_empty() {
        text.push_str("no prompt changed\n");
    }
    // One empty line less than there are prompts.
    if notes.is_empty() && text.ends_with("\n\n") {
        text.pop();
    }
}

pub(super) fn style(side: Side, changed: bool) -> Style {
    let style = match side {
        Side::Both => Style::new(),
        Side::Old => Style::new().fg_color(Some(AnsiColor::Red.into())),
        Side::New => Style::new().fg_color(Some(AnsiColor::Green.into())),
    };
    if changed { style.bold().underline() } else { style }
}

pub(super) fn mark(side: Side) -> char {
    match side {
        Side::Both => ' ',
        Side::Old => '-',
        Side::New => '+',
    }
}

fn lines(text: &mut String, title: &str, hunks: &[Hunk]) {
    if !title.is_empty() && !hunks.is_empty() {
        let _ = writeln!(text, "{title}:");
    }
    for (place, hunk) in hunks.iter().enumerate() {
        if place > 0 {
            text.push_str("  ...\n");
        }
        for line in hunk {
            let plain = style(line.side, false);
            let _ = write!(text, "{plain}{}{plain:#}", mark(line.side));
            for part in &line.parts {
                let style = style(line.side, part.changed);
                let _ = write!(text, "{style}{}{style:#}", printable(&part.text));
            }
            text.push('\n');
        }
    }
    if !hunks.is_empty() {
        text.push('\n');
    }
}
