//! The only place that prints: results on standard output, messages on standard error.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};

use crate::error::{Error, Result};
use crate::text::printable;

/// Prints to standard output. A reader that has gone away is no failure.
pub(super) fn print(text: &str) -> Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::unavailable("cannot write to standard output").source(error))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON to standard output.
pub(super) fn print_json(value: &serde_json::Value) -> Result<()> {
    print(&format!("{value:#}\n"))
}

/// A line on standard error that is not a failure.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", printable(text));
}

/// Every problem with its hint, then the cause.
pub(super) fn error(error: &Error) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let bold = Style::new().bold();
    let mut stderr = anstream::stderr();
    let last = error.problems.len().saturating_sub(1);
    for (index, problem) in error.problems.iter().enumerate() {
        // The cause belongs to the last problem; `Error`'s own display joins them.
        let text = if last == 0 && index == 0 { error.to_string() } else { problem.to_string() };
        let _ = writeln!(stderr, "{red}error{red:#}: {}", printable(&text));
        if let Some(hint) = &problem.hint {
            let _ = writeln!(stderr, "{bold}hint{bold:#}: {}", printable(hint));
        }
    }
}
