//! What the lines of a ledger add up to, by whatever tells them apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::call::{Outcome, State};
use super::store::Line;
use crate::cost::{Cost, Usage};

/// What tells calls apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Day,
    Model,
    Prompt,
    Role,
    Run,
    Project,
}

/// What some calls add up to. Only what was answered is spent: what is under way, or was never answered, is told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    /// Answered calls.
    pub(crate) calls: u64,
    /// Of the answered calls.
    pub(crate) usage: Usage,
    /// Of the answered calls, as far as it is known.
    pub(crate) usd: Cost,
    /// Answered calls whose cost is not known.
    pub(crate) unknown: u64,
    /// Calls that failed without being billed.
    pub(crate) failed: u64,
    /// Calls that were answered from a cache, and what that saved.
    pub(crate) kept: AtMost,
    /// Calls that are under way, or were when their process was killed.
    pub(crate) open: AtMost,
    /// Calls whose answer never came.
    pub(crate) lost: AtMost,
}

/// Calls with the most that they may have cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AtMost {
    pub(crate) calls: u64,
    /// As far as it is known.
    pub(crate) usd: Cost,
    /// Calls of which not even that is known.
    pub(crate) unknown: u64,
}

/// What tells the calls of a row from others, in the order of its table; `None` for calls that have no such thing, as a
/// search has no prompt.
pub(crate) type Key = Vec<Option<Arc<str>>>;

/// Calls, added up by one or several things together.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) by: Vec<By>,
    pub(crate) rows: BTreeMap<Key, Amounts>,
}

/// The days of a time zone. Lines come in the order of time, so the day of the last one is kept.
pub(crate) struct Calendar {
    zone: TimeZone,
    last: Option<Day>,
}

#[derive(Clone)]
struct Day {
    begins: i64,
    ends: i64,
    date: Date,
    name: Arc<str>,
}

impl By {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Day, "day"),
        (Self::Model, "model"),
        (Self::Prompt, "prompt"),
        (Self::Role, "role"),
        (Self::Run, "run"),
        (Self::Project, "project"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(by, _)| *by == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(by, _)| *by)
    }

    fn of(self, line: &Line, day: &Arc<str>) -> Option<Arc<str>> {
        let call = &line.call;
        match self {
            Self::Day => Some(Arc::clone(day)),
            Self::Model => Some(Arc::clone(&call.model)),
            Self::Prompt => call.prompt.as_ref().map(|prompt| prompt.name.as_str().into()),
            Self::Role => Some(call.role.name().into()),
            Self::Run => (!call.run.is_empty()).then(|| Arc::clone(&call.run)),
            Self::Project => Some(Arc::clone(&call.project)),
        }
    }
}

impl Amounts {
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        match outcome.state {
            State::Answered => {
                // Where a log adds calls up, a line is as many as the provider counts.
                let calls = outcome.requests.max(1);
                self.calls = self.calls.saturating_add(calls);
                self.usage += outcome.usage;
                match outcome.usd {
                    Some(usd) => self.usd += usd,
                    None => self.unknown = self.unknown.saturating_add(calls),
                }
            }
            State::Failed => self.failed += 1,
            State::Kept => self.kept.add(outcome.usd),
            State::Open => self.open.add(outcome.usd),
            State::Lost => self.lost.add(outcome.usd),
        }
    }

    /// What is under way or was never answered.
    pub(crate) fn unsettled(&self) -> AtMost {
        AtMost {
            calls: self.open.calls + self.lost.calls,
            usd: self.open.usd + self.lost.usd,
            unknown: self.open.unknown + self.lost.unknown,
        }
    }
}

impl AtMost {
    fn add(&mut self, usd: Option<Cost>) {
        self.calls += 1;
        match usd {
            Some(usd) => self.usd += usd,
            None => self.unknown += 1,
        }
    }
}

impl std::ops::AddAssign for AtMost {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.usd += other.usd;
        self.unknown += other.unknown;
    }
}

impl std::ops::AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.usage += other.usage;
        self.usd += other.usd;
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.failed += other.failed;
        self.kept += other.kept;
        self.open += other.open;
        self.lost += other.lost;
    }
}

