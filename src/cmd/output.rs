//! The only place that prints: results on standard output, messages on standard error.

use std::io::{self, BufWriter, Write};

use anstyle::{AnsiColor, Style};

use crate::error::{Error, Problem, Result};
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

/// Prints what `write` writes as it stands, without holding it. A reader that has gone away is no failure.
pub(super) fn stream(write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut gone = false;
    let mut out = BufWriter::with_capacity(1 << 16, UntilGone { out: io::stdout(), gone: &mut gone });
    let written = write(&mut out).and_then(|()| {
        out.flush().map_err(|error| Error::unavailable("cannot write to standard output").source(error))
    });
    drop(out);
    if gone { Ok(()) } else { written }
}

/// Notices whether the reader has gone away.
struct UntilGone<'a, W> {
    out: W,
    gone: &'a mut bool,
}

impl<W: Write> Write for UntilGone<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        *self.gone |= written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Prints a value as JSON to standard output.
pub(super) fn print_json(value: &serde_json::Value) -> Result<()> {
    print(&format!("{value:#}\n"))
}

/// Prints what holds amounts of money as JSON to standard output: in a value they would be binary numbers.
pub(super) fn print_exactly(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value);
    print(&(text.map_err(|error| Error::unavailable("cannot write the result as JSON").source(error))? + "\n"))
}

/// A line on standard error that is not a failure.
pub(super) fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", printable(text));
}

/// Lines on standard error as they stand, for a machine that reads them.
pub(super) fn raw_message(text: &[u8]) {
    let _ = io::stderr().write_all(text);
}

/// Problems that are no failure of the program, each with its hint.
pub(super) fn problems(problems: &[Problem]) {
    for problem in problems {
        one(&problem.to_string(), problem.hint.as_deref());
    }
}

/// Every problem with its hint, then the cause.
pub(super) fn error(error: &Error) {
    let last = error.problems.len().saturating_sub(1);
    for (index, problem) in error.problems.iter().enumerate() {
        // The cause belongs to the last problem; `Error`'s own display joins them.
        let text = if last == 0 && index == 0 { error.to_string() } else { problem.to_string() };
        one(&text, problem.hint.as_deref());
    }
}

fn one(text: &str, hint: Option<&str>) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let bold = Style::new().bold();
    let mut stderr = anstream::stderr();
    let _ = writeln!(stderr, "{red}error{red:#}: {}", printable(text));
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "{bold}hint{bold:#}: {}", printable(hint));
    }
}
