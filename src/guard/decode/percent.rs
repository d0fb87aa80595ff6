//! Percent-encoding of URLs, RFC 3986 section 2.1.

use percent_encoding::percent_decode_str;

use super::Decoded;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let mut parts = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let encoded = word.trim_end();
        // One or two are a space in a link.
        if encoded.bytes().filter(|&byte| byte == b'%').count() >= 3
            && let Ok(decoded) = percent_decode_str(encoded).decode_utf8()
            && decoded != encoded
            && !decoded.contains('\0')
        {
            parts.push(Decoded { span: at..at + encoded.len(), text: decoded.into_owned() });
        }
        at += word.len();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn encoded_words_are_read_and_percentages_are_not() {
        for (text, read) in [
            ("do %49%67nore%20all now", "do Ignore all now"),
            ("grew 5%, 10% or 20%", "grew 5%, 10% or 20%"),
            ("%%%", "%%%"),
            ("%ff%fe%fd", "%ff%fe%fd"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
