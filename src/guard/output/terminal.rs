//! What commands a terminal or deceives the eye: escape sequences, control characters, changes of the direction of
//! writing, characters that nobody sees.
//!
//! Source: ECMA-48 (control sequences), UAX #9 (directions), UTS #51 (emoji sequences).

use std::ops::Range;

use crate::guard::finding::{Finding, Severity};
use crate::guard::normal::Hidden;
use crate::guard::view::View;

pub(super) const ESCAPE: &str = "terminal_escape";
pub(super) const CONTROL: &str = "control_characters";
pub(super) const DIRECTION: &str = "text_direction";

/// From this many invisible characters on, somebody hides something.
const MANY_HIDDEN: usize = 4;
/// Tag characters in the flag of a part of a country, as `gbeng`, with the one that ends it.
const MAX_FLAG_TAGS: usize = 7;

/// An answer without what a reader must not get, and what that was.
pub(super) struct Shown {
    pub(super) view: View,
    /// Bytes of the original that are not in the view, each with how many there are up to its end; in order, apart.
    removed: Vec<(Range<usize>, usize)>,
    pub(super) findings: Vec<Finding>,
}

impl Shown {
    /// The bytes of the view that a part of the original became.
    pub(super) fn of_original(&self, bytes: &Range<usize>) -> Range<usize> {
        let position = |at: usize| {
            let until = self.removed.partition_point(|(range, _)| range.start < at);
            let Some((last, all)) = until.checked_sub(1).map(|index| &self.removed[index]) else { return at };
            at - (all - last.end.saturating_sub(at))
        };
        position(bytes.start)..position(bytes.end)
    }
}

/// A kind of what is removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Escape,
    Control,
    Direction,
    Tag,
    Invisible,
}

const KINDS: [Kind; 5] = [Kind::Escape, Kind::Control, Kind::Direction, Kind::Tag, Kind::Invisible];

/// Takes out of an answer what commands or deceives; `hidden` is what the answer hides.
pub(super) fn shown(text: &str, hidden: &Hidden) -> Shown {
    let mut found = escapes(text);
    let is_right_to_left = text.chars().any(is_right_to_left);
    let known = [(&hidden.controls, Kind::Control), (&hidden.tags, Kind::Tag), (&hidden.invisible, Kind::Invisible)];
    for (ranges, kind) in known {
        for range in ranges.iter().filter(|range| kind != Kind::Tag || !is_flag(text, range)) {
            split(text, range, (kind, is_right_to_left), &mut found);
        }
    }
    found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    // The bytes of a sequence are characters of their own too.
    let mut end = 0;
    found.retain(|(range, _)| {
        let is_new = range.start >= end;
        end = end.max(range.end);
        is_new
    });
    let mut view = View::default();
    let mut at = 0;
    for (range, _) in &found {
        view.copy(&text[at..range.start], at);
        at = range.end;
    }
    view.copy(&text[at..], at);
    let findings = KINDS.iter().filter_map(|kind| finding(text, &found, *kind)).collect();
    let mut all = 0;
    let removed = found.into_iter().map(|(range, _)| {
        all += range.len();
        (range, all)
    });
    Shown { view, removed: removed.collect(), findings }
}

fn finding(text: &str, found: &[(Range<usize>, Kind)], kind: Kind) -> Option<Finding> {
    let mut ranges = found.iter().filter(|(_, other)| *other == kind).map(|(range, _)| range);
    let first = ranges.next()?.clone();
    let (last, characters) =
        ranges.fold((first.clone(), count(text, &first)), |(_, all), range| (range.clone(), all + count(text, range)));
    let many = if characters >= MANY_HIDDEN { Severity::Medium } else { Severity::Low };
    let (rule, severity, message) = match kind {
        Kind::Escape => (ESCAPE, Severity::Medium, "Escape sequences command the terminal that shows the answer."),
        Kind::Control => (CONTROL, Severity::Low, "The answer holds control characters."),
        Kind::Direction => {
            (DIRECTION, Severity::Medium, "The answer turns the direction of writing: it reads other than it is.")
        }
        Kind::Tag => ("hidden_text", Severity::Medium, "Unicode tag characters hide a text that only machines read."),
        Kind::Invisible => ("hidden_text", many, "Invisible characters stand where no script needs them."),
    };
    Some(Finding { rule, severity, bytes: first.start..last.end, confidence: 0.95, message: message.to_owned() })
}

fn count(text: &str, range: &Range<usize>) -> usize {
    text[range.clone()].chars().count()
}

/// Sequences that begin with ESC or one of its eight-bit forms.
fn escapes(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(['\u{1b}', '\u{90}', '\u{98}', '\u{9b}', '\u{9d}', '\u{9e}', '\u{9f}']) {
        let start = at + offset;
        at = start + sequence(&text[start..]);
        found.push((start..at, Kind::Escape));
    }
    found
}

/// How long the sequence is that a text begins with.
fn sequence(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    let introducer = match characters.next() {
        Some((_, '\u{1b}')) => {
            characters.next_if(|(_, next)| next.is_ascii() && !next.is_ascii_control()).map(|(_, next)| next)
        }
        // The eight-bit forms are the seven-bit ones moved by 0x40.
        Some((_, other)) => char::from_u32(u32::from(other) - 0x40),
        None => None,
    };
    let start = characters.peek().map_or(text.len(), |(at, _)| *at);
    let rest = &text[start..];
    start
        + match introducer {
            Some('[') => control_sequence(rest),
            Some(']' | 'P' | 'X' | '^' | '_') => string(rest),
            // One more character names a character set.
            Some(' '..='/') => rest.chars().next().filter(char::is_ascii_graphic).map_or(0, char::len_utf8),
            _ => 0,
        }
}

