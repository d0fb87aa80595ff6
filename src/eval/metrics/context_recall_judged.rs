//! Share of the reference answer that the passages hold.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::judged::{Question, judged, passages_json, reference, retrieved, sentence_items, share_ruled};
use super::{Metric, Need, Scale, scored_because};
use crate::eval::judge::{Form, Inquiry, Rubric};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "context_recall_judged",
    summary: "share of the reference answer's sentences that the passages hold, by a judge",
    documentation: "    |sentences of the reference answer that the passages hold| / |its sentences|

The reference answer is cut into sentences and list items (UAX #29). The judge gives a verdict on every one: whether it can
be attributed to the retrieved passages. Where a dataset names the documents that hold the answer, `context_recall` measures
the same without a judge.

0 worst, 1 best. 0 if nothing was retrieved, without asking the judge.

Skipped for cases without `reference_answer`. Not applicable if the reference answer holds no sentence. Errored if the
target does not say what it retrieved, text included, or if the judge does not give exactly one verdict for every sentence.

Source: context recall of RAGAS; the sentences are cut by rule, so that their number does not change from run to run.",
    scale: Scale::Share,
    needs: &[Need::Passages, Need::Judge],
    options: &[],
    skip: super::reference::skip,
    build: |_| Ok(judged(ContextRecall)),
};

const LABELS: &[&str] = &["attributable", "not_attributable"];
const ATTRIBUTABLE: usize = 0;

const ATTRIBUTION: Rubric = Rubric {
    name: "context_recall",
    version: 1,
    task: Cow::Borrowed(
        "The items are the sentences, in order, of the right answer to \"question\". Decide for each whether \"passages\" hold \
         what it says. \"attributable\": everything that it says stands in the passages or follows directly from them. \
         \"not_attributable\": something in it does not. Use the passages alone: what you know otherwise does not count.",
    ),
    form: Form::Verdicts(LABELS),
};

struct ContextRecall;

impl Question for ContextRecall {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&ATTRIBUTION]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let passages = retrieved(output)?;
            let items = sentence_items("r", reference(case));
            if items.is_empty() {
                return Ok(Outcome::NotApplicable { reason: "the reference answer holds no sentence".to_owned() });
            }
            if passages.is_empty() {
                return Ok(scored_because(0.0, "nothing was retrieved".to_owned()));
            }
            let data = json!({ "question": case.question, "passages": passages_json(passages) });
            let rulings = inquiry.rule(&ATTRIBUTION, &data, &items).await?;
            Ok(share_ruled(ATTRIBUTABLE, &items, &rulings, "not in the passages"))
        })
    }
}
