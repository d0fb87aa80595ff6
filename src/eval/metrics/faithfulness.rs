//! Share of the answer's claims that the passages support.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::judged::{Question, judged, passages_json, retrieved, share_ruled};
use super::{Metric, Need, Scale, never_skipped, scored_because};
use crate::eval::judge::{Form, Inquiry, Item, Rubric};
use crate::eval::{Case, Outcome, Output};

pub(super) const METRIC: Metric = Metric {
    name: "faithfulness",
    summary: "share of the answer's claims that the passages support, by a judge",
    documentation: "    |claims that the passages support| / |claims of the answer|

The judge is asked twice. First it takes the claims out of the answer, each understandable on its own. Then it gives a
verdict on every claim: whether it follows from the retrieved passages alone, without other knowledge. A claim that is
contradicted or not mentioned is not supported. With a panel, the first judge takes out the claims and all give verdicts.

0 worst, 1 best. If nothing was retrieved, no claim is supported.

Skipped for no case. Not applicable if the answer claims nothing, as a refusal does: it is neither faithful nor unfaithful, and
`refusal` and `answer_relevancy_judged` see it. Errored if the target does not say what it retrieved, text
included, or if the judge
does not give exactly one verdict for every claim.

Source: faithfulness of RAGAS (Es et al. 2023, arXiv:2309.15217), but over all claims, not over the verdicts that the
judge happened to return.",
    scale: Scale::Share,
    needs: &[Need::Passages, Need::Judge],
    options: &[],
    skip: never_skipped,
    build: |_| Ok(judged(Faithfulness)),
};

const CLAIMS: Rubric = Rubric {
    name: "faithfulness_claims",
    version: 1,
    task: Cow::Borrowed(
        "\"answer\" is what an application answered to \"question\". Take all claims out of the answer. A claim is one \
         statement that can be true or false. Write each so that it is understood on its own: replace pronouns by what \
         they stand for. Add nothing, leave nothing out, and correct nothing. No claims are: greetings, questions, offers of \
         help, and statements that something is not known or not in the documents.",
    ),
    form: Form::Lists(&["claims"]),
};

const LABELS: &[&str] = &["supported", "unsupported"];
const SUPPORTED: usize = 0;

const SUPPORT: Rubric = Rubric {
    name: "faithfulness_support",
    version: 1,
    task: Cow::Borrowed(
        "Every item is a claim that an answer to \"question\" makes. Decide for each whether \"passages\" support it. \
         \"supported\": the claim follows directly from the passages. \"unsupported\": the passages contradict it, or do not \
         say it. Use the passages alone: what you know otherwise does not count.",
    ),
    form: Form::Verdicts(LABELS),
};

struct Faithfulness;

impl Question for Faithfulness {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&CLAIMS, &SUPPORT]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let passages = retrieved(output)?;
            let nothing = || Outcome::NotApplicable { reason: "the answer claims nothing".to_owned() };
            if output.abstained == Some(true) || output.answer.trim().is_empty() {
                return Ok(nothing());
            }
            let data = json!({ "question": case.question, "answer": output.answer });
            let claims = inquiry.lists(&CLAIMS, &data).await?.concat();
            if claims.is_empty() {
                return Ok(nothing());
            }
            if passages.is_empty() {
                return Ok(scored_because(0.0, "nothing was retrieved that could support the claims".to_owned()));
            }
            let items = Item::numbered("c", &claims);
            let data = json!({ "question": case.question, "passages": passages_json(passages) });
            let rulings = inquiry.rule(&SUPPORT, &data, &items).await?;
            Ok(share_ruled(SUPPORTED, &items, &rulings, "not supported"))
        })
    }
}
