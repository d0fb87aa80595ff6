//! What must not be passed, and how far it is.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::call::{Call, Outcome, State};
use crate::config;
use crate::cost::Cost;

/// A limit of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub(crate) period: Period,
    pub(crate) most: Most,
    /// Of which days and months are counted.
    zone: TimeZone,
    /// `provider/model` if it is of one model only.
    model: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Run,
    Day,
    Month,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Most {
    Dollars(Cost),
    Requests(u64),
}

/// What a sum is of: the calls of a project in a time, perhaps only those of one run or of one model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) project: String,
    /// Empty for all.
    pub(crate) run: String,
    /// `provider/model`; empty for all.
    pub(crate) model: String,
    /// In seconds since 1970, the end excluded.
    pub(crate) begins: i64,
    pub(crate) ends: i64,
}

/// What calls add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Of the calls that have ended, as far as it is known; at most this for those whose answer never came.
    pub(crate) usd: Cost,
    /// At most this for calls that are under way.
    pub(crate) open_usd: Cost,
    pub(crate) requests: u64,
    /// Calls whose cost is not known.
    pub(crate) unknown: u64,
}

/// The end of the year 9999, after which no time zone knows a day.
const FOREVER: i64 = 253_370_764_800;
/// Whoever sees this share of a limit reached is told.
const WARN_AT: (u64, u64) = (80, 100);

impl Limit {
    /// All limits of a configuration.
    pub(crate) fn of(config: &config::Cost) -> Vec<Self> {
        let budgets = [
            (Period::Run, config.budgets.run),
            (Period::Day, config.budgets.day),
            (Period::Month, config.budgets.month),
        ];
        let of_money = budgets.into_iter().filter_map(|(period, budget)| {
            Some(Self { period, most: Most::Dollars(budget?), zone: config.time_zone.clone(), model: None })
        });
        let of_calls = config.models.iter().filter_map(|model| {
            let most = Most::Requests(model.requests_per_day? as u64);
            let zone = model.time_zone.as_ref().unwrap_or(&config.time_zone).clone();
            Some(Self { period: Period::Day, most, zone, model: Some(model.model.value.clone()) })
        });
        of_money.chain(of_calls).collect()
    }

    /// What it sums for a call; `None` if the call does not fall under it.
    pub(crate) fn scope(&self, call: &Call) -> Option<Scope> {
        if self.model.as_ref().is_some_and(|model| **model != *call.model) {
            return None;
        }
        let (begins, ends) = self.window(call.at);
        let run = if self.period == Period::Run { call.run.to_string() } else { String::new() };
        let (project, model) = (call.project.to_string(), self.model.clone().unwrap_or_default());
        Some(Scope { project, run, model, begins, ends })
    }

    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// What it sums of a project at a time; `None` if that takes a call.
    pub(super) fn scope_at(&self, project: &str, at: i64) -> Option<Scope> {
        let (begins, ends) = (self.period != Period::Run).then(|| self.window(at))?;
        let model = self.model.clone().unwrap_or_default();
        Some(Scope { project: project.to_owned(), run: String::new(), model, begins, ends })
    }

    /// Whether this scope is one of its own.
    pub(super) fn sums(&self, scope: &Scope) -> bool {
        let is_of_run = !scope.run.is_empty();
        let is_of_period = match self.period {
            Period::Run => is_of_run,
            Period::Day | Period::Month => !is_of_run && self.window(scope.begins) == (scope.begins, scope.ends),
        };
        is_of_period && *scope.model == *self.model.as_deref().unwrap_or_default()
    }

    /// The day or month around a time, in seconds since 1970, its end excluded.
    pub(crate) fn window(&self, at: i64) -> (i64, i64) {
        match self.period {
            Period::Run => (0, FOREVER),
            Period::Day => around(at, &self.zone, |date| (date, date.tomorrow())),
            Period::Month => around(at, &self.zone, |date| (date.first_of_month(), date.last_of_month().tomorrow())),
        }
    }

