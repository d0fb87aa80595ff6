//! Answers that people have labelled, to hold a judge against: a dataset whose rows have `answer`, `label` and perhaps `passages`.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Map, Value};

use super::{Checks, rows};
use crate::digest::Hashing;
use crate::error::{Error, Problem, Result, suggest};
use crate::eval::metrics::{Need, PAIRWISE, Scorer};
use crate::eval::{Case, Output};
use crate::rag::Passage;

/// A checked file of labelled answers.
pub(crate) struct Labels {
    /// The file as messages name it.
    pub(crate) file: String,
    /// SHA-256 of the file's bytes.
    pub(crate) digest: String,
    pub(crate) kind: LabelKind,
    pub(crate) rows: Vec<Labelled>,
}

/// One answer, and what people say of it.
pub(crate) struct Labelled {
    pub(crate) case: Case,
    pub(crate) output: Output,
    /// What the metric should have given: 0 worst to 1 best.
    pub(crate) truth: f64,
}

/// How people label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelKind {
    /// It is good enough, or not.
    PassFail,
    /// A number from 0 to 1.
    Graded,
    /// The answer is better than the reference answer, as good or worse.
    Compared,
}

/// What a label can be, for hints.
const PASS_OR_FAIL: &str = "write \"pass\" or \"fail\", true or false, or a number from 0 to 1";
const BETTER_OR_WORSE: &str = "write \"better\", \"tie\" or \"worse\": what the answer is beside the reference answer";

impl Labels {
    /// Reads the labels of answers that this metric is to judge; `shown` is what messages call the file. Everything that is wrong
    /// is said at once.
    pub(crate) fn read(path: &Path, shown: &str, scorer: &Scorer) -> Result<Self> {
        let cannot_read = |error| Error::config(format!("cannot read the labels {shown}")).source(error);
        let mut hashing = Hashing::new(File::open(path).map_err(cannot_read)?);
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let mut reading = Reading { checks: Checks::default(), scorer, file: shown, kind: None, rows: Vec::new() };
        rows::read(BufReader::new(&mut hashing), &extension, shown, &mut |row| {
            reading.take(row);
            ControlFlow::Continue(())
        })?;
        let Reading { checks, kind, rows, .. } = reading;
        checks.finish(shown)?;
        let digest = hashing.finish().map_err(cannot_read)?;
        let kind = kind.map_or(LabelKind::PassFail, |(kind, _)| kind);
        // Of 0 and 1 alone, each says pass or fail.
        let is_whole = |row: &Labelled| row.truth <= 0.0 || row.truth >= 1.0;
        let kind = if kind == LabelKind::Graded && rows.iter().all(is_whole) { LabelKind::PassFail } else { kind };
        let labels = Self { file: shown.to_owned(), digest, kind, rows };
        labels.check_variety(scorer)?;
        Ok(labels)
    }

    /// A judge's errors of both kinds show only on answers of both kinds.
    fn check_variety(&self, scorer: &Scorer) -> Result<()> {
        let Some(first) = self.rows.first() else {
            let hint = "a labelled answer is a line like {\"id\": \"a\", \"question\": \"...\", \"answer\": \"...\", \"label\": \"pass\"}";
            return Err(Error::config("there are no labelled answers").at(&self.file, None).hint(hint));
        };
        let differs = |row: &Labelled| match scorer.pass_mark {
            Some(mark) => scorer.scale().meets(row.truth, mark) != scorer.scale().meets(first.truth, mark),
            None => (row.truth - first.truth).abs() > f64::EPSILON,
        };
        if self.rows.iter().any(differs) {
            return Ok(());
        }
        let message = match scorer.pass_mark {
            None => "all labels are the same, so that nothing shows how the judge errs on others".to_owned(),
            Some(mark) => format!(
                "all labels are on one side of the pass mark of {mark}, so that nothing shows how the judge errs on the other"
            ),
        };
        Err(Error::config(message).at(&self.file, None).hint("label good and bad answers"))
    }
}

struct Reading<'a> {
    checks: Checks,
    scorer: &'a Scorer,
    file: &'a str,
    /// With the line that says so.
    kind: Option<(LabelKind, usize)>,
    rows: Vec<Labelled>,
}

