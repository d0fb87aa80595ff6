//! The tokens of a Python file, as far as literals need them.
//!
//! Source: <https://docs.python.org/3/reference/lexical_analysis.html>

/// One token, with the line that it begins on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) line: usize,
    /// Whether it is the first of a line that is not indented.
    pub(super) begins_statement: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Name(String),
    Number(String),
    Text {
        text: String,
        /// Of the text's first character.
        line: usize,
    },
    /// A string that is no plain text: what it is.
    Strange(&'static str),
    Mark(char),
    /// The end of a line outside brackets.
    End,
}

type Wrong = (usize, String);

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    depth: usize,
    /// Nothing but the line's beginning was seen.
    fresh: bool,
    tokens: Vec<Token>,
}

/// Cuts a file into tokens. An error has its line.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1, depth: 0, fresh: true, tokens: Vec::new() };
    while let Some(next) = reader.rest.chars().next() {
        reader.next(next)?;
    }
    Ok(reader.tokens)
}

impl Reader<'_> {
    fn next(&mut self, next: char) -> Result<(), Wrong> {
        match next {
            '\n' => {
                if self.depth == 0 {
                    self.push(Kind::End, self.line);
                }
                self.skip(1);
                self.line += 1;
                self.fresh = self.depth == 0;
                return Ok(());
            }
            '\\' if self.rest[1..].trim_start_matches('\r').starts_with('\n') => {
                let end = self.rest.find('\n').unwrap_or(0);
                self.skip(end + 1);
                self.line += 1;
                return Ok(());
            }
            '#' => {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.skip(end);
                return Ok(());
            }
            c if c.is_whitespace() => {
                self.skip(c.len_utf8());
                self.fresh = false;
                return Ok(());
            }
            _ => {}
        }
        if let Some((prefix, quote)) = opening(self.rest) {
            return self.string(prefix, quote);
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let word: String = self.rest.chars().take_while(|c| is_part(*c)).collect();
        if word.is_empty() || word.starts_with('.') {
            match next {
                '(' | '[' | '{' => self.depth += 1,
                ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.push(Kind::Mark(next), self.line);
            self.skip(next.len_utf8());
        } else {
            self.skip(word.len());
            let kind = if next.is_ascii_digit() { Kind::Number(word) } else { Kind::Name(word) };
            self.push(kind, self.line);
        }
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn push(&mut self, kind: Kind, line: usize) {
        let begins_statement = self.fresh && kind != Kind::End;
        self.tokens.push(Token { kind, line, begins_statement });
        self.fresh = false;
    }

    fn string(&mut self, prefix: &str, quote: &str) -> Result<(), Wrong> {
        let (first, prefix) = (self.line, prefix.to_lowercase());
        self.skip(prefix.len() + quote.len());
        let is_raw = prefix.contains('r');
        let mut text = String::new();
        loop {
            if self.rest.starts_with(quote) {
                self.skip(quote.len());
                break;
            }
            let Some(next) = self.rest.chars().next() else {
                return Err((first, "the string is not closed".to_owned()));
            };
            match next {
                '\n' if quote.len() == 1 => return Err((first, "the string is not closed on its line".to_owned())),
                '\\' if is_raw => {
                    // The character after it does not close the string.
                    let pair: String = self.rest.chars().take(2).collect();
                    text.push_str(&pair);
                    self.line += pair.matches('\n').count();
                    self.skip(pair.len());
                }
                '\\' => self.escape(&mut text)?,
                '\r' if self.rest.starts_with("\r\n") => self.skip(1),
                other => {
                    self.line += usize::from(other == '\n');
                    text.push(other);
                    self.skip(other.len_utf8());
                }
            }
        }
        let kind = match &prefix {
            prefix if prefix.contains('b') => Kind::Strange("bytes are no text"),
            prefix if prefix.contains('f') && text.contains(['{', '}']) => {
                Kind::Strange("an f-string is filled in when Python reads the file; write it without the f")
            }
            prefix if prefix.contains('t') => Kind::Strange("a t-string is no text; write it without the t"),
            _ => Kind::Text { text, line: first },
        };
        self.push(kind, first);
        Ok(())
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Wrong> {
        let mut characters = self.rest.chars();
        characters.next();
        let Some(next) = characters.next() else {
            self.skip(1);
            return Ok(());
        };
        let after = &self.rest[1 + next.len_utf8()..];
        let (character, length) = match next {
            '\n' => {
                self.line += 1;
                self.skip(2);
                return Ok(());
            }
            '\r' if after.starts_with('\n') => {
                self.line += 1;
                self.skip(3);
                return Ok(());
            }
            '\\' | '\'' | '"' => (Some(next), 0),
            'a' => (Some('\u{7}'), 0),
            'b' => (Some('\u{8}'), 0),
            'f' => (Some('\u{c}'), 0),
            'n' => (Some('\n'), 0),
            'r' => (Some('\r'), 0),
            't' => (Some('\t'), 0),
            'v' => (Some('\u{b}'), 0),
            'x' => (number(after, 2, 16), 2),
            'u' => (number(after, 4, 16), 4),
            'U' => (number(after, 8, 16), 8),
            'N' => {
                return Err((
                    self.line,
                    "a character by its name, \\N{...}, cannot be read; write the character".to_owned(),
                ));
            }
            '0'..='7' => {
                let digits = self.rest[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                (number(&self.rest[1..], digits, 8), digits - 1)
            }
            // As Python has it: a backslash that begins nothing is one.
            other => {
                text.push('\\');
                (Some(other), 0)
            }
        };
        let character =
            character.ok_or_else(|| (self.line, format!("\\{next} is followed by no character's number")))?;
        text.push(character);
        self.skip(1 + next.len_utf8() + length);
        Ok(())
    }
}

/// The prefix and the quotes of a string that begins here.
fn opening(rest: &str) -> Option<(&str, &str)> {
    let end = rest.bytes().take(3).position(|byte| matches!(byte, b'"' | b'\''))?;
    let prefix = &rest[..end];
    if !prefix.chars().all(|c| "rRbBuUfFtT".contains(c)) {
        return None;
    }
    let quoted = &rest[end..];
    let length = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
    Some((prefix, &quoted[..length]))
}

fn number(text: &str, digits: usize, radix: u32) -> Option<char> {
    let digits = text.get(..digits).filter(|digits| digits.chars().all(|c| c.is_digit(radix)))?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<String> {
        let text_of = |token: Token| match token.kind {
            Kind::Text { text, .. } => Some(text),
            _ => None,
        };
        tokens(text).unwrap().into_iter().filter_map(text_of).collect()
    }

    /// Values are Python 3.12's.
    #[test]
    fn strings_have_the_values_that_python_gives_them() {
        let cases = [
            (r#""a\n\t\"\'\\b""#, "a\n\t\"'\\b"),
            (r"'\x41\u00e9\U0001F600\101\0'", "A\u{e9}\u{1F600}A\0"),
            (r"'\d\s'", r"\d\s"),
            (r"r'\n\''", r"\n\'"),
            ("'''a\n'b' \\\nc'''", "a\n'b' c"),
            ("\"\"\"x\"\"\"", "x"),
            ("u'ü'", "ü"),
            ("f'no braces'", "no braces"),
            ("''", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(strings(text), [expected], "{text}");
        }
        assert_eq!(strings("'a' # 'b'\n'c'"), ["a", "c"]);
    }

    #[test]
    fn what_is_no_plain_string_says_so() {
        let kind = |text: &str| tokens(text).unwrap().remove(0).kind;
        assert_eq!(kind("b'x'"), Kind::Strange("bytes are no text"));
        assert!(matches!(kind("f'{x}'"), Kind::Strange(_)));
        let wrong = |text: &str| tokens(text).unwrap_err();
        assert_eq!(wrong("x = 1\n'''a\n"), (2, "the string is not closed".to_owned()));
        assert_eq!(wrong("'a\n'"), (1, "the string is not closed on its line".to_owned()));
        assert_eq!(wrong(r"'\x4'"), (1, "\\x is followed by no character's number".to_owned()));
        assert_eq!(wrong(r"'\ud800'"), (1, "\\u is followed by no character's number".to_owned()));
    }
}
