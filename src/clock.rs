//! The one place that reads the system clock, so that everything else can be tested without it.

use std::time::SystemTime;

/// Now, for comparison with a date that somebody else wrote.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Now, in UTC, as written into reports: `2026-03-01T09:30:00Z`.
pub(crate) fn timestamp() -> String {
    humantime::format_rfc3339_seconds(now()).to_string()
}
