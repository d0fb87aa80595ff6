//! How far the answer and the reference answer claim the same.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::judged::{Question, judged, reference};
use super::{Metric, Need, Scale, scored_because, share};
use crate::eval::judge::{Form, Inquiry, Item, Rubric, Ruling};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "answer_correctness",
    summary: "F1 of the claims of answer and reference answer, by a judge",
    documentation: "    precision = |claims of the answer that the reference supports| / |claims of the answer|
    recall    = |claims of the reference that the answer states| / |claims of the reference|
    F1        = 2 · precision · recall / (precision + recall)

The judge is asked twice. First it takes the claims out of both texts. Then it gives a verdict on every one: whether the
other text holds it. Precision is taken over the answer's claims and recall over the reference's, so that one claim cut
into three on one side weighs no more than on the other.

0 worst, 1 best. 0 if no claim is shared, also for an answer that claims nothing, as a refusal does. What a right answer may
leave out does not belong into the reference answer.

Skipped for cases without `reference_answer`. Not applicable if the reference answer claims nothing. Errored if the judge
does not give exactly one verdict for every claim.

Source: answer correctness of RAGAS (F1 of TP, FP and FN), without its quarter of embedding similarity, for which
`semantic_similarity` is a metric of its own; counts of the two texts are not mixed.",
    scale: Scale::Share,
    needs: &[Need::Judge],
    options: &[],
    skip: super::reference::skip,
    build: |_| Ok(judged(AnswerCorrectness)),
};

const CLAIMS: Rubric = Rubric {
    name: "correctness_claims",
    version: 1,
    task: Cow::Borrowed(
        "\"answer\" and \"reference\" are two answers to \"question\". Take all claims out of each, as two lists. A claim is one \
         statement that can be true or false. Write each so that it is understood on its own: replace pronouns by what \
         they stand for. Cut both texts equally finely. Add nothing, leave nothing out, and correct nothing. No claims are: \
         greetings, questions, offers of help, and statements that something is not known or not in the documents.",
    ),
    form: Form::Lists(&["answer", "reference"]),
};

const LABELS: &[&str] = &["held", "not_held"];
const HELD: usize = 0;

const COMPARISON: Rubric = Rubric {
    name: "correctness_comparison",
    version: 1,
    task: Cow::Borrowed(
        "\"answer\" and \"reference\" are two answers to \"question\". Every item is a claim of one of them. Decide for each \
         whether the text that its key \"compare_with\" names holds it too. \"held\": that text states the claim, in any words, \
         or it follows directly from that text. \"not_held\": that text contradicts the claim, or does not say it.",
    ),
    form: Form::Verdicts(LABELS),
};

struct AnswerCorrectness;

impl Question for AnswerCorrectness {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&CLAIMS, &COMPARISON]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let data = json!({ "question": case.question, "answer": output.answer, "reference": reference(case) });
            let lists = inquiry.lists(&CLAIMS, &data).await?;
            let [answer, expected] = lists.as_slice() else {
                return Err("internal error: two lists of claims".to_owned());
            };
            if expected.is_empty() {
                return Ok(Outcome::NotApplicable { reason: "the reference answer claims nothing".to_owned() });
            }
            if answer.is_empty() {
                return Ok(scored_because(0.0, "the answer claims nothing".to_owned()));
            }
            let side = |prefix: &str, claims: &[String], other: &str| -> Vec<Item> {
                Item::numbered(prefix, claims).into_iter().map(|item| item.with("compare_with", other)).collect()
            };
            let mut items = side("a", answer, "reference");
            items.extend(side("r", expected, "answer"));
            let rulings = inquiry.rule(&COMPARISON, &data, &items).await?;
            let (of_answer, of_reference) = rulings.split_at(answer.len());
            Ok(outcome(of_answer, of_reference))
        })
    }
}

fn outcome(answer: &[Ruling], reference: &[Ruling]) -> Outcome {
    let held = |rulings: &[Ruling]| rulings.iter().filter(|ruling| ruling.label == HELD).count();
    let (precise, recalled) = (held(answer), held(reference));
    let reason = format!(
        "the reference supports {precise} of {} claims; the answer states {recalled} of {}",
        answer.len(),
        reference.len()
    );
    scored_because(f1(share(precise, answer.len()), share(recalled, reference.len())), reason)
}

fn f1(precision: f64, recall: f64) -> f64 {
    let sum = precision + recall;
    if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rulings(labels: &[usize]) -> Vec<Ruling> {
        labels.iter().map(|label| Ruling { label: *label, reason: String::new(), unanimous: true }).collect()
    }

    #[test]
    fn the_score_is_the_harmonic_mean_of_precision_and_recall() {
        let cases: [(&[usize], &[usize], f64); 5] = [
            (&[0, 0], &[0], 1.0),
            (&[0, 1], &[0], 2.0 / 3.0),
            (&[0, 1, 1, 1], &[0, 1], 1.0 / 3.0),
            (&[1], &[1], 0.0),
            (&[1], &[0], 0.0),
        ];
        for (answer, reference, expected) in cases {
            let value = outcome(&rulings(answer), &rulings(reference)).value().unwrap();
            assert!((value - expected).abs() < 1e-12, "{answer:?} {reference:?} {value}");
        }
    }
}
