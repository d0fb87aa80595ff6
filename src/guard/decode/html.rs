//! Numeric and the usual named character references of HTML.

use super::Decoded;

const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("apos", "'"),
    ("gt", ">"),
    ("lt", "<"),
    ("nbsp", " "),
    ("quot", "\""),
    ("NewLine", "\n"),
    ("Tab", "\t"),
];
/// The longest reference, `&#x10FFFF;`, without its ampersand.
const MAX_LENGTH: usize = 10;

pub(super) fn decode(text: &str) -> Vec<Decoded> {
    let mut parts = Vec::new();
    for (at, _) in text.match_indices('&') {
        let rest = &text.as_bytes()[at + 1..];
        let Some(end) = rest.iter().take(MAX_LENGTH).position(|&byte| byte == b';') else { continue };
        let Some(name) = text.get(at + 1..at + 1 + end) else { continue };
        if let Some(text) = character(name) {
            parts.push(Decoded { span: at..at + end + 2, text });
        }
    }
    parts
}

fn character(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let hexadecimal = number.strip_prefix(['x', 'X']);
        let code = hexadecimal.map_or_else(|| number.parse(), |digits| u32::from_str_radix(digits, 16)).ok()?;
        return char::from_u32(code).filter(|&character| character != '\0').map(String::from);
    }
    NAMED.iter().find(|(named, _)| *named == name).map(|(_, text)| (*text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::decoded;

    #[test]
    fn references_are_read() {
        for (text, read) in [
            ("&#73;&#103;&#x6e;&#X6F;re &lt;all&gt;", "Ignore <all>"),
            ("R&D; A&B &#0; &#99999999;", "R&D; A&B &#0; &#99999999;"),
            ("&é;", "&é;"),
        ] {
            assert_eq!(decoded(super::decode, text), read);
        }
    }
}
