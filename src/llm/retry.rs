//! When a failed attempt is worth another one, and after which wait. Pure: time and chance are passed in.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::failure::Failure;

/// Attempts of one call, the first included.
pub(super) const MAX_ATTEMPTS: u32 = 6;
/// Of these, the ones that may end in a reply that cannot be read: a server that cannot do better will not learn it.
const MAX_UNREADABLE: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Decision {
    RetryAfter(Duration),
    Stop,
}

/// How often a call was tried so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tries {
    pub(super) attempts: u32,
    pub(super) unreadable: u32,
}

/// What to do after the last of these attempts ended in `failure`. `jitter` is from 0 to 1.
///
/// The server's own word on the wait counts; without one the wait is exponential with full jitter, so that many
/// calls that failed together do not come back together.
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
pub(super) fn decide(failure: &Failure, tries: Tries, jitter: f64) -> Decision {
    let may_pass = match failure {
        Failure::Unreached(_) | Failure::Broken(_) => true,
        Failure::Unreadable(_) => tries.unreadable < MAX_UNREADABLE,
        Failure::Status { status, body, .. } => is_transient(*status) && !is_exhausted(&json(body)),
        Failure::Unsendable(_) | Failure::TooLong(_) | Failure::Forbidden(_) => false,
    };
    if !may_pass || tries.attempts >= MAX_ATTEMPTS {
        return Decision::Stop;
    }
    let doubled = 2_u32.saturating_pow(tries.attempts.saturating_sub(1));
    let backoff = || FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT).mul_f64(jitter);
    Decision::RetryAfter(asked_wait(failure).unwrap_or_else(backoff))
}

/// The server's own word on when to come back.
pub(super) fn asked_wait(failure: &Failure) -> Option<Duration> {
    let Failure::Status { headers, body, .. } = failure else { return None };
    wait_in_headers(headers).or_else(|| wait_of_google(&json(body)))
}

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

/// 529 is Anthropic's "overloaded". 501 says that the server cannot do this at all.
fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 409 | 429 | 500..=599) && status != 501
}

/// A used-up account or a used-up day does not come back within a minute.
fn is_exhausted(body: &Value) -> bool {
    let code = |pointer| body.pointer(pointer).and_then(Value::as_str) == Some("insufficient_quota");
    // Google names the quota: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.
    let per_day = |detail: &Value| {
        let violations = detail.get("violations").and_then(Value::as_array).into_iter().flatten();
        violations.filter_map(|violation| violation.get("quotaId")?.as_str()).any(|id| id.contains("PerDay"))
    };
    code("/error/code") || code("/error/type") || google_details(body).any(per_day)
}

/// `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn wait_in_headers(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(|text| seconds(text, 0.001)) {
        return Some(wait);
    }
    let asked = text("retry-after")?;
    seconds(asked, 1.0).or_else(|| {
        // Against the server's own clock; ours may differ from it.
        let (then, now) = (httpdate::parse_http_date(asked).ok()?, httpdate::parse_http_date(text("date")?).ok()?);
        Some(then.duration_since(now).unwrap_or_default())
    })
}

/// `google.rpc.RetryInfo` in the error's details: `"retryDelay": "34.07s"`.
fn wait_of_google(body: &Value) -> Option<Duration> {
    let delay = google_details(body).find_map(|detail| detail.get("retryDelay")?.as_str())?;
    seconds(delay.strip_suffix('s')?, 1.0)
}

fn google_details(body: &Value) -> impl Iterator<Item = &Value> {
    body.pointer("/error/details").and_then(Value::as_array).into_iter().flatten()
}

