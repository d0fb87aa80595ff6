//! The state of one limiter: everything that an attempt must pass, in one place behind one lock. No I/O, no clock.

use std::time::Duration;

use tokio::time::Instant;

use super::adaptive::{Adaptive, LONGEST_PAUSE};
use super::bucket::Bucket;
use super::hanging::{self, Answers, has_room};
use super::learnt::{KINDS, Meter, Told};
use crate::config::ProviderLimits;
use crate::cost::Usage;

/// Answers after which the mean length of an answer moves no faster than this.
const MEAN_OVER: f64 = 100.0;

/// What an attempt will consume, as far as it can be told before.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::llm) struct Need {
    /// Estimated from the length of the request.
    pub(in crate::llm) input_tokens: u64,
    /// The most that the request allows; `None` if it does not say, and the mean of earlier answers counts.
    pub(in crate::llm) output_tokens: Option<u64>,
}

/// How an attempt ended.
#[derive(Debug, Default)]
pub(in crate::llm) struct Finished {
    /// The server's status; `None` if there was no complete reply.
    pub(in crate::llm) status: Option<u16>,
    /// When the server wants to be asked again.
    pub(in crate::llm) asked_wait: Option<Duration>,
    pub(in crate::llm) told: Told,
    /// What the reply says that it consumed.
    pub(in crate::llm) usage: Option<Usage>,
}

/// What was taken for an attempt.
#[derive(Debug)]
pub(super) struct Pass {
    started: Instant,
    epoch: u32,
    is_hedge: bool,
    /// Of the token bucket.
    reserved: u64,
    /// The model's meters, by index, and where they stood.
    meters: usize,
    marks: [u64; KINDS],
}

pub(super) struct Gate {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    /// Most attempts at once by the configuration.
    most: Option<usize>,
    adaptive: Adaptive,
    /// After an overload nobody sends before this.
    paused: Option<Instant>,
    /// By model; a run uses a few.
    meters: Vec<(u64, [Meter; KINDS])>,
    in_flight: usize,
    hedges: usize,
    answers: Answers,
    mean_output: Mean,
    floor: Duration,
}

impl Gate {
    pub(super) fn new(limits: Option<&ProviderLimits>, floor: Duration, now: Instant) -> Self {
        let bucket = |amount: Option<usize>| Some(Bucket::per_minute(to_f64(amount? as u64), now));
        Self {
            requests: limits.and_then(|limits| bucket(limits.requests_per_minute)),
            tokens: limits.and_then(|limits| bucket(limits.tokens_per_minute)),
            most: limits.and_then(|limits| limits.concurrency),
            adaptive: Adaptive::default(),
            paused: None,
            meters: Vec::new(),
            in_flight: 0,
            hedges: 0,
            answers: Answers::default(),
            mean_output: Mean::default(),
            floor,
        }
    }

    pub(super) fn floor(&self) -> Duration {
        self.floor
    }

    /// Lets an attempt through, or says when to ask again: at a time, or when another attempt has ended.
    pub(super) fn admit(&mut self, model: u64, need: &Need, now: Instant) -> Result<Pass, Option<Instant>> {
        if !self.adaptive.admits(self.in_flight) || self.most.is_some_and(|most| self.in_flight >= most) {
            return Err(None);
        }
        let amounts = self.amounts(need);
        let meters = self.meters_of(model);
        let told = self.meters[meters].1.iter().zip(amounts).filter_map(|(meter, amount)| meter.wait(amount, now));
        let paused = self.paused.filter(|until| *until > now);
        let [requests, tokens, ..] = amounts.map(to_f64);
        let paces = [(&mut self.requests, requests), (&mut self.tokens, tokens)];
        let paces = paces.into_iter().filter_map(|(bucket, amount)| Some(now + bucket.as_mut()?.wait(amount, now)?));
        if let Some(until) = told.chain(paused).chain(paces).max() {
            return Err(Some(until));
        }
        self.requests.iter_mut().for_each(|bucket| bucket.take(requests));
        self.tokens.iter_mut().for_each(|bucket| bucket.take(tokens));
        self.in_flight += 1;
        let mut marks = [0; KINDS];
        for (kind, meter) in self.meters[meters].1.iter_mut().enumerate() {
            marks[kind] = meter.send(amounts[kind]);
        }
        let epoch = self.adaptive.start(self.in_flight);
        Ok(Pass { started: now, epoch, is_hedge: false, reserved: amounts[1], meters, marks })
    }

    /// A second attempt beside one that has run for so long, or the time after which to ask again.
    pub(super) fn hedge(&mut self, model: u64, need: &Need, running: Duration, now: Instant) -> Result<Pass, Duration> {
        if let Some(wait) = self.answers.suspicion(running, self.floor) {
            return Err(wait);
        }
        if !has_room(self.hedges, self.in_flight) {
            return Err(hanging::RECHECK);
        }
        let pass = self.admit(model, need, now).map_err(|_| hanging::RECHECK)?;
        self.hedges += 1;
        Ok(Pass { is_hedge: true, ..pass })
    }

    /// Gives the slot back.
    pub(super) fn release(&mut self, pass: &Pass) {
        self.in_flight -= 1;
        self.hedges -= usize::from(pass.is_hedge);
    }

    /// Gives the slot back and learns from how the attempt ended.
    pub(super) fn finish(&mut self, pass: &Pass, finished: &Finished, now: Instant) {
        self.release(pass);
        for (kind, quota) in finished.told.iter().enumerate() {
            if let Some(quota) = quota {
                self.meters[pass.meters].1[kind].hear(*quota, pass.marks[kind], now);
            }
        }
        let Some(status) = finished.status else { return };
        if (200..300).contains(&status) {
            self.answers.add(now.duration_since(pass.started));
        }
        self.settle(pass, status, finished.usage);
        let asked = finished.asked_wait.filter(|wait| *wait <= LONGEST_PAUSE).map(|wait| now + wait);
        if let Some(resume) = self.adaptive.finish(pass.epoch, super::is_overload(status), asked) {
            self.paused = self.paused.max(Some(resume));
        }
    }

    /// Replaces the estimate of tokens by what was consumed: what the reply says, and nothing if it was turned away.
    fn settle(&mut self, pass: &Pass, status: u16, usage: Option<Usage>) {
        let consumed = match usage {
            Some(usage) => usage.total(),
            None if (200..300).contains(&status) => pass.reserved,
            None => 0,
        };
        if let Some(tokens) = &mut self.tokens {
            tokens.give_back(to_f64(pass.reserved) - to_f64(consumed));
        }
        if let Some(usage) = usage {
            self.mean_output.add(to_f64(usage.output + usage.reasoning));
        }
    }

    /// What an attempt counts, by kind.
    fn amounts(&self, need: &Need) -> [u64; KINDS] {
        let output = need.output_tokens.unwrap_or_else(|| self.mean_output.rounded());
        [1, need.input_tokens + output, need.input_tokens, output]
    }

    fn meters_of(&mut self, model: u64) -> usize {
        self.meters.iter().position(|(known, _)| *known == model).unwrap_or_else(|| {
            self.meters.push((model, Default::default()));
            self.meters.len() - 1
        })
    }
}

/// A mean that follows slow changes.
#[derive(Debug, Default)]
struct Mean {
    value: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, number: f64) {
        self.count = (self.count + 1.0).min(MEAN_OVER);
        self.value += (number - self.value) / self.count;
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of counts of tokens")]
    fn rounded(&self) -> u64 {
        self.value.ceil() as u64
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tokens, far below 2^52")]
fn to_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
