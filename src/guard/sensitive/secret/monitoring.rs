//! What watches over running programs.

use super::super::checksum::crc32;
use super::super::token::Token;
use super::super::{Kind, Search};

pub(in super::super) const KINDS: &[Kind] = &[
    // <https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/>
    Kind::secret(
        "secret.newrelic_key",
        "a New Relic key",
        "NEWRELIC_KEY",
        &[
            Search::Token(Token::new(&["NRAK-"], "NRAK-[A-Z0-9]{27}")),
            Search::Token(Token::new(&["NRII-"], r"NRII-[\w-]{32}")),
            Search::Token(Token::new(&["NRAL"], "[0-9a-f]{36}NRAL").back(36)),
        ],
    ),
    // <https://docs.sentry.io/account/auth-tokens/>
    Kind::secret(
        "secret.sentry_token",
        "a Sentry token",
        "SENTRY_TOKEN",
        &[
            Search::Token(Token::new(&["sntrys_"], "sntrys_eyJ[A-Za-z0-9+/=_]{80,}").longest(500)),
            Search::Token(Token::new(&["sntryu_"], "sntryu_[a-f0-9]{64}")),
        ],
    ),
    // 32 random characters and the CRC-32 of all before it, lowest byte first in
    // hexadecimal: `pkg/components/satokengen` of <https://github.com/grafana/grafana>
    Kind::secret(
        "secret.grafana_token",
        "a Grafana token",
        "GRAFANA_TOKEN",
        &[
            Search::Token(Token::new(&["glsa_"], "glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}").confidence(grafana)),
            Search::Token(Token::new(&["glc_"], "glc_[A-Za-z0-9+/]{32,}={0,2}").longest(500)),
        ],
    ),
    Kind::secret(
        "secret.datadog_key",
        "a Datadog key",
        "DATADOG_KEY",
        &[Search::Token(Token::named(
            &["datadog", "dd_api", "dd_app", "dd-api", "dd-application"],
            "[a-f0-9]{40}|[a-f0-9]{32}",
        ))],
    ),
    // <https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/access-tokens>
    Kind::secret(
        "secret.dynatrace_token",
        "a Dynatrace token",
        "DYNATRACE_TOKEN",
        &[Search::Token(Token::new(
            &["dt0c01.", "dt0s01.", "dt0s16."],
            r"dt0[cs][0-9]{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}",
        ))],
    ),
    Kind::secret(
        "secret.posthog_key",
        "a personal PostHog key",
        "POSTHOG_KEY",
        &[Search::Token(Token::new(&["phx_"], r"phx_\w{43,48}"))],
    ),
    Kind::secret(
        "secret.honeycomb_key",
        "a Honeycomb key",
        "HONEYCOMB_KEY",
        &[Search::Token(Token::named(&["honeycomb"], "[a-f0-9]{32}|[A-Za-z0-9]{22}"))],
    ),
    Kind::secret(
        "secret.launchdarkly_key",
        "a LaunchDarkly key",
        "LAUNCHDARKLY_KEY",
        &[Search::Token(Token::new(
            &["api-", "sdk-"],
            "(?:api|sdk)-[0-9a-z]{8}-[0-9a-z]{4}-4[0-9a-z]{3}-[0-9a-z]{4}-[0-9a-z]{12}",
        ))],
    ),
];

fn grafana(token: &str) -> Option<f64> {
    let (checked, check) = token.rsplit_once('_')?;
    let right = u32::from_str_radix(check, 16).is_ok_and(|check| check.swap_bytes() == crc32(checked.as_bytes()));
    Some(if right { 0.99 } else { 0.75 })
}
