//! Clouds, hosting, databases as a service and stores of secrets.

use super::super::token::Token;
use super::super::{Kind, Search};

const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

pub(in super::super) const KINDS: &[Kind] = &[
    // A type of four letters, 16 characters:
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
    Kind::secret(
        "secret.aws_access_key",
        "the id of an AWS access key",
        "AWS_ACCESS_KEY",
        &[Search::Token(
            Token::new(&["AKIA", "ASIA", "ABIA", "ACCA"], "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}")
                .confidence(|id| Some(base32(id))),
        )],
    ),
    // 40 characters of base64, told only by the word before them.
    Kind::secret(
        "secret.aws_secret_key",
        "the secret of an AWS access key",
        "AWS_SECRET_KEY",
        &[Search::Token(Token::named(
            &[
                "aws_secret",
                "aws-secret",
                "awssecret",
                "secret_access_key",
                "secretaccesskey",
                "secret access key",
                "aws_key",
            ],
            "[A-Za-z0-9/+]{40}",
        ))],
    ),
    Kind::secret(
        "secret.aws_bedrock_key",
        "a key of Amazon Bedrock",
        "AWS_BEDROCK_KEY",
        &[
            Search::Token(Token::new(&["ABSK"], r"ABSK[A-Za-z0-9+/]{109,269}=?=?")),
            Search::Token(Token::new(&["bedrock-api-key-"], r"bedrock-api-key-[A-Za-z0-9+/=]{60,}").longest(4_000)),
        ],
    ),
    Kind::secret(
        "secret.google_api_key",
        "a Google API key",
        "GOOGLE_API_KEY",
        &[Search::Token(Token::new(&["AIza"], r"AIza[\w-]{35}"))],
    ),
    Kind::secret(
        "secret.google_oauth",
        "a secret or token of Google's OAuth",
        "GOOGLE_OAUTH",
        &[
            Search::Token(Token::new(&["GOCSPX-"], r"GOCSPX-[\w-]{28}")),
            Search::Token(Token::new(&["ya29."], r"ya29\.[\w-]{30,}")),
            Search::Token(Token::new(&["1//0"], r"1//0[\w-]{60,}")),
        ],
    ),
    // The key of an account is 64 bytes, that of a bus or hub 32:
    // <https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage>
    Kind::secret(
        "secret.azure_storage_key",
        "the key in an Azure connection string",
        "AZURE_KEY",
        &[
            Search::Token(Token::new(&["AccountKey="], r"AccountKey=([A-Za-z0-9+/]{86}==)")),
            Search::Token(Token::new(&["AccessKey="], r"\w{0,12}AccessKey=([A-Za-z0-9+/]{43}=)").back(12)),
        ],
    ),
    // <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>
    Kind::secret(
        "secret.azure_sas",
        "the signature of an Azure shared access URL",
        "AZURE_SAS",
        &[
            Search::Token(
                Token::new(&["?sv=", "&sv="], r"[?&]sv=\d{4}-\d\d-\d\d&[!-~]{0,300}?\bsig=([A-Za-z0-9%+/]{43,60}=?)")
                    .longest(700),
            ),
            Search::Token(Token::new(&["?sig=", "&sig="], r"[?&]sig=([A-Za-z0-9%+/]{43,60}=?)")),
        ],
    ),
    Kind::secret(
        "secret.azure_client_secret",
        "a client secret of Microsoft Entra",
        "AZURE_CLIENT_SECRET",
        &[Search::Token(Token::new(&["7Q~", "8Q~"], r"[\w~.]{3}[78]Q~[\w~.-]{31,34}").back(3))],
    ),
    Kind::secret(
        "secret.alibaba_access_key",
        "the id of an Alibaba Cloud access key",
        "ALIBABA_KEY",
        &[Search::Token(Token::new(&["LTAI"], "LTAI[A-Za-z0-9]{20}"))],
    ),
    Kind::secret(
        "secret.digitalocean_token",
        "a DigitalOcean token",
        "DIGITALOCEAN_TOKEN",
        &[Search::Token(Token::new(&["dop_v1_", "doo_v1_", "dor_v1_"], "do[opr]_v1_[a-f0-9]{64}"))],
    ),
    // Tokens with a prefix end with eight hexadecimal digits; older ones are told by the word before them.
    Kind::secret(
        "secret.cloudflare_token",
        "a Cloudflare token",
        "CLOUDFLARE_TOKEN",
        &[
            Search::Token(Token::new(&["cfut_", "cfat_", "cfk_"], r"cf(?:[ua]t|k)_[A-Za-z0-9]{40}[a-f0-9]{8}")),
            Search::Token(Token::new(&["v1.0-"], "v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}")),
            Search::Token(Token::named(&["cloudflare", "cf_api", "cf_token"], r"[\w-]{40}|[a-f0-9]{37}")),
        ],
    ),
    Kind::secret(
        "secret.heroku_key",
        "a Heroku key",
        "HEROKU_KEY",
        &[
            Search::Token(Token::new(&["HRKU-AA"], r"HRKU-AA[\w-]{58}")),
            Search::Token(Token::named(&["heroku_api_key", "heroku_key", "heroku_token"], UUID)),
        ],
    ),
    Kind::secret(
        "secret.fly_token",
        "a Fly.io token",
        "FLY_TOKEN",
        &[
            Search::Token(Token::new(&["fo1_"], r"fo1_[\w-]{43}")),
            Search::Token(
                Token::new(
                    &["fm1r_", "fm1a_", "fm2_"],
                    "fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3}(?:,fm2_[A-Za-z0-9+/]{100,}={0,3})*",
                )
                .longest(4_000),
            ),
        ],
    ),
    Kind::secret(
        "secret.render_key",
        "a Render key",
        "RENDER_KEY",
        &[Search::Token(Token::new(&["rnd_"], "rnd_[A-Za-z0-9]{24,40}"))],
    ),
    Kind::secret(
        "secret.netlify_token",
        "a Netlify token",
        "NETLIFY_TOKEN",
        &[Search::Token(Token::new(&["nfp_", "nfc_", "nfo_", "nfu_"], "nf[pcou]_[A-Za-z0-9]{36}"))],
    ),
    // <https://supabase.com/docs/guides/api/api-keys>
    Kind::secret(
        "secret.supabase_key",
        "a Supabase key",
        "SUPABASE_KEY",
        &[
            Search::Token(Token::new(&["sbp_"], "sbp_[a-z0-9]{40}")),
            Search::Token(Token::new(&["sb_secret_"], r"sb_secret_[\w-]{22,60}")),
        ],
    ),
    Kind::secret(
        "secret.planetscale_token",
        "a PlanetScale token or password",
        "PLANETSCALE_TOKEN",
        &[Search::Token(Token::new(&["pscale_"], r"pscale_(?:tkn|oauth|pw)_[\w.=-]{32,64}"))],
    ),
    // <https://developer.hashicorp.com/vault/docs/concepts/tokens>
    Kind::secret(
        "secret.vault_token",
        "a token of HashiCorp Vault",
        "VAULT_TOKEN",
        &[Search::Token(Token::new(&["hvs.", "hvb.", "hvr."], r"hv[sbr]\.[\w-]{24,}"))],
    ),
    Kind::secret(
        "secret.terraform_token",
        "a token of HCP Terraform",
        "TERRAFORM_TOKEN",
        &[Search::Token(Token::new(&[".atlasv1."], r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}").back(14))],
    ),
    Kind::secret(
        "secret.pulumi_token",
        "a Pulumi token",
        "PULUMI_TOKEN",
        &[Search::Token(Token::new(&["pul-"], "pul-[a-z0-9]{40}"))],
    ),
    Kind::secret(
        "secret.doppler_token",
        "a Doppler token",
        "DOPPLER_TOKEN",
        &[Search::Token(Token::new(
            &["dp."],
            r"dp\.(?:ct|pt|st(?:\.[a-z0-9_-]{2,35})?|sa|scim|audit)\.[A-Za-z0-9]{40,44}",
        ))],
    ),
    Kind::secret(
        "secret.databricks_token",
        "a Databricks token",
        "DATABRICKS_TOKEN",
        &[Search::Token(Token::new(&["dapi"], "dapi[a-f0-9]{32}(?:-[0-9])?"))],
    ),
    Kind::secret(
        "secret.tailscale_key",
        "a Tailscale key",
        "TAILSCALE_KEY",
        &[Search::Token(Token::new(&["tskey-"], r"tskey-[a-z]{3,12}-\w{8,}-[\w-]{16,}"))],
    ),
    Kind::secret(
        "secret.onepassword_token",
        "a token of a 1Password service account",
        "ONEPASSWORD_TOKEN",
        &[
            Search::Token(Token::new(&["ops_eyJ"], "ops_eyJ[A-Za-z0-9+/_-]{250,}={0,3}").longest(4_000)),
            Search::Token(Token::new(
                &["A3-"],
                "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
            )),
        ],
    ),
    // Bech32: <https://age-encryption.org/v1>
    Kind::secret(
        "secret.age_key",
        "a private key of age",
        "AGE_KEY",
        &[Search::Token(Token::new(&["AGE-SECRET-KEY-1"], "AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}"))],
    ),
];

/// The part behind the type is base32; older and made-up ids are not.
fn base32(id: &str) -> f64 {
    let is_base32 = id[4..].bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    if is_base32 { 0.97 } else { 0.7 }
}
