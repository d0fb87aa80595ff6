//! Asks one model, and once again for what its first reply lacks.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::inquiry::Item;
use super::member::Member;
use super::reply::{self, Vote, Votes};
use super::weigh::weighted;
use super::{Mode, Rubric};
use crate::cost::Spent;
use crate::error::Error;
use crate::llm::{Client, Finish, Message, Reply, Request, Role};

/// The first time, and once again.
const TIMES: usize = 2;

/// A model that is asked by one rubric about one output.
pub(super) struct Asking<'a> {
    pub(super) client: &'a Client,
    pub(super) member: &'a Member,
    pub(super) rubric: &'a Rubric,
    pub(super) data: &'a Value,
    pub(super) repeat: u32,
    /// What all calls of the inquiry have consumed.
    pub(super) spent: &'a Mutex<Spent>,
}

/// One judge's grade.
pub(super) struct Graded {
    /// Within the scale; fractions come from weighing.
    pub(super) score: f64,
    pub(super) reason: String,
    pub(super) mode: Mode,
}

impl Asking<'_> {
    /// A vote on every item.
    pub(super) async fn votes(&self, items: &[Item], labels: &[&str]) -> Result<Vec<Vote>, String> {
        let mut votes: Vec<Option<Vote>> = vec![None; items.len()];
        let mut problem = None;
        for _ in 0..TIMES {
            let open: Vec<&Item> =
                items.iter().zip(&votes).filter(|(_, vote)| vote.is_none()).map(|(item, _)| item).collect();
            let ids: Vec<String> = open.iter().map(|item| item.id.clone()).collect();
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let is_usable = |text: &str| reply::verdicts(text, &ids, labels).problem.is_none();
            let reply = self.call(&open, problem.as_deref(), &is_usable).await?;
            let Votes { votes: found, problem: wrong } = reply::verdicts(&reply.text, &ids, labels);
            let gaps = votes.iter_mut().filter(|vote| vote.is_none());
            for (gap, vote) in gaps.zip(found) {
                *gap = vote;
            }
            problem = wrong.map(|wrong| cut_off(&reply, wrong));
            if problem.is_none() {
                break;
            }
        }
        let all: Option<Vec<Vote>> = votes.into_iter().collect();
        all.ok_or_else(|| self.unusable(problem))
    }

    /// The texts of every list that the rubric asks for.
    pub(super) async fn lists(&self, names: &[&str]) -> Result<Vec<Vec<String>>, String> {
        self.once_or_again(&[], &|text| reply::lists(text, names)).await.map(|(lists, _)| lists)
    }

    /// The grade of one item, weighed where the model told probabilities.
    pub(super) async fn grade(&self, item: &Item, most: u8) -> Result<Graded, String> {
        let scale = 1..=most;
        let ((score, reason), reply) =
            self.once_or_again(&[item], &|text| reply::score(text, &item.id, &scale)).await?;
        let finer = reply.tokens.as_deref().and_then(|tokens| weighted(tokens, score, &scale));
        Ok(match finer {
            Some(score) => Graded { score, reason, mode: Mode::Logprob },
            None => Graded { score: f64::from(score), reason, mode: self.member.plain_mode() },
        })
    }

    async fn once_or_again<T>(
        &self,
        items: &[&Item],
        read: &(dyn Fn(&str) -> Result<T, String> + Send + Sync),
    ) -> Result<(T, Reply), String> {
        let mut problem = None;
        for _ in 0..TIMES {
            let reply = self.call(items, problem.as_deref(), &|text| read(text).is_ok()).await?;
            match read(&reply.text) {
                Ok(found) => return Ok((found, reply)),
                Err(wrong) => problem = Some(cut_off(&reply, wrong)),
            }
        }
        Err(self.unusable(problem))
    }

    /// `problem` is what was wrong with an earlier reply.
    async fn call(
        &self,
        items: &[&Item],
        problem: Option<&str>,
        is_usable: &(dyn Fn(&str) -> bool + Send + Sync),
    ) -> Result<Reply, String> {
        let reply = self.client.chat_if(&self.member.model, &self.request(items, problem), is_usable).await;
        let reply = reply.map_err(|error| self.failed(&error))?;
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += reply.spent();
        Ok(reply)
    }

    /// The rubric's words as the system's, the data and the items as JSON: what others wrote stays inside its strings.
    fn request(&self, items: &[&Item], problem: Option<&str>) -> Request {
        let mut data = self.data.clone();
        if !items.is_empty() {
            data["items"] = items.iter().map(|item| item.to_json()).collect();
        }
        let mut instructions = self.rubric.instructions();
        if let Some(problem) = problem {
            // Words of the earlier reply are no instructions and stay out.
            let kind = problem.split(':').next().unwrap_or_default();
            let again = format!("\n\nAn earlier reply could not be used: {}. Keep to the form exactly.", plain(kind));
            instructions.push_str(&again);
        }
        let message = |role, content| Message { role, content };
        Request {
            messages: vec![message(Role::System, instructions), message(Role::User, data.to_string())],
            parameters: self.member.parameters.clone(),
            schema: self.member.structured.then(|| self.rubric.schema()),
            expected: Some(self.rubric.form.usual(items, self.data)),
            top_logprobs: self.member.top_logprobs.filter(|_| self.rubric.form.is_score()),
            repeat: self.repeat,
            ..Request::default()
        }
    }

    fn unusable(&self, problem: Option<String>) -> String {
        let problem = problem.unwrap_or_else(|| "it lacks a verdict".to_owned());
        format!("the reply of the judge {} cannot be used, also when asked again: {problem}", self.member.model)
    }

    /// What a provider refuses by name can be turned off.
    fn failed(&self, error: &Error) -> String {
        const KEYS: &[(&[&str], &str)] = &[
            (&["temperature"], "judge.temperature = \"default\""),
            (&["logprobs", "Logprobs"], "judge.logprobs = false"),
            (&["response_format", "json_schema", "output_config", "text.format"], "judge.structured_output = false"),
        ];
        let message = error.to_string();
        let refused = message.contains("400") || message.contains("422");
        let key = KEYS.iter().find(|(words, _)| refused && words.iter().any(|word| message.contains(word)));
        let advice = key.map_or_else(String::new, |(_, key)| format!(" ({key} leaves it out)"));
        format!("the judge {} failed: {message}{advice}", self.member.model)
    }
}

fn cut_off(reply: &Reply, problem: String) -> String {
    match reply.finish {
        Finish::Length => format!("it was cut off at the token limit; {problem}"),
        Finish::Stop | Finish::Other => problem,
    }
}

/// Without what it quotes of the reply.
fn plain(problem: &str) -> String {
    problem.split('"').enumerate().map(|(index, part)| if index % 2 == 0 { part } else { "..." }).collect()
}
