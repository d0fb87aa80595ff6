//! `recorded/FILE`: replays answers by their question, from JSONL rows or a report of this tool.
//!
//! ```text
//! {"question": "...", "answer": "...", "usage": {...}?}            one row a line
//! {"results": [{"question": "...", "answer": "...", ...}, ...]}    a report; rows without an answer had failed
//! ```

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::cost::{Cost, Usage};
use crate::error::{Error, Problem, Result};
use crate::llm::failure::shorten;
use crate::llm::{Finish, Reply};

/// Answers by the question that they were given to.
pub(in crate::llm) struct Recording {
    file: String,
    answers: HashMap<String, Answer>,
}

#[derive(PartialEq)]
struct Answer {
    text: String,
    usage: Usage,
}

#[derive(Deserialize)]
struct Row {
    question: String,
    answer: Option<String>,
    #[serde(default)]
    usage: Option<Usage>,
}

impl Recording {
    /// Reads a file; `shown` is how messages name it. All bad rows are reported at once.
    pub(in crate::llm) fn read(path: &Path, shown: &str) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::config(format!("cannot read the recorded answers {shown}")).source(error))?;
        Self::parse(&text, shown)
    }

    fn parse(text: &str, shown: &str) -> Result<Self> {
        let report = serde_json::from_str::<Value>(text).ok().and_then(|report| report.get("results").cloned());
        let is_report = report.is_some();
        let rows: Vec<(Option<usize>, serde_json::Result<Row>)> = match report {
            Some(Value::Array(rows)) => rows.into_iter().map(|row| (None, serde_json::from_value(row))).collect(),
            Some(_) => return Err(Error::config("\"results\" is not an array").at(shown, None)),
            None => (text.lines().enumerate())
                .filter(|(_, line)| !line.trim().is_empty())
                .map(|(index, line)| (Some(index + 1), serde_json::from_str(line)))
                .collect(),
        };
        let mut recording = Self { file: shown.to_owned(), answers: HashMap::new() };
        let mut problems = Vec::new();
        for (line, row) in rows {
            let added = row.map_err(|error| error.to_string()).and_then(|row| recording.add(row, is_report));
            problems.extend(added.err().map(|message| Problem::new(message).at(shown, line)));
        }
        if problems.is_empty() && recording.answers.is_empty() {
            problems.push(Problem::new("no recorded answers").at(shown, None));
        }
        Error::unless_empty(problems)?;
        Ok(recording)
    }

    fn add(&mut self, row: Row, is_report: bool) -> std::result::Result<(), String> {
        let question = row.question.trim().to_owned();
        let text = row.answer.unwrap_or_default();
        if text.trim().is_empty() {
            let message = || format!("the question \"{}\" has no answer", shorten(&question));
            return if is_report { Ok(()) } else { Err(message()) };
        }
        let answer = Answer { text, usage: row.usage.unwrap_or_default() };
        match self.answers.get(&question) {
            Some(known) if known.text != answer.text => {
                Err(format!("the question \"{}\" is recorded with two answers", shorten(&question)))
            }
            Some(_) => Ok(()),
            None => {
                self.answers.insert(question, answer);
                Ok(())
            }
        }
    }

    /// The recorded answer to exactly this question. Nothing is sent, so there are no attempts and no latency.
    pub(in crate::llm) fn reply(&self, question: &str) -> Result<Reply> {
        let Some(answer) = self.answers.get(question.trim()) else { return Err(self.miss(question)) };
        Ok(Reply {
            text: answer.text.clone(),
            usage: answer.usage,
            cost: Ok(Cost::ZERO),
            finish: Finish::Stop,
            abstained: None,
            latency: None,
            attempts: 0,
            cached: false,
            tokens: None,
        })
    }

    fn miss(&self, question: &str) -> Error {
        let nearest = self
            .answers
            .keys()
            .map(|known| (strsim::sorensen_dice(question, known), known))
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
            .map_or_else(String::new, |(_, known)| format!("; the nearest is \"{}\"", shorten(known)));
        let (file, question) = (&self.file, shorten(question));
        Error::unavailable(format!("{file} has no answer to \"{question}\"{nearest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = r#"{"id": "1", "question": " What is a gate? ", "answer": "A bar.", "usage": {"input": 3}}

{"question": "What is RAG?", "answer": "Retrieval."}
{"question": "What is RAG?", "answer": "Retrieval."}
"#;

    #[test]
    fn a_recorded_question_is_answered_exactly() {
        let recording = Recording::parse(ROWS, "answers.jsonl").unwrap();
        let reply = recording.reply("What is a gate?\n").unwrap();
        assert_eq!((reply.text.as_str(), reply.usage.input, reply.attempts), ("A bar.", 3, 0));
        let error = recording.reply("what is a gate").unwrap_err().to_string();
        assert_eq!(error, "answers.jsonl has no answer to \"what is a gate\"; the nearest is \"What is a gate?\"");
    }

    #[test]
    fn a_report_can_be_replayed() {
        let report = r#"{
            "schema": 1,
            "results": [
                {"id": "1", "question": "Q", "answer": "A", "usage": {"input": 1, "output": 2}},
                {"id": "2", "question": "failed", "answer": null}
            ]
        }"#;
        let recording = Recording::parse(report, "report.json").unwrap();
        assert_eq!(recording.reply("Q").unwrap().usage, Usage { input: 1, output: 2, ..Usage::default() });
        assert!(recording.reply("failed").is_err());
    }

    #[test]
    fn bad_rows_are_reported_all_at_once_with_their_lines() {
        let text = "{\"question\": \"Q\", \"answer\": \"A\"}\n{\"question\": \"Q\", \"answer\": \"B\"}\nnonsense\n{\"question\": \"R\"}";
        let error = Recording::parse(text, "a.jsonl").err().unwrap();
        let lines: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        let expected = [
            "a.jsonl:2: the question \"Q\" is recorded with two answers",
            "a.jsonl:3: expected ident at line 1 column 2",
            "a.jsonl:4: the question \"R\" has no answer",
        ];
        assert_eq!(lines, expected);
        assert_eq!(Recording::parse("", "a.jsonl").err().unwrap().to_string(), "a.jsonl: no recorded answers");
    }
}
