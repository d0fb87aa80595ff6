//! Chat, mail, telephony: tokens, and the URLs by which whoever has them can write.

use super::super::token::Token;
use super::super::{Kind, Search, Severity};

pub(in super::super) const KINDS: &[Kind] = &[
    // <https://docs.slack.dev/authentication/tokens>
    Kind::secret(
        "secret.slack_token",
        "a Slack token",
        "SLACK_TOKEN",
        &[
            Search::Token(
                Token::new(
                    &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-", "xoxe-", "xoxe."],
                    r"xox(?:e\.xox[bp]-[0-9]-[A-Za-z0-9]{100,}|[abceoprsd]-[A-Za-z0-9%/+-]{20,})",
                )
                .longest(500),
            ),
            Search::Token(Token::new(&["xapp-"], "xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{10,14}-[a-z0-9]{30,80}")),
        ],
    ),
    Kind::secret(
        "secret.slack_webhook",
        "the URL of a Slack webhook",
        "SLACK_WEBHOOK",
        &[Search::Token(Token::new(
            &["hooks.slack.com/"],
            "hooks\\.slack\\.com/(?:services|workflows|triggers)/([A-Za-z0-9/]{30,80})",
        ))],
    ),
    Kind::secret(
        "secret.discord_webhook",
        "the URL of a Discord webhook",
        "DISCORD_WEBHOOK",
        &[Search::Token(Token::new(&["/api/webhooks/"], r"/api/webhooks/([0-9]{17,20}/[\w-]{60,72})"))],
    ),
    // <https://core.telegram.org/bots/api#authorizing-your-bot>; in URLs `bot` stands before it.
    Kind::secret(
        "secret.telegram_token",
        "the token of a Telegram bot",
        "TELEGRAM_TOKEN",
        &[Search::Token(Token::new(&[":AA"], r"(?:bot)?([0-9]{8,10}:AA[\w-]{33})").back(13))],
    ),
    Kind::secret(
        "secret.teams_webhook",
        "the URL of a Teams webhook",
        "TEAMS_WEBHOOK",
        &[Search::Token(Token::new(
            &[".webhook.office.com/"],
            r"\.webhook\.office\.com/(webhookb2/[\w@-]{60,90}/IncomingWebhook/[a-f0-9]{32}/[\w-]{36})",
        ))],
    ),
    Kind::secret(
        "secret.zapier_webhook",
        "the URL of a Zapier webhook",
        "ZAPIER_WEBHOOK",
        &[Search::Token(Token::new(
            &["hooks.zapier.com/hooks/catch/"],
            "hooks\\.zapier\\.com/hooks/catch/([0-9]{4,10}/[a-z0-9]{6,10})",
        ))],
    ),
    // <https://www.twilio.com/docs/iam/api-keys>: the id of a key begins with SK, that of an account with AC.
    Kind::secret(
        "secret.twilio_key",
        "a Twilio key",
        "TWILIO_KEY",
        &[
            Search::Token(Token::new(&["SK"], "SK[0-9a-f]{32}").confidence(|_| Some(0.8))),
            Search::Token(Token::named(
                &["twilio_auth", "twilio_token", "twilio auth", "twilio.auth", "twilioauth"],
                "[0-9a-f]{32}",
            )),
        ],
    ),
    Kind::secret(
        "secret.twilio_account",
        "the id of a Twilio account",
        "TWILIO_ACCOUNT",
        &[Search::Token(Token::new(&["AC"], "AC[0-9a-f]{32}").confidence(|_| Some(0.8)))],
    )
    .severity(Severity::Medium),
    // <https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys>
    Kind::secret(
        "secret.sendgrid_key",
        "a SendGrid key",
        "SENDGRID_KEY",
        &[Search::Token(Token::new(&["SG."], r"SG\.[\w-]{20,24}\.[\w-]{39,50}"))],
    ),
    Kind::secret(
        "secret.mailgun_key",
        "a Mailgun key",
        "MAILGUN_KEY",
        &[
            Search::Token(Token::new(&["key-"], "key-[a-z0-9]{32}")),
            Search::Token(Token::named(&["mailgun"], "[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}")),
        ],
    ),
    Kind::secret(
        "secret.mailchimp_key",
        "a Mailchimp key",
        "MAILCHIMP_KEY",
        &[Search::Token(Token::new(&["-us"], "[0-9a-f]{32}-us[0-9]{1,2}").back(32))],
    ),
    Kind::secret(
        "secret.brevo_key",
        "a Brevo key",
        "BREVO_KEY",
        &[Search::Token(Token::new(&["xkeysib-", "xsmtpsib-"], "x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}"))],
    ),
    Kind::secret(
        "secret.resend_key",
        "a Resend key",
        "RESEND_KEY",
        &[Search::Token(Token::new(&["re_"], "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"))],
    ),
];
