//! What a month will have cost at its end, if it goes on as the last days did.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::Span;
use jiff::civil::Date;

use super::call::Outcome;
use super::statement::{Amounts, Calendar};
use crate::cost::Cost;

/// What each day came to.
#[derive(Debug, Default)]
pub(crate) struct Days {
    days: BTreeMap<Date, Amounts>,
}

/// How a month ends, as far as the last days tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// `2026-11`
    pub(crate) month: String,
    /// Spent of the month, as far as it is known.
    pub(crate) so_far_usd: Cost,
    /// Calls of it whose cost is not known, and which therefore are in no figure here.
    pub(crate) unknown: u64,
    /// Days that it rests on: the last complete ones from the first with calls on, those without calls among them included.
    pub(crate) days: u64,
    /// Their mean.
    pub(crate) day_usd: Cost,
    /// What is left of the month.
    pub(crate) left_seconds: u64,
    pub(crate) usd: Cost,
    /// Nine of ten months end between these, if days go on like those.
    pub(crate) low_usd: Cost,
    pub(crate) high_usd: Cost,
}

/// Four weeks: every day of the week counts as often as any other.
pub(crate) const BASE_DAYS: i64 = 28;
/// With fewer days of calls nothing can be said.
const LEAST_DAYS: usize = 3;
const DRAWS: usize = 2000;
const DAY_SECONDS: u64 = 86_400;

impl Days {
    pub(crate) fn add(&mut self, date: Date, outcome: &Outcome) {
        self.days.entry(date).or_default().add(outcome);
    }

    /// How the month around a time ends, in seconds since 1970; `None` if too few days have calls.
    pub(crate) fn forecast(&self, calendar: &mut Calendar, now: i64) -> Option<Forecast> {
        let (today, _) = calendar.day(now);
        let base = self.base(today)?;
        let days = base.len() as u64;
        let mut so_far = Amounts::default();
        self.days.range(today.first_of_month()..=today).for_each(|(_, amounts)| so_far += *amounts);
        let ends = calendar.begins(today.last_of_month().tomorrow().ok()?)?;
        let left_seconds = u64::try_from(ends - now).ok()?;
        let sum: Cost = base.iter().copied().sum();
        let usd = so_far.usd + sum.share(left_seconds, days * DAY_SECONDS)?;
        let (low, high) = range(&base, left_seconds);
        Some(Forecast {
            month: today.strftime("%Y-%m").to_string(),
            so_far_usd: so_far.usd,
            unknown: so_far.unknown,
            days,
            day_usd: sum.share(1, days)?,
            left_seconds,
            usd,
            low_usd: so_far.usd + Cost::near(low)?,
            high_usd: so_far.usd + Cost::near(high)?,
        })
    }

    /// The complete days that a forecast rests on.
    fn base(&self, today: Date) -> Option<Vec<Cost>> {
        let earliest = today.checked_sub(Span::new().days(BASE_DAYS)).ok()?;
        let called = || self.days.range(earliest..today).filter(|(_, amounts)| amounts.calls > 0);
        let (first, _) = called().next()?;
        let spent = |date: Date| self.days.get(&date).map_or(Cost::ZERO, |amounts| amounts.usd);
        let base = first.series(Span::new().days(1)).take_while(|date| *date < today).map(spent).collect();
        (called().count() >= LEAST_DAYS).then_some(base)
    }
}

/// Where nine of ten sums lie. The days are drawn twice: which of them there were is as much chance as which will come.
fn range(base: &[Cost], left_seconds: u64) -> (f64, f64) {
    let base: Vec<f64> = base.iter().map(|usd| usd.to_f64()).collect();
    // The same ledger gives the same range.
    let mut random = Rng::with_seed(0);
    let (whole, rest) = (left_seconds / DAY_SECONDS, left_seconds % DAY_SECONDS);
    #[expect(clippy::cast_precision_loss, reason = "a part of a day in seconds")]
    let rest = rest as f64 / DAY_SECONDS as f64;
    let mut sums: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let seen: Vec<f64> = base.iter().map(|_| base[random.usize(..base.len())]).collect();
            let mut draw = || seen[random.usize(..seen.len())];
            let today = rest * draw();
            (0..whole).map(|_| draw()).sum::<f64>() + today
        })
        .collect();
    sums.sort_by(f64::total_cmp);
    (sums[DRAWS / 20], sums[DRAWS - 1 - DRAWS / 20])
}

