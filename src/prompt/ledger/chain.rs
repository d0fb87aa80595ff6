//! Reads a ledger, and finds what is wrong with its lines.

use std::path::Path;

use serde::Deserialize as _;
use serde_json::Value;

use super::Entry;
use crate::chain::{ORIGIN, RESTORE, content_hash};
use crate::error::{Error, Problem, Result};

/// The lines of a ledger that could be read, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
}

impl Chain {
    /// The entries, if nothing is wrong with any.
    pub(crate) fn sound(self) -> Result<Vec<Entry>> {
        Error::unless_empty(self.problems)?;
        Ok(self.entries)
    }
}

/// Reads the file, which messages call `shown`; without it the ledger is empty.
pub(crate) fn read(path: &Path, shown: &str) -> Result<Chain> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(parse(&text, shown)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Chain::default()),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

pub(super) fn parse(text: &str, shown: &str) -> Chain {
    if let Some(line) = text.lines().position(is_conflict) {
        let message = "two branches have written to the ledger, and git has joined them with conflict marks";
        let problem = Problem::new(message).at(shown, Some(line + 1)).hint(resolve(shown));
        return Chain { entries: Vec::new(), problems: vec![problem] };
    }
    let mut chain = Chain::default();
    let mut previous = ORIGIN.to_owned();
    for (number, line) in (1..).zip(text.lines()) {
        let (entry, hash) = match entry(line) {
            Ok(read) => read,
            Err(error) => {
                let problem = Problem::new(format!("the line is no entry of a ledger: {error}"));
                chain.problems.push(problem.at(shown, Some(number)).hint(RESTORE));
                continue;
            }
        };
        if let Some(message) = entry.link().wrong(&hash, number, &previous) {
            chain.problems.push(Problem::new(message).at(shown, Some(number)).hint(RESTORE));
        }
        previous.clone_from(&entry.hash);
        chain.entries.push(entry);
    }
    chain
}

/// Whether git wrote this line where two branches had different ones.
pub(crate) fn is_conflict(line: &str) -> bool {
    line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")
}

fn resolve(shown: &str) -> String {
    let name = Path::new(shown).parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    format!(
        "keep the lines that others have already, then record your own again:\n\
         git checkout --theirs {shown}   (you merge main into your branch; --ours if you rebase onto it)\n\
         llmops prompt release {name}@VERSION -m \"...\"   (for each version that you released)\n\
         if both branches released the same version, give your file the next number first"
    )
}

/// The entry of a line, and what its hash must be.
fn entry(line: &str) -> serde_json::Result<(Entry, String)> {
    let value: Value = serde_json::from_str(line)?;
    let entry = Entry::deserialize(&value)?;
    Ok((entry, content_hash(value)))
}

#[cfg(test)]
mod tests {
    use super::super::{Event, Evidence};
    use super::*;

    fn ledger(count: usize) -> Vec<String> {
        let mut last: Option<Entry> = None;
        (0..count)
            .map(|place| {
                let event = Event::Labelled {
                    label: "production".into(),
                    version: Some(format!("1.{place}.0")),
                    digest: None,
                    from: None,
                    rollback: false,
                    reason: "because".into(),
                    evidence: None,
                };
                let entry = Entry::after(last.as_ref(), "2026-01-01T00:00:00Z".into(), "A <a@b.c>".into(), event);
                let line = serde_json::to_string(&entry).unwrap();
                last = Some(entry);
                line
            })
            .collect()
    }

    fn problems(lines: &[String]) -> Vec<String> {
        parse(&(lines.join("\n") + "\n"), "l").problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_ledger_has_no_problems_and_survives_other_spacing_and_order_of_keys() {
        let lines = ledger(3);
        assert!(problems(&lines).is_empty());
        let spaced = lines.iter().map(|line| line.replace("\",\"", "\", \"")).collect::<Vec<_>>();
        assert!(problems(&spaced).is_empty());
        assert!(parse("", "l").entries.is_empty());
    }

    /// A number that is read as another one than was written would break the hash of its line.
    #[test]
    fn every_number_is_read_as_it_was_written() {
        let mut value = 1.0 / 3.0;
        for _ in 0..2000 {
            value = (value * 997.1_f64).fract();
            let metrics = [1e-7, 1.0, 12_345.0].map(|scale| (scale.to_string(), Some(value * scale)));
            let evidence = Evidence {
                report: String::new(),
                time: String::new(),
                verdict: "pass".into(),
                metrics: metrics.into(),
                dataset: String::new(),
                cases: 1,
                model: None,
                cost_usd: None,
            };
            let event = Event::Labelled {
                label: "production".into(),
                version: None,
                digest: None,
                from: None,
                rollback: false,
                reason: String::new(),
                evidence: Some(Box::new(evidence)),
            };
            let entry = Entry::after(None, String::new(), String::new(), event);
            let line = serde_json::to_string(&entry).unwrap();
            assert!(problems(std::slice::from_ref(&line)).is_empty(), "{line}");
        }
    }

    #[test]
    fn an_edited_line_is_named() {
        let mut lines = ledger(3);
        lines[1] = lines[1].replace("because", "for fun");
        assert_eq!(problems(&lines), ["l:2: the line was edited: its hash is not that of its content"]);
        // Also a field that nobody knows.
        lines[1] = ledger(3)[1].replacen('{', "{\"paid\":true,", 1);
        assert!(problems(&lines)[0].starts_with("l:2: the line was edited"));
        lines[1] = "{}".into();
        assert!(problems(&lines)[0].starts_with("l:2: the line is no entry of a ledger"));
    }

    #[test]
    fn a_removed_line_is_named_and_so_is_the_first_after_the_gap() {
        for gap in 0..2 {
            let mut lines = ledger(3);
            lines.remove(gap);
            let found = problems(&lines);
            assert!(
                found[0].starts_with(&format!("l:{}: this is entry {}: a line before it", gap + 1, gap + 2)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn reordered_and_forged_lines_are_named() {
        let mut lines = ledger(3);
        lines.swap(0, 1);
        assert!(problems(&lines)[0].starts_with("l:1: this is entry 2"), "{:?}", problems(&lines));
        // A line that is right in itself and follows nothing here.
        let mut lines = ledger(3);
        let mut forged: Entry = serde_json::from_str(&lines[1]).unwrap();
        forged.by = "Somebody <s@b.c>".into();
        forged.hash = content_hash(serde_json::to_value(&forged).unwrap());
        lines[1] = serde_json::to_string(&forged).unwrap();
        assert_eq!(problems(&lines), ["l:3: the line does not follow the one before it: one of them was forged"]);
    }

    #[test]
    fn conflict_marks_are_explained() {
        let text = format!("{}\n<<<<<<< HEAD\n", ledger(1)[0]);
        let chain = parse(&text, "l");
        assert!(chain.problems[0].to_string().starts_with("l:2: two branches"), "{:?}", chain.problems);
        assert!(chain.problems[0].hint.as_ref().unwrap().contains("git checkout"));
    }
}
