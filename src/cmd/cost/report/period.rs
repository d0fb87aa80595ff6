//! The time that a report is of, and the one before that it is held against.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::cli::{CostReport, Since};
use crate::cost::ledger::first_day;
use crate::error::{Error, Result};
use crate::text::count;

/// All times in seconds since 1970, ends excluded.
#[derive(Debug)]
pub(super) struct Period {
    pub(super) zone: TimeZone,
    pub(super) now: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) before_from: i64,
    pub(super) before_to: i64,
    /// What else must be known is of no earlier time.
    pub(super) read_from: i64,
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) is_until_now: bool,
    /// `the 30 days before`
    pub(super) before: String,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Period {
    pub(super) fn new(zone: &TimeZone, arguments: &CostReport, now: i64) -> Result<Self> {
        Self::find(zone, (arguments.since, arguments.until), now).unwrap_or_else(|| {
            Err(Error::config("this time is not one that can be reported").hint("write days like 2026-11-01"))
        })
    }

    /// `None` if no calendar has such days.
    fn find(zone: &TimeZone, (since, until): (Since, Option<Date>), now: i64) -> Option<Result<Self>> {
        let date_of = |at: i64| Some(zone.to_datetime(Timestamp::from_second(at).ok()?).date());
        let begins = |date: Date| Some(zone.to_timestamp(date.into()).ok()?.as_second());
        let today = date_of(now)?;
        let to = match until {
            Some(day) => begins(day.tomorrow().ok()?)?,
            None => now + 1,
        };
        let whole_days = |time: Duration| time.as_secs().is_multiple_of(DAY.as_secs()) && time.subsec_nanos() == 0;
        let from = match since {
            Since::Day(day) => begins(day)?,
            Since::Ago(time) if whole_days(time) => begins(days_before(today, time.as_secs() / DAY.as_secs() - 1)?)?,
            Since::Ago(time) => now.checked_sub(i64::try_from(time.as_secs()).ok()?)?,
        };
        if from >= to {
            let message = format!("--since begins at {}, which is not before --until", date_of(from)?);
            return Some(Err(Error::config(message)));
        }
        let (first, last) = (date_of(from)?, date_of(to - 1)?);
        let days = u64::try_from(last.since(first).ok()?.get_days()).ok()? + 1;
        let earlier = |at: i64| {
            let time =
                zone.to_datetime(Timestamp::from_second(at).ok()?).checked_sub(Span::new().days(days.cast_signed()));
            Some(zone.to_timestamp(time.ok()?).ok()?.as_second())
        };
        let (before_from, before_to, before) = match since {
            Since::Ago(time) if !whole_days(time) => {
                (from.checked_sub(to - from)?, from, format!("the {} before", span(time)))
            }
            _ if days == 1 => (earlier(from)?, earlier(to)?.min(from), "the day before".to_owned()),
            _ => (
                earlier(from)?,
                earlier(to)?.min(from),
                format!("the {} before", count(usize::try_from(days).ok()?, "day")),
            ),
        };
        let is_until_now = to > now;
        let read_from = if is_until_now { before_from.min(begins(first_day(today))?) } else { before_from };
        let zone = zone.clone();
        Some(Ok(Self { zone, now, from, to, before_from, before_to, read_from, first, last, is_until_now, before }))
    }
}

fn days_before(date: Date, days: u64) -> Option<Date> {
    date.checked_sub(Span::new().try_days(i64::try_from(days).ok()?).ok()?).ok()
}

/// In the largest unit of which it is a whole number.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        seconds if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::clock::timestamp_of;

    /// Noon of 2026-11-28 in UTC.
    const NOW: i64 = 1_795_867_200;

    fn times(since: Since, until: Option<Date>) -> [String; 6] {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let Period { from, to, before_from, before_to, before, read_from, .. } =
            Period::find(&zone, (since, until), NOW).unwrap().unwrap();
        let at = timestamp_of;
        [at(from), at(to), at(before_from), at(before_to), before, at(read_from)]
    }

    #[test]
    fn a_time_ends_now_or_with_a_day_and_the_one_before_is_as_long() {
        let ago = |days: f64| Since::Ago(DAY.mul_f64(days));
        let until_now = "2026-11-28T12:00:01Z";
        let cases = [
            (
                (ago(30.0), None),
                [
                    "2026-10-29T23:00:00Z",
                    until_now,
                    "2026-09-29T22:00:00Z",
                    "2026-10-29T12:00:01Z",
                    "the 30 days before",
                ],
            ),
            (
                (ago(1.0), None),
                ["2026-11-27T23:00:00Z", until_now, "2026-11-26T23:00:00Z", "2026-11-27T12:00:01Z", "the day before"],
            ),
            (
                (ago(0.5), None),
                ["2026-11-28T00:00:00Z", until_now, "2026-11-27T11:59:59Z", "2026-11-28T00:00:00Z", "the 12 h before"],
            ),
            (
                (Since::Day(date(2026, 11, 1)), Some(date(2026, 11, 7))),
                [
                    "2026-10-31T23:00:00Z",
                    "2026-11-07T23:00:00Z",
                    "2026-10-24T22:00:00Z",
                    "2026-10-31T23:00:00Z",
                    "the 7 days before",
                ],
            ),
        ];
        for ((since, until), expected) in cases {
            assert_eq!(times(since, until)[..5], expected, "{since:?} {until:?}");
        }
        // A forecast needs the month and four weeks, whatever is reported.
        assert_eq!(times(ago(1.0), None)[5], "2026-10-30T23:00:00Z");
    }

    #[test]
    fn what_ends_before_it_begins_and_what_no_calendar_has_is_an_error() {
        let find = |since, until| Period::find(&TimeZone::UTC, (since, until), NOW);
        let error = find(Since::Day(date(2026, 11, 2)), Some(date(2026, 11, 1))).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "--since begins at 2026-11-02, which is not before --until");
        assert!(find(Since::Ago(Duration::MAX), None).is_none());
        assert!(find(Since::Ago(DAY * 9_000_000), None).is_none());
        assert!(find(Since::Day(date(2026, 11, 2)), Some(Date::MAX)).is_none());
    }
}
