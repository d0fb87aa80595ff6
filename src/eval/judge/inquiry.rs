//! All questions to the judge for one outcome, with what they consumed and how far the judges agreed.

use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::ask::Asking;
use super::panel::{self, Ruling};
use super::{Form, Judge, Judged, Rubric, Vote};
use crate::cost::Spent;

/// Something to be judged. The judge must repeat its id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: String,
    /// What the judge sees of it beside its id.
    fields: Map<String, Value>,
}

impl Item {
    pub(crate) fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), fields: Map::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Texts with the ids `PREFIX1`, `PREFIX2`, ...
    pub(crate) fn numbered(prefix: &str, texts: &[String]) -> Vec<Self> {
        let item =
            |(index, text): (usize, &String)| Self::new(format!("{prefix}{}", index + 1)).with("text", text.as_str());
        texts.iter().enumerate().map(item).collect()
    }

    /// What is judged, where it is one text.
    pub(crate) fn text(&self) -> &str {
        self.fields.get("text").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::from_iter([("id".to_owned(), Value::from(self.id.as_str()))]);
        object.extend(self.fields.clone());
        Value::Object(object)
    }
}

/// A grade from 0 to 1 and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grade {
    pub(crate) value: f64,
    pub(crate) reason: String,
}

/// Asks the judge. Messages of errors are complete: they become those of the outcome.
pub(crate) struct Inquiry<'a> {
    judge: &'a Judge,
    spent: Mutex<Spent>,
    judged: Mutex<Judged>,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(judge: &'a Judge) -> Self {
        Self { judge, spent: Mutex::default(), judged: Mutex::default() }
    }

    /// What the questions consumed, and what is known of the answers.
    pub(crate) fn finish(self) -> (Spent, Judged) {
        let spent = self.spent.into_inner().unwrap_or_else(PoisonError::into_inner);
        (spent, self.judged.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the first judge takes out of the data. All judges then judge the same pieces.
    pub(crate) async fn lists(&self, rubric: &Rubric, data: &Value) -> Result<Vec<Vec<String>>, String> {
        let Form::Lists(names) = rubric.form else { return Err(internal(rubric)) };
        match self.askings(rubric, data).first() {
            Some(asking) => asking.lists(names).await,
            None => Err(internal(rubric)),
        }
    }

    /// A ruling on every item: the verdict of more than half of the judges. No items need no judge.
    pub(crate) async fn rule(&self, rubric: &Rubric, data: &Value, items: &[Item]) -> Result<Vec<Ruling>, String> {
        let Form::Verdicts(labels) = rubric.form else { return Err(internal(rubric)) };
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let askings = self.askings(rubric, data);
        let answers = join_all(askings.iter().map(|asking| asking.votes(items, labels))).await;
        let failures: Vec<&String> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        if let (Some(first), true) = (failures.first(), failures.len() * 2 >= answers.len()) {
            return Err((*first).clone());
        }
        let mut rulings = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let votes: Vec<Option<&Vote>> = answers.iter().map(|answer| answer.as_ref().ok()?.get(index)).collect();
            let ruling = panel::majority(&votes, labels).map_err(|votes| {
                let failed = failures.first().map_or_else(String::new, |failure| format!("; {failure}"));
                format!("the judges have no majority on {}: {votes}{failed}", item.id)
            })?;
            rulings.push(ruling);
        }
        if answers.len() > 1 {
            let unanimous = rulings.iter().filter(|ruling| ruling.unanimous).count();
            self.note(|judged| judged.judges.count(rulings.len(), unanimous));
        }
        Ok(rulings)
    }

    /// The grade of one item on the rubric's scale, brought to 0 to 1: the median of all judges. Every judge must give
    /// one, since the middle of those who answered may lie elsewhere.
    pub(crate) async fn grade(&self, rubric: &Rubric, data: &Value, item: &Item) -> Result<Grade, String> {
        let Form::Score(most) = rubric.form else { return Err(internal(rubric)) };
        let askings = self.askings(rubric, data);
        let answers = join_all(askings.iter().map(|asking| asking.grade(item, most))).await;
        let grades = answers.into_iter().collect::<Result<Vec<_>, String>>()?;
        let scores: Vec<f64> = grades.iter().map(|grade| grade.score).collect();
        let score = panel::median(&scores).ok_or_else(|| internal(rubric))?;
        if grades.len() > 1 {
            let spread = scores.iter().any(|other| (other - scores[0]).abs() >= 1.0);
            self.note(|judged| judged.judges.count(1, usize::from(!spread)));
        }
        let mode = grades.iter().map(|grade| grade.mode).max();
        self.note(|judged| judged.mode = judged.mode.max(mode));
        let said: Vec<String> = scores.iter().map(|score| format!("{score:.2}")).collect();
        let reason = grades.into_iter().next().map(|grade| grade.reason).unwrap_or_default();
        let reason = format!("{} of {most}: {reason}", said.join(", "));
        Ok(Grade { value: (score - 1.0) / (f64::from(most) - 1.0), reason })
    }

    /// Counts a verdict on a pair that was asked for in both orders.
    pub(crate) fn swapped(&self, agreed: bool) {
        self.note(|judged| judged.orders.count(1, usize::from(agreed)));
    }

    fn note(&self, change: impl FnOnce(&mut Judged)) {
        change(&mut self.judged.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn askings<'b>(&'b self, rubric: &'b Rubric, data: &'b Value) -> Vec<Asking<'b>> {
        let Judge { client, members, repeat } = self.judge;
        let asking = |member| Asking { client, member, rubric, data, repeat: *repeat, spent: &self.spent };
        members.iter().map(asking).collect()
    }
}

fn internal(rubric: &Rubric) -> String {
    format!("internal error: the rubric {} asks for something else", rubric.name)
}
