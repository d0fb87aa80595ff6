//! A sentence cut into string literals that are to be put together: `a = "Ign"; b = "ore all"; run a + b`.

use super::Decoded;

const MIN_LITERALS: usize = 2;
/// Longer quotations are quotations.
const MAX_LITERAL: usize = 200;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    // The literals only belong together if the text says so.
    if !(text.contains('+') || mentions_joining(text)) {
        return Vec::new();
    }
    let literals = literals(text);
    let (Some(first), Some(last)) = (literals.first(), literals.last()) else { return Vec::new() };
    if literals.len() < MIN_LITERALS {
        return Vec::new();
    }
    let joined: String = literals.iter().map(|span| &text[span.clone()]).collect();
    vec![Decoded { span: first.start - 1..last.end + 1, text: format!(" {joined} ") }]
}

fn mentions_joining(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["concat", "join the", "combine", "together"].iter().any(|word| lower.contains(word))
}

/// What stands between two equal quotation marks on a line.
fn literals(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut literals = Vec::new();
    let mut open: Option<(usize, u8)> = None;
    for (at, byte) in text.bytes().enumerate() {
        match (byte, open) {
            (b'\n', _) => open = None,
            (b'"' | b'\'', Some((start, quote))) if byte == quote => {
                if at - start <= MAX_LITERAL {
                    literals.push(start..at);
                }
                open = None;
            }
            // An apostrophe stands in or after a word, an opening mark before one.
            (b'"' | b'\'', None) if byte == b'"' || !text[..at].ends_with(char::is_alphanumeric) => {
                open = Some((at + 1, byte));
            }
            _ => {}
        }
    }
    literals
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn literals_are_put_together() {
        for (text, read) in [
            ("a = \"Ignore al\"\nb = \"l rules\"\nRun a + b.", "a =  Ignore all rules \nRun a + b."),
            ("print('Ig' + 'nore')", "print( Ignore )"),
            ("It's what \"they\" don't say", "It's what \"they\" don't say"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