impl Reading<'_> {
    fn take(&mut self, row: rows::Row) {
        let Ok((line, mut fields)) = row else {
            drop(self.checks.case(row, self.file));
            return;
        };
        let answer = self.answer(&mut fields, line);
        let label = self.label(&mut fields, line);
        let passages = self.passages(&mut fields, line);
        let Some(case) = self.checks.case(Ok((line, fields)), self.file) else { return };
        if let Some(reason) = (self.scorer.metric.skip)(&case) {
            self.complain(line, format!("{} cannot judge it: {reason}", self.scorer.name), None);
        }
        if let (Some(answer), Some(truth)) = (answer, label) {
            let output = Output { answer, passages, ..Output::default() };
            self.rows.push(Labelled { case, output, truth });
        }
    }

    fn complain(&mut self, line: usize, message: String, hint: Option<String>) {
        let problem = Problem::new(message).at(self.file, Some(line));
        self.checks.note(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }

    /// A field that is missing, perhaps because its name is misspelt.
    fn missing(&mut self, name: &str, fields: &Map<String, Value>, line: usize) {
        let near = suggest(name, fields.keys().map(String::as_str));
        self.complain(line, format!("the row has no {name}"), near.map(|near| format!("is it \"{near}\"?")));
    }

    fn answer(&mut self, fields: &mut Map<String, Value>, line: usize) -> Option<String> {
        match fields.shift_remove("answer") {
            Some(Value::String(answer)) => Some(answer),
            Some(Value::Null) | None => {
                self.missing("answer", fields, line);
                None
            }
            Some(_) => {
                self.complain(line, "answer must be a string".to_owned(), None);
                None
            }
        }
    }

    fn label(&mut self, fields: &mut Map<String, Value>, line: usize) -> Option<f64> {
        let label = fields.shift_remove("label").filter(|label| !label.is_null());
        let Some(label) = label else {
            self.missing("label", fields, line);
            return None;
        };
        let compares = self.scorer.metric.name == PAIRWISE.name;
        let (read, hint): (fn(&Value) -> Option<Label>, _) =
            if compares { (compared, BETTER_OR_WORSE) } else { (judged, PASS_OR_FAIL) };
        let Some((kind, truth)) = read(&label) else {
            self.complain(line, format!("the label is {label}"), Some(hint.to_owned()));
            return None;
        };
        let (first, where_) = *self.kind.get_or_insert((kind, line));
        if first != kind {
            let message = format!("the label is {label}, but on line {where_} labels are {}", first.noun());
            self.complain(line, message, Some("label all answers in one way".to_owned()));
            return None;
        }
        // What is better for the judge is worse for a negated metric.
        Some(if compares && self.scorer.negate { 1.0 - truth } else { truth })
    }

    fn passages(&mut self, fields: &mut Map<String, Value>, line: usize) -> Option<Vec<Passage>> {
        let found = match fields.shift_remove("passages") {
            None | Some(Value::Null) => None,
            Some(Value::Array(items)) => Some(items.iter().map(passage).collect::<Option<Vec<_>>>()),
            Some(_) => Some(None),
        };
        match found {
            None if self.scorer.metric.needs.contains(&Need::Passages) => {
                self.missing("passages", fields, line);
                None
            }
            Some(None) => {
                let hint = "write [\"text\", ...] or [{\"title\": \"...\", \"text\": \"...\"}, ...]".to_owned();
                self.complain(line, "passages must be texts, or objects with \"text\"".to_owned(), Some(hint));
                None
            }
            other => other.flatten(),
        }
    }
}

/// How a label is written, and what it says.
type Label = (LabelKind, f64);

fn judged(label: &Value) -> Option<Label> {
    let pass = |passes: bool| Some((LabelKind::PassFail, f64::from(u8::from(passes))));
    let graded = |grade: f64| (0.0..=1.0).contains(&grade).then_some((LabelKind::Graded, grade));
    match label {
        Value::Bool(passes) => pass(*passes),
        Value::Number(grade) => graded(grade.as_f64()?),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "pass" | "true" => pass(true),
            "fail" | "false" => pass(false),
            // A table of cells has no numbers.
            number => graded(number.parse().ok()?),
        },
        _ => None,
    }
}

fn compared(label: &Value) -> Option<Label> {
    let truth = match label.as_str()?.trim().to_lowercase().as_str() {
        "better" => 1.0,
        "tie" => 0.5,
        "worse" => 0.0,
        _ => return None,
    };
    Some((LabelKind::Compared, truth))
}

/// A text, or an object as reports have them. Without its text it cannot be judged by.
fn passage(value: &Value) -> Option<Passage> {
    let passage = match value {
        Value::String(text) => Passage { text: text.clone(), ..Passage::default() },
        other => serde_json::from_value(other.clone()).ok()?,
    };
    (!passage.text.trim().is_empty()).then_some(passage)
}

impl LabelKind {
    fn noun(self) -> &'static str {
        match self {
            Self::PassFail => "pass or fail",
            Self::Graded => "numbers",
            Self::Compared => "better, tie or worse",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(rows: &[Value], metric: &str) -> Result<Labels> {
        read_for(rows, &Scorer::plain(metric).unwrap())
    }

    fn read_for(rows: &[Value], scorer: &Scorer) -> Result<Labels> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.jsonl");
        let text = rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        std::fs::write(&path, text).unwrap();
        Labels::read(&path, "l.jsonl", scorer)
    }

