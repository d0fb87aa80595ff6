//! Puts attempts to the target, a bounded number at once, and judges what it answers.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::adaptive::{Adaptive, Method};
use super::{Attempt, Outcome, SystemPrompt, judge};
use crate::cost::{Costs, Spent};
use crate::digest::sha256;
use crate::error::Error;
use crate::eval::{Added, Case, Event, Output, Question, Streak, Target, answer};
use crate::llm::{Client, Message, Model, Request, Withheld};
use crate::rag::Passage;
use crate::text::floor;

/// What of an answer is judged: more than any model writes. A target may send many megabytes, and each takes seconds to
/// decode.
const MAX_JUDGED_BYTES: usize = 1 << 20;
/// What of it is kept.
const MAX_KEPT_BYTES: usize = 32 << 10;
/// What of a proof is kept, and of the answer on either side of it.
const MAX_PROOF_BYTES: usize = 400;
const AROUND_BYTES: usize = 80;

/// Whom to attack, and how.
pub(crate) struct Asking {
    pub(crate) target: Arc<dyn Target>,
    /// What templates need beside the question.
    pub(crate) base: Case,
    pub(crate) system_prompt: Option<Arc<SystemPrompt>>,
    pub(crate) attacker: Option<Attacker>,
    /// Knows when a limit on what may be spent is reached.
    pub(crate) client: Client,
    /// For one answer in all.
    pub(crate) time_limit: Duration,
}

/// A model that writes the attacks.
pub(crate) struct Attacker {
    pub(crate) client: Client,
    pub(crate) model: Model,
    pub(crate) method: Method,
    pub(crate) max_steps: usize,
}

/// An attempt that was made.
pub(crate) struct Trial {
    /// Of an attacker model's, with the text of the step that decided.
    pub(crate) attempt: Attempt,
    /// Without an answer there is no outcome: the target, or the attacker model, failed.
    pub(crate) ended: Result<Answered, String>,
    /// What an attacker model wrote, in order, the one that decided included.
    pub(crate) steps: Vec<Step>,
    pub(crate) target: Spent,
    pub(crate) attacker: Spent,
}

/// What the target made of an attempt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answered {
    /// The beginning of the answer. Of a refusal or an answer without text that the provider announced, its words.
    pub(crate) answer: String,
    /// Of the whole answer.
    pub(crate) answer_bytes: usize,
    pub(crate) outcome: Outcome,
    /// The proof with what stands around it; empty without one.
    pub(crate) excerpt: String,
    /// `None` if the answer was replayed.
    pub(crate) latency: Option<Duration>,
    pub(crate) cached: bool,
}

/// A text of an attacker model.
pub(crate) struct Step {
    /// What was asked or planted; `None` if there was nothing to ask with.
    pub(crate) attack: Option<String>,
    /// What came of it, or why nothing was asked.
    pub(crate) ended: Result<Answered, String>,
}

/// What a run came to.
pub(crate) struct Finished {
    /// In the order of the plan.
    pub(crate) trials: Vec<Trial>,
    /// Why the run ended before its last attempt.
    pub(crate) early: Option<String>,
}

