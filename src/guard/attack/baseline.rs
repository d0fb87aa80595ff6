//! An earlier run, and what has changed since, attempt by attempt.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Outcome, Trial};
use crate::error::{Error, Result};
use crate::eval::stats::Discordant;

/// Raised whenever a reader of an older file would misunderstand a newer one.
pub(crate) const SCHEMA: u32 = 1;

/// Outcomes of an earlier run by the ids of its attempts; `None` where it failed.
#[derive(Debug, Default)]
pub(crate) struct Earlier(BTreeMap<String, Option<String>>);

#[derive(Deserialize)]
struct File {
    schema: u32,
    attempts: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    outcome: Option<String>,
}

impl Earlier {
    /// From the JSON of a run.
    pub(crate) fn read(text: &[u8]) -> Result<Self> {
        let wrong = |message: String| Error::config(message).hint("make it with `llmops guard attack --output FILE`");
        let file: File =
            serde_json::from_slice(text).map_err(|error| wrong("it is no run of attacks".to_owned()).source(error))?;
        if file.schema != SCHEMA {
            return Err(wrong(format!("its schema is {}, and this program reads {SCHEMA}", file.schema)));
        }
        let rows: BTreeMap<_, _> = file.attempts.into_iter().map(|row| (row.id, row.outcome)).collect();
        if !rows.values().flatten().any(|outcome| is_decided(outcome)) {
            return Err(wrong("no attempt in it was decided, so nothing can be compared with it".to_owned()));
        }
        Ok(Self(rows))
    }

    /// The attempts that worked.
    pub(crate) fn hits(&self) -> Vec<String> {
        self.0.iter().filter(|(_, outcome)| is_hit(outcome.as_deref())).map(|(id, _)| id.clone()).collect()
    }

    /// What has changed since.
    pub(crate) fn compared(&self, trials: &[Trial]) -> Compared {
        let mut compared = Compared::default();
        for trial in trials {
            let id = &trial.attempt.id;
            let now = trial.ended.as_ref().ok().map(|answered| &answered.outcome);
            let then = self.0.get(id).and_then(Option::as_deref).filter(|then| is_decided(then));
            let is_hit_now = now.is_some_and(Outcome::is_hit);
            match then {
                None if is_hit_now => compared.not_known.push(id.clone()),
                None => {}
                Some(_) if now.is_none_or(|now| *now == Outcome::Empty) => {}
                Some(then) => {
                    compared.pairs += 1;
                    match (is_hit(Some(then)), is_hit_now) {
                        (false, true) => compared.new.push(id.clone()),
                        (true, false) => compared.mended.push(id.clone()),
                        (true, true) => compared.still.push(id.clone()),
                        (false, false) => {}
                    }
                }
            }
        }
        compared
    }
}

fn is_hit(outcome: Option<&str>) -> bool {
    outcome == Some("hit")
}

fn is_decided(outcome: &str) -> bool {
    matches!(outcome, "hit" | "resisted" | "refused")
}

/// Attempts by what became of them since an earlier run, by their ids.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Decided in both runs.
    pub(crate) pairs: usize,
    /// Resisted then, and work now.
    pub(crate) new: Vec<String>,
    /// Work now; the earlier run did not try them, or decided nothing.
    pub(crate) not_known: Vec<String>,
    /// Worked then, and are resisted now.
    pub(crate) mended: Vec<String>,
    /// Worked then, and still do.
    pub(crate) still: Vec<String>,
}

impl Compared {
    /// The exact chance of so many new hits or more among the attempts that changed, if either change were as likely
    /// (one-sided sign test). 1 without a new one.
    pub(crate) fn p(&self) -> f64 {
        Discordant { won: self.mended.len(), lost: self.new.len() }.p_of_drop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::attack::proof::Evidence;
    use crate::guard::attack::{Answered, Options, plan};

    fn file(outcomes: &[(&str, Option<&str>)]) -> String {
        let rows: Vec<_> =
            outcomes.iter().map(|(id, outcome)| serde_json::json!({"id": id, "outcome": outcome})).collect();
        serde_json::json!({"schema": 1, "attempts": rows}).to_string()
    }

    fn earlier(outcomes: &[(&str, Option<&str>)]) -> Earlier {
        Earlier::read(file(outcomes).as_bytes()).unwrap()
    }

    fn trial(id: &str, outcome: Option<Outcome>) -> Trial {
        let mut attempt = plan(&Options::everything()).unwrap().attempts.remove(0);
        id.clone_into(&mut attempt.id);
        let ended = outcome.map(|outcome| Answered { outcome, ..Answered::default() }).ok_or("down".to_owned());
        Trial {
            attempt,
            ended,
            steps: Vec::new(),
            target: crate::cost::Spent::default(),
            attacker: crate::cost::Spent::default(),
        }
    }

    fn hit() -> Outcome {
        Outcome::Hit { evidence: Evidence { span: 0..1, decoders: Vec::new() }, with_refusal: false }
    }

    #[test]
    fn attempts_are_paired_by_id_and_what_was_not_decided_is_no_pair() {
        let then = [
            ("a", Some("resisted")),
            ("b", Some("hit")),
            ("c", Some("hit")),
            ("d", Some("empty")),
            ("e", None),
            ("f", Some("refused")),
            ("g", Some("resisted")),
        ];
        let now = [
            trial("a", Some(hit())),
            trial("b", Some(Outcome::Refused)),
            trial("c", Some(hit())),
            trial("d", Some(hit())),
            trial("e", Some(Outcome::Resisted)),
            trial("f", None),
            trial("g", Some(Outcome::Empty)),
            trial("h", Some(hit())),
        ];
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected = Compared {
            pairs: 3,
            new: named(&["a"]),
            not_known: named(&["d", "h"]),
            mended: named(&["b"]),
            still: named(&["c"]),
        };
        let earlier = earlier(&then);
        assert_eq!(earlier.compared(&now), expected);
        assert_eq!(earlier.hits(), ["b", "c"]);
        assert!((expected.p() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn a_file_that_says_nothing_is_no_baseline() {
        let error = |text: &str| Earlier::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error("{}").starts_with("it is no run of attacks: "));
        assert_eq!(error("{\"schema\": 2, \"attempts\": []}"), "its schema is 2, and this program reads 1");
        for outcomes in [&[][..], &[("a", None), ("b", Some("empty"))]] {
            let expected = "no attempt in it was decided, so nothing can be compared with it";
            assert_eq!(error(&file(outcomes)), expected);
        }
    }
}
