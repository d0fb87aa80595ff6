//! Whether the passages that help stand before those that do not.

use std::borrow::Cow;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::judged::{Question, judged, passage_fields, retrieved};
use super::{Metric, Need, Scale, never_skipped, scored_because};
use crate::eval::judge::{Form, Inquiry, Item, Rubric};
use crate::eval::{Case, Outcome, Output};
use crate::rag::Passage;

pub(super) const METRIC: Metric = Metric {
    name: "context_precision_judged",
    summary: "average precision of the retrieved passages, by a judge",
    documentation: "    Σᵢ vᵢ · Pᵢ / Σᵢ vᵢ     with Pᵢ = (v₁ + ... + vᵢ) / i

The judge gives a verdict vᵢ on every retrieved passage: 1 if it helps to answer the question, judged with the reference
answer where the case has one, else 0. The formula is average precision over what was retrieved: 1 if all passages that help
stand before all others, and lower the more useless ones stand before them. It says nothing about passages that were not
retrieved: that is `context_recall`.

0 worst, 1 best. 0 if no passage helps. A passage that was retrieved twice counts where it stands first.

Skipped for no case. Not applicable if nothing was retrieved. Errored if the target does not say what it retrieved, text
included, or if the judge
does not give exactly one verdict for every passage.

Source: context precision of RAGAS, without the small number that it adds to the denominator (a perfect score is 1).",
    scale: Scale::Share,
    needs: &[Need::Passages, Need::Judge],
    options: &[],
    skip: never_skipped,
    build: |_| Ok(judged(ContextPrecision)),
};

const LABELS: &[&str] = &["helpful", "useless"];
const HELPFUL: usize = 0;

const HELP: Rubric = Rubric {
    name: "context_precision",
    version: 1,
    task: Cow::Borrowed(
        "Every item is a passage that a search found for \"question\". Decide for each whether it helps to answer the question. \
         \"helpful\": it holds the answer, or a part that the answer needs; if there is a \"reference_answer\", something that \
         this answer says. \"useless\": it is on the topic at most, and nothing in it is needed for the answer.",
    ),
    form: Form::Verdicts(LABELS),
};

struct ContextPrecision;

impl Question for ContextPrecision {
    fn rubrics(&self) -> Vec<&Rubric> {
        vec![&HELP]
    }

    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>> {
        Box::pin(async move {
            let passages = once_each(retrieved(output)?);
            if passages.is_empty() {
                return Ok(Outcome::NotApplicable { reason: "nothing was retrieved".to_owned() });
            }
            let item = |(index, passage): (usize, &&Passage)| {
                passage_fields(passage)
                    .into_iter()
                    .fold(Item::new(format!("p{}", index + 1)), |item, (name, value)| item.with(&name, value))
            };
            let items: Vec<Item> = passages.iter().enumerate().map(item).collect();
            let mut data = json!({ "question": case.question });
            if let Some(reference) = &case.reference_answer {
                data["reference_answer"] = json!(reference);
            }
            let rulings = inquiry.rule(&HELP, &data, &items).await?;
            let helpful: Vec<bool> = rulings.iter().map(|ruling| ruling.label == HELPFUL).collect();
            let ranks: Vec<String> =
                (1..).zip(&helpful).filter(|(_, help)| **help).map(|(rank, _)| rank.to_string()).collect();
            let count = helpful.len();
            let reason = if ranks.is_empty() {
                format!("none of {count} passages helps")
            } else {
                format!("of {count} passages, these help: {}", ranks.join(", "))
            };
            Ok(scored_because(average_precision(&helpful), reason))
        })
    }
}

/// The passages without later copies of earlier ones.
fn once_each(passages: &[Passage]) -> Vec<&Passage> {
    let mut seen = std::collections::HashSet::new();
    passages.iter().filter(|passage| seen.insert((&passage.document, &passage.heading, &passage.text))).collect()
}

/// Σ v·P / Σ v; 0 if nothing is relevant.
fn average_precision(relevant: &[bool]) -> f64 {
    let (mut found, mut sum) = (0.0, 0.0);
    let mut rank = 0.0;
    for is_relevant in relevant {
        rank += 1.0;
        if *is_relevant {
            found += 1.0;
            sum += found / rank;
        }
    }
    if found > 0.0 { sum / found } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_is_exact() {
        let cases: [(&[bool], f64); 6] = [
            (&[true, true], 1.0),
            (&[true, false, true], 5.0 / 6.0),
            (&[false, true], 0.5),
            (&[false, false, true, true], 5.0 / 12.0),
            (&[false], 0.0),
            (&[], 0.0),
        ];
        for (relevant, expected) in cases {
            assert!((average_precision(relevant) - expected).abs() < 1e-12, "{relevant:?}");
        }
    }

    #[test]
    fn a_passage_counts_where_it_stands_first() {
        let passage =
            |document: &str, text: &str| Passage { document: document.into(), text: text.into(), ..Passage::default() };
        let passages = [passage("a", "x"), passage("b", "x"), passage("a", "x"), passage("a", "y")];
        let kept: Vec<(&str, &str)> =
            once_each(&passages).iter().map(|passage| (passage.document.as_str(), passage.text.as_str())).collect();
        assert_eq!(kept, [("a", "x"), ("b", "x"), ("a", "y")]);
    }
}
