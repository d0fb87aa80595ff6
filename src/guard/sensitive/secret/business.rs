//! Payments, shops, and what offices write and plan with.

use super::super::token::Token;
use super::super::{Kind, Search, Severity};

pub(in super::super) const KINDS: &[Kind] = &[
    // <https://docs.stripe.com/keys>
    Kind::secret(
        "secret.stripe_key",
        "a live Stripe key",
        "STRIPE_KEY",
        &[
            Search::Token(Token::new(&["sk_live_", "rk_live_"], "[sr]k_live_[A-Za-z0-9]{16,}")),
            Search::Token(Token::new(&["whsec_"], "whsec_[A-Za-z0-9+/=]{32,64}")),
        ],
    ),
    // Moves no money, but opens the test data.
    Kind::secret(
        "secret.stripe_test_key",
        "a Stripe key for tests",
        "STRIPE_TEST_KEY",
        &[Search::Token(Token::new(&["sk_test_", "rk_test_"], "[sr]k_test_[A-Za-z0-9]{16,}"))],
    )
    .severity(Severity::Medium),
    // <https://developer.squareup.com/docs/build-basics/access-tokens>
    Kind::secret(
        "secret.square_token",
        "a Square token",
        "SQUARE_TOKEN",
        &[
            Search::Token(Token::new(&["EAAA"], r"EAAA[\w+=-]{60}")),
            Search::Token(Token::new(&["sq0atp-", "sq0csp-"], r"sq0[ac][ts]p-[\w-]{22,50}")),
        ],
    ),
    // <https://shopify.dev/changelog/length-of-the-shopify-access-token-is-increasing>
    Kind::secret(
        "secret.shopify_token",
        "a Shopify token",
        "SHOPIFY_TOKEN",
        &[Search::Token(Token::new(
            &["shpat_", "shpca_", "shppa_", "shpss_", "shpua_"],
            "shp(?:at|ca|pa|ss|ua)_[a-fA-F0-9]{32,64}",
        ))],
    ),
    Kind::secret(
        "secret.plaid_token",
        "a Plaid token",
        "PLAID_TOKEN",
        &[Search::Token(Token::new(
            &["access-production-", "access-development-", "access-sandbox-"],
            "access-(?:production|development|sandbox)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ))],
    ),
    Kind::secret(
        "secret.braintree_token",
        "a Braintree token",
        "BRAINTREE_TOKEN",
        &[Search::Token(Token::new(
            &["access_token$"],
            r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
        ))],
    ),
    Kind::secret(
        "secret.linear_key",
        "a Linear key",
        "LINEAR_KEY",
        &[Search::Token(Token::new(&["lin_api_", "lin_oauth_"], "lin_(?:api_[A-Za-z0-9]{40}|oauth_[a-f0-9]{64})"))],
    ),
    // <https://developers.notion.com/page/changelog>: `ntn_` since September 2024.
    Kind::secret(
        "secret.notion_token",
        "a Notion token",
        "NOTION_TOKEN",
        &[
            Search::Token(Token::new(&["ntn_"], "ntn_[0-9]{11}[A-Za-z0-9]{35}")),
            Search::Token(Token::new(&["secret_"], "secret_[A-Za-z0-9]{43}")),
        ],
    ),
    Kind::secret(
        "secret.figma_token",
        "a Figma token",
        "FIGMA_TOKEN",
        &[Search::Token(Token::new(
            &["figd_", "figo_", "figu_", "figor_", "figoh_", "figur_", "figuh_"],
            r"fig(?:d|[ou][rh]?)_[\w-]{40}",
        ))],
    ),
    Kind::secret(
        "secret.airtable_token",
        "an Airtable token",
        "AIRTABLE_TOKEN",
        &[Search::Token(Token::new(&["pat"], r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"))],
    ),
    Kind::secret(
        "secret.hubspot_token",
        "a HubSpot token",
        "HUBSPOT_TOKEN",
        &[Search::Token(Token::new(
            &["pat-na", "pat-eu"],
            "pat-(?:na|eu)[0-9]-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ))],
    ),
    Kind::secret(
        "secret.dropbox_token",
        "a Dropbox token",
        "DROPBOX_TOKEN",
        &[Search::Token(Token::new(&["sl."], r"sl\.(?:u\.)?[\w-]{130,}").longest(1_300))],
    ),
    Kind::secret(
        "secret.facebook_token",
        "a Facebook token",
        "FACEBOOK_TOKEN",
        &[Search::Token(Token::new(&["EAAM", "EAAC"], "EAA[MC][A-Za-z0-9]{100,}"))],
    ),
    Kind::secret(
        "secret.typeform_token",
        "a Typeform token",
        "TYPEFORM_TOKEN",
        &[Search::Token(Token::new(&["tfp_"], r"tfp_[\w.=-]{59}"))],
    ),
    // The id of an organisation, `!`, 96 characters.
    Kind::secret(
        "secret.salesforce_token",
        "a Salesforce session",
        "SALESFORCE_TOKEN",
        &[Search::Token(Token::new(&["!AQ"], r"00[A-Za-z0-9]{13}!AQ[\w.]{94}").back(15))],
    ),
];
