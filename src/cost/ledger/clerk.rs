//! Writes the ledger, on a thread of its own: what has gathered is one transaction, so that many calls at once cost one
//! write.
//!
//! ```text
//! Op, Op, Op -> Batch -> Store::write: limits looked at, lines and sums changed -> answers
//!                  ^---- a reservation that does not fit waits while calls of this process are under way
//! ```

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::call::{Call, Outcome};
use super::limit::{Limit, Scope};
use super::store::{Pages, Store, Wanted};
use super::{Permission, Refusal, lock};
use crate::cost::Cost;
use crate::error::{Error, Result};

/// What is asked of the clerk.
pub(super) enum Op {
    /// May this call be made? If so, it is written down as one that is under way.
    Reserve(Reserve),
    /// What has become of it.
    Settle { id: i64, outcome: Outcome },
    /// A call that needs no permission: it has been made, or nothing was sent for it.
    Record { id: i64, call: Call, outcome: Outcome },
    /// Tells when everything before it is written.
    Flush(std::sync::mpsc::Sender<Result<()>>),
}

pub(super) struct Reserve {
    pub(super) id: i64,
    pub(super) call: Call,
    /// The most that it can cost, if that is known.
    pub(super) most: Option<Cost>,
    pub(super) answer: oneshot::Sender<Permission>,
}

/// What of a batch is written together.
const MOST_AT_ONCE: usize = 1024;

pub(super) type OpenStore = Box<dyn Fn() -> Result<Box<dyn Store>> + Send>;

pub(super) struct Clerk {
    ops: Receiver<Op>,
    limits: Vec<Limit>,
    notices: Arc<Mutex<Vec<String>>>,
    open_store: OpenStore,
    /// Opened with the first call, and again after it could not be.
    store: Option<Box<dyn Store>>,
    /// Calls of this process that are under way, by id.
    open: HashMap<i64, (Call, Outcome)>,
    /// Reservations that did not fit, and may when others are settled.
    waiting: VecDeque<Reserve>,
    /// Limits whose warning was given.
    warned: Vec<bool>,
    /// What went wrong with lines that nobody waits for.
    broken: Option<Error>,
}

/// What is answered once a batch is written.
enum Answer {
    Granted(oneshot::Sender<Permission>, i64),
    Refused(oneshot::Sender<Permission>, Refusal),
}

impl Clerk {
    pub(super) fn new(
        ops: Receiver<Op>,
        limits: Vec<Limit>,
        notices: Arc<Mutex<Vec<String>>>,
        open_store: OpenStore,
    ) -> Self {
        Self {
            ops,
            warned: vec![false; limits.len()],
            limits,
            notices,
            open_store,
            store: None,
            open: HashMap::new(),
            waiting: VecDeque::new(),
            broken: None,
        }
    }

    /// Works until nobody asks any more.
    pub(super) fn run(mut self) {
        while let Ok(first) = self.ops.recv() {
            let mut batch = vec![first];
            while batch.len() < MOST_AT_ONCE
                && let Ok(next) = self.ops.try_recv()
            {
                batch.push(next);
            }
            self.work(batch);
        }
    }

    fn work(&mut self, batch: Vec<Op>) {
        let mut flushes = Vec::new();
        let mut ops = Vec::new();
        for op in batch {
            match op {
                Op::Flush(done) => flushes.push(done),
                op => ops.push(op),
            }
        }
        if !ops.is_empty() {
            self.write(ops);
        }
        for done in flushes {
            // Whoever asked may be gone.
            let _ = done.send(self.broken.take().map_or(Ok(()), Err));
        }
    }

    fn write(&mut self, ops: Vec<Op>) {
        // Those who wait come after what may make room for them, and before who comes now.
        let (settled, others): (Vec<Op>, Vec<Op>) = ops.into_iter().partition(|op| matches!(op, Op::Settle { .. }));
        let waiting = std::mem::take(&mut self.waiting).into_iter().map(Op::Reserve);
        let ops: Vec<Op> = settled.into_iter().chain(waiting).chain(others).collect();
        let wanted = self.wanted(&ops);
        let mut answers = Vec::new();
        match self.transact(&wanted, ops, &mut answers) {
            Ok(()) => answers.into_iter().for_each(|answer| self.tell(answer)),
            Err(error) => self.fail(answers, error),
        }
    }

