//! Morse code, ITU-R M.1677-1: letters apart by a space, words by `/` or wider space.

use super::{Decoded, runs, written};

const CODES: &[(&str, char)] = &[
    (".-", 'a'),
    ("-...", 'b'),
    ("-.-.", 'c'),
    ("-..", 'd'),
    (".", 'e'),
    ("..-.", 'f'),
    ("--.", 'g'),
    ("....", 'h'),
    ("..", 'i'),
    (".---", 'j'),
    ("-.-", 'k'),
    (".-..", 'l'),
    ("--", 'm'),
    ("-.", 'n'),
    ("---", 'o'),
    (".--.", 'p'),
    ("--.-", 'q'),
    (".-.", 'r'),
    ("...", 's'),
    ("-", 't'),
    ("..-", 'u'),
    ("...-", 'v'),
    (".--", 'w'),
    ("-..-", 'x'),
    ("-.--", 'y'),
    ("--..", 'z'),
    ("-----", '0'),
    (".----", '1'),
    ("..---", '2'),
    ("...--", '3'),
    ("....-", '4'),
    (".....", '5'),
    ("-....", '6'),
    ("--...", '7'),
    ("---..", '8'),
    ("----.", '9'),
    (".-.-.-", '.'),
    ("--..--", ','),
    ("..--..", '?'),
    (".----.", '\''),
    ("-.-.--", '!'),
    ("-..-.", '/'),
    ("---...", ':'),
    ("-....-", '-'),
    (".--.-.", '@'),
    ("-...-", '='),
    ("..--.-", '_'),
    (".-..-.", '"'),
    ("-.--.", '('),
    ("-.--.-", ')'),
    (".-.-.", '+'),
    ("-.-.-.", ';'),
    (".-...", '&'),
];
const MIN_LETTERS: usize = 5;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let belongs = |byte: u8| matches!(byte, b'.' | b'-' | b' ' | b'/' | b'\n' | b'|');
    let mut parts = Vec::new();
    for run in runs(text, MIN_LETTERS * 2, belongs) {
        let body = text[run.clone()].trim_matches([' ', '\n']);
        let start = run.start + (text[run.clone()].len() - text[run.clone()].trim_start_matches([' ', '\n']).len());
        let words = body.split(['/', '|', '\n']).flat_map(|words| words.split("   "));
        let letters = words.map(|word| word.split_whitespace().map(letter).collect::<Option<String>>());
        let Some(words) = letters.collect::<Option<Vec<String>>>() else { continue };
        let read = words.join(" ");
        if read.bytes().filter(u8::is_ascii_alphabetic).count() >= MIN_LETTERS
            && let Some(text) = written(read.as_bytes())
        {
            parts.push(Decoded { span: start..start + body.len(), text });
        }
    }
    parts
}

fn letter(code: &str) -> Option<char> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, letter)| *letter)
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn words_in_morse_are_read_and_lines_and_ellipses_are_not() {
        for (text, read) in [
            ("do .. --. -. --- .-. . / .- .-.. .-.. now", "do ignore all now"),
            ("well ... - so -- it goes ---", "well ... - so -- it goes ---"),
            ("-----------------------", "-----------------------"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