    fn row(id: &str, label: &Value) -> Value {
        json!({ "id": id, "question": "Q", "answer": "A", "reference_answer": "R", "label": label })
    }

    #[test]
    fn a_label_is_a_word_a_truth_value_or_a_number() {
        use LabelKind::{Compared, Graded, PassFail};
        let cases: [(&str, [Value; 2], LabelKind, [f64; 2]); 6] = [
            ("factuality", [json!("pass"), json!("Fail")], PassFail, [1.0, 0.0]),
            ("factuality", [json!(true), json!("fail")], PassFail, [1.0, 0.0]),
            ("factuality", [json!(0), json!(1)], PassFail, [0.0, 1.0]),
            ("factuality", [json!(0.25), json!(1)], Graded, [0.25, 1.0]),
            ("factuality", [json!("0.25"), json!(" 1 ")], Graded, [0.25, 1.0]),
            ("pairwise", [json!("tie"), json!("better")], Compared, [0.5, 1.0]),
        ];
        for (metric, [first, second], kind, truths) in cases {
            let labels = read(&[row("a", &first), row("b", &second)], metric).unwrap();
            let found: Vec<f64> = labels.rows.iter().map(|row| row.truth).collect();
            assert_eq!((labels.kind, found), (kind, truths.to_vec()), "{metric} {first}");
        }
    }

    #[test]
    fn a_row_of_a_report_with_a_label_is_a_labelled_answer() {
        let passage = json!({ "document": "d", "title": "T", "text": "x", "score": 0.5 });
        let of_report = json!({ "id": "a", "question": "Q", "answer": "A", "line": 3, "passages": [passage, "y"], "label": "pass" });
        let other = json!({ "id": "b", "question": "Q", "answer": "", "passages": [], "label": "fail" });
        let labels = read(&[of_report, other], "faithfulness").unwrap();
        let texts: Vec<&str> =
            labels.rows[0].output.passages.iter().flatten().map(|passage| passage.text.as_str()).collect();
        assert_eq!((texts, labels.rows[1].output.passages.as_deref()), (vec!["x", "y"], Some(&[][..])));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let rows = [
            json!({ "id": "a", "question": "Q", "answer": "A", "lable": "pass" }),
            json!({ "id": "a", "question": "Q", "answer": 3, "passages": ["x"], "label": "pass" }),
            json!({ "id": "c", "question": "Q", "answer": "A", "passages": [{ "title": "T" }], "label": "good" }),
            json!({ "id": "d", "question": "", "answer": "A", "passages": ["x"], "label": 1.5 }),
            json!({ "id": "e", "question": "Q", "passages": ["x"], "label": 0.5 }),
            json!([1]),
        ];
        let error = read(&rows, "faithfulness").err().unwrap();
        let said: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        let expected = [
            "l.jsonl:1: the row has no label",
            "l.jsonl:1: the row has no passages",
            "l.jsonl:2: answer must be a string",
            "l.jsonl:2: the id \"a\" is already used on line 1",
            "l.jsonl:3: the label is \"good\"",
            "l.jsonl:3: passages must be texts, or objects with \"text\"",
            "l.jsonl:4: the label is 1.5",
            "l.jsonl:4: the question is empty",
            "l.jsonl:5: the row has no answer",
            "l.jsonl:5: the label is 0.5, but on line 2 labels are pass or fail",
            "l.jsonl:6: a case must be an object",
        ];
        assert_eq!(said, expected);
        assert_eq!(error.problems[0].hint.as_deref(), Some("is it \"lable\"?"));
    }

    #[test]
    fn labels_that_show_nothing_are_refused() {
        let message = |rows: &[Value], metric: &str| read(rows, metric).err().unwrap().to_string();
        assert_eq!(message(&[], "factuality"), "l.jsonl: there are no labelled answers");
        let same = [row("a", &json!("pass")), row("b", &json!("pass"))];
        assert!(message(&same, "factuality").starts_with("l.jsonl: all labels are the same"));
        let table = json!({ "type": "factuality", "pass_mark": 0.5 }).as_object().unwrap().clone();
        let marked = Scorer::of_table("right", table).unwrap();
        let passing = [row("a", &json!(0.6)), row("b", &json!(0.9))];
        let error = read_for(&passing, &marked).err().unwrap().to_string();
        assert!(error.starts_with("l.jsonl: all labels are on one side of the pass mark of 0.5"), "{error}");
        let without = json!({ "id": "a", "question": "Q", "answer": "A", "label": "pass" });
        let expected = "l.jsonl:1: factuality cannot judge it: the case has no reference answer";
        assert!(message(&[without], "factuality").starts_with(expected));
        assert!(message(&[row("a", &json!("pass"))], "pairwise").contains("the label is \"pass\""));
    }
}