/// Parameters and the letter that ends them.
fn control_sequence(text: &str) -> usize {
    let parameters = text.bytes().take_while(|byte| matches!(byte, 0x20..=0x3F)).count();
    parameters + usize::from(text.as_bytes().get(parameters).is_some_and(|byte| matches!(byte, 0x40..=0x7E)))
}

/// A command string goes to its terminator; one without any must not take the answer along, only its line.
fn string(text: &str) -> usize {
    for (at, character) in text.char_indices() {
        match character {
            '\u{7}' | '\u{9c}' => return at + character.len_utf8(),
            '\u{1b}' => return at + if text[at + 1..].starts_with('\\') { 2 } else { 0 },
            '\n' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The flag of a part of a country is written with tag characters.
fn is_flag(text: &str, tags: &Range<usize>) -> bool {
    text[..tags.start].ends_with('\u{1F3F4}')
        && text[tags.clone()].ends_with('\u{E007F}')
        && count(text, tags) <= MAX_FLAG_TAGS
}

/// The characters of a range that are not where they belong, each with its kind.
fn split(
    text: &str,
    range: &Range<usize>,
    (kind, is_right_to_left): (Kind, bool),
    found: &mut Vec<(Range<usize>, Kind)>,
) {
    let mut before = text[..range.start].chars().next_back();
    for (offset, character) in text[range.clone()].char_indices() {
        let at = range.start + offset;
        let end = at + character.len_utf8();
        let is_direction = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        let kind = if is_direction { Kind::Direction } else { kind };
        let belongs = match character {
            '\u{202D}' | '\u{202E}' => false,
            _ if is_direction => is_right_to_left,
            '\u{200E}' | '\u{200F}' | '\u{061C}' => is_right_to_left,
            '\u{FE0E}' | '\u{FE0F}' => before.is_some_and(|before| takes_style(before, &text[end..])),
            '\u{E0100}'..='\u{E01EF}' => {
                before.is_some_and(|before| matches!(u32::from(before), 0x3400..=0x9FFF | 0x20000..=0x3FFFF))
            }
            '\u{180B}'..='\u{180F}' => before.is_some_and(|before| matches!(u32::from(before), 0x1800..=0x18AF)),
            // A form feed separates pages.
            '\u{C}' => true,
            _ => false,
        };
        if !belongs {
            found.push((at..end, kind));
        }
        before = Some(character);
    }
}

/// Whether a style selector belongs to a character: to signs that are emoji too, and to digits on a key.
fn takes_style(before: char, after: &str) -> bool {
    let is_key = matches!(before, '0'..='9' | '#' | '*') && after.starts_with('\u{20E3}');
    is_key || matches!(u32::from(before), 0xA9 | 0xAE | 0x2010..=0x33FF | 0x1F000..=0x1FFFF)
}

fn is_right_to_left(character: char) -> bool {
    matches!(u32::from(character), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::normal::visible;

    fn shown_of(text: &str) -> (String, Vec<&'static str>) {
        let shown = shown(text, &visible(text).1);
        (shown.view.text.clone(), shown.findings.iter().map(|finding| finding.rule).collect())
    }

    #[test]
    fn what_commands_or_deceives_is_taken_out_and_named() {
        for (text, left, rule) in [
            ("a\u{1b}[31mred\u{1b}[0m", "ared", "terminal_escape"),
            ("a\u{1b}[2J\u{1b}[Hb", "ab", "terminal_escape"),
            ("\u{1b}]0;title\u{7}x", "x", "terminal_escape"),
            ("\u{1b}]8;;https://evil.test\u{1b}\\click\u{1b}]8;;\u{1b}\\", "click", "terminal_escape"),
            ("\u{1b}]52;c;cm0gLXJm\nnext", "\nnext", "terminal_escape"),
            ("\u{1b}Pq#0\u{1b}\\x", "x", "terminal_escape"),
            ("\u{9b}31mx", "x", "terminal_escape"),
            ("\u{1b}(0x", "x", "terminal_escape"),
            ("x\u{1b}", "x", "terminal_escape"),
            ("x\u{1b}[", "x", "terminal_escape"),
            ("a\u{8}\u{8}b", "ab", "control_characters"),
            ("a\0b", "ab", "control_characters"),
            ("user\u{202e}txt.exe", "usertxt.exe", "text_direction"),
            ("x\u{2066}y\u{2069}", "xy", "text_direction"),
            ("pass\u{200b}word", "password", "hidden_text"),
            ("a\u{e0041}\u{e0042}", "a", "hidden_text"),
            ("a\u{fe01}\u{fe02}\u{fe03}", "a", "hidden_text"),
        ] {
            assert_eq!(shown_of(text), (left.to_owned(), vec![rule]), "{text:?}");
        }
    }

    #[test]
    fn what_scripts_and_emoji_need_stays() {
        for text in [
            "tab\tand\r\nlines\n",
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 1\u{fe0f}\u{20e3} ℹ\u{fe0f} ©\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "می\u{200c}خواهم",
            "שלום\u{200f}!",
            "葛\u{e0100}城市",
            "क्\u{200d}ष",
        ] {
            assert_eq!(shown_of(text), (text.to_owned(), vec![]), "{text:?}");
        }
    }

    #[test]
    fn places_of_the_original_are_found_in_what_is_shown() {
        let text = "ab\u{200b}cd\u{200b}ef";
        let shown = shown(text, &visible(text).1);
        assert_eq!(shown.of_original(&(5..7)), 2..4);
        assert_eq!(shown.of_original(&(0..text.len())), 0..6);
        assert_eq!(shown.view.original(2..4), 5..7);
    }
}