    fn transact(&mut self, wanted: &Wanted, ops: Vec<Op>, answers: &mut Vec<Answer>) -> Result<()> {
        let opened = match self.store.take() {
            Some(store) => Ok(store),
            None => (self.open_store)(),
        };
        let mut ops = ops.into_iter();
        let mut enter = |clerk: &mut Self, pages: &mut Pages| {
            answers.extend(ops.by_ref().filter_map(|op| clerk.enter(pages, op)));
        };
        let mut store = match opened {
            Ok(store) => store,
            Err(error) => {
                // Everybody who waits is told.
                enter(self, &mut Pages::default());
                return Err(error);
            }
        };
        let written = store.write(wanted, &mut |pages| {
            enter(self, pages);
            self.look(pages, wanted);
        });
        enter(self, &mut Pages::default());
        self.store = Some(store);
        written
    }

    /// The sums and lines that a batch looks at.
    fn wanted(&self, ops: &[Op]) -> Wanted {
        let mut wanted = Wanted { from: i64::MAX, to: i64::MIN, ..Wanted::default() };
        for op in ops {
            let call = match op {
                Op::Reserve(Reserve { call, .. }) => {
                    wanted.scopes.extend(self.limits.iter().filter_map(|limit| limit.scope(call)));
                    Some(call)
                }
                Op::Settle { id, .. } => self.open.get(id).map(|(call, _)| call),
                Op::Record { id, call, .. } => {
                    wanted.ids.push(*id);
                    Some(call)
                }
                Op::Flush(_) => None,
            };
            if let Some(call) = call {
                if !wanted.runs.contains(&*call.run) {
                    wanted.runs.insert(call.run.to_string());
                }
                wanted.from = wanted.from.min(call.at);
                wanted.to = wanted.to.max(call.at);
            }
        }
        wanted
    }

    fn enter(&mut self, pages: &mut Pages, op: Op) -> Option<Answer> {
        match op {
            Op::Reserve(reserve) => self.reserve(pages, reserve),
            Op::Settle { id, outcome } => {
                let (call, before) = self.open.remove(&id)?;
                pages.update(id, &call, (before, outcome));
                None
            }
            Op::Record { id, call, outcome } => {
                pages.insert(id, &call, outcome);
                None
            }
            Op::Flush(_) => None,
        }
    }

    fn reserve(&mut self, pages: &mut Pages, reserve: Reserve) -> Option<Answer> {
        let Reserve { id, call, most, answer } = reserve;
        let over = self.limits.iter().find_map(|limit| {
            let sum = pages.sum(&limit.scope(&call)?);
            limit.forbids(&sum, most).then(|| (limit.clone(), sum))
        });
        let Some((limit, sum)) = over else {
            let outcome = Outcome::open(most);
            pages.insert(id, &call, outcome);
            self.open.insert(id, (call, outcome));
            return Some(Answer::Granted(answer, id));
        };
        if !self.open.is_empty() {
            self.waiting.push_back(Reserve { id, call, most, answer });
            return None;
        }
        let refusal = Refusal::Limit { limit: Box::new(limit), sum, model: call.model, most };
        Some(Answer::Refused(answer, refusal))
    }

    /// Warns of limits that are nearly reached.
    fn look(&mut self, pages: &Pages, wanted: &Wanted) {
        let scopes: Vec<&Scope> = wanted.scopes.iter().collect();
        for (limit, warned) in self.limits.iter().zip(&mut self.warned) {
            let near = scopes.iter().filter(|scope| limit.sums(scope)).map(|scope| pages.sum(scope));
            if !*warned && let Some(sum) = near.into_iter().find(|sum| limit.is_near(sum)) {
                *warned = true;
                lock(&self.notices).push(format!("{limit} is nearly reached: {}", limit.used(&sum)));
            }
        }
    }

    fn tell(&mut self, answer: Answer) {
        match answer {
            Answer::Granted(answer, id) => {
                // Who no longer waits makes no call.
                if answer.send(Ok(())).is_err() {
                    self.work(vec![Op::Settle { id, outcome: Outcome::NOT_SENT }]);
                }
            }
            Answer::Refused(answer, refusal) => drop(answer.send(Err(refusal))),
        }
    }

    /// Nothing of a batch was written: lines stay as they are, under way at the most that they may cost. Where there is a limit,
    /// calls that were to be made are not made; where there is none, what is paid for is not lost over bookkeeping.
    fn fail(&mut self, answers: Vec<Answer>, error: Error) {
        let waiting = std::mem::take(&mut self.waiting).into_iter().map(|reserve| reserve.answer);
        let mut all: Vec<oneshot::Sender<Permission>> = waiting.collect();
        for answer in answers {
            match answer {
                Answer::Granted(answer, id) => {
                    self.open.remove(&id);
                    all.push(answer);
                }
                Answer::Refused(answer, _) => all.push(answer),
            }
        }
        for answer in all {
            let permission = if self.limits.is_empty() { Ok(()) } else { Err(Refusal::Broken(error.again())) };
            let _ = answer.send(permission);
        }
        self.broken.get_or_insert(error);
    }
}
