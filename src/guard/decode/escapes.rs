//! Escapes of programming languages: `\u0049`, `\u{49}`, `\x49`, `\111`, and `\n` between them.

use super::Decoded;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let bytes = text.as_bytes();
    let mut parts: Vec<Decoded> = Vec::new();
    let mut numbered = false;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\').map(|offset| at + offset) {
        match escape(text, found) {
            Some((character, end)) => {
                numbered |= matches!(bytes.get(found + 1), Some(b'u' | b'U' | b'x' | b'0'..=b'7'));
                push(&mut parts, found..end, character);
                at = end;
            }
            None => at = found + 1,
        }
    }
    // Line ends alone are how people write line ends.
    if numbered { parts } else { Vec::new() }
}

fn push(parts: &mut Vec<Decoded>, span: std::ops::Range<usize>, character: char) {
    match parts.last_mut() {
        Some(last) if last.span.end == span.start => {
            last.span.end = span.end;
            last.text.push(character);
        }
        _ => parts.push(Decoded { span, text: character.to_string() }),
    }
}

/// The character of the escape that begins at a backslash, and where the escape ends.
fn escape(text: &str, at: usize) -> Option<(char, usize)> {
    let rest = text.get(at + 1..)?;
    let kind = rest.chars().next()?;
    let number = |from: usize, length: usize, radix: u32| {
        let digits = rest.get(from..from + length).filter(|digits| digits.chars().all(|c| c.is_digit(radix)))?;
        Some((u32::from_str_radix(digits, radix).ok()?, at + 1 + from + length))
    };
    let (code, end) = match kind {
        'n' | 'r' | 't' => return Some((if kind == 't' { '\t' } else { '\n' }, at + 2)),
        'u' if rest[1..].starts_with('{') => {
            let length = rest.bytes().take(9).position(|byte| byte == b'}')?.checked_sub(2)?;
            let (code, end) = number(2, length, 16)?;
            (code, end + 1)
        }
        'u' => number(1, 4, 16)?,
        'U' => number(1, 8, 16)?,
        'x' => number(1, 2, 16)?,
        '0'..='7' => number(0, 3, 8)?,
        _ => return None,
    };
    char::from_u32(code).filter(|&character| character != '\0').map(|character| (character, end))
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn numbered_escapes_are_read() {
        for (text, read) in [
            (r"do \u0049\u0067\x6e\u{6f}\162\x65\nall", "do Ignore\nall"),
            (r"C:\new\table \d+\.", r"C:\new\table \d+\."),
            (r"\u{} \uZZZZ \x", r"\u{} \uZZZZ \x"),
            (r"\ué000", r"\ué000"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
