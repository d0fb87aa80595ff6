//! How the facts of the answer relate to those of the reference answer.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::judged::{Question, judged, reference};
use super::{Key, Metric, Need, Options, Scale, scored_because};
use crate::eval::judge::{Form, Inquiry, Item, Rubric};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "factuality",
    summary: "whether the answer's facts agree with the reference answer's, by a judge",
    documentation: "    the score of the one class that the judge puts the answer into

| class | the answer's facts | score |
| --- | --- | --- |
| `subset` | are a part of the reference's, in agreement with it | 0.4 |
| `superset` | hold all of the reference's and more, in agreement with it | 0.6 |
| `same` | are the reference's | 1 |
| `conflict` | contradict the reference's | 0 |
| `immaterial` | differ only in what does not matter for the question | 1 |

The scores can be set, since a longer answer is a fault here and a virtue there. A refusal is no fact and no part of
anything: the judge is told to call it `conflict`.

0 worst, 1 best.

Skipped for cases without `reference_answer`. Errored if the judge does not name exactly one of the classes.

Source: the factuality prompt of OpenAI evals (classes A to E), with the scores of autoevals.",
    scale: Scale::Share,
    needs: &[Need::Judge],
    options: &[
        Key { name: "subset", help: "score of a part of the reference, 0 to 1; default 0.4", required: false },
        Key { name: "superset", help: "score of the reference and more, 0 to 1; default 0.6", required: false },
        Key { name: "same", help: "score of the same facts, 0 to 1; default 1", required: false },
        Key { name: "conflict", help: "score of a contradiction, 0 to 1; default 0", required: false },
        Key { name: "immaterial", help: "score of differences that do not matter, 0 to 1; default 1", required: false },
    ],
    skip: super::reference::skip,
    build: |options| Ok(judged(Factuality { scores: scores(options)? })),
};

const LABELS: &[&str] = &["subset", "superset", "same", "conflict", "immaterial"];
const DEFAULT_SCORES: [f64; 5] = [0.4, 0.6, 1.0, 0.0, 1.0];

const CLASSES: Rubric = Rubric {
    name: "factuality",
    version: 1,
    task: Cow::Borrowed(
        "The one item is an answer to \"question\"; \"reference\" is the right answer. Compare their facts, not their style, \
         length, grammar or punctuation. \"subset\": the answer's facts are a part of the reference's and agree with it. \
         \"superset\": they hold all of the reference's and more, and agree with it. \"same\": they are the same facts. \
         \"conflict\": something contradicts the reference, or the answer gives no facts at all, as a refusal does. \
         \"immaterial\": they differ, but not in anything that matters for the question.",
    ),
    form: Form::Verdicts(LABELS),
};

struct Factuality {
    /// In the order of the labels.
    scores: [f64; 5],
}

fn scores(options: &Options) -> Result<[f64; 5], String> {
    let mut scores = DEFAULT_SCORES;
    for (label, score) in LABELS.iter().zip(&mut scores) {
        if let Some(own) = options.number(label)? {
            if !(0.0..=1.0).contains(&own) {
                return Err(format!("the option \"{label}\" is {own}, but must be from 0 to 1"));
            }
            *score = own;
        }
    }
    Ok(scores)
}

impl Question for Factuality {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&CLASSES]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let data = json!({ "question": case.question, "reference": reference(case) });
            let item = Item::new("answer").with("text", output.answer.as_str());
            let rulings = inquiry.rule(&CLASSES, &data, &[item]).await?;
            let ruling = rulings.first().ok_or("internal error: one ruling")?;
            let reason = format!("{}: {}", LABELS[ruling.label], ruling.reason);
            Ok(scored_because(self.scores[ruling.label], reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metrics::Scorer;

    #[test]
    fn scores_can_be_set_from_0_to_1() {
        let built = |table: serde_json::Value| Scorer::of_table("facts", table.as_object().unwrap().clone()).err();
        assert_eq!(built(json!({ "type": "factuality", "superset": 1, "subset": 0.5 })), None);
        let expected = "the option \"superset\" is 2, but must be from 0 to 1";
        assert_eq!(built(json!({ "type": "factuality", "superset": 2 })).as_deref(), Some(expected));
    }
}
