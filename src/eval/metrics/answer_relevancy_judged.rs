//! Share of the answer's sentences that answer the question.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::judged::{Question, judged, sentence_items, share_ruled};
use super::refusal::is_refusal;
use super::{Metric, Need, Scale, scored_because};
use crate::eval::judge::{Form, Inquiry, Rubric};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "answer_relevancy_judged",
    summary: "share of the answer's sentences that bear on the question, by a judge",
    documentation: "    |sentences of the answer that bear on the question| / |sentences of the answer|

The answer is cut into sentences and list items (UAX #29); what holds no word, such as a number of a list, is none. The judge
gives a verdict on every sentence: relevant if it answers the question or is needed to understand what does, whether or
not it is true. Greetings, repetitions of the question, digressions, and words about not knowing are irrelevant.

0 worst, 1 best. A refusal, by the phrases that `refusal` knows or as the target declares it, scores 0 without asking the
judge, and so does an empty answer: refusing what is hard must not raise the mean. Say `answerable: false` of the
questions that should be refused.

Skipped for cases with `answerable: false`. Errored if the judge does not give exactly one verdict for every sentence.

Source: the answer relevancy of deepeval (statements, judged against the question); that of RAGAS compares questions that
a model makes up with embeddings, and its values mean something else.",
    scale: Scale::Share,
    needs: &[Need::Judge],
    options: &[],
    skip,
    build: |_| Ok(judged(AnswerRelevancy)),
};

const LABELS: &[&str] = &["relevant", "irrelevant"];
const RELEVANT: usize = 0;

const RELEVANCE: Rubric = Rubric {
    name: "answer_relevance",
    version: 1,
    task: Cow::Borrowed(
        "The items are the sentences, in order, of an answer to \"question\". Decide for each whether it bears on the question. \
         \"relevant\": it answers the question or a part of it, or is needed to understand a sentence that does. \
         \"irrelevant\": a greeting, a repetition of the question, a digression, or a statement that the answer is not \
         known. Whether it is true does not matter.",
    ),
    form: Form::Verdicts(LABELS),
};

fn skip(case: &Case) -> Option<&'static str> {
    (case.answerable == Some(false)).then_some("the question should be refused")
}

struct AnswerRelevancy;

impl Question for AnswerRelevancy {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&RELEVANCE]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            if output.abstained.unwrap_or_else(|| is_refusal(&output.answer)) {
                return Ok(scored_because(0.0, "the answer is a refusal".to_owned()));
            }
            let items = sentence_items("s", &output.answer);
            if items.is_empty() {
                return Ok(scored_because(0.0, "the answer holds no sentence".to_owned()));
            }
            let data = json!({ "question": case.question });
            let rulings = inquiry.rule(&RELEVANCE, &data, &items).await?;
            Ok(share_ruled(RELEVANT, &items, &rulings, "beside the question"))
        })
    }
}
