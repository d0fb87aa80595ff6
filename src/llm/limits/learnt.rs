//! What providers say of their limits in the headers of every reply, and how much of it is left.
//!
//! Sources: <https://platform.openai.com/docs/guides/rate-limits> (Groq, Azure and many others do the same),
//! <https://docs.anthropic.com/en/api/rate-limits>, draft-ietf-httpapi-ratelimit-headers-06.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderValue};
use tokio::time::Instant;

/// A reset further away is one of a day or a month: waiting for it would look like hanging, so a 429 may speak.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// What is limited, in the order of every array of this length: requests, all tokens, input tokens, output tokens.
pub(in crate::llm) const KINDS: usize = 4;

/// What one reply's headers say, by kind. `None` for what they do not say.
pub(in crate::llm) type Told = [Option<Quota>; KINDS];

/// What was left at the server when it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::llm) struct Quota {
    pub(super) remaining: u64,
    /// When it is whole again; `None` if that is further away than anybody should wait.
    pub(super) reset: Option<Duration>,
}

#[derive(Clone, Copy)]
enum Part {
    Remaining,
    Reset,
}

/// Reads the headers of a reply. What is no number or no time is ignored. `clock` is asked only for a reset that is a
/// date, in a reply without a date.
pub(in crate::llm) fn read(headers: &HeaderMap, clock: fn() -> SystemTime) -> Told {
    let (mut remaining, mut reset) = ([None; KINDS], [None; KINDS]);
    for (name, value) in headers {
        let Some((kind, part)) = place(name.as_str()) else { continue };
        let Some(text) = text(value) else { continue };
        match part {
            Part::Remaining => remaining[kind] = text.parse::<u64>().ok(),
            Part::Reset => reset[kind] = time(text).or_else(|| date(text, headers, clock)),
        }
    }
    let quota = |kind: usize| {
        let reset = Some(reset[kind]?).filter(|reset| *reset <= LONGEST_WAIT);
        Some(Quota { remaining: remaining[kind]?, reset })
    };
    std::array::from_fn(quota)
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok().map(str::trim)
}

/// `x-ratelimit-remaining-tokens`, `anthropic-ratelimit-tokens-remaining`, `ratelimit-remaining`.
fn place(name: &str) -> Option<(usize, Part)> {
    let rest =
        ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit-"].iter().find_map(|start| name.strip_prefix(start))?;
    // Cerebras has limits of several lengths; only the shortest is worth waiting for.
    let rest = rest.strip_suffix("-minute").unwrap_or(rest);
    let parts = [("remaining", Part::Remaining), ("reset", Part::Reset)];
    let (what, part) = parts.into_iter().find_map(|(word, part)| {
        let what = rest.strip_prefix(word).or_else(|| rest.strip_suffix(word))?;
        Some((what, part))
    })?;
    let kind = match what.trim_matches('-') {
        "" | "requests" => 0,
        "tokens" => 1,
        "input-tokens" => 2,
        "output-tokens" => 3,
        _ => return None,
    };
    Some((kind, part))
}

/// `6m0s`, `1m30.5s`, `20ms`, or plain seconds.
fn time(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
        let seconds = match unit {
            "ns" => 1e-9,
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    Duration::try_from_secs_f64(sum).ok().filter(|_| !text.is_empty())
}

/// A date of RFC 3339, from the reply's own date: the server's clock may differ from ours.
fn date(text: &str, headers: &HeaderMap, clock: fn() -> SystemTime) -> Option<Duration> {
    let utc = text.strip_suffix("+00:00").map(|start| format!("{start}Z"));
    let then = humantime::parse_rfc3339(utc.as_deref().unwrap_or(text)).ok()?;
    let said = headers.get("date").and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    Some(then.duration_since(said.unwrap_or_else(clock)).unwrap_or_default())
}

/// One kind of limit of one model, as the newest reply left it.
///
/// A reply tells what was left when the server had counted its request. What was sent after that request is subtracted,
/// so replies may come in any order.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Everything sent so far.
    sent: u64,
    /// `sent` as it was behind the request that told last.
    told_at: u64,
    left: Option<(u64, Instant)>,
}

impl Meter {
    /// When `amount` may be sent; `None` if it may be now.
    pub(super) fn wait(&self, amount: u64, now: Instant) -> Option<Instant> {
        let (left, reset) = self.left.filter(|(_, reset)| *reset > now)?;
        (left < amount + (self.sent - self.told_at)).then_some(reset)
    }

    /// Counts a request; the result is its mark for `hear`.
    pub(super) fn send(&mut self, amount: u64) -> u64 {
        self.sent += amount;
        self.sent
    }

