//! The text of a prompt with its partials written out, and where each part of it stands.
//!
//! A draft may say `{% include "tone.md" %}`, which stands for the text of `prompts/partials/tone.md`. A release holds the
//! text itself, so that it never changes with a file that others share.

use std::path::PathBuf;
use std::sync::Arc;

use super::registry::FOLDER;
use crate::error::Problem;
use crate::git;

/// The folder of partials below that of the prompts; no prompt has its name.
pub(crate) const PARTIALS: &str = "partials";
/// How deep partials may include others.
const DEEPEST: usize = 5;

/// Where included texts are from.
#[derive(Debug, Clone)]
pub(crate) enum Partials {
    /// The project's folder.
    Project(PathBuf),
    /// The project's folder as it was in a commit.
    Commit(PathBuf, String),
    /// Nowhere: only a draft includes.
    Refused,
}

impl Partials {
    fn read(&self, file: &str) -> Result<String, Problem> {
        match self {
            Self::Project(root) => std::fs::read_to_string(root.join(file))
                .map_err(|error| Problem::new(format!("cannot read {file}: {error}"))),
            Self::Commit(root, commit) => {
                git::show(root, commit, file).map_err(|_| Problem::new(format!("there is no {file} in {commit}")))
            }
            Self::Refused => Err(Problem::new(format!("{file} is not looked for"))),
        }
    }
}

/// A text of several files.
#[derive(Debug, Default)]
pub(crate) struct Source {
    text: String,
    /// In the order of their places in the text.
    pieces: Vec<Piece>,
}

/// From here on the text is that of a file.
#[derive(Debug)]
struct Piece {
    start: usize,
    file: Arc<str>,
    /// Of the piece's first character, both from 1.
    line: usize,
    /// `None` if columns of the text are none of the file.
    column: Option<usize>,
}

/// A part of a source, for whoever has to say where something in it is.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    source: Arc<Source>,
    offset: usize,
}

impl Origin {
    /// Text that begins at a line of a file, quoted in a way that moves its columns.
    pub(crate) fn line(file: &str, line: usize, text: &str) -> Self {
        let mut source = Source::default();
        source.push(file, line, None, text);
        Self { source: Arc::new(source), offset: 0 }
    }

    /// `problem` at this many bytes into the part.
    pub(crate) fn place(&self, offset: usize, problem: Problem) -> Problem {
        let (file, line, column) = self.source.place(self.offset + offset);
        match column {
            Some(column) => problem.at_column(file, line, column),
            None => problem.at(file, Some(line)),
        }
    }
}

impl Source {
    /// The text of a file from one of its lines on, with what it includes.
    pub(crate) fn read(file: &str, line: usize, text: &str, partials: &Partials) -> Result<Self, Vec<Problem>> {
        let mut writer = Writer { partials, source: Self::default(), problems: Vec::new(), within: Vec::new() };
        writer.write(&File { name: file, line, text }, 0);
        if writer.problems.is_empty() { Ok(writer.source) } else { Err(writer.problems) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The part that begins this many bytes into it.
    pub(crate) fn origin(self: &Arc<Self>, offset: usize) -> Origin {
        Origin { source: Arc::clone(self), offset }
    }

    fn push(&mut self, file: &str, line: usize, column: Option<usize>, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece { start: self.text.len(), file: file.into(), line, column });
            self.text.push_str(text);
        }
    }

    fn trim_end(&mut self) {
        self.text.truncate(self.text.trim_end().len());
        self.pieces.retain(|piece| piece.start < self.text.len());
    }

    fn place(&self, offset: usize) -> (&str, usize, Option<usize>) {
        let Some(piece) = self.pieces.iter().rfind(|piece| piece.start <= offset).or(self.pieces.first()) else {
            return ("", 1, None);
        };
        let end = self.text.len().min(offset.max(piece.start));
        let (line, column) = position(self.text.get(piece.start..end).unwrap_or_default());
        let column = piece.column.map(|first| if line == 0 { first + column } else { column + 1 });
        (&piece.file, piece.line + line, column)
    }
}

/// Lines and characters of the last one that lie before the end of `text`.
fn position(text: &str) -> (usize, usize) {
    let last = text.rfind('\n').map_or(0, |newline| newline + 1);
    (text.matches('\n').count(), text[last..].chars().count())
}

struct File<'a> {
    name: &'a str,
    line: usize,
    text: &'a str,
}

impl File<'_> {
    fn place(&self, offset: usize) -> (usize, usize) {
        let (line, column) = position(&self.text[..offset]);
        (self.line + line, column + 1)
    }
}

struct Writer<'a> {
    partials: &'a Partials,
    source: Source,
    problems: Vec<Problem>,
    /// Names of the partials that are being written, the outermost first.
    within: Vec<String>,
}

