//! Uncontracted English braille, Unicode block U+2800.

use super::Decoded;

/// The letters a to z as dots, bit n is dot n + 1.
const LETTERS: [u8; 26] = [
    0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A, 0x1A, 0x05, 0x07, 0x0D, 0x1D, 0x15, 0x0F, 0x1F, 0x17, 0x0E,
    0x1E, 0x25, 0x27, 0x3A, 0x2D, 0x3D, 0x35,
];
const MIN_LETTERS: usize = 4;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut parts: Vec<Decoded> = Vec::new();
    for (at, character) in text.char_indices() {
        let (end, letter) = (at + character.len_utf8(), letter(character));
        let follows = parts.last().is_some_and(|last| last.span.end == at);
        match (letter, parts.last_mut()) {
            (Some(letter), Some(last)) if follows => {
                last.text.push(letter);
                last.span.end = end;
            }
            (Some(letter), _) => parts.push(Decoded { span: at..end, text: letter.to_string() }),
            (None, Some(last)) if follows && character == ' ' => {
                last.text.push(' ');
                last.span.end = end;
            }
            (None, _) => {}
        }
    }
    parts.retain(|part| part.text.len() >= MIN_LETTERS);
    parts
}

fn letter(character: char) -> Option<char> {
    let dots = u8::try_from(u32::from(character).checked_sub(0x2800)?).ok()?;
    match dots {
        0 => Some(' '),
        0x32 => Some('.'),
        0x02 => Some(','),
        dots => LETTERS
            .iter()
            .position(|&letter| letter == dots)
            .map(|index| char::from(b"abcdefghijklmnopqrstuvwxyz"[index])),
    }
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn letters_are_read() {
        assert_eq!(decoded(super::decode, "do ⠊⠛⠝⠕⠗⠑⠀⠁⠇⠇"), "do ignore all");
        assert_eq!(decoded(super::decode, "⠁ é"), "⠁ é");
    }
}
