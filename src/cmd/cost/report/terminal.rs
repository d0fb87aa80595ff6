//! A report for people: tables with bars, then why it changed and how the month will end, a line each.

use std::fmt::Write as _;

use jiff::Span;
use jiff::civil::Date;
use unicode_width::UnicodeWidthStr as _;

use super::{Compared, Statement};
use crate::cost::Cost;
use crate::cost::ledger::{Amounts, AtMost, By, Change, Forecast, Key, Table, days_left};
use crate::text::{brief, count, printable};

/// Where nobody says how wide the terminal is.
const WIDTH: usize = 100;
const MOST_BAR: usize = 40;
/// A shorter bar shows nothing.
const LEAST_BAR: usize = 8;
/// Names are cut there.
const LONGEST_NAME: usize = 44;
/// Rows of a table that has no days; the others are told as one.
const MOST_ROWS: usize = 20;
/// With more days than these, those without calls are left out.
const MOST_DAYS: i32 = 92;
/// A part of a change that is smaller, measured by the largest, is left out.
const LEAST_PART: f64 = 0.005;

pub(super) fn text(statement: &Statement) -> String {
    let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
    text_of(statement, width)
}

fn text_of(statement: &Statement, width: usize) -> String {
    let period = &statement.period;
    let project = statement.project.as_deref().map_or_else(|| "all projects".into(), printable);
    let zone = period.zone.iana_name().unwrap_or("local time");
    let days = format!("{} to {} ({zone})", period.first, period.last);
    if statement.total == Amounts::default() {
        return format!("the ledger has no calls of {project} from {days}\n");
    }
    let mut text = format!("{project}, {days}\n");
    for (index, table) in statement.tables.iter().enumerate() {
        let mut rows = rows(table);
        if index == 0 && rows.len() > 1 {
            rows.push(Row { names: total_of(table), amounts: statement.total, has_bar: false });
        }
        let _ = write!(text, "\n{}", Shown { names: &table.by, rows: &rows, width });
    }
    let lines: Vec<String> = [
        statement.compared.as_ref().map(|compared| change(compared, &period.before)),
        statement.forecast.as_ref().map(forecast),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !lines.is_empty() {
        let _ = write!(text, "\n{}\n", lines.join("\n"));
    }
    text
}

/// A line of a table.
struct Row {
    names: Vec<String>,
    amounts: Amounts,
    has_bar: bool,
}

/// A table's rows as they are shown: days without calls between others are there, and the cheapest of many are one.
fn rows(table: &Table) -> Vec<Row> {
    let name =
        |part: &Option<_>| part.as_deref().map_or_else(|| "-".to_owned(), |name: &str| brief(name, LONGEST_NAME));
    let row = |(key, amounts): &(&Key, &Amounts)| Row {
        names: key.iter().map(name).collect(),
        amounts: **amounts,
        has_bar: true,
    };
    let ordered = table.ordered();
    if table.by == [By::Day] {
        return with_gaps(ordered.iter().map(row).collect());
    }
    if table.by.contains(&By::Day) || ordered.len() <= MOST_ROWS + 1 {
        return ordered.iter().map(row).collect();
    }
    let (shown, others) = ordered.split_at(MOST_ROWS);
    let mut sum = Amounts::default();
    for (_, amounts) in others {
        sum += **amounts;
    }
    let mut names = vec![String::new(); table.by.len()];
    names[0] = format!("{} more", others.len());
    shown.iter().map(row).chain([Row { names, amounts: sum, has_bar: false }]).collect()
}

fn with_gaps(rows: Vec<Row>) -> Vec<Row> {
    let date = |row: Option<&Row>| row.and_then(|row| row.names[0].parse::<Date>().ok());
    let (Some(first), Some(last)) = (date(rows.first()), date(rows.last())) else { return rows };
    if last.since(first).map_or(i32::MAX, |span| span.get_days()) > MOST_DAYS {
        return rows;
    }
    let mut rows = rows.into_iter().peekable();
    let day = |date: Date| {
        let name = date.to_string();
        let there = rows.next_if(|row| row.names[0] == name);
        there.unwrap_or(Row { names: vec![name], amounts: Amounts::default(), has_bar: true })
    };
    first.series(Span::new().days(1)).take_while(|date| *date <= last).map(day).collect()
}

fn total_of(table: &Table) -> Vec<String> {
    let mut names = vec![String::new(); table.by.len()];
    "total".clone_into(&mut names[0]);
    names
}

/// Columns that line up, then a bar of what is left of the width.
struct Shown<'a> {
    names: &'a [By],
    rows: &'a [Row],
    width: usize,
}

struct Column {
    title: &'static str,
    is_right: bool,
    cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).chain([self.title.width()]).max().unwrap_or_default()
    }

    fn padded(&self, cell: &str) -> String {
        let gap = " ".repeat(self.width().saturating_sub(cell.width()));
        if self.is_right { gap + cell } else { cell.to_owned() + &gap }
    }
}

