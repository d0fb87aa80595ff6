//! The one place that reads the system clock, so that everything else can be tested without it.

use std::time::{Duration, SystemTime};

/// Now, for comparison with a date that somebody else wrote.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Now, in UTC, as written into reports: `2026-03-01T09:30:00Z`.
pub(crate) fn timestamp() -> String {
    humantime::format_rfc3339_seconds(now()).to_string()
}

/// Now, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Now, in nanoseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn unix_nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Seconds since 1970 as `timestamp` writes them.
pub(crate) fn timestamp_of(unix_seconds: i64) -> String {
    let since = Duration::from_secs(unix_seconds.clamp(0, LAST_SECOND).unsigned_abs());
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string()
}

/// The end of the year 9999, beyond which a date has no four digits for its year.
const LAST_SECOND: i64 = 253_402_300_799;
