//! Reads what a judge replied, strictly: a reply that lacks something, repeats something or adds something is no
//! measurement. A score over the verdicts that happened to come back would be higher the more a judge leaves out.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::text::printable;

/// A reply is quoted up to this many characters.
const QUOTE_CHARS: usize = 100;

/// One word of a closed set and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vote {
    /// Which of the labels, by its position.
    pub(crate) label: usize,
    pub(crate) reason: String,
}

/// What a reply says of the items that were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Votes {
    /// In the order of the ids; `None` where there is no usable verdict.
    pub(super) votes: Vec<Option<Vote>>,
    /// What is wrong with the reply; `None` exactly if every vote is there.
    pub(super) problem: Option<String>,
}

/// The verdicts on exactly these ids. An id that was not asked for makes the whole reply unusable: whoever adds
/// verdicts did not read the question.
pub(super) fn verdicts(text: &str, ids: &[&str], labels: &[&str]) -> Votes {
    let none = |problem: String| Votes { votes: vec![None; ids.len()], problem: Some(problem) };
    let entries = match object(text) {
        Ok(mut object) => match object.remove("verdicts") {
            Some(Value::Array(entries)) => entries,
            _ => return none(format!("it has no list \"verdicts\": {}", quote(text))),
        },
        Err(problem) => return none(problem),
    };
    let mut found: Vec<Vec<Result<Vote, String>>> = vec![Vec::new(); ids.len()];
    for entry in &entries {
        let id = entry.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(index) = ids.iter().position(|known| *known == id) else {
            return none(format!("it has a verdict on {}, which was not asked for", quote(id)));
        };
        found[index].push(vote(entry, labels));
    }
    let mut problem = None;
    let mut votes = Vec::new();
    for (id, mut found) in ids.iter().zip(found) {
        let vote = match (found.len(), found.pop()) {
            (1, Some(vote)) => vote.map_err(|wrong| format!("its verdict on {id} is {wrong}")),
            (0, _) => Err(format!("it has no verdict on {id}")),
            (count, _) => Err(format!("it has {count} verdicts on {id}")),
        };
        votes.push(vote.map_err(|wrong| problem.get_or_insert(wrong).clone()).ok());
    }
    Votes { votes, problem }
}

fn vote(entry: &Value, labels: &[&str]) -> Result<Vote, String> {
    let word = entry.get("verdict").and_then(Value::as_str).unwrap_or_default();
    match labels.iter().position(|label| *label == word) {
        Some(label) => Ok(Vote { label, reason: reason(entry) }),
        None => Err(format!("{}, not one of {}", quote(word), labels.join(", "))),
    }
}

/// The texts of each of these lists; no other key may be there, and no text may be blank.
pub(super) fn lists(text: &str, names: &[&str]) -> Result<Vec<Vec<String>>, String> {
    let mut object = object(text)?;
    let mut lists = Vec::new();
    for name in names {
        let Some(Value::Array(items)) = object.remove(*name) else {
            return Err(format!("it has no list \"{name}\": {}", quote(text)));
        };
        let texts: Option<Vec<String>> =
            items.iter().map(|item| item.as_str().map(|text| text.trim().to_owned())).collect();
        match texts.filter(|texts| texts.iter().all(|text| !text.is_empty())) {
            Some(texts) => lists.push(texts),
            None => return Err(format!("its list \"{name}\" holds something that is no text: {}", quote(text))),
        }
    }
    match object.keys().next() {
        Some(key) => Err(format!("it has a key {} that was not asked for", quote(key))),
        None => Ok(lists),
    }
}

/// The score and why, for the item with this id.
pub(super) fn score(text: &str, id: &str, scale: &RangeInclusive<u8>) -> Result<(u8, String), String> {
    let value = Value::Object(object(text)?);
    let found = value.get("id").and_then(Value::as_str).unwrap_or_default();
    if found != id {
        return Err(format!("its id is {}, not \"{id}\"", quote(found)));
    }
    let score = value.get("score").and_then(Value::as_u64).and_then(|score| u8::try_from(score).ok());
    if let Some(score) = score.filter(|score| scale.contains(score)) {
        return Ok((score, reason(&value)));
    }
    let shown = value.get("score").map_or_else(|| "missing".to_owned(), |score| quote(&score.to_string()));
    Err(format!("its score is {shown}, not a whole number from {} to {}", scale.start(), scale.end()))
}

fn reason(entry: &Value) -> String {
    shorten(entry.get("reason").and_then(Value::as_str).unwrap_or_default())
}

/// The one JSON object that a reply is. Only a Markdown fence around it is tolerated.
fn object(text: &str) -> Result<Map<String, Value>, String> {
    let trimmed = text.trim();
    let inner = trimmed
        .strip_prefix("```json")
        .or_else(|| trimmed.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"))
        .unwrap_or(trimmed);
    match serde_json::from_str(inner) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(format!("it is not a JSON object: {}", quote(text))),
    }
}

/// The text in quotation marks, as one short line without such marks in it, so that its end can be told.
fn quote(text: &str) -> String {
    format!("\"{}\"", shorten(text).replace('"', "'"))
}

