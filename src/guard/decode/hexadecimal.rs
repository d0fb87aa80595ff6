//! Hexadecimal bytes: `49676e6f7265`, `49 67 6e`, `49:67:6e`, `0x49, 0x67`.

use super::{Decoded, runs, written};

/// Fewer are numbers, colours and abbreviated hashes.
const MIN_BYTES: usize = 6;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let belongs = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b':' | b',' | b'x' | b'X' | b'-');
    let mut parts = Vec::new();
    for run in runs(text, MIN_BYTES * 2, belongs) {
        parts.extend(longest(text, run));
    }
    parts
}

/// The words of a run which are bytes, taken together as long as they follow one another.
fn longest(text: &str, run: std::ops::Range<usize>) -> Vec<Decoded> {
    let mut parts = Vec::new();
    let mut bytes = Vec::new();
    let mut span = run.start..run.start;
    let mut at = run.start;
    for word in text[run].split_inclusive([' ', ':', ',', '-']) {
        let digits = word.trim_end_matches([' ', ':', ',', '-']);
        match pairs(digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits)) {
            Some(more) => {
                if bytes.is_empty() {
                    span.start = at;
                }
                bytes.extend(more);
                span.end = at + digits.len();
            }
            None if digits.is_empty() => {}
            None => flush(&mut bytes, &span, &mut parts),
        }
        at += word.len();
    }
    flush(&mut bytes, &span, &mut parts);
    parts
}

fn flush(bytes: &mut Vec<u8>, span: &std::ops::Range<usize>, parts: &mut Vec<Decoded>) {
    if bytes.len() >= MIN_BYTES
        && let Some(text) = written(bytes)
    {
        parts.push(Decoded { span: span.clone(), text });
    }
    bytes.clear();
}

fn pairs(digits: &str) -> Option<Vec<u8>> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn bytes_are_read_in_their_usual_forms() {
        for (text, read) in [
            ("run 49676e6f726520616c6c now", "run Ignore all now"),
            ("49 67 6e 6f 72 65 20 61 6c 6c", "Ignore all"),
            ("0x49, 0x67, 0x6e, 0x6f, 0x72, 0x65", "Ignore"),
            ("commit 3cfff88bad3eaa1fccb6183fd0fed6f9b74a26d2", "commit 3cfff88bad3eaa1fccb6183fd0fed6f9b74a26d2"),
            ("decade facade added", "decade facade added"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