    /// Takes in what the reply to the request with this mark says.
    pub(super) fn hear(&mut self, quota: Quota, mark: u64, now: Instant) {
        if mark >= self.told_at {
            self.told_at = mark;
            self.left = quota.reset.map(|reset| (quota.remaining, now + reset));
        } else if let Some((left, reset)) = &mut self.left
            && *reset > now
            && quota.reset.is_some()
        {
            // The server may have counted it after later requests: no more is left than the least it has told.
            *left = (*left).min(quota.remaining + (self.sent - self.told_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn told(pairs: &[(&'static str, &str)]) -> Told {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        read(&headers, || SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
    }

    fn said(pairs: &[(&'static str, &str)]) -> Vec<Quota> {
        told(pairs).into_iter().flatten().collect()
    }

    /// What is left of requests and tokens, and in how many milliseconds it is whole again.
    fn quotas<const N: usize>(pairs: [(u64, u64); N]) -> Vec<Quota> {
        pairs.map(|(remaining, ms)| Quota { remaining, reset: Some(Duration::from_millis(ms)) }).to_vec()
    }

    #[test]
    fn the_headers_of_every_provider_are_understood() {
        let openai = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "1m30.5s"),
        ];
        assert_eq!(said(&openai), quotas([(59, 1000), (149_984, 90_500)]));
        let anthropic = [
            ("date", "Fri, 15 Jan 2027 08:00:00 GMT"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2027-01-15T08:00:09Z"),
            ("anthropic-ratelimit-tokens-remaining", "5"),
            ("anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:02+00:00"),
            ("anthropic-ratelimit-input-tokens-remaining", "4"),
            ("anthropic-ratelimit-input-tokens-reset", "2027-01-15T07:59:59Z"),
            ("anthropic-ratelimit-output-tokens-remaining", "3"),
            ("anthropic-ratelimit-output-tokens-reset", "2027-01-15T08:00:00.5Z"),
        ];
        assert_eq!(said(&anthropic), quotas([(0, 9000), (5, 2000), (4, 0), (3, 500)]));
        assert_eq!(said(&[("ratelimit-remaining", "7"), ("ratelimit-reset", "30")]), quotas([(7, 30_000)]));
        let cerebras = [
            ("x-ratelimit-remaining-tokens-minute", "9"),
            ("x-ratelimit-reset-tokens-minute", "8.25"),
            ("x-ratelimit-remaining-requests-day", "0"),
            ("x-ratelimit-reset-requests-day", "20"),
        ];
        assert_eq!(told(&cerebras)[0], None);
        assert_eq!(said(&cerebras), quotas([(9, 8250)]));
    }

    #[test]
    fn a_date_without_the_replys_own_date_is_compared_with_the_clock() {
        let headers = [
            ("anthropic-ratelimit-tokens-remaining", "1"),
            ("anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:20Z"),
        ];
        assert_eq!(said(&headers), quotas([(1, 20_000)]));
    }

    #[test]
    fn nonsense_is_ignored_and_a_far_reset_is_not_waited_for() {
        for (remaining, reset) in
            [("many", "1s"), ("-1", "1s"), ("5", "soon"), ("5", ""), ("5", "1 s"), ("5", "-1"), ("5", "1x")]
        {
            let headers = [("x-ratelimit-remaining-requests", remaining), ("x-ratelimit-reset-requests", reset)];
            assert_eq!(told(&headers), [None; KINDS], "{remaining} {reset}");
        }
        assert_eq!(told(&[("x-ratelimit-remaining-requests", "5")]), [None; KINDS]);
        // Groq's limit of a day; OpenRouter's time in milliseconds since 1970.
        for far in ["23h59m54s", "1741305600000"] {
            let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", far)];
            assert_eq!(told(&headers)[0], Some(Quota { remaining: 0, reset: None }), "{far}");
        }
    }

    #[test]
    fn what_is_left_counts_down_and_comes_back_at_the_reset() {
        let now = Instant::now();
        let mut meter = Meter::default();
        let mark = meter.send(1);
        assert_eq!(meter.wait(1, now), None);
        meter.hear(Quota { remaining: 2, reset: Some(MINUTE) }, mark, now);
        for _ in 0..2 {
            assert_eq!(meter.wait(1, now), None);
            meter.send(1);
        }
        assert_eq!(meter.wait(1, now), Some(now + MINUTE));
        assert_eq!(meter.wait(1, now + MINUTE), None);
    }

    #[test]
    fn replies_may_come_in_any_order() {
        let now = Instant::now();
        let mut meter = Meter::default();
        let (first, second) = (meter.send(1), meter.send(1));
        meter.hear(Quota { remaining: 0, reset: Some(MINUTE) }, second, now);
        meter.hear(Quota { remaining: 1, reset: Some(MINUTE) }, first, now);
        assert_eq!(meter.wait(1, now), Some(now + MINUTE));
        // The server may count requests in another order than they were sent in.
        let mut meter = Meter::default();
        let (first, second) = (meter.send(1), meter.send(1));
        meter.hear(Quota { remaining: 1, reset: Some(MINUTE) }, second, now);
        meter.hear(Quota { remaining: 0, reset: Some(MINUTE) }, first, now);
        assert_eq!(meter.wait(1, now), Some(now + MINUTE));
        // What was on its way when a reply was written is not there any more.
        let mut meter = Meter::default();
        let mark = meter.send(1);
        meter.send(1);
        meter.hear(Quota { remaining: 1, reset: Some(MINUTE) }, mark, now);
        assert_eq!(meter.wait(1, now), Some(now + MINUTE));
    }
}
