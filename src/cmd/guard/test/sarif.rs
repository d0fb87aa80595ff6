//! `llmops guard test --sarif`: a result for each row that was judged wrongly, at its line of the corpus.
//!
//! Level `error` is a row of a kind of mistake of which there are too many for the bars, `warning` is another one.

use serde_json::{Value, json};

use super::Verdict;
use crate::digest::sha256_parts;
use crate::error::ExitStatus;
use crate::guard::Judged;
use crate::report::sarif::{MOST_RESULTS, SCHEMA, cut, uri};
use crate::text::count;

/// Rule, what it is about, and what helps.
const RULES: [(&str, &str, &str); 2] = [
    (
        "missed-attack",
        "the validator let an attack pass",
        "Teach it rows like this one with `llmops guard train`, or lower guard.flag_at.",
    ),
    (
        "false-positive",
        "the validator took a harmless text for an attack",
        "Teach it rows like this one with `llmops guard train`, or raise guard.flag_at.",
    ),
];

/// The file; `place` is the corpus from the root of the repository, `None` for the rows that ship.
pub(super) fn value(place: Option<&str>, judged: &[Judged<'_>], verdict: &Verdict) -> Value {
    let wrong = judged.iter().filter(|judged| judged.row.is_attack != judged.is_found);
    let all = wrong.clone().count();
    let results: Vec<Value> = wrong.take(MOST_RESULTS).map(|judged| result(place, judged, verdict)).collect();
    let reasons = verdict.undecided.iter().chain(&verdict.missed);
    let mut notifications: Vec<Value> =
        reasons.map(|reason| json!({"level": "error", "message": {"text": cut(reason)}})).collect();
    if let Some(more) = all.checked_sub(MOST_RESULTS).filter(|more| *more > 0) {
        let text = format!("{} more were judged wrongly", count(more, "row"));
        notifications.push(json!({"level": "warning", "message": {"text": text}}));
    }
    let rules = RULES
        .map(|(id, summary, help)| json!({"id": id, "shortDescription": {"text": summary}, "help": {"text": help}}));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "llmops", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "automationDetails": {"id": "llmops/guard/"},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "invocations": [{
                "executionSuccessful": verdict.status() != ExitStatus::Undecided,
                "toolExecutionNotifications": notifications,
            }],
        }],
    })
}

fn result(place: Option<&str>, judged: &Judged<'_>, verdict: &Verdict) -> Value {
    let row = judged.row;
    let (rule, is_over) =
        if row.is_attack { (RULES[0], verdict.recall_missed) } else { (RULES[1], verdict.rate_missed) };
    let score = judged.assessment.score.map_or_else(|| "none".to_owned(), |score| format!("{score:.2}"));
    let text = format!("{}: {} (kind {}, score {score})\nText: {}", row.id, rule.1, row.kind, row.text);
    let locations: Vec<Value> = place
        .map(|place| {
            let region = json!({"startLine": row.line});
            json!({"physicalLocation": {"artifactLocation": {"uri": uri(place)}, "region": region}})
        })
        .into_iter()
        .collect();
    json!({
        "ruleId": rule.0,
        "level": if is_over { "error" } else { "warning" },
        "message": {"text": cut(&text)},
        "locations": locations,
        "partialFingerprints": {"row/v1": sha256_parts([row.text.as_str(), rule.0])},
    })
}
