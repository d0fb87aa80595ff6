//! A file as JSON values: one a line, or one over many lines, and never more of it in memory than one may have.

use std::io::{BufRead, BufReader, Cursor, Read};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::text::brief;

/// Bytes of one value. Collectors write batches of spans with all that was said into one line.
const MOST_BYTES: usize = 32 << 20;

pub(super) enum Text {
    Json(Value),
    /// What is wrong with it.
    Bad(String),
}

/// Gives each value with the line that it begins in, from 1.
pub(super) fn each(name: &str, mut reader: impl BufRead, on: &mut dyn FnMut(usize, Text)) -> Result<()> {
    let mut line = Vec::new();
    let mut number = 0;
    while read_line(&mut reader, &mut line).map_err(|error| failed(name, error))? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if is_begun(&line) {
            // One value over many lines, if the rest is its rest.
            let room = MOST_BYTES.saturating_sub(line.len()) as u64 + 1;
            reader.by_ref().take(room).read_to_end(&mut line).map_err(|error| failed(name, error))?;
            if let Ok(value) = serde_json::from_slice(&line) {
                on(number, Text::Json(value));
                return Ok(());
            }
        }
        return each_line(name, Cursor::new(line).chain(reader), (number, on));
    }
    Ok(())
}

/// Whether a line is the beginning of a longer value.
fn is_begun(line: &[u8]) -> bool {
    line.len() <= MOST_BYTES && serde_json::from_slice::<Value>(line).is_err_and(|error| error.is_eof())
}

fn each_line(name: &str, mut reader: impl BufRead, (first, on): (usize, &mut dyn FnMut(usize, Text))) -> Result<()> {
    let mut line = Vec::new();
    let mut number = first;
    while read_line(&mut reader, &mut line).map_err(|error| failed(name, error))? {
        if line.len() > MOST_BYTES {
            on(number, Text::Bad(format!("this line is longer than {} MiB", MOST_BYTES >> 20)));
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            on(number, parsed(&line));
        }
        number += 1;
    }
    Ok(())
}

fn failed(name: &str, error: std::io::Error) -> Error {
    Error::config(format!("cannot read {}", brief(name, 200))).source(error)
}

fn parsed(line: &[u8]) -> Text {
    match serde_json::from_slice(line) {
        Ok(value) => Text::Json(value),
        // The library counts lines of its own.
        Err(error) => {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            Text::Bad(format!("this is no JSON: {why} at column {}", error.column()))
        }
    }
}

/// The next line with its end; of one that is too long, only so much as shows that. `false` at the file's end.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let most = MOST_BYTES as u64 + 2;
    if reader.by_ref().take(most).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.len() > MOST_BYTES && line.last() != Some(&b'\n') {
        reader.skip_until(b'\n')?;
        // What is read again as a line must end as one.
        line.push(b'\n');
    }
    Ok(true)
}

pub(super) fn without_mark(reader: impl Read) -> impl BufRead {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    // A reader that fails here fails again when it is read.
    if reader.fill_buf().is_ok_and(|bytes| bytes.starts_with(MARK)) {
        reader.consume(MARK.len());
    }
    reader
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8]) -> Vec<String> {
        let mut shown = Vec::new();
        each("f", without_mark(text), &mut |line, text| {
            shown.push(match text {
                Text::Json(value) => format!("{line} {}", brief(&value.to_string(), 40)),
                Text::Bad(message) => format!("{line} {message}"),
            });
        })
        .unwrap();
        shown
    }

    #[test]
    fn a_file_is_a_value_a_line_or_one_over_many_lines() {
        let cases: [(&[u8], &[&str]); 7] = [
            (b"", &[]),
            (b"\n{\"a\":1}\r\n\n{\"b\":2}", &["2 {\"a\":1}", "4 {\"b\":2}"]),
            (b"\xEF\xBB\xBF{\"a\":1}\n", &["1 {\"a\":1}"]),
            (b"\n{\n \"a\": [1,\n 2]\n}\n", &["2 {\"a\":[1,2]}"]),
            (b"[\n{\"a\":1},\n{\"b\":2}]", &["1 [{\"a\":1},{\"b\":2}]"]),
            // The first line is cut off, the others are not.
            (b"{\"a\":\n{\"b\":2}\n", &["1 this is no JSON: EOF while parsing a value at column 0", "2 {\"b\":2}"]),
            (
                b"no\n\xff\n{\"b\":2}",
                &[
                    "1 this is no JSON: expected ident at column 2",
                    "2 this is no JSON: expected value at column 1",
                    "3 {\"b\":2}",
                ],
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_line_without_an_end_and_a_nest_without_a_bottom_are_problems_and_nothing_else() {
        let mut text = vec![b'x'; MOST_BYTES + 100];
        text.extend_from_slice(b"\n{\"b\":2}\n");
        assert_eq!(shown(&text), ["1 this line is longer than 32 MiB", "2 {\"b\":2}"]);
        let mut text = b"{\"b\":2}\n".to_vec();
        text.extend(std::iter::repeat_n(b'[', MOST_BYTES + 100));
        assert_eq!(shown(&text), ["1 {\"b\":2}", "2 this line is longer than 32 MiB"]);
        let nest = "[".repeat(100_000);
        assert_eq!(shown(nest.as_bytes()), ["1 this is no JSON: recursion limit exceeded at column 128"]);
    }
}