/// Makes the attempts, at most so many at once, until all are made or something ends the run.
pub(crate) async fn run(
    attempts: Vec<Attempt>,
    asking: Arc<Asking>,
    concurrency: usize,
    interrupt: impl Future<Output = ()>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Finished {
    tell(Event::Started { rows: attempts.len(), done: 0 });
    let mut waiting = attempts.into_iter().enumerate();
    let mut interrupt = pin!(interrupt);
    // Dropping the set at the end drops what is under way.
    let mut under_way = JoinSet::new();
    let (mut done, mut streak, mut early) = (Vec::new(), Streak::default(), None);
    let mut over_budget = None;
    loop {
        for (number, attempt) in waiting.by_ref().take(concurrency - under_way.len()) {
            let asking = Arc::clone(&asking);
            under_way.spawn(async move { (number, asking.make(attempt).await) });
        }
        let joined = tokio::select! {
            joined = under_way.join_next() => joined,
            () = &mut interrupt => {
                early = Some("interrupted".to_owned());
                break;
            }
        };
        let Some(joined) = joined else { break };
        let (number, trial) =
            joined.expect("an attempt ends with a result whatever the target does, and nobody aborts it");
        let failure = trial.ended.as_ref().err();
        tell(Event::Finished { failed: failure.is_some() });
        if failure.is_some()
            && let Some(reason) = asking.client.over_budget()
        {
            // What is under way has been paid for and is waited for.
            waiting = Vec::new().into_iter().enumerate();
            over_budget = Some(reason.to_owned());
            continue;
        }
        streak.count(failure.map(String::as_str));
        done.push((number, trial));
        early = streak.reason().filter(|_| waiting.len() + under_way.len() > 0);
        if early.is_some() {
            break;
        }
    }
    let early = early.or(over_budget);
    if let Some(reason) = &early {
        tell(Event::Ended { reason });
    }
    done.sort_by_key(|(number, _)| *number);
    Finished { trials: done.into_iter().map(|(_, trial)| trial).collect(), early }
}

impl Asking {
    async fn make(&self, attempt: Attempt) -> Trial {
        if let Some(attacker) = &self.attacker {
            return self.follow(attacker, attempt).await;
        }
        let (ended, target) = self.put(&attempt, Vec::new()).await;
        Trial { attempt, ended, steps: Vec::new(), target, attacker: Spent::default() }
    }

    /// One question to the target, judged.
    async fn put(&self, attempt: &Attempt, conversation: Vec<Message>) -> (Result<Answered, String>, Spent) {
        let case = self.case(&attempt.id, &attempt.question);
        let added =
            Added { system: attempt.system.clone(), passage: attempt.planted.as_deref().map(passage), conversation };
        let question = Question { case: &case, repeat: 0, added: &added };
        match answer(&*self.target, question, self.time_limit).await {
            Ok(output) => {
                let spent = spent(&output);
                (self.judged(attempt, output).await, spent)
            }
            Err(error) => (withheld(&error).ok_or_else(|| error.to_string()), Spent::default()),
        }
    }

    /// On a thread of its own: an answer may be long, and others are waiting.
    async fn judged(&self, attempt: &Attempt, output: Output) -> Result<Answered, String> {
        let (attempt, system_prompt) = (attempt.clone(), self.system_prompt.clone());
        let judging = tokio::task::spawn_blocking(move || Answered::new(&attempt, output, system_prompt.as_deref()));
        judging.await.map_err(|_| "internal error: the answer could not be judged".to_owned())
    }

    /// The attacker model writes until a text works or no step is left.
    async fn follow(&self, attacker: &Attacker, mut attempt: Attempt) -> Trial {
        let mut adaptive = Adaptive::new(attacker.method, &attempt, attacker.max_steps);
        let (mut steps, mut target, mut spent) = (Vec::new(), Spent::default(), Spent::default());
        let mut ended = Err("the attacker model wrote nothing to ask with".to_owned());
        while let Some(messages) = adaptive.next_prompt() {
            let reply = match attacker.write(messages, steps.len()).await {
                Ok((reply, call)) => {
                    spent += call;
                    reply
                }
                Err(error) => {
                    // What was decided before stays decided.
                    ended = ended.or(Err(format!("the attacker model failed: {error}")));
                    break;
                }
            };
            match adaptive.parse(&reply) {
                Err(why) => {
                    adaptive.skip(why);
                    steps.push(Step { attack: None, ended: Err(why.reason().to_owned()) });
                }
                Ok(next) => {
                    let (now, call) = self.put(&next, adaptive.conversation()).await;
                    target += call;
                    steps.push(Step { attack: Some(next.attack().to_owned()), ended: now.clone() });
                    let Ok(answered) = &now else {
                        ended = ended.or(now);
                        break;
                    };
                    adaptive.record(&next, &answered.answer, &answered.outcome);
                    if answered.outcome != Outcome::Empty || ended.is_err() {
                        (attempt, ended) = (next, now);
                    }
                }
            }
        }
        Trial { attempt, ended, steps, target, attacker: spent }
    }

    /// A question as a case of its own. Its id tells the target nothing of what it is for.
    fn case(&self, id: &str, question: &str) -> Case {
        let mut id = sha256(id.as_bytes());
        id.truncate(12);
        Case { id, question: question.to_owned(), ..self.base.clone() }
    }
}

impl Answered {
    fn new(attempt: &Attempt, output: Output, system_prompt: Option<&SystemPrompt>) -> Self {
        let Output { mut answer, latency, cached, .. } = output;
        let outcome = judge(attempt, &answer[..floor(&answer, MAX_JUDGED_BYTES)], system_prompt);
        let excerpt = match &outcome {
            Outcome::Hit { evidence, .. } => excerpt(&answer, evidence.span.start, evidence.span.end),
            _ => String::new(),
        };
        let answer_bytes = answer.len();
        answer.truncate(floor(&answer, MAX_KEPT_BYTES));
        Self { answer, answer_bytes, outcome, excerpt, latency, cached }
    }
}

impl Attacker {
    /// The next reply. Two steps may ask the same, and then want another text.
    async fn write(&self, messages: Vec<Message>, step: usize) -> Result<(String, Spent), Error> {
        let repeat = u32::try_from(step).unwrap_or_default();
        let reply = self.client.chat(&self.model, &Request { messages, repeat, ..Request::default() }).await?;
        let spent = reply.spent();
        Ok((reply.text, spent))
    }
}

/// As a retriever returns one.
pub(super) fn passage(text: &str) -> Passage {
    let title = "General information".to_owned();
    Passage { document: title.clone(), title, text: text.to_owned(), ..Passage::default() }
}

fn spent(output: &Output) -> Spent {
    let costs = match &output.cost {
        None => Costs::default(),
        Some(Ok(cost)) if output.attempts > 0 => Costs { usd: *cost, ..Costs::default() },
        Some(Ok(cost)) => Costs { saved_usd: *cost, ..Costs::default() },
        Some(Err(_)) => Costs { unknown: usize::from(output.attempts > 0), ..Costs::default() },
    };
    Spent { usage: output.usage, costs }
}

/// A refusal or an answer without text that the provider tells as such is no failure of the target.
fn withheld(error: &Error) -> Option<Answered> {
    let outcome = match Withheld::of(error)? {
        Withheld::Refused | Withheld::Blocked => Outcome::Refused,
        Withheld::NoText => Outcome::Empty,
    };
    let answer = error.to_string();
    Some(Answered { answer, answer_bytes: 0, outcome, excerpt: String::new(), latency: None, cached: false })
}

/// The proof with what stands around it, and where the answer goes on.
fn excerpt(answer: &str, start: usize, end: usize) -> String {
    let start = floor(answer, start.saturating_sub(AROUND_BYTES));
    let end = floor(answer, end.min(start + MAX_PROOF_BYTES) + AROUND_BYTES);
    let dots = |is_cut: bool| if is_cut { "…" } else { "" };
    format!("{}{}{}", dots(start > 0), answer[start..end].trim(), dots(end < answer.len()))
}