impl Table {
    pub(crate) fn new(by: Vec<By>) -> Self {
        Self { by, rows: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, line: &Line, day: &Arc<str>) {
        let key = self.by.iter().map(|by| by.of(line, day)).collect();
        self.rows.entry(key).or_default().add(&line.outcome);
    }

    /// `day`, `day+model`
    pub(crate) fn name(&self) -> String {
        self.by.iter().map(|by| by.name()).collect::<Vec<_>>().join("+")
    }

    /// The rows as they are shown: days in their order, and of what belongs to the same day the dearest first.
    pub(crate) fn ordered(&self) -> Vec<(&Key, &Amounts)> {
        let day = self.by.iter().position(|by| *by == By::Day);
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by(|(left, left_amounts), (right, right_amounts)| {
            let days = day.map_or(std::cmp::Ordering::Equal, |at| left[at].cmp(&right[at]));
            let weight = |amounts: &Amounts| (amounts.usd, amounts.unknown, amounts.calls);
            days.then_with(|| weight(right_amounts).cmp(&weight(left_amounts))).then_with(|| left.cmp(right))
        });
        rows
    }
}

impl Calendar {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, last: None }
    }

    /// The day of a time in seconds since 1970, and its name: `2026-11-28`.
    pub(crate) fn day(&mut self, at: i64) -> (Date, Arc<str>) {
        let day = match self.last.take().filter(|day| (day.begins..day.ends).contains(&at)) {
            Some(day) => day,
            None => self.find(at),
        };
        let found = (day.date, Arc::clone(&day.name));
        self.last = Some(day);
        found
    }

    /// When a day begins, in seconds since 1970.
    pub(crate) fn begins(&self, date: Date) -> Option<i64> {
        Some(self.zone.to_timestamp(date.into()).ok()?.as_second())
    }

    fn find(&self, at: i64) -> Day {
        let time = Timestamp::from_second(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX });
        let date = self.zone.to_datetime(time).date();
        let ends = date.tomorrow().ok().and_then(|date| self.begins(date)).unwrap_or(i64::MAX);
        let begins = self.begins(date).unwrap_or(at);
        Day { begins, ends, date, name: date.to_string().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::ledger::{Call, PromptName, Role};

    fn dollars(text: &str) -> Option<Cost> {
        Cost::parse(text)
    }

    fn line(at: i64, model: &str, outcome: Outcome) -> Line {
        let prompt = Some(Arc::new(PromptName { name: "qa@1.0.0".into(), digest: String::new() }));
        let call = Call { at, project: "p".into(), run: "".into(), role: Role::Target, model: model.into(), prompt };
        Line { call, outcome }
    }

    fn answered(input: u64, usd: Option<Cost>) -> Outcome {
        Outcome::answered(Usage { input, ..Usage::default() }, usd)
    }

    #[test]
    fn what_is_not_settled_or_not_known_is_never_a_part_of_what_is_spent() {
        let mut amounts = Amounts::default();
        let outcomes = [
            answered(10, dollars("0.5")),
            answered(5, None),
            Outcome::refused_with(500),
            Outcome::kept(Usage { input: 7, ..Usage::default() }, dollars("0.25")),
            Outcome::kept(Usage::default(), None),
            Outcome::open(dollars("2")),
            Outcome::lost(dollars("3")),
            Outcome::lost(None),
            Outcome { requests: 4, ..answered(1, None) },
        ];
        for outcome in &outcomes {
            amounts.add(outcome);
        }
        let at_most = |calls, usd, unknown| AtMost { calls, usd: dollars(usd).unwrap(), unknown };
        assert_eq!((amounts.calls, amounts.unknown, amounts.failed), (6, 5, 1));
        assert_eq!((amounts.usd, amounts.usage.input), (dollars("0.5").unwrap(), 16));
        assert_eq!(amounts.kept, at_most(2, "0.25", 1));
        assert_eq!((amounts.open, amounts.lost), (at_most(1, "2", 0), at_most(2, "3", 1)));
        assert_eq!(amounts.unsettled(), at_most(3, "5", 1));
        let mut twice = amounts;
        twice += amounts;
        assert_eq!((twice.calls, twice.kept, twice.usd), (12, at_most(4, "0.5", 2), dollars("1").unwrap()));
    }

    #[test]
    fn a_day_is_one_of_the_time_zone_and_may_have_23_hours() {
        let mut calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
        // 2026-03-29 begins at 23:00 in UTC and ends at 22:00.
        let begins = 1_774_738_800;
        let cases = [
            (begins - 1, "2026-03-28"),
            (begins, "2026-03-29"),
            (begins + 23 * 3600 - 1, "2026-03-29"),
            (begins + 23 * 3600, "2026-03-30"),
            (begins, "2026-03-29"),
            (i64::MIN, "-009999-01-02"),
        ];
        for (at, expected) in cases {
            assert_eq!(&*calendar.day(at).1, expected, "{at}");
        }
        assert_eq!(calendar.begins(jiff::civil::date(2026, 3, 29)), Some(begins));
    }

    #[test]
    fn rows_are_in_the_order_of_days_and_the_dearest_first() {
        let mut table = Table::new(vec![By::Day, By::Model, By::Run, By::Prompt]);
        let mut calendar = Calendar::new(TimeZone::UTC);
        for (at, model, usd) in [(0, "a/x", "0.1"), (1, "a/y", "0.2"), (86_400, "a/x", "9"), (2, "a/x", "0.05")] {
            let (_, day) = calendar.day(at);
            table.add(&line(at, model, answered(1, dollars(usd))), &day);
        }
        let shown: Vec<String> = table
            .ordered()
            .iter()
            .map(|(key, amounts)| {
                let key: Vec<&str> = key.iter().map(|part| part.as_deref().unwrap_or("-")).collect();
                format!("{} {} {}", key.join(" "), amounts.calls, amounts.usd.decimal())
            })
            .collect();
        let expected =
            ["1970-01-01 a/y - qa@1.0.0 1 0.2", "1970-01-01 a/x - qa@1.0.0 2 0.15", "1970-01-02 a/x - qa@1.0.0 1 9"];
        assert_eq!(shown, expected);
        assert_eq!(table.name(), "day+model+run+prompt");
    }
}