fn shorten(text: &str) -> String {
    let line = printable(text).split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: &[&str] = &["yes", "no"];

    fn labels(text: &str) -> (Vec<Option<usize>>, Option<String>) {
        let Votes { votes, problem } = verdicts(text, &["c1", "c2"], LABELS);
        (votes.into_iter().map(|vote| vote.map(|vote| vote.label)).collect(), problem)
    }

    #[test]
    fn every_id_has_exactly_one_verdict_of_the_set() {
        let whole = r#"{"verdicts": [{"id": "c2", "reason": "r", "verdict": "no"}, {"id": "c1", "verdict": "yes"}]}"#;
        for text in [whole.to_owned(), format!("```json\n{whole}\n```"), format!(" ```\n{whole}```\n")] {
            assert_eq!(labels(&text), (vec![Some(0), Some(1)], None), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_missing_and_said() {
        let entry = |id: &str, verdict: &str| format!(r#"{{"id": "{id}", "reason": "", "verdict": "{verdict}"}}"#);
        let cases = [
            (vec![entry("c1", "yes")], vec![Some(0), None], "it has no verdict on c2"),
            (vec![], vec![None, None], "it has no verdict on c1"),
            (
                vec![entry("c1", "yes"), entry("c2", "maybe")],
                vec![Some(0), None],
                "its verdict on c2 is \"maybe\", not one of yes, no",
            ),
            (
                vec![entry("c1", "yes"), entry("c2", "Yes")],
                vec![Some(0), None],
                "its verdict on c2 is \"Yes\", not one of yes, no",
            ),
            (
                vec![entry("c1", "yes"), entry("c1", "yes"), entry("c2", "no")],
                vec![None, Some(1)],
                "it has 2 verdicts on c1",
            ),
            (
                vec![entry("c1", "yes"), entry("c2", "no"), entry("c3", "yes")],
                vec![None, None],
                "it has a verdict on \"c3\", which was not asked for",
            ),
            (
                vec![entry("c1", "yes"), "{}".to_owned()],
                vec![None, None],
                "it has a verdict on \"\", which was not asked for",
            ),
        ];
        for (entries, expected, problem) in cases {
            let text = format!("{{\"verdicts\": [{}]}}", entries.join(","));
            assert_eq!(labels(&text), (expected, Some(problem.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_not_one_json_object_is_quoted_in_one_short_printable_line() {
        let cases = [
            ("Sure!\n\u{1b}[31mAll good", "it is not a JSON object: \"Sure! [31mAll good\""),
            ("{\"verdicts\": [", "it is not a JSON object: \"{'verdicts': [\""),
            ("[1]", "it is not a JSON object: \"[1]\""),
            (
                "Here: ```json\n{\"verdicts\": []}\n```",
                "it is not a JSON object: \"Here: ```json {'verdicts': []} ```\"",
            ),
            ("{\"verdict\": \"yes\"}", "it has no list \"verdicts\": \"{'verdict': 'yes'}\""),
        ];
        for (text, problem) in cases {
            assert_eq!(labels(text), (vec![None, None], Some(problem.to_owned())));
        }
        assert!(labels(&"x".repeat(5000)).1.unwrap().len() < 150);
    }

    #[test]
    fn lists_hold_texts_and_nothing_else() {
        let names = &["claims"];
        assert_eq!(lists(r#"{"claims": [" a ", "b"]}"#, names), Ok(vec![vec!["a".to_owned(), "b".to_owned()]]));
        assert_eq!(lists(r#"{"claims": []}"#, names), Ok(vec![vec![]]));
        let wrong = [
            (r#"{"claims": "a"}"#, "it has no list \"claims\""),
            (r#"{"claims": [1]}"#, "its list \"claims\" holds something that is no text"),
            (r#"{"claims": [" "]}"#, "its list \"claims\" holds something that is no text"),
            (r#"{"claims": [], "score": 1}"#, "it has a key \"score\" that was not asked for"),
        ];
        for (text, problem) in wrong {
            assert!(lists(text, names).unwrap_err().starts_with(problem), "{text}");
        }
    }

    #[test]
    fn a_score_is_a_whole_number_of_the_scale() {
        let read = |text: &str| score(text, "answer", &(1..=5));
        assert_eq!(read(r#"{"id": "answer", "reason": "9 of 10", "score": 4}"#), Ok((4, "9 of 10".to_owned())));
        let wrong = [
            (r#"{"id": "answer", "score": 0}"#, "its score is \"0\", not a whole number from 1 to 5"),
            (r#"{"id": "answer", "score": 4.5}"#, "its score is \"4.5\", not a whole number from 1 to 5"),
            (r#"{"id": "answer", "score": "4"}"#, "its score is \"'4'\", not a whole number from 1 to 5"),
            (r#"{"id": "answer"}"#, "its score is missing, not a whole number from 1 to 5"),
            (r#"{"id": "other", "score": 4}"#, "its id is \"other\", not \"answer\""),
        ];
        for (text, problem) in wrong {
            assert_eq!(read(text), Err(problem.to_owned()));
        }
    }
}
