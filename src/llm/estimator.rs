//! Counts what calls would take and cost, without making them. What the cache has is answered from there; for the rest stands a
//! text of the expected length, so that whatever is asked about an answer can be counted too.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::billing::asked_output;
use super::{Model, Request};
use crate::cost::ledger::Role;
use crate::cost::{Cost, Price, Tariff, Usage, Used, is_counted_exactly, tokens};

/// What a call of a model takes: expected, and the ends of a range that should hold it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) low: u64,
    pub(crate) expected: u64,
    pub(crate) high: u64,
}

/// The calls of one model in one role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// Calls that would be sent.
    pub(crate) calls: u64,
    /// Calls that the cache answers.
    pub(crate) kept: u64,
    pub(crate) input: Span,
    pub(crate) output: Span,
    /// US dollars; `None` if the model has no price.
    pub(crate) usd: Option<Amounts>,
}

/// Dollars of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) low: Cost,
    pub(crate) expected: Cost,
    pub(crate) high: Cost,
    /// If every answer is as long as it may be.
    pub(crate) most: Cost,
}

/// By role and `provider/model`.
pub(crate) type Estimates = BTreeMap<(Role, String), Estimate>;

#[derive(Default)]
pub(super) struct Estimator(Mutex<Estimates>);

/// A message's frame in a chat template, in tokens, at most.
const FRAME: u64 = 30;
/// Of another encoding than ours, a text has from so many hundredths of our count to so many.
const OTHER_ENCODING: (u64, u64) = (65, 160);
/// An answer of which nothing is known: so many sentences of so many words.
const USUAL_SENTENCES: usize = 4;
const USUAL_WORDS: usize = 15;
/// How much longer than expected an answer may well be.
const LONGER: u64 = 4;
/// Tokens that an answer may well have, however short it is expected.
const SHORT: u64 = 300;
/// Tokens of thoughts that a model that thinks may well spend on an answer.
const THOUGHTS: (u64, u64) = (400, 4000);

impl Estimator {
    pub(super) fn take(&self) -> Estimates {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A call that the cache answers.
    pub(super) fn keep(&self, role: Role, model: &str) {
        self.entry(role, model, |estimate| estimate.kept += 1);
    }

    /// A chat that would be sent; gives the text that stands for its answer.
    pub(super) fn chat(&self, (role, tariff): (Role, &Tariff), model: &Model, asked: (&Request, &Value)) -> String {
        let (request, body) = asked;
        let text = request.expected.clone().unwrap_or_else(usual);
        let name = model.to_string();
        let price = tariff.find(&model.provider, &model.name);
        let input = input(&name, request);
        let output = output(&name, &text, (price, thinks(model, price)), asked_output(body));
        let most = price.and_then(|price| {
            let bytes = body.to_string().len() as u64;
            price.most(bytes, asked_output(body).or(price.max_output()).unwrap_or(output.high))
        });
        self.add((role, tariff), model, (input, output, most));
        text
    }

    /// Texts that would be embedded in one call.
    pub(super) fn embed(&self, (role, tariff): (Role, &Tariff), model: &Model, texts: &[String]) {
        let name = model.to_string();
        let count: u64 = texts.iter().map(|text| tokens(&name, text) as u64).sum();
        let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
        let input = around(&name, count, texts.len() as u64 * 4);
        let most = tariff.find(&model.provider, &model.name).and_then(|price| price.most(bytes, 0));
        self.add((role, tariff), model, (input, Span::default(), most));
    }

    fn add(&self, (role, tariff): (Role, &Tariff), model: &Model, (input, output, most): (Span, Span, Option<Cost>)) {
        let cost = |input: u64, output: u64| {
            let used = Used::of(Usage { input, output, ..Usage::default() });
            tariff.of_call(&model.provider, &model.name, &used).ok()
        };
        let amounts = || {
            Some(Amounts {
                low: cost(input.low, output.low)?,
                expected: cost(input.expected, output.expected)?,
                high: cost(input.high, output.high)?,
                most: most?,
            })
        };
        let one = Estimate { calls: 1, kept: 0, input, output, usd: amounts() };
        self.entry(role, &model.to_string(), |estimate| estimate.add(&one));
    }

    fn entry(&self, role: Role, model: &str, change: impl FnOnce(&mut Estimate)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry((role, model.to_owned())).or_default());
    }
}