impl Shown<'_> {
    fn columns(&self) -> Vec<Column> {
        let cells = |cell: &dyn Fn(&Row) -> String| self.rows.iter().map(cell).collect::<Vec<_>>();
        let names = self.names.iter().enumerate().map(|(at, by)| Column {
            title: by.name(),
            is_right: false,
            cells: cells(&|row| row.names[at].clone()),
        });
        let right = |title, cell: &dyn Fn(&Amounts) -> String| Column {
            title,
            is_right: true,
            cells: cells(&|row| cell(&row.amounts)),
        };
        let numbers = [
            right("calls", &|amounts| grouped(amounts.calls)),
            right("tokens in", &|amounts| grouped(amounts.usage.all_input())),
            right("tokens out", &|amounts| grouped(amounts.usage.output.saturating_add(amounts.usage.reasoning))),
            right("cost", &|amounts| cost(amounts)),
            Column { is_right: false, ..right("", &|amounts| unknown(amounts)) },
            right("saved", &|amounts| at_most(&amounts.kept, "")),
            right("open or lost", &|amounts| at_most(&amounts.unsettled(), "at most ")),
        ];
        let is_told = |column: &Column| {
            matches!(column.title, "calls" | "tokens in" | "tokens out" | "cost")
                || column.cells.iter().any(|cell| !cell.is_empty())
        };
        names.chain(numbers.into_iter().filter(is_told)).collect()
    }
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.columns();
        // What is not known stands beside its cost.
        let gap = |column: &Column| if column.title.is_empty() { " " } else { "  " };
        let line = |cells: Vec<String>| {
            let cells = columns.iter().zip(cells).enumerate();
            let line: String =
                cells.map(|(at, (column, cell))| (if at == 0 { "" } else { gap(column) }).to_owned() + &cell).collect();
            line
        };
        let titles = line(columns.iter().map(|column| column.padded(column.title)).collect());
        let bar_width = self.width.saturating_sub(titles.width() + 2).min(MOST_BAR);
        let largest = self.rows.iter().filter(|row| row.has_bar).map(|row| row.amounts.usd).max().unwrap_or_default();
        writeln!(f, "{}", titles.trim_end())?;
        for (at, row) in self.rows.iter().enumerate() {
            let cells = line(columns.iter().map(|column| column.padded(&column.cells[at])).collect());
            let bar = if row.has_bar && bar_width >= LEAST_BAR {
                bar(row.amounts.usd, largest, bar_width)
            } else {
                String::new()
            };
            writeln!(f, "{}", format!("{cells}  {bar}").trim_end())?;
        }
        Ok(())
    }
}

/// In eighths of a character; what costs anything is seen.
fn bar(usd: Cost, largest: Cost, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if usd <= Cost::ZERO {
        return String::new();
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a bar that is no longer than a terminal is wide"
    )]
    let eighths = ((usd.to_f64() / largest.to_f64()) * (width * 8) as f64).round() as usize;
    let eighths = eighths.clamp(1, width * 8);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// What was spent, as far as it is known; nothing if it is known of no call.
fn cost(amounts: &Amounts) -> String {
    if amounts.unknown > 0 && amounts.unknown == amounts.calls { String::new() } else { amounts.usd.to_string() }
}

fn unknown(amounts: &Amounts) -> String {
    match amounts.unknown {
        0 => String::new(),
        all if all == amounts.calls => format!("{} unknown", grouped(all)),
        some => format!("+ {} unknown", grouped(some)),
    }
}

/// `$0.10`, `$0.10 + 2 unknown`, `2 unknown`
fn at_most(part: &AtMost, before: &str) -> String {
    match part.unknown {
        _ if part.calls == 0 => String::new(),
        0 => format!("{before}{}", part.usd),
        all if all == part.calls => format!("{} unknown", grouped(all)),
        some => format!("{before}{} + {} unknown", part.usd, grouped(some)),
    }
}

/// `12,345`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `+$0.38 (+12 %) against the 30 days before: more calls +$0.21, longer prompts +$0.17`
fn change(Compared { change, unknown, begins_late }: &Compared, before: &str) -> String {
    let whole = change.whole();
    let share = match change.before {
        Cost::ZERO => String::new(),
        before => format!(" ({:+.0} %)", whole.to_f64() / before.to_f64() * 100.0),
    };
    let parts = parts(change);
    let why = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let unknown = match *unknown {
        0 => String::new(),
        some => {
            format!("; without {} whose cost is not known", count(usize::try_from(some).unwrap_or(usize::MAX), "call"))
        }
    };
    if whole == Cost::ZERO && parts.is_empty() {
        return format!("as much as in {before}{unknown}");
    }
    let late = begins_late.map_or_else(String::new, |date| format!(", whose first call was on {date}"));
    format!("{}{share} against {before}{late}{why}{unknown}", signed(whole))
}

