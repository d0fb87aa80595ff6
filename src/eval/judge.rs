//! The judge: one or several models that are asked for verdicts on what the application under test answered.
//!
//! ```text
//! Rubric + data ─> Inquiry ─> each Member: ask ─> reply, read strictly ─┬─> Ruling (majority), Grade (median)
//!                                          └── once again for what is missing, then an error
//! ```
//! Whatever a judge does not say in the one shape that it was asked for is an error of the outcome, never a grade.

mod ask;
mod inquiry;
mod member;
mod panel;
mod reply;
mod rubric;
mod weigh;

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::cost::ledger::Role;
use crate::error::{Error, Result};
use crate::llm::{Client, Model};

pub(crate) use inquiry::{Inquiry, Item};
pub(crate) use panel::Ruling;
pub(crate) use rubric::{Form, Rubric};

use member::Member;
use reply::Vote;

/// The models that judge. Their tokens are counted apart from those of the application.
pub(crate) struct Judge {
    client: Client,
    members: Vec<Member>,
    /// The how-manieth time everything is asked, from 0. Equal questions have equal verdicts, so that it stays 0 where a
    /// judge is not to be held against itself.
    repeat: u32,
}

/// How a grade came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// The mean of the scores by the probability that the judge gave each.
    Logprob,
    /// The one score of a judge at temperature 0.
    Greedy,
    /// One of the scores that the judge might have given: its temperature is not 0, or not ours to choose.
    Sampled,
}

/// What is known of how an outcome was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// For grades: the least exact mode of all judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<Mode>,
    /// Of the judges of a panel.
    #[serde(default, skip_serializing_if = "Agreement::is_unknown")]
    pub(crate) judges: Agreement,
    /// Of one verdict on a pair with that on the swapped pair.
    #[serde(default, skip_serializing_if = "Agreement::is_unknown")]
    pub(crate) orders: Agreement,
}

/// How often those agreed who could have disagreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) compared: usize,
    pub(crate) agreed: usize,
}

impl Agreement {
    /// Nothing was compared.
    #[must_use]
    pub(crate) fn is_unknown(&self) -> bool {
        self.compared == 0
    }

    pub(crate) fn count(&mut self, compared: usize, agreed: usize) {
        self.compared += compared;
        self.agreed += agreed;
    }
}

impl AddAssign for Agreement {
    fn add_assign(&mut self, other: Self) {
        self.count(other.compared, other.agreed);
    }
}

impl Judge {
    /// The judge of `[judge]`; `None` if it names no model. `tested` is the model under test, which must not judge
    /// itself unless the configuration says so.
    pub(crate) fn open(config: &Config, client: &Client, tested: Option<&Model>) -> Result<Option<Self>> {
        let mut failures = Vec::new();
        let mut members = Vec::new();
        for name in &config.judge.models {
            match Member::open(config, client, &name.value, tested) {
                Ok(member) => members.push(member),
                Err(error) => failures.push(error.at(&config.file, name.line)),
            }
        }
        match Error::all(failures) {
            Some(error) => Err(error),
            None if members.is_empty() => Ok(None),
            None => Ok(Some(Self { client: client.as_role(Role::Judge), members, repeat: 0 })),
        }
    }

    /// The same judge, whose verdicts are not those that the cache or a recording has of an earlier time.
    pub(crate) fn again(&self) -> Self {
        Self { client: self.client.clone(), members: self.members.clone(), repeat: self.repeat + 1 }
    }

    /// The models as users write them.
    pub(crate) fn models(&self) -> Vec<String> {
        self.members.iter().map(|member| member.model.to_string()).collect()
    }

    /// Everything about the models that can change a verdict, for the identity of a run.
    pub(crate) fn definition(&self) -> String {
        self.members.iter().map(Member::definition).collect::<Vec<_>>().join(", ")
    }

    /// Begins to ask about one outcome.
    pub(crate) fn inquire(&self) -> Inquiry<'_> {
        Inquiry::new(self)
    }
}
