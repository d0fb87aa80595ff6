//! Characters by their number: binary bytes (`01001001 01100111`) and decimal codes (`73 103 110`).

use super::{Decoded, runs, written};

const MIN_CHARACTERS: usize = 5;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let belongs = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b',' | b'\n');
    let mut parts = Vec::new();
    for run in runs(text, MIN_CHARACTERS * 3, belongs) {
        let body = text[run.clone()].trim_end_matches([' ', ',', '\n']);
        let start = run.start + body.len() - body.trim_start_matches([' ', ',', '\n']).len();
        let span = start..run.start + body.len();
        let body = &text[span.clone()];
        let bytes = binary(body).or_else(|| decimal(body));
        if let Some(text) = bytes.filter(|bytes| bytes.len() >= MIN_CHARACTERS).and_then(|bytes| written(&bytes)) {
            parts.push(Decoded { span, text });
        }
    }
    parts
}

fn binary(body: &str) -> Option<Vec<u8>> {
    let bits: Vec<u8> = body.bytes().filter(u8::is_ascii_digit).collect();
    if bits.iter().any(|bit| !matches!(bit, b'0' | b'1')) {
        return None;
    }
    let byte = |bits: &[u8]| bits.iter().fold(0u8, |byte, bit| byte << 1 | (bit - b'0'));
    let width = if bits.len().is_multiple_of(8) { 8 } else { 7 };
    bits.len().is_multiple_of(width).then(|| bits.chunks(width).map(byte).collect())
}

fn decimal(body: &str) -> Option<Vec<u8>> {
    let numbers = body.split([' ', ',', '\n']).filter(|number| !number.is_empty());
    numbers.map(|number| number.parse().ok().filter(|&code| matches!(code, 10 | 32..=126))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn codes_of_characters_are_read_and_numbers_are_not() {
        for (text, read) in [
            ("do 01001001 01100111 01101110 01101111 01110010 01100101 now", "do Ignore now"),
            ("010010010110011101101110011011110111001001100101", "Ignore"),
            ("73 103 110 111 114 101 32 97 108 108", "Ignore all"),
            ("10, 20, 30, 40, 50, 60, 70", "10, 20, 30, 40, 50, 60, 70"),
            ("call 0800 123 456 789", "call 0800 123 456 789"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
