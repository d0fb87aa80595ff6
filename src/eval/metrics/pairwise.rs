//! Whether the answer is better than the reference answer.

use std::borrow::Cow;

use futures_util::future::{BoxFuture, try_join};
use serde_json::json;

use super::judged::{Question, judged, reference};
use super::{Metric, Need, Scale, scored_because};
use crate::eval::judge::{Form, Inquiry, Item, Rubric};
use crate::eval::{Case, Outcome, Output};

pub(crate) const METRIC: Metric = Metric {
    name: "pairwise",
    summary: "whether the answer is better than the reference answer, by a judge",
    documentation: "    1 better, 0.5 as good, 0 worse than the reference answer

The judge sees both answers and is not told which is which. It is asked twice, the second time in the other order, because
judges favour a place: only a verdict that holds in both orders counts, everything else is a tie. So a mean above 0.5 means
that the answers are better than the references on the whole. The reference answer can be an earlier version's answer.

The report has how many verdicts were the same in both orders, under `estimates.NAME.judged.orders`. Few are a sign that the
judge cannot tell these answers apart.

0 worst, 1 best.

Skipped for cases without `reference_answer`. Errored if the judge does not give exactly one verdict in each order.

Source: MT-Bench (Zheng et al. 2023, arXiv:2306.05685), section 3.4.",
    scale: Scale::Share,
    needs: &[Need::Judge],
    options: &[],
    skip: super::reference::skip,
    build: |_| Ok(judged(Pairwise)),
};

const LABELS: &[&str] = &["first", "second", "tie"];
const FIRST: usize = 0;
const SECOND: usize = 1;

const BETTER: Rubric = Rubric {
    name: "pairwise",
    version: 1,
    task: Cow::Borrowed(
        "The one item holds two answers to \"question\", \"first\" and \"second\". Decide which answers the question better: \
         right, complete, to the point and clear, in this order of weight. \"first\" or \"second\": that one is better. \"tie\": \
         neither is. Length alone is no merit, and neither is the place in which an answer stands.",
    ),
    form: Form::Verdicts(LABELS),
};

struct Pairwise;

impl Question for Pairwise {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&BETTER]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let data = json!({ "question": case.question });
            let (answer, reference) = (output.answer.as_str(), reference(case));
            let items = [pair(answer, reference), pair(reference, answer)];
            let both = try_join(inquiry.rule(&BETTER, &data, &items[..1]), inquiry.rule(&BETTER, &data, &items[1..]));
            let (straight, swapped) = both.await?;
            let (Some(straight), Some(swapped)) = (straight.first(), swapped.first()) else {
                return Err("internal error: one ruling in each order".to_owned());
            };
            let (value, agreed) = value(straight.label, swapped.label);
            inquiry.swapped(agreed);
            let reason = if agreed {
                straight.reason.clone()
            } else {
                format!("the verdict changes with the order: {}; {}", straight.reason, swapped.reason)
            };
            Ok(scored_because(value, reason))
        })
    }
}

fn pair(first: &str, second: &str) -> Item {
    Item::new("pair").with("first", first).with("second", second)
}

/// From the verdict with the answer in the first place, and that with it in the second: the value, and whether both say
/// the same.
fn value(straight: usize, swapped: usize) -> (f64, bool) {
    match (straight, swapped) {
        (FIRST, SECOND) => (1.0, true),
        (SECOND, FIRST) => (0.0, true),
        (straight, swapped) => (0.5, straight == swapped && straight != FIRST && straight != SECOND),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verdict_that_holds_in_both_orders_counts() {
        const TIE: usize = 2;
        let cases = [
            ((FIRST, SECOND), (1.0, true)),
            ((SECOND, FIRST), (0.0, true)),
            ((TIE, TIE), (0.5, true)),
            ((FIRST, FIRST), (0.5, false)),
            ((SECOND, SECOND), (0.5, false)),
            ((FIRST, TIE), (0.5, false)),
            ((TIE, FIRST), (0.5, false)),
        ];
        for ((straight, swapped), expected) in cases {
            assert_eq!(value(straight, swapped), expected, "{straight} {swapped}");
        }
    }
}