fn seconds(number: &str, unit: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

#[cfg(test)]
mod tests {
    use super::Decision::{RetryAfter, Stop};
    use super::*;
    use crate::llm::providers::fixture;

    fn status(status: u16, headers: &[(&'static str, &str)], body: &str) -> Failure {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Failure::Status { status, headers, body: body.into() }
    }

    fn tries(attempts: u32) -> Tries {
        Tries { attempts, unreadable: 0 }
    }

    fn after_ms(milliseconds: u64) -> Decision {
        RetryAfter(Duration::from_millis(milliseconds))
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for code in [408, 409, 429, 500, 502, 503, 504, 529] {
            assert_eq!(decide(&status(code, &[], ""), tries(1), 1.0), after_ms(500), "{code}");
        }
        for code in [301, 400, 401, 402, 403, 404, 413, 422, 501] {
            assert_eq!(decide(&status(code, &[], ""), tries(1), 1.0), Stop, "{code}");
        }
        assert_eq!(decide(&Failure::Broken("reset".into()), tries(1), 1.0), after_ms(500));
        assert_eq!(decide(&Failure::TooLong("33 MB".into()), tries(1), 1.0), Stop);
        assert_eq!(decide(&Failure::Unsendable("bad header".into()), tries(1), 1.0), Stop);
    }

    #[test]
    fn a_reply_that_cannot_be_read_is_tried_again_twice() {
        let unreadable = Failure::Unreadable("no JSON".into());
        let cases = [(1, 1, after_ms(500)), (2, 2, after_ms(1000)), (3, 3, Stop), (5, 1, after_ms(8000)), (6, 1, Stop)];
        for (attempts, unreadable_ones, expected) in cases {
            let tries = Tries { attempts, unreadable: unreadable_ones };
            assert_eq!(decide(&unreadable, tries, 1.0), expected, "{tries:?}");
        }
    }

    #[test]
    fn the_wait_doubles_up_to_its_limit_and_is_spread_by_jitter() {
        let failure = status(503, &[], "");
        let cases = [(1, 1.0, 500), (2, 1.0, 1000), (3, 1.0, 2000), (5, 1.0, 8000), (3, 0.25, 500), (3, 0.0, 0)];
        for (attempt, jitter, expected) in cases {
            assert_eq!(decide(&failure, tries(attempt), jitter), after_ms(expected), "{attempt} {jitter}");
        }
        assert_eq!(decide(&failure, tries(MAX_ATTEMPTS), 0.0), Stop);
    }

    #[test]
    fn the_servers_word_on_the_wait_counts() {
        let date = "Wed, 21 Oct 2026 07:28:00 GMT";
        let cases: [(&[(&str, &str)], u64); 8] = [
            (&[("retry-after", "0")], 0),
            (&[("retry-after", "7")], 7000),
            (&[("retry-after", "1.5")], 1500),
            (&[("retry-after-ms", "20"), ("retry-after", "7")], 20),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:09 GMT"), ("date", date)], 9000),
            (&[("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT"), ("date", date)], 0),
            (&[("retry-after", "Wed, 21 Oct 2026 07:28:09 GMT")], 500),
            (&[("retry-after", "soon")], 500),
        ];
        for (headers, expected) in cases {
            assert_eq!(decide(&status(429, headers, ""), tries(1), 1.0), after_ms(expected), "{headers:?}");
        }
    }

    #[test]
    fn recorded_errors_are_read_for_waits_and_exhausted_accounts() {
        let cases = [
            ("openai/rate_limited", 429, after_ms(500)),
            ("openai/quota", 429, Stop),
            ("openai/server_error", 500, after_ms(500)),
            ("openai-responses/rate_limited", 429, after_ms(500)),
            ("anthropic/rate_limited", 429, after_ms(500)),
            ("anthropic/server_error", 529, after_ms(500)),
            ("gemini/rate_limited", 429, after_ms(34_074)),
            ("gemini/quota", 429, Stop),
            ("gemini/server_error", 503, after_ms(500)),
            ("ollama/server_error", 500, after_ms(500)),
        ];
        for (name, code, expected) in cases {
            assert_eq!(
                decide(&status(code, &[], &fixture(&format!("{name}.json"))), tries(1), 1.0),
                expected,
                "{name}"
            );
        }
    }
}
