//! Metrics that ask the judge: what they have in common.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::scorer::asked;
use super::{Ask, Measure, Scored, Tools, scored, scored_because, share};
use crate::eval::judge::{Inquiry, Item, Rubric, Ruling};
use crate::eval::{Case, Outcome, Output};
use crate::rag::Passage;
use crate::text::{printable, sentences};

/// What a metric asks the judge.
pub(super) trait Question: Send + Sync {
    /// Every rubric that it asks by.
    fn rubrics(&self) -> Vec<&Rubric>;

    /// The outcome, or why the judge gave none.
    fn put<'a>(
        &'a self,
        case: &'a Case,
        output: &'a Output,
        inquiry: &'a Inquiry<'a>,
    ) -> BoxFuture<'a, Result<Outcome, String>>;
}

/// The measure of a metric that asks the judge.
pub(super) fn judged(question: impl Question + 'static) -> Measure {
    asked(Asking(question))
}

struct Asking<Q>(Q);

impl<Q: Question> Ask for Asking<Q> {
    fn ask<'a>(&'a self, case: &'a Case, output: &'a Output, tools: &'a Tools) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            let Some(judge) = &tools.judge else {
                return Outcome::Errored { message: "there is no judge".to_owned() }.into();
            };
            let inquiry = judge.inquire();
            let outcome = self.0.put(case, output, &inquiry).await;
            let (spent, judged) = inquiry.finish();
            let outcome = outcome.unwrap_or_else(|message| Outcome::Errored { message });
            Scored { outcome, judge: spent, judged }
        })
    }

    fn rubrics(&self) -> Vec<&Rubric> {
        self.0.rubrics()
    }
}

/// What was retrieved, to be read by a judge; an error if the target hides it or tells the names alone.
pub(super) fn retrieved(output: &Output) -> Result<&[Passage], String> {
    let passages = output.passages.as_deref().ok_or("the target did not say what it retrieved")?;
    match passages.iter().find(|passage| passage.text.trim().is_empty()) {
        Some(passage) => {
            Err(format!("the target did not say the text of the passage \"{}\"", printable(&passage.title)))
        }
        None => Ok(passages),
    }
}

/// Passages as a judge sees them.
pub(super) fn passages_json(passages: &[Passage]) -> Value {
    passages.iter().map(|passage| Value::Object(passage_fields(passage))).collect()
}

pub(super) fn passage_fields(passage: &Passage) -> Map<String, Value> {
    let mut fields = Map::from_iter([("title".to_owned(), json!(passage.title))]);
    if !passage.heading.is_empty() {
        fields.insert("heading".to_owned(), json!(passage.heading));
    }
    fields.insert("text".to_owned(), json!(passage.text));
    fields
}

/// The sentences and list items of a text that hold words, as items of their own.
pub(super) fn sentence_items(prefix: &str, text: &str) -> Vec<Item> {
    let has_words = |sentence: &&str| sentence.chars().any(char::is_alphabetic);
    let texts: Vec<String> = sentences(text).filter(has_words).map(str::to_owned).collect();
    Item::numbered(prefix, &texts)
}

/// The share of the items, which are some, whose ruling is this label. The others are told behind `what`, each with the
/// judge's reason.
pub(super) fn share_ruled(label: usize, items: &[Item], rulings: &[Ruling], what: &str) -> Outcome {
    let others = items.iter().zip(rulings).filter(|(_, ruling)| ruling.label != label);
    let others: Vec<String> = others.map(|(item, ruling)| format!("{} ({})", item.text(), ruling.reason)).collect();
    let value = share(items.len() - others.len(), items.len());
    if others.is_empty() { scored(value) } else { scored_because(value, format!("{what}: {}", others.join("; "))) }
}

/// The reference of a case that is not skipped.
pub(super) fn reference(case: &Case) -> &str {
    case.reference_answer.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_without_text_cannot_be_judged() {
        let passage = |text: &str| Passage { title: "Keys".into(), text: text.into(), ..Passage::default() };
        let output = |passages: Option<Vec<Passage>>| Output { passages, ..Output::default() };
        assert_eq!(retrieved(&output(None)).unwrap_err(), "the target did not say what it retrieved");
        let named = output(Some(vec![passage("text"), passage(" ")]));
        assert_eq!(retrieved(&named).unwrap_err(), "the target did not say the text of the passage \"Keys\"");
        assert_eq!(retrieved(&output(Some(vec![passage("text")]))).unwrap().len(), 1);
        assert_eq!(retrieved(&output(Some(Vec::new()))).unwrap().len(), 0);
    }

    #[test]
    fn sentences_without_words_are_no_items() {
        let ids: Vec<String> =
            sentence_items("s", "1. Open it.\n- \n2. Close it! ...").into_iter().map(|item| item.id).collect();
        assert_eq!(ids, ["s1", "s2"]);
    }
}
