//! A diff as Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use super::Shown;
use super::unified::mark;
use crate::prompt::{Hunk, Side};
use crate::report::formats::markdown_code as code;
use crate::text::printable;

/// Finds the comment again, to replace it.
const MARKER: &str = "<!-- llmops prompt diff -->";

pub(super) fn text(shown: &[Shown], notes: &[String]) -> String {
    let mut text = format!("{MARKER}\n");
    for one in shown {
        let _ = writeln!(text, "### {} → {}\n", code(&one.old.full_name()), code(&one.new.full_name()));
        for hunks in [&one.diff.text, &one.diff.output] {
            fenced(&mut text, hunks);
        }
        let rows = one.rows();
        if !rows.is_empty() {
            text.push_str("| | before | after |\n| --- | --- | --- |\n");
            for [name, old, new] in &rows {
                let _ = writeln!(text, "| {} | {} | {} |", code(name), code(old), code(new));
            }
            text.push('\n');
        }
        for remark in one.remarks() {
            let _ = writeln!(text, "- {}", code(&remark));
        }
        text.push('\n');
    }
    for note in notes {
        let _ = writeln!(text, "- {}", code(note));
    }
    if shown.is_empty() && notes.is_empty() {
        text.push_str("No prompt changed.\n");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// A block that its content cannot close.
fn fenced(text: &mut String, hunks: &[Hunk]) {
    if hunks.is_empty() {
        return;
    }
    let mut lines = String::new();
    for (place, hunk) in hunks.iter().enumerate() {
        if place > 0 {
            lines.push_str("  ...\n");
        }
        for line in hunk {
            let content: String = line.parts.iter().map(|part| part.text.as_str()).collect();
            let _ = writeln!(lines, "{}{}", mark(line.side), printable(&content));
        }
    }
    let longest = lines.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    let _ = writeln!(text, "{fence}diff\n{lines}{fence}\n");
    for hunk in hunks {
        words(text, hunk);
    }
}

/// The words that changed in lines that are otherwise the same: a block cannot set them off.
fn words(text: &mut String, hunk: &Hunk) {
    let changed = |side: Side| -> Vec<String> {
        let lines = hunk.iter().filter(|line| line.side == side);
        let parts = lines.flat_map(|line| &line.parts).filter(|part| part.changed && !part.text.trim().is_empty());
        parts.map(|part| code(part.text.trim())).collect()
    };
    let (old, new) = (changed(Side::Old), changed(Side::New));
    if !old.is_empty() || !new.is_empty() {
        let side = |words: &[String]| if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
        let _ = writeln!(text, "Words: {} → {}\n", side(&old), side(&new));
    }
}