/// An answer of which nothing is known.
pub(crate) fn usual() -> String {
    format!("{}. ", ["word"; USUAL_WORDS].join(" ")).repeat(USUAL_SENTENCES)
}

/// The messages, and the shape that the answer is to have.
fn input(model: &str, request: &Request) -> Span {
    let messages = request.messages.iter().map(|message| tokens(model, &message.content) as u64).sum::<u64>();
    let shape = request.schema.as_ref().map_or(0, |schema| tokens(model, &schema.schema.to_string()) as u64);
    let span = around(model, messages, request.messages.len() as u64 * FRAME);
    // Providers that count the shape count it about so.
    Span { low: span.low, expected: span.expected + shape / 2, high: span.high + 2 * shape }
}

/// A count of ours as the model may count it.
fn around(model: &str, count: u64, frame: u64) -> Span {
    let (low, high) = if is_counted_exactly(model) { (100, 100) } else { OTHER_ENCODING };
    Span { low: count * low / 100, expected: count + frame / 4, high: count * high / 100 + frame }
}

fn output(model: &str, text: &str, (price, thinks): (Option<&Price>, bool), asked: Option<u64>) -> Span {
    let count = tokens(model, text) as u64;
    let (thoughts, many_thoughts) = if thinks { THOUGHTS } else { (0, 0) };
    let most = asked.or_else(|| price.and_then(Price::max_output)).unwrap_or(u64::MAX);
    let high = (count * LONGER).max(SHORT) + many_thoughts;
    Span { low: 1, expected: (count + thoughts).min(most), high: high.min(most) }
}

/// Whether a model may think before it answers.
fn thinks(model: &Model, price: Option<&Price>) -> bool {
    model.fixes_sampling() || price.is_some_and(Price::has_reasoning)
}

impl Span {
    fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, expected: self.expected + other.expected, high: self.high + other.high }
    }

    /// So many times as much, of `of`.
    pub(crate) fn scaled(self, times: u64, of: u64) -> Self {
        let scale = |count: u64| count * times / of.max(1);
        Self { low: scale(self.low), expected: scale(self.expected), high: scale(self.high) }
    }
}

impl Amounts {
    fn plus(&self, other: &Self) -> Self {
        Self {
            low: self.low + other.low,
            expected: self.expected + other.expected,
            high: self.high + other.high,
            most: self.most + other.most,
        }
    }
}

impl Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| sum.plus(&one))
    }
}

impl Estimate {
    pub(crate) fn add(&mut self, other: &Self) {
        self.usd = match (self.calls, other.calls) {
            (_, 0) => self.usd,
            (0, _) => other.usd,
            _ => self.usd.zip(other.usd).map(|(sum, more)| sum.plus(&more)),
        };
        self.calls += other.calls;
        self.kept += other.kept;
        self.input = self.input.plus(other.input);
        self.output = self.output.plus(other.output);
    }

    /// The same for a whole of which this is a part: of `of` rows those of `all`.
    pub(crate) fn scaled(&self, all: u64, of: u64) -> Self {
        let scale = |count: u64| count * all / of.max(1);
        let money = |cost: Cost| cost.times(all).and_then(|cost| cost.divided(of.max(1))).unwrap_or(cost);
        let amounts = |usd: &Amounts| Amounts {
            low: money(usd.low),
            expected: money(usd.expected),
            high: money(usd.high),
            most: money(usd.most),
        };
        Self {
            calls: scale(self.calls),
            kept: scale(self.kept),
            input: self.input.scaled(all, of),
            output: self.output.scaled(all, of),
            usd: self.usd.as_ref().map(amounts),
        }
    }
}
