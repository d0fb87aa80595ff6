//! What a model costs, for people and for machines.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cost::{Cost, Kind, Mode, Origin, Price, Rate};

/// A model's rates. Where the price is not known, there are none, and no source.
#[derive(Debug, Serialize)]
pub(super) struct PriceRow {
    pub(super) model: String,
    pub(super) source: Option<Source>,
    rates: Option<Vec<RateRow>>,
    max_output_tokens: Option<u64>,
}

/// Where a price is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Configuration,
    Map,
    NotBilled,
}

#[derive(Debug, Serialize)]
struct RateRow {
    kind: &'static str,
    mode: &'static str,
    /// The fewest input tokens of a call to which it applies.
    from_input_tokens: u64,
    usd: Option<Cost>,
    /// What `usd` is for.
    per: &'static str,
}

impl PriceRow {
    pub(super) fn new(model: &str, found: Option<(&Price, Origin)>) -> Self {
        let source = found.map(|(_, origin)| match origin {
            Origin::Own => Source::Configuration,
            Origin::Map => Source::Map,
            Origin::NotBilled => Source::NotBilled,
        });
        Self {
            model: model.to_owned(),
            source,
            rates: found.map(|(price, _)| price.rates().iter().map(RateRow::of).collect()),
            max_output_tokens: found.and_then(|(price, _)| price.max_output()),
        }
    }

    /// `$0.15 in, $0.60 out`: the first tier in standard mode.
    pub(super) fn brief(&self) -> String {
        let Some(rates) = self.rates.as_deref().filter(|_| self.source != Some(Source::NotBilled)) else {
            return if self.source.is_some() { "nobody bills it" } else { "not known, which is never free" }.to_owned();
        };
        let first = |kind: Kind, words: &str| {
            let is_it = |rate: &&RateRow| {
                rate.kind == kind.words() && rate.from_input_tokens == 0 && rate.mode == Mode::Standard.name()
            };
            rates.iter().find(is_it).map(|rate| format!("{} {words}", rate.usd()))
        };
        let parts = [(Kind::Input, "in"), (Kind::Output, "out"), (Kind::Request, "for each call")];
        parts.into_iter().filter_map(|(kind, words)| first(kind, words)).collect::<Vec<_>>().join(", ")
    }

    /// Every rate on a line of its own.
    pub(super) fn text(&self) -> String {
        let rates = self.rates.as_deref().unwrap_or_default();
        let mut text = format!("{}, in US dollars for a million tokens:\n", self.model);
        let width = rates.iter().map(|rate| rate.what().chars().count()).max().unwrap_or(0);
        for rate in rates {
            let fee = if rate.per == REQUEST { " for each call" } else { "" };
            let _ = writeln!(text, "  {:<width$}  {}{fee}", rate.what(), rate.usd());
        }
        if let Some(tokens) = self.max_output_tokens {
            let _ = writeln!(text, "an answer has {tokens} tokens at most");
        }
        text
    }
}

const REQUEST: &str = "request";

impl RateRow {
    fn of(rate: &Rate) -> Self {
        let is_fee = rate.kind == Kind::Request;
        Self {
            kind: rate.kind.words(),
            mode: rate.mode.name(),
            from_input_tokens: rate.from_tokens,
            usd: if is_fee { Some(rate.price) } else { of_a_million(rate.price) },
            per: if is_fee { REQUEST } else { "million tokens" },
        }
    }

    /// `input from 200001 tokens of input, batch`
    fn what(&self) -> String {
        let tier = match self.from_input_tokens {
            0 => String::new(),
            tokens => format!(" from {tokens} tokens of input"),
        };
        let mode = if self.mode == Mode::Standard.name() { String::new() } else { format!(", {}", self.mode) };
        format!("{}{tier}{mode}", self.kind)
    }

    fn usd(&self) -> String {
        self.usd.map_or_else(|| "more than can be counted".to_owned(), Cost::exact)
    }
}

/// What a million cost if one costs so much; `None` beyond the largest amount.
pub(super) fn of_a_million(price: Cost) -> Option<Cost> {
    price.times(1_000_000)
}
