//! What goes wrong, and how often: a function of the seed, the request and its attempt. The same case fails the same
//! way in every run, whatever the order in which cases arrive, and a retry is a fresh draw.

use clap::Args;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// 429, with or without a `Retry-After`.
    RateLimited { says_when: bool },
    /// 503.
    Unavailable,
    /// Not a byte, and the connection stays open.
    Hang,
    /// An announcement of more bytes than come before the connection closes.
    Truncated,
    /// 200 with a body that is not JSON.
    Malformed,
    /// 200 with JSON that is no chat completion.
    WrongShape,
}

/// Shares of the attempts, from 0 to 1; together at most 1.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Rates {
    /// Share of the attempts that are answered with 429
    #[arg(long = "rate-429", value_name = "SHARE", value_parser = share, default_value = "0")]
    pub(crate) limited: f64,
    /// Share of the 429 that carry the Retry-After
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "1")]
    pub(crate) retry_after_share: f64,
    /// Share of the attempts that are answered with 503
    #[arg(long = "rate-503", value_name = "SHARE", value_parser = share, default_value = "0")]
    pub(crate) unavailable: f64,
    /// Share of the attempts that are never answered
    #[arg(long = "rate-hang", value_name = "SHARE", value_parser = share, default_value = "0")]
    pub(crate) hang: f64,
    /// Share of the attempts whose body ends before its announced length
    #[arg(long = "rate-truncate", value_name = "SHARE", value_parser = share, default_value = "0")]
    pub(crate) truncated: f64,
    /// Share of the attempts that are answered with 200 and broken JSON
    #[arg(long = "rate-malformed", value_name = "SHARE", value_parser = share, default_value = "0")]
    pub(crate) malformed: f64,
    /// Share of the attempts that are answered with 200 and JSON of another shape
    #[arg(long = "rate-wrong-shape", value_name = "SHARE", value_parser = share, default_value = "0")]
    pub(crate) wrong_shape: f64,
}

impl Rates {
    /// What happens to the `attempt`-th attempt (from 0) of the request with this hash.
    pub(crate) fn draw(&self, seed: u64, request: u64, attempt: u32) -> Option<Fault> {
        let mut chance = fastrand::Rng::with_seed(mix(mix(seed, request), u64::from(attempt)));
        let mut left = chance.f64();
        let limited = Fault::RateLimited { says_when: chance.f64() < self.retry_after_share };
        let faults = [
            (self.limited, limited),
            (self.unavailable, Fault::Unavailable),
            (self.hang, Fault::Hang),
            (self.truncated, Fault::Truncated),
            (self.malformed, Fault::Malformed),
            (self.wrong_shape, Fault::WrongShape),
        ];
        for (rate, fault) in faults {
            if left < rate {
                return Some(fault);
            }
            left -= rate;
        }
        None
    }

    /// Whether anything ever goes wrong.
    pub(crate) fn any(&self) -> bool {
        self.limited + self.unavailable + self.hang + self.truncated + self.malformed + self.wrong_shape > 0.0
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 1".to_owned()),
    }
}

/// Two numbers as one, each bit of which depends on every bit of both. Source: `SplitMix64` (Steele, Lea, Flood 2014).
fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_add(b.wrapping_mul(0xd134_2543_de82_ef95));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::hash::hash;

    const DRAWS: u32 = 10_000;

    fn rates() -> Rates {
        Rates {
            limited: 0.05,
            retry_after_share: 0.5,
            unavailable: 0.05,
            hang: 0.002,
            truncated: 0.02,
            malformed: 0.01,
            wrong_shape: 0.03,
        }
    }

    fn request(number: u32) -> u64 {
        hash(format!("the body of request {number}").as_bytes())
    }

    /// How often each fault is drawn, by name.
    fn counts(draw: impl Fn(u32) -> Option<Fault>) -> HashMap<Option<Fault>, f64> {
        let mut counts = HashMap::new();
        for number in 0..DRAWS {
            *counts.entry(draw(number)).or_default() += 1.0;
        }
        counts
    }

    /// Fails unless each count is within four standard deviations of what its rate expects.
    fn expect_rates(counts: &HashMap<Option<Fault>, f64>) {
        let expected = [
            (Fault::RateLimited { says_when: true }, 0.025),
            (Fault::RateLimited { says_when: false }, 0.025),
            (Fault::Unavailable, 0.05),
            (Fault::Hang, 0.002),
            (Fault::Truncated, 0.02),
            (Fault::Malformed, 0.01),
            (Fault::WrongShape, 0.03),
        ];
        for (fault, rate) in expected {
            let (drawn, mean) = (counts.get(&Some(fault)).copied().unwrap_or_default(), f64::from(DRAWS) * rate);
            let deviation = (mean * (1.0 - rate)).sqrt();
            assert!((drawn - mean).abs() < 4.0 * deviation, "{fault:?}: {drawn} drawn, {mean} expected");
        }
    }

    #[test]
    fn faults_come_at_their_rates_over_requests_and_over_attempts() {
        let rates = rates();
        expect_rates(&counts(|number| rates.draw(7, request(number), 0)));
        expect_rates(&counts(|attempt| rates.draw(7, request(1), attempt)));
        expect_rates(&counts(|seed| rates.draw(u64::from(seed), request(1), 0)));
    }

    #[test]
    fn the_same_attempt_fails_the_same_way_and_another_seed_another_way() {
        let rates = rates();
        let of_seed = |seed| (0..DRAWS).map(|number| rates.draw(seed, request(number), 0)).collect::<Vec<_>>();
        assert_eq!(of_seed(7), of_seed(7));
        assert_ne!(of_seed(7), of_seed(8));
    }

    #[test]
    fn a_retry_is_no_likelier_to_fail_than_a_first_attempt() {
        let rates = rates();
        let failed: Vec<u32> = (0..DRAWS).filter(|number| rates.draw(7, request(*number), 0).is_some()).collect();
        let again = failed.iter().filter(|number| rates.draw(7, request(**number), 1).is_some()).count();
        // 16.2 % of some 1,600.
        assert!((failed.len() / 10..failed.len() / 4).contains(&again), "{again} of {}", failed.len());
    }

    #[test]
    fn without_rates_nothing_fails_and_with_a_rate_of_one_everything_does() {
        let nothing = Rates::default();
        assert!(!nothing.any());
        assert_eq!(counts(|number| nothing.draw(7, request(number), 0)).len(), 1);
        let everything = Rates { hang: 1.0, ..Rates::default() };
        let drawn = counts(|number| everything.draw(7, request(number), 0));
        assert_eq!(drawn, HashMap::from([(Some(Fault::Hang), f64::from(DRAWS))]));
    }

    #[test]
    fn shares_are_numbers_from_0_to_1() {
        assert_eq!((share("0"), share("0.05"), share("1")), (Ok(0.0), Ok(0.05), Ok(1.0)));
        for wrong in ["-0.1", "1.1", "5 %", "NaN", ""] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
