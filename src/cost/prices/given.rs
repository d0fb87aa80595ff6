//! A price map that somebody gives us: read, checked whole, and as the text that is kept.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::{Prices, litellm, unpack};
use crate::digest::sha256;

/// litellm's map has thousands of models; one with fewer is damaged.
const LEAST_OF_LITELLM: usize = 3000;

/// A map that may become the project's.
pub(crate) struct Given {
    pub(crate) prices: Prices,
    text: String,
    is_litellm: bool,
}

/// What a map is to be called.
pub(crate) struct Label<'a> {
    pub(crate) release: Option<&'a str>,
    pub(crate) date: Option<&'a str>,
    /// Where litellm's map is from, which says neither.
    pub(crate) source: &'a str,
    pub(crate) today: &'a str,
}

impl Given {
    /// Reads litellm's JSON or a map of ours, plain or packed with gzip; an error says what is wrong with it.
    pub(crate) fn read(bytes: &[u8], label: &Label<'_>) -> Result<Self, String> {
        let text = unpack(bytes)?;
        let text = text.trim_start_matches('\u{feff}');
        let is_litellm = text.trim_start().starts_with('{');
        let text = match is_litellm {
            true => of_litellm(text, label)?,
            false if text.starts_with("# ") => of_ours(text, label)?,
            false => {
                let start: String = text.trim_start().chars().take(40).collect();
                return Err(format!("it is neither litellm's JSON nor a price map of ours; it begins with {start:?}"));
            }
        };
        let prices = Prices::parse(&text).map_err(|malformed| match malformed.line {
            // Only our own maps have lines that somebody can look at.
            Some(line) if !is_litellm => format!("line {line}: {}", malformed.what),
            _ => malformed.what,
        })?;
        if prices.len() == 0 {
            return Err("no model in it has a price for tokens".to_owned());
        }
        Ok(Self { prices, text, is_litellm })
    }

    /// Whether so many models are missing that it is more likely damaged than true.
    pub(crate) fn is_too_small(&self) -> bool {
        self.is_litellm && self.prices.len() < LEAST_OF_LITELLM
    }

    /// The file; the same map gives the same bytes.
    pub(crate) fn bytes(&self, packed: bool) -> Vec<u8> {
        if !packed {
            return self.text.clone().into_bytes();
        }
        let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        let packed = gzip.write_all(self.text.as_bytes()).and_then(|()| gzip.finish());
        packed.expect("memory takes what is written")
    }
}

fn of_litellm(text: &str, label: &Label<'_>) -> Result<String, String> {
    let (release, date) = (label.release.unwrap_or(label.source), label.date.unwrap_or(label.today));
    Ok(format!("# {release}\t{date}\t{}\n{}", sha256(text.as_bytes()), joined(litellm::lines(text)?)))
}

fn of_ours(text: &str, label: &Label<'_>) -> Result<String, String> {
    let (about, models) = text.split_once('\n').unwrap_or((text, ""));
    let fields: Vec<&str> = about.trim_end().trim_start_matches("# ").split('\t').collect();
    let [release, date, digest] = fields[..] else {
        return Err("line 1: a price map begins with a line of #, release, date and SHA-256".to_owned());
    };
    let (release, date) = (label.release.unwrap_or(release), label.date.unwrap_or(date));
    // Only lines that can be read are put into order, so that an error names the line where it is.
    if let Err(malformed) = Prices::parse(text) {
        return Err(format!("line {}: {}", malformed.line.unwrap_or(1), malformed.what));
    }
    let mut lines: Vec<String> = models.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    Ok(format!("# {release}\t{date}\t{digest}\n{}", joined(lines)))
}

fn joined(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    const LABEL: Label<'_> = Label { release: None, date: None, source: "a.json", today: "2026-11-28" };
    const JSON: &str = r#"{"b": {"mode": "chat", "litellm_provider": "p", "input_cost_per_token": 1e-06},
        "a": {"mode": "chat", "litellm_provider": "p", "input_cost_per_token": 2e-07}}"#;

    fn read(text: &str) -> Result<Given, String> {
        Given::read(text.as_bytes(), &LABEL)
    }

    #[test]
    fn a_map_says_what_it_is_of_and_is_the_same_packed_or_not() {
        // The digest is the one of sha256sum.
        let digest = "790d8f992965d5c3490e21a4dd4366b91983f435e34f0385d8306a032b40f9f8";
        let given = read(JSON).unwrap();
        let text = String::from_utf8(given.bytes(false)).unwrap();
        let expected = format!("# a.json\t2026-11-28\t{}\na\tp\tin:2E-7\nb\tp\tin:0.000001\n", given.prices.sha256);
        assert_eq!(text, expected);
        assert_eq!(given.prices.sha256, digest);
        assert!(given.is_too_small());
        let packed = given.bytes(true);
        let mut unpacked = String::new();
        GzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!((unpacked, &packed), (text, &given.bytes(true)));
        // What we wrote is read again, and is not litellm's.
        let again = Given::read(&packed, &LABEL).unwrap();
        assert_eq!((again.bytes(true), again.is_too_small()), (packed, false));
        let named = Label { release: Some("r 1"), date: Some("2026-01-02"), ..LABEL };
        for source in [JSON.as_bytes(), &again.bytes(true)] {
            let text = String::from_utf8(Given::read(source, &named).unwrap().bytes(false)).unwrap();
            assert_eq!(text, expected.replace("a.json\t2026-11-28", "r 1\t2026-01-02"));
        }
    }

    #[test]
    fn the_embedded_map_is_what_we_write() {
        let embedded = include_bytes!("../../../data/prices.tsv.gz");
        assert!(Given::read(embedded, &LABEL).unwrap().bytes(true) == embedded);
    }

    #[test]
    fn lines_of_ours_are_put_into_order() {
        let given = read("# r\t2026-01-01\t00\nb\tp\tin:1\r\na\tp\tin:0.1").unwrap();
        assert_eq!(given.bytes(false), b"# r\t2026-01-01\t00\na\tp\tin:0.1\nb\tp\tin:1\n");
    }

    #[test]
    fn what_is_no_map_is_told_in_a_line() {
        let negative = JSON.replace("1e-06", "-1e-06");
        let cases = [
            (
                "<!DOCTYPE html>\n<html>",
                "it is neither litellm's JSON nor a price map of ours; it begins with \"<!DOCTYPE html>\\n<html>\"",
            ),
            ("", "it is neither litellm's JSON nor a price map of ours; it begins with \"\""),
            ("{\"error\": {\"code\": 404}}", "no model in it has a price for tokens"),
            (&JSON[..100], "it is not litellm's map of models: EOF while parsing an object at line 2 column 20"),
            (&negative, "\"b\": input costs -$0.000001 a token, which no provider asks for"),
            ("# r\t2026-01-01\n", "line 1: a price map begins with a line of #, release, date and SHA-256"),
            ("# r\t2026-01-01\t00\nb\tp\tin:1\na\n", "line 3: this is no line of a price map"),
            (
                "# r\t2026-01-01\t00\nb\tp\tin:2\n",
                "line 2: \"b\": input costs $2.00 a token, which no provider asks for",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).err().as_deref(), Some(expected), "{text}");
        }
    }
}