    /// Whether there is no room for one more request that may cost so much. What a cost that is not known takes up cannot be
    /// known either; the gate is told of it.
    pub(super) fn forbids(&self, sum: &Sum, most: Option<Cost>) -> bool {
        match self.most {
            Most::Dollars(limit) => sum.usd + sum.open_usd + most.unwrap_or(Cost::ZERO) > limit,
            Most::Requests(limit) => sum.requests + 1 > limit,
        }
    }

    /// Whether there is nothing left of it.
    pub(crate) fn is_reached(&self, sum: &Sum) -> bool {
        match self.most {
            Most::Dollars(limit) => sum.usd + sum.open_usd >= limit,
            Most::Requests(limit) => sum.requests >= limit,
        }
    }

    /// Whether a warning is due: so much of it is used.
    pub(crate) fn is_near(&self, sum: &Sum) -> bool {
        let (share, all) = WARN_AT;
        match self.most {
            Most::Dollars(limit) => sum.usd.times(all) >= limit.times(share),
            Most::Requests(limit) => sum.requests * all >= limit * share,
        }
    }

    /// `$19.87 of $20.00 today`, `200 of 250 requests of gemini/gemini-2.5-flash today`
    pub(crate) fn used(&self, sum: &Sum) -> String {
        let when = self.period.when();
        let of = self.model.as_ref().map_or_else(String::new, |model| format!(" of {model}"));
        match self.most {
            Most::Dollars(limit) => format!("{} of {limit}{of} {when}", sum.usd),
            Most::Requests(limit) => format!("{} of {limit} requests{of} {when}", sum.requests),
        }
    }
}

/// The key of the configuration.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.model, self.period) {
            (Some(_), _) => f.write_str("requests_per_day"),
            (None, Period::Run) => f.write_str("cost.budget_run"),
            (None, Period::Day) => f.write_str("cost.budget_day"),
            (None, Period::Month) => f.write_str("cost.budget_month"),
        }
    }
}

impl Period {
    fn when(self) -> &'static str {
        match self {
            Self::Run => "in this run",
            Self::Day => "today",
            Self::Month => "this month",
        }
    }
}

type Days = (Date, Result<Date, jiff::Error>);

fn around(at: i64, zone: &TimeZone, days: impl Fn(Date) -> Days) -> (i64, i64) {
    let find = || {
        let date = zone.to_datetime(Timestamp::from_second(at).ok()?).date();
        let (first, after) = days(date);
        let second = |date: Date| Some(zone.to_timestamp(date.into()).ok()?.as_second());
        Some((second(first)?, second(after.ok()?)?))
    };
    find().unwrap_or((0, FOREVER))
}

impl Scope {
    /// Whether a call is among those that are summed.
    pub(super) fn holds(&self, call: &Call) -> bool {
        (self.begins..self.ends).contains(&call.at)
            && *self.project == *call.project
            && (self.run.is_empty() || *self.run == *call.run)
            && (self.model.is_empty() || *self.model == *call.model)
    }
}

impl Sum {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        *self = self.changed(outcome, |a, b| a + b, u64::saturating_add);
    }

    pub(super) fn remove(&mut self, outcome: &Outcome) {
        *self = self.changed(outcome, |a, b| a + b.negative(), u64::saturating_sub);
    }

    fn changed(mut self, outcome: &Outcome, money: fn(Cost, Cost) -> Cost, number: fn(u64, u64) -> u64) -> Self {
        let amount = outcome.usd.unwrap_or(Cost::ZERO);
        match outcome.state {
            State::Open => self.open_usd = money(self.open_usd, amount),
            State::Answered | State::Failed | State::Lost => self.usd = money(self.usd, amount),
            State::Kept => {}
        }
        if outcome.usd.is_none() && outcome.state != State::Kept {
            self.unknown = number(self.unknown, 1);
        }
        self.requests = number(self.requests, outcome.requests);
        self
    }
}
