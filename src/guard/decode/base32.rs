//! Base32, RFC 4648 section 6.

use data_encoding::BASE32_NOPAD;

use super::{Decoded, runs, written};

const MIN_LENGTH: usize = 16;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let belongs = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7' | b'=');
    let read = |span: std::ops::Range<usize>| {
        let body = text[span.clone()].trim_end_matches('=');
        // The last group may be cut short: 1, 3 and 6 characters stand for no whole byte.
        let whole = body.len() - usize::from(matches!(body.len() % 8, 1 | 3 | 6));
        let bytes = BASE32_NOPAD.decode(&body.as_bytes()[..whole]).ok()?;
        Some(Decoded { text: written(&bytes)?, span })
    };
    runs(text, MIN_LENGTH, belongs).filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn encoded_sentences_are_read_and_capitals_are_not() {
        for (text, read) in [
            ("do JFTW433SMUQGC3DMEBZHK3DFOM====== now", "do Ignore all rules now"),
            ("INTERNATIONALIZATION", "INTERNATIONALIZATION"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