/// The largest first.
fn parts(change: &Change) -> Vec<String> {
    let mut parts = [
        (change.calls, "more calls", "fewer calls"),
        (change.prompts, "longer prompts", "shorter prompts"),
        (change.answers, "longer answers", "shorter answers"),
        (change.rates, "dearer tokens", "cheaper tokens"),
    ];
    let size = |part: Cost| part.max(part.negative());
    parts.sort_by_key(|(part, ..)| std::cmp::Reverse(size(*part)));
    let least = size(parts[0].0).to_f64() * LEAST_PART;
    let told = parts.iter().filter(|(part, ..)| *part != Cost::ZERO && size(*part).to_f64() >= least);
    told.map(|(part, more, less)| format!("{} {}", if *part > Cost::ZERO { more } else { less }, signed(*part)))
        .collect()
}

fn signed(usd: Cost) -> String {
    if usd > Cost::ZERO { format!("+{usd}") } else { usd.to_string() }
}

fn forecast(forecast: &Forecast) -> String {
    let Forecast { month, usd, low_usd, high_usd, so_far_usd, day_usd, .. } = forecast;
    let range =
        if low_usd == high_usd { String::new() } else { format!(", in nine of ten cases {low_usd} to {high_usd}") };
    let unknown = match forecast.unknown {
        0 => String::new(),
        some => {
            format!("; without {} whose cost is not known", count(usize::try_from(some).unwrap_or(usize::MAX), "call"))
        }
    };
    let left = days_left(forecast.left_seconds);
    let days = if left == "1" { "day" } else { "days" };
    format!(
        "forecast for {month}: {usd} by its end{range}; {so_far_usd} so far, and {left} {days} to go at {day_usd}, the mean of \
         the last {} complete days{unknown}",
        forecast.days
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(text: &str) -> Cost {
        Cost::parse(text).unwrap()
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_what_costs_anything_is_seen() {
        let one = dollars("1");
        let cases = [("1", "████"), ("0.5", "██"), ("0.125", "▌"), ("0.000001", "▏"), ("0", ""), ("0.9", "███▋")];
        for (usd, expected) in cases {
            assert_eq!(bar(dollars(usd), one, 4), expected, "{usd}");
        }
    }

    #[test]
    fn what_is_not_known_is_said_beside_what_is() {
        let amounts = |calls, unknown| Amounts { calls, unknown, usd: dollars("0.42"), ..Amounts::default() };
        let shown = |amounts: Amounts| format!("{} {}", cost(&amounts), unknown(&amounts));
        assert_eq!(shown(amounts(4, 3)), "$0.42 + 3 unknown");
        assert_eq!(shown(amounts(4, 0)), "$0.42 ");
        assert_eq!(shown(Amounts { usd: Cost::ZERO, ..amounts(3, 3) }), " 3 unknown");
        let part = |calls, unknown| at_most(&AtMost { calls, usd: dollars("0.1"), unknown }, "at most ");
        let expected = ["", "at most $0.10", "at most $0.10 + 1 unknown", "2 unknown"];
        assert_eq!([part(0, 0), part(2, 0), part(2, 1), part(2, 2)], expected);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, expected) in cases {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn a_change_is_told_in_one_line_with_its_largest_part_first() {
        let change_of = |parts: [&str; 4], before| {
            let [calls, prompts, answers, rates] = parts.map(dollars);
            let (before, whole) = (dollars(before), calls + prompts + answers + rates);
            Change { before, after: before + whole, calls, prompts, answers, rates }
        };
        let told = |parts, before, unknown| {
            let begins_late = (unknown > 1).then(|| jiff::civil::date(2026, 11, 5));
            change(&Compared { change: change_of(parts, before), unknown, begins_late }, "the 7 days before")
        };
        let cases = [
            (
                told(["0.21", "0.14", "0.0001", "0.03"], "3.17", 0),
                "+$0.38 (+12 %) against the 7 days before: more calls +$0.21, longer prompts +$0.14, dearer tokens +$0.03",
            ),
            (
                told(["-0.5", "0", "-0.25", "0.5"], "1", 1),
                "-$0.25 (-25 %) against the 7 days before: fewer calls -$0.50, dearer tokens +$0.50, shorter answers -$0.25; \
                 without 1 call whose cost is not known",
            ),
            (
                told(["1", "0", "0", "0"], "1", 2),
                "+$1.00 (+100 %) against the 7 days before, whose first call was on 2026-11-05: more calls +$1.00; \
                 without 2 calls whose cost is not known",
            ),
            (told(["0", "0", "0", "0"], "1", 0), "as much as in the 7 days before"),
            (told(["2", "0", "0", "0"], "0", 0), "+$2.00 against the 7 days before: more calls +$2.00"),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
    }
}
