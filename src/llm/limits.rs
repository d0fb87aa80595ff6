//! What may be sent when: one limiter for every provider, address and key.
//!
//! ```text
//! attempt -> acquire: a slot, the pace of [limits.NAME], what headers told, a pause after an overload
//!         -> Pass -> reply -> finish: frees the slot, corrects the estimate of tokens, learns
//! ```

mod adaptive;
mod bucket;
mod gate;
mod hanging;
mod learnt;
mod patience;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Url;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

pub(crate) use patience::patient;

pub(super) use adaptive::is_overload;
pub(super) use gate::{Finished, Need};
pub(super) use hanging::FLOOR;
pub(super) use learnt::read as told;

use super::{Endpoint, HttpCall};
use crate::config::ProviderLimits;
use gate::{Gate, Pass};
use patience::Waiting;

/// The limiters of a client, each made when it is first needed.
pub(super) struct Limits {
    configured: Vec<ProviderLimits>,
    /// The shortest time after which an attempt may be thought to hang.
    floor: Duration,
    /// By a hash with a random seed of what they are for, so that no key is kept here.
    limiters: Mutex<HashMap<u64, Arc<Limiter>>>,
    hasher: RandomState,
}

impl Limits {
    pub(super) fn new(configured: Vec<ProviderLimits>, floor: Duration) -> Self {
        Self { configured, floor, limiters: Mutex::default(), hasher: RandomState::new() }
    }

    /// For calls to a provider's model.
    pub(super) fn of_model(&self, endpoint: &Endpoint, model: &str) -> Lane {
        let key = endpoint.key.as_ref().map_or("", |key| key.reveal());
        let provider = endpoint.provider.as_str();
        let limiter = self.limiter(self.hasher.hash_one((provider, &endpoint.base_url, key)), provider);
        Lane { limiter, model: self.hasher.hash_one(model) }
    }

    /// For calls to any other server.
    pub(super) fn of_server(&self, call: &HttpCall) -> Lane {
        let origin = Url::parse(&call.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        Lane { limiter: self.limiter(self.hasher.hash_one(origin), ""), model: 0 }
    }

    fn limiter(&self, id: u64, provider: &str) -> Arc<Limiter> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let configured = self.configured.iter().find(|limits| limits.provider == provider);
            Arc::new(Limiter::new(Gate::new(configured, self.floor, Instant::now())))
        };
        Arc::clone(limiters.entry(id).or_insert_with(new))
    }
}

/// The limiter of a call, and the model that it goes to: providers limit models one by one.
#[derive(Clone)]
pub(super) struct Lane {
    limiter: Arc<Limiter>,
    /// Tells models apart, nothing more; 0 where there is none.
    model: u64,
}

impl Lane {
    /// Waits, first come, first served, until an attempt may be sent.
    pub(super) async fn acquire(&self, need: &Need) -> Ticket<'_> {
        let pass = self.limiter.acquire(self.model, need).await;
        Ticket { limiter: &self.limiter, pass, is_open: true }
    }

    /// A second attempt beside one that has run for so long, if that is most likely hanging and there is room.
    pub(super) fn hedge(&self, need: &Need, running: Duration) -> Hedge<'_> {
        // Nobody who waits is overtaken.
        let Ok(_turn) = self.limiter.turn.try_lock() else { return Hedge::Later(hanging::RECHECK) };
        match self.limiter.gate().hedge(self.model, need, running, Instant::now()) {
            Ok(pass) => Hedge::Now(Ticket { limiter: &self.limiter, pass, is_open: true }),
            Err(wait) => Hedge::Later(wait),
        }
    }

    /// How long an attempt runs before it is worth asking `hedge`.
    pub(super) fn floor(&self) -> Duration {
        self.limiter.floor
    }
}

/// Whether to try again beside an attempt that gives no answer.
pub(super) enum Hedge<'a> {
    Now(Ticket<'a>),
    /// Not now; ask again in this time.
    Later(Duration),
}

/// The right to send one attempt. Dropped without `finish`, it says nothing about the server: the attempt was given up.
pub(super) struct Ticket<'a> {
    limiter: &'a Limiter,
    pass: Pass,
    is_open: bool,
}

impl Ticket<'_> {
    pub(super) fn finish(mut self, finished: &Finished) {
        self.is_open = false;
        self.limiter.gate().finish(&self.pass, finished, Instant::now());
        self.limiter.changed.notify_one();
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.limiter.gate().release(&self.pass);
            self.limiter.changed.notify_one();
        }
    }
}

/// The queue before a gate.
struct Limiter {
    floor: Duration,
    gate: Mutex<Gate>,
    /// Held by the one who is next; the others wait for it in the order in which they came.
    turn: tokio::sync::Mutex<()>,
    /// Something changed that may open the gate for the one who is next.
    changed: Notify,
}

impl Limiter {
    fn new(gate: Gate) -> Self {
        Self {
            floor: gate.floor(),
            gate: Mutex::new(gate),
            turn: tokio::sync::Mutex::default(),
            changed: Notify::new(),
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acquire(&self, model: u64, need: &Need) -> Pass {
        if let Ok(_turn) = self.turn.try_lock()
            && let Ok(pass) = self.gate().admit(model, need, Instant::now())
        {
            return pass;
        }
        let _waiting = Waiting::begin();
        let _turn = self.turn.lock().await;
        loop {
            let refused = match self.gate().admit(model, need, Instant::now()) {
                Ok(pass) => return pass,
                Err(refused) => refused,
            };
            match refused {
                Some(until) => drop(timeout_at(until, self.changed.notified()).await),
                None => self.changed.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests;
