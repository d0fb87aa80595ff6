//! The one place that reads the system clock, so that everything else can be tested without it.

use std::time::SystemTime;

/// Now, in UTC, as written into reports: `2026-03-01T09:30:00Z`.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub(crate) fn timestamp() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
