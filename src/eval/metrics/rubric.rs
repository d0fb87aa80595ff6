//! A grade by criteria in the project's own words.

use std::fmt::Write as _;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::judged::{Question, judged, passages_json};
use super::{Key, Metric, Need, Options, Scale, never_skipped, scored_because};
use crate::eval::judge::{Form, Inquiry, Item, Rubric};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "rubric",
    summary: "a grade by criteria in plain words, by a judge",
    documentation: "    (s - 1) / (scale - 1)     with s = Σₖ k·p(k) / Σₖ p(k)

The judge grades the answer from 1 to `scale` by the criteria, step by step where steps are given; reasons come before the
grade. It sees the question, the answer, and, where there are any, the reference answer and the retrieved passages. As
`[metrics.NAME]`:

    [metrics.tone]
    type = \"rubric\"
    criteria = \"The answer is polite and does not promise anything.\"
    steps = [\"Look for promises.\", \"Look for impolite words.\"]

p(k) is the probability that the judge gave to k at the one token of the grade, so that a grade between two numbers is seen
as such; probability outside the scale is left out. If less than half lies on the scale, or no probabilities are told, s is
the grade itself. The report says how each grade came about: `logprob`; `greedy` (temperature 0); `sampled` (any other).
Grades of different modes are not comparable to the last digit: compare runs with the same judge.

Criteria and steps are never rewritten: they are part of the rubric's SHA-256, which is in the report. The scale ends at 9,
because a number of two tokens has no probability of its own. With a panel, s is the median of all judges.

0 worst, 1 best.

Skipped for no case. Errored if the judge does not give a whole number of the scale.

Source: G-Eval (Liu et al. 2023, arXiv:2303.16634).",
    scale: Scale::Share,
    needs: &[Need::Judge],
    options: &[
        Key { name: "criteria", help: "what makes an answer good, in plain words", required: true },
        Key { name: "steps", help: "how to judge, step by step; default none", required: false },
        Key { name: "scale", help: "the best grade, 2 to 9; default 5", required: false },
    ],
    skip: never_skipped,
    build: |options| Ok(judged(Graded { rubric: rubric(options)? })),
};

const DEFAULT_SCALE: u8 = 5;

struct Graded {
    rubric: Rubric,
}

fn rubric(options: &Options) -> Result<Rubric, String> {
    let criteria = options.text("criteria")?.unwrap_or_default().trim();
    if criteria.is_empty() {
        return Err("the option \"criteria\" is empty".to_owned());
    }
    let most = match options.number("scale")? {
        None => DEFAULT_SCALE,
        Some(scale) => (2..=9)
            .find(|most| (f64::from(*most) - scale).abs() < f64::EPSILON)
            .ok_or_else(|| format!("the option \"scale\" is {scale}, but must be a whole number from 2 to 9"))?,
    };
    let mut task = format!(
        "The one item is an answer to \"question\". Grade it by these criteria, from 1 (they are not met at all) to {most} (they \
         are met in full):\n\n{criteria}"
    );
    let steps = options.texts("steps")?;
    if !steps.is_empty() {
        task.push_str("\n\nProceed in these steps:\n");
        for (number, step) in (1..).zip(&steps) {
            let _ = write!(task, "\n{number}. {}", step.trim());
        }
    }
    Ok(Rubric { name: "rubric", version: 1, task: task.into(), form: Form::Score(most) })
}

impl Question for Graded {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&self.rubric]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let item = Item::new("answer").with("text", output.answer.as_str());
            let grade = inquiry.grade(&self.rubric, &data(case, output), &item).await?;
            Ok(scored_because(grade.value, grade.reason))
        })
    }
}

fn data(case: &Case, output: &Output) -> Value {
    let mut data = json!({ "question": case.question });
    if let Some(reference) = &case.reference_answer {
        data["reference_answer"] = json!(reference);
    }
    if let Some(passages) = output.passages.as_deref().filter(|passages| !passages.is_empty()) {
        data["passages"] = passages_json(passages);
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metrics::Scorer;

    fn built(table: &Value) -> Result<Scorer, String> {
        Scorer::of_table("tone", table.as_object().unwrap().clone())
    }

    #[test]
    fn criteria_and_steps_are_part_of_the_rubric() {
        let digest = |table: Value| built(&table).unwrap().rubrics()[0].digest();
        let plain = digest(json!({ "type": "rubric", "criteria": "Polite." }));
        assert_eq!(plain, digest(json!({ "type": "rubric", "criteria": " Polite. ", "scale": 5 })));
        for other in [
            json!({ "type": "rubric", "criteria": "Polite!" }),
            json!({ "type": "rubric", "criteria": "Polite.", "steps": ["Look."] }),
            json!({ "type": "rubric", "criteria": "Polite.", "scale": 3 }),
        ] {
            assert_ne!(plain, digest(other));
        }
    }

    #[test]
    fn what_cannot_be_graded_by_is_refused() {
        let cases = [
            (
                json!({ "type": "rubric" }),
                "the option \"criteria\" is missing: what makes an answer good, in plain words",
            ),
            (json!({ "type": "rubric", "criteria": " " }), "the option \"criteria\" is empty"),
            (
                json!({ "type": "rubric", "criteria": "x", "scale": 10 }),
                "the option \"scale\" is 10, but must be a whole number from 2 to 9",
            ),
            (
                json!({ "type": "rubric", "criteria": "x", "scale": 4.5 }),
                "the option \"scale\" is 4.5, but must be a whole number from 2 to 9",
            ),
        ];
        for (table, expected) in cases {
            assert_eq!(built(&table).err().as_deref(), Some(expected));
        }
    }
}
