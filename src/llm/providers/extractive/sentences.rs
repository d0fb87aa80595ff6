//! Cuts a passage into what can be quoted: sentences, list items, table rows and lines of code, each as plain text.
//!
//! Line by line and forgiving, because a passage is a cut-out: a table may come without its head, a block of code
//! without its fence.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::{list_item, sentences};

/// A link or an image; what it shows is captured.
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"!?\[([^\[\]]*)\]\([^()\s]*\)").expect("a constant pattern, compiled by every test"));

/// The sentences below one heading.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// Empty before the first heading.
    pub(super) heading: String,
    pub(super) sentences: Vec<String>,
}

/// Titles and the like after which a full stop ends no sentence.
const ABBREVIATIONS: &[&str] =
    &["cf", "dr", "e.g", "fig", "i.e", "jr", "mr", "mrs", "ms", "no", "prof", "sr", "st", "vs"];

/// The passage's sections in order.
pub(super) fn sections(markdown: &str) -> Vec<Section> {
    let mut cutter = Cutter { sections: vec![Section::default()], ..Cutter::default() };
    markdown.lines().for_each(|line| cutter.push_line(line));
    cutter.end_paragraph();
    cutter.sections
}

#[derive(Default)]
struct Cutter {
    /// Never empty once in use.
    sections: Vec<Section>,
    /// Lines of running text, not yet cut.
    paragraph: String,
    in_code: bool,
}

impl Cutter {
    fn push_line(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            self.end_paragraph();
            self.in_code = !self.in_code;
        } else if self.in_code {
            self.push_sentence(line.to_owned());
        } else if line.is_empty() || is_rule(line) {
            self.end_paragraph();
        } else if let Some(heading) = heading(line) {
            self.end_paragraph();
            self.sections.push(Section { heading: plain(heading), sentences: Vec::new() });
        } else if line.starts_with('|') {
            self.end_paragraph();
            let cells = line.trim_matches('|').split('|').map(str::trim).filter(|cell| !cell.is_empty());
            self.push_sentence(plain(&cells.collect::<Vec<_>>().join(" | ")));
        } else {
            let item = list_item(line);
            if item.is_some() {
                self.end_paragraph();
            }
            self.paragraph.push_str(item.unwrap_or(line));
            self.paragraph.push('\n');
        }
    }

    /// Cuts what was collected into sentences; an abbreviation's full stop does not count.
    fn end_paragraph(&mut self) {
        let text = plain(&std::mem::take(&mut self.paragraph));
        let mut sentence = String::new();
        for part in sentences(&text) {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(part);
            if !ends_in_abbreviation(part) {
                self.push_sentence(std::mem::take(&mut sentence));
            }
        }
        self.push_sentence(sentence);
    }

    fn push_sentence(&mut self, sentence: String) {
        if sentence.contains(char::is_alphanumeric)
            && let Some(section) = self.sections.last_mut()
        {
            section.sentences.push(sentence);
        }
    }
}

/// A thematic break, the underline of a heading, or the line below a table's head.
fn is_rule(line: &str) -> bool {
    line.chars().all(|character| matches!(character, '-' | '=' | '*' | '_' | '|' | ':' | ' '))
}

/// The text of a line such as `## Limits`.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len() && text.starts_with(' ')).then(|| text.trim_end_matches('#').trim())
}

/// Without the marks for strong text, code and links, on one line.
fn plain(markdown: &str) -> String {
    LINK.replace_all(markdown.trim(), "$1").replace("**", "").replace('`', "").replace('\n', " ")
}

fn ends_in_abbreviation(sentence: &str) -> bool {
    let Some(word) = sentence.strip_suffix('.').and_then(|text| text.rsplit([' ', '(']).next()) else {
        return false;
    };
    let is_initial = word.chars().next_back().is_some_and(char::is_uppercase)
        && word.rsplit('.').next().is_some_and(|last| last.chars().count() == 1);
    is_initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headings and sentences, one a line.
    fn cut(markdown: &str) -> Vec<String> {
        let with_heading = |section: Section| {
            let heading = (!section.heading.is_empty()).then(|| format!("# {}", section.heading));
            heading.into_iter().chain(section.sentences)
        };
        sections(markdown).into_iter().flat_map(with_heading).collect()
    }

    #[test]
    fn every_quotable_part_of_a_passage_is_a_sentence() {
        let cases: [(&str, &[&str]); 10] = [
            ("", &[]),
            ("One line\nwrapped here. Two!", &["One line wrapped here.", "Two!"]),
            ("# Limits #\nFive.\n\n## More\nSix.", &["# Limits", "Five.", "# More", "Six."]),
            ("- first\n- second,\n  wrapped\n1. third", &["first", "second, wrapped", "third"]),
            ("| plan | price |\n|---|:-:|\n| free | 0 EUR |", &["plan | price", "free | 0 EUR"]),
            ("```sh\ncargo build\n\n# not a heading\n```\nDone.", &["cargo build", "# not a heading", "Done."]),
            ("See [the **guide**](https://a.example/b) and ![a plan](b.png).", &["See the guide and a plan."]),
            ("Dr. Ito met J. R. Lee in the U.S. Then she left.", &["Dr. Ito met J. R. Lee in the U.S. Then she left."]),
            ("一つ目です。二つ目です。", &["一つ目です。", "二つ目です。"]),
            ("---\n***\n!!!\n> quoted", &["quoted"]),
        ];
        for (markdown, expected) in cases {
            assert_eq!(cut(markdown), expected, "{markdown:?}");
        }
    }
}