/// The first day of the month around a time and the first that a forecast may rest on, whichever is earlier.
pub(crate) fn first_day(today: Date) -> Date {
    let base = today.checked_sub(Span::new().days(BASE_DAYS)).unwrap_or(today);
    base.min(today.first_of_month())
}

/// A time as a forecast says how much of a month is left: in days, to one place.
#[must_use]
pub(crate) fn days_left(seconds: u64) -> String {
    let tenths = (seconds * 10 + DAY_SECONDS / 2) / DAY_SECONDS;
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::cost::Usage;

    /// Noon of 2026-11-21 in UTC: nine and a half days are left.
    const NOW: i64 = 1_795_262_400;

    fn days(spent: &[(i8, &str)]) -> Days {
        let mut days = Days::default();
        for (day, usd) in spent {
            days.add(date(2026, 11, *day), &Outcome::answered(Usage::default(), Cost::parse(usd)));
        }
        days
    }

    fn forecast(days: &Days) -> Option<Forecast> {
        days.forecast(&mut Calendar::new(TimeZone::UTC), NOW)
    }

    #[test]
    fn a_month_ends_with_what_is_spent_and_the_mean_of_the_last_days_for_the_rest() {
        // Four complete days from the 17th on, the 18th without calls; today counts as spent only.
        let mut spent = days(&[(17, "1"), (19, "2"), (20, "3"), (21, "0.5")]);
        let found = forecast(&spent).unwrap();
        let dollars = |text| Cost::parse(text).unwrap();
        assert_eq!((found.month.as_str(), found.days, found.left_seconds), ("2026-11", 4, 9 * 86_400 + 43_200));
        assert_eq!((found.so_far_usd, found.day_usd), (dollars("6.5"), dollars("1.5")));
        assert_eq!(found.usd, dollars("20.75"));
        assert!(found.low_usd > found.so_far_usd && found.low_usd < found.usd, "{found:?}");
        assert!(found.high_usd > found.usd && found.high_usd <= dollars("35"), "{found:?}");
        assert_eq!(forecast(&spent), Some(found));
        spent.add(date(2026, 11, 20), &Outcome::answered(Usage::default(), None));
        assert_eq!(forecast(&spent).map(|found| found.unknown), Some(1));
    }

    #[test]
    fn days_that_are_alike_leave_no_range() {
        let found = forecast(&days(&[(18, "2"), (19, "2"), (20, "2")])).unwrap();
        let expected = Cost::parse("25").unwrap();
        assert_eq!((found.low_usd, found.usd, found.high_usd), (expected, expected, expected));
    }

    #[test]
    fn nothing_is_said_of_fewer_than_three_days_with_calls() {
        assert_eq!(forecast(&days(&[])), None);
        assert_eq!(forecast(&days(&[(1, "1"), (20, "1"), (21, "1")])), None);
        let mut failed = days(&[(19, "1"), (20, "1")]);
        failed.add(date(2026, 11, 18), &Outcome::refused_with(500));
        assert_eq!(forecast(&failed), None);
        // What is older than four weeks counts no more.
        let mut old = days(&[(19, "1"), (20, "1")]);
        old.add(date(2026, 10, 20), &Outcome::answered(Usage::default(), Some(Cost::ZERO)));
        assert_eq!(forecast(&old), None);
    }

    #[test]
    fn what_is_left_of_a_month_is_said_in_days() {
        for (seconds, expected) in [(0, "0"), (9 * 86_400 + 43_200, "9.5"), (86_399, "1"), (100_000, "1.2")] {
            assert_eq!(days_left(seconds), expected);
        }
        assert_eq!(first_day(date(2026, 11, 21)), date(2026, 10, 24));
        assert_eq!(first_day(date(2026, 10, 31)), date(2026, 10, 1));
    }
}