impl Writer<'_> {
    fn write(&mut self, file: &File<'_>, mut from: usize) {
        while let Some(tag) = Tag::next(file.text, from, "include") {
            self.copy(file, from, tag.start);
            if tag.trims_before {
                self.source.trim_end();
            }
            if let Err(problem) = self.include(&tag) {
                let (line, column) = file.place(tag.start);
                self.problems.push(problem.at_column(file.name, line, column));
            }
            from = tag.end;
            if tag.trims_after {
                let rest = &file.text[from..];
                from += rest.len() - rest.trim_start().len();
            }
        }
        self.copy(file, from, file.text.len());
    }

    fn copy(&mut self, file: &File<'_>, from: usize, to: usize) {
        let (line, column) = file.place(from);
        self.source.push(file.name, line, Some(column), &file.text[from..to]);
    }

    fn include(&mut self, tag: &Tag<'_>) -> Result<(), Problem> {
        let Some(name) = quoted(tag.rest) else {
            return Err(Problem::new("an include names its partial in quotes, and nothing else")
                .hint("a document's text must never choose or become a template: {% include \"tone.md\" %}"));
        };
        if matches!(self.partials, Partials::Refused) {
            return Err(Problem::new("only a draft may include partials")
                .hint("`llmops prompt release` writes their text into the release"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(Problem::new(format!("\"{name}\" is no name of a partial"))
                .hint("letters, digits, `_`, `-` and `.`, without folders"));
        }
        let file = format!("{}.md", name.strip_suffix(".md").unwrap_or(name));
        let shown = format!("{FOLDER}/{PARTIALS}/{file}");
        if self.within.contains(&shown) {
            return Err(Problem::new(format!("{shown} includes itself: {}", self.within.join(" -> "))));
        }
        if self.within.len() == DEEPEST {
            return Err(Problem::new(format!("partials are included {DEEPEST} deep at most")));
        }
        let text = self.partials.read(&shown)?;
        // As templates end: the file's last newline is not part of what is included.
        let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        self.within.push(shown.clone());
        self.write(&File { name: &shown, line: 1, text }, 0);
        self.within.pop();
        Ok(())
    }
}

fn quoted(text: &str) -> Option<&str> {
    let text = text.trim();
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    })
}

/// A tag `{% WORD rest %}`.
struct Tag<'a> {
    start: usize,
    end: usize,
    rest: &'a str,
    trims_before: bool,
    trims_after: bool,
}

impl<'a> Tag<'a> {
    /// The next tag with this word, outside of comments and raw text.
    fn next(text: &'a str, mut from: usize, word: &str) -> Option<Self> {
        loop {
            let start = from + text[from..].find("{%").into_iter().chain(text[from..].find("{#")).min()?;
            if text[start..].starts_with("{#") {
                from = start + text[start..].find("#}")? + 2;
                continue;
            }
            let end = start + text[start..].find("%}")? + 2;
            let inner = &text[start + 2..end - 2];
            let (trims_before, trims_after) = (inner.starts_with('-'), inner.ends_with('-'));
            let inner = inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']).trim();
            let (found, rest) = inner.split_at(inner.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(inner.len()));
            from = end;
            match found {
                _ if found == word => return Some(Self { start, end, rest, trims_before, trims_after }),
                "raw" => from = Self::next(text, end, "endraw")?.end,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, partials: &[(&str, &str)]) -> Result<Source, Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join(FOLDER).join(PARTIALS);
        std::fs::create_dir_all(&below).unwrap();
        for (name, text) in partials {
            std::fs::write(below.join(name), text).unwrap();
        }
        Source::read("d.md", 3, text, &Partials::Project(folder.path().to_owned()))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn partials_stand_where_they_are_included() {
        let partials = [("tone.md", "Be {{ how }}.\n"), ("all.md", "{% include 'tone' %} Now.\n"), ("x.md", " x ")];
        let cases = [
            ("A\n{% include \"tone.md\" %}\nB", "A\nBe {{ how }}.\nB"),
            ("{% include \"all.md\" %}", "Be {{ how }}. Now."),
            ("A \n {%- include 'x' -%} \n B", "A x B"),
            (
                "{# {% include 'x' %} #}{% raw %}{% include 'x' %}{% endraw %}",
                "{# {% include 'x' %} #}{% raw %}{% include 'x' %}{% endraw %}",
            ),
            ("{{ a }}", "{{ a }}"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, &partials).unwrap().text(), expected);
        }
    }

    #[test]
    fn places_are_those_of_the_files() {
        let source = read("A\nb {% include 'tone' %} c\nD", &[("tone.md", "one\ntwo\n")]).unwrap();
        let place = |word: &str| source.place(source.text().find(word).unwrap());
        assert_eq!(source.text(), "A\nb one\ntwo c\nD");
        assert_eq!(place("b"), ("d.md", 4, Some(1)));
        assert_eq!(place("ne"), ("prompts/partials/tone.md", 1, Some(2)));
        assert_eq!(place("two"), ("prompts/partials/tone.md", 2, Some(1)));
        assert_eq!(place("c\n"), ("d.md", 4, Some(24)));
        assert_eq!(place("D"), ("d.md", 5, Some(1)));
    }

    #[test]
    fn what_cannot_be_included_is_said_with_its_place() {
        let partials = [("a.md", "{% include 'b' %}"), ("b.md", "{% include 'a' %}")];
        let cases = [
            ("x\n {% include question %}", "d.md:4:2: an include names its partial in quotes, and nothing else"),
            ("{% include 'a' ignore missing %}", "d.md:3:1: an include names its partial in quotes, and nothing else"),
            ("{% include '../secret' %}", "d.md:3:1: \"../secret\" is no name of a partial"),
            (
                "{% include 'none' %}",
                "d.md:3:1: cannot read prompts/partials/none.md: No such file or directory (os error 2)",
            ),
            (
                "{% include 'a' %}",
                "prompts/partials/b.md:1:1: prompts/partials/a.md includes itself: prompts/partials/a.md -> prompts/partials/b.md",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, &partials).unwrap_err(), [expected], "{text}");
        }
        let refused = Source::read("1.0.0.md", 1, "{% include 'a' %}", &Partials::Refused).unwrap_err();
        assert_eq!(refused[0].to_string(), "1.0.0.md:1:1: only a draft may include partials");
    }
}
