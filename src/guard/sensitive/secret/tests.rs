//! Tokens are drawn here, so that no test holds one: `ghp_{a36}` is `ghp_` and 36 letters and digits.

use std::collections::HashSet;

use crate::guard::sensitive::checksum::{base62, crc32};
use crate::guard::sensitive::tests::Random;
use crate::guard::sensitive::{kinds, scan};

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";

/// Replaces `{sort length}`: `d` digits, `h` hexadecimal, `z` small letters and digits, `a` letters and digits, `l`
/// letters, `u` base32, `b` Bech32, `k` capitals and digits, `U` a UUID.
fn draw(template: &str, random: &mut Random) -> String {
    let upper = LOWER.to_uppercase();
    let mut token = String::new();
    for part in template.split_inclusive('}') {
        let Some((literal, sort)) = part.trim_end_matches('}').split_once('{') else {
            token.push_str(part);
            continue;
        };
        token.push_str(literal);
        let (sort, length) = sort.split_at(1);
        let alphabet = match sort {
            "d" => DIGITS.to_owned(),
            "h" => "0123456789abcdef".to_owned(),
            "z" => format!("{DIGITS}{LOWER}"),
            "a" => format!("{DIGITS}{LOWER}{upper}"),
            "l" => format!("{LOWER}{upper}"),
            "u" => format!("{upper}234567"),
            "b" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".to_owned(),
            "k" => format!("{upper}{DIGITS}"),
            _ => {
                token.push_str(&draw("{h8}-{h4}-4{h3}-{h4}-{h12}", random));
                continue;
            }
        };
        token.push_str(&random.text(&alphabet, length.parse().unwrap()));
    }
    token
}

/// A rule, a token with its surroundings, and what of it is the secret (all if empty).
const TOKENS: &[(&str, &str, &str)] = &[
    ("aws_access_key", "", "AKIA{u16}"),
    ("aws_access_key", "", "ASIA{u16}"),
    ("aws_secret_key", "AWS_SECRET_ACCESS_KEY=", "{a40}"),
    ("aws_secret_key", "\"aws_secret_access_key\": \"", "{a20}/{a19}"),
    ("aws_bedrock_key", "", "ABSK{a120}="),
    ("aws_bedrock_key", "", "bedrock-api-key-{a100}"),
    ("google_api_key", "", "AIza{a20}-{a14}"),
    ("google_oauth", "", "GOCSPX-{a28}"),
    ("google_oauth", "", "ya29.{a90}"),
    ("azure_storage_key", "AccountName=x;AccountKey=", "{a40}+/{a44}=="),
    ("azure_storage_key", "SharedAccessKey=", "{a43}="),
    ("azure_sas", "https://x.blob.core.windows.net/c?sv=2024-01-01&sp=r&sig=", "{a41}%2B{a3}%3D"),
    ("azure_client_secret", "", "{a3}8Q~{a34}"),
    ("alibaba_access_key", "", "LTAI{a20}"),
    ("digitalocean_token", "", "dop_v1_{h64}"),
    ("cloudflare_token", "", "cfut_{a40}{h8}"),
    ("cloudflare_token", "CLOUDFLARE_API_TOKEN=", "{a40}"),
    ("cloudflare_token", "", "v1.0-{h24}-{h146}"),
    ("heroku_key", "", "HRKU-AA{a58}"),
    ("heroku_key", "HEROKU_API_KEY=", "{U}"),
    ("fly_token", "", "fo1_{a43}"),
    ("fly_token", "FlyV1 ", "fm2_{a300}="),
    ("render_key", "", "rnd_{a28}"),
    ("netlify_token", "", "nfp_{a36}"),
    ("supabase_key", "", "sbp_{h40}"),
    ("supabase_key", "", "sb_secret_{a22}_{a8}"),
    ("planetscale_token", "", "pscale_tkn_{a43}"),
    ("vault_token", "", "hvs.{a90}"),
    ("terraform_token", "", "{a14}.atlasv1.{a67}"),
    ("pulumi_token", "", "pul-{h40}"),
    ("doppler_token", "", "dp.pt.{a43}"),
    ("databricks_token", "", "dapi{h32}-2"),
    ("tailscale_key", "", "tskey-auth-{a11}CNTRL-{a32}"),
    ("onepassword_token", "", "ops_eyJ{a300}"),
    ("onepassword_token", "", "A3-{k6}-{k6}-{k5}-{k5}-{k5}-{k5}"),
    ("age_key", "", "AGE-SECRET-KEY-1{b58}"),
    ("github_token", "", "ghs_{a36}"),
    ("github_token", "", "github_pat_{a22}_{a59}"),
    ("gitlab_token", "", "glpat-{a20}"),
    ("gitlab_token", "", "glrt-t1_{a27}.01.{z9}"),
    ("gitlab_token", "", "GR1348941{a20}"),
    ("atlassian_token", "", "ATATT3xFfGF0{a180}={k8}"),
    ("atlassian_token", "", "ATBB{a32}"),
    ("npm_token", "//registry.npmjs.org/:_authToken=", "npm_{a36}"),
    ("pypi_token", "", "pypi-AgEIcHlwaS5vcmc{a150}"),
    ("crates_token", "", "cio{a32}"),
    ("rubygems_key", "", "rubygems_{h48}"),
    ("nuget_key", "", "oy2{z43}"),
    ("clojars_token", "", "CLOJARS_{z60}"),
    ("docker_token", "", "dckr_pat_{a27}"),
    ("artifactory_token", "", "AKCp{a69}"),
    ("sourcegraph_token", "", "sgp_{h16}_{h40}"),
    ("sonar_token", "", "squ_{h40}"),
    ("postman_key", "", "PMAK-{h24}-{h34}"),
    ("buildkite_token", "", "bkua_{z40}"),
    ("circleci_token", "", "CCIPAT_{a22}_{h40}"),
    ("octopus_key", "", "API-{k26}"),
    ("openai_key", "", "sk-{a20}T3BlbkFJ{a20}"),
    ("openai_key", "", "sk-proj-{a74}T3BlbkFJ{a74}"),
    ("openai_key", "OPENAI_API_KEY=", "sk-{a48}"),
    ("openai_key", "deepseek ", "sk-{h32}"),
    ("anthropic_key", "", "sk-ant-api03-{a60}-{a32}AA"),
    ("huggingface_token", "", "hf_{l34}"),
    ("openrouter_key", "", "sk-or-v1-{h64}"),
    ("groq_key", "", "gsk_{a52}"),
    ("xai_key", "", "xai-{a80}"),
    ("perplexity_key", "", "pplx-{a48}"),
    ("replicate_token", "", "r8_{a37}"),
    ("nvidia_key", "", "nvapi-{a64}"),
    ("cerebras_key", "", "csk-{z48}"),
    ("fireworks_key", "", "fw_{a24}"),
    ("together_key", "", "tgp_v1_{a43}"),
    ("elevenlabs_key", "", "sk_{h48}"),
    ("pinecone_key", "", "pcsk_{a6}_{a63}"),
    ("tavily_key", "", "tvly-dev-{a32}"),
    ("langsmith_key", "", "lsv2_pt_{h32}_{h10}"),
    ("langfuse_key", "", "sk-lf-{U}"),
    ("langfuse_public_key", "", "pk-lf-{U}"),
    ("mistral_key", "MISTRAL_API_KEY=", "{a32}"),
    ("cohere_key", "cohere_api_key: '", "{a40}"),
    ("deepgram_key", "DEEPGRAM_KEY=", "{h40}"),
    ("wandb_key", "WANDB_API_KEY=", "{h40}"),
    ("slack_token", "", "xoxb-{d12}-{d13}-{a24}"),
    ("slack_token", "", "xoxp-{d12}-{d12}-{d13}-{h32}"),
    ("slack_token", "", "xapp-1-A{k10}-{d13}-{h64}"),
    ("slack_webhook", "https://hooks.slack.com/services/", "T{k8}/B{k10}/{a24}"),
    ("discord_webhook", "https://discord.com/api/webhooks/", "{d18}/{a68}"),
    ("telegram_token", "https://api.telegram.org/bot", "{d9}:AA{a33}"),
    ("telegram_token", "", "{d10}:AA{a33}"),
    ("teams_webhook", "https://x.webhook.office.com/", "webhookb2/{U}@{U}/IncomingWebhook/{h32}/{U}"),
    ("zapier_webhook", "https://hooks.zapier.com/hooks/catch/", "{d8}/{z7}"),
    ("twilio_key", "", "SK{h32}"),
    ("twilio_key", "TWILIO_AUTH_TOKEN=", "{h32}"),
    ("twilio_account", "", "AC{h32}"),
    ("sendgrid_key", "", "SG.{a22}.{a43}"),
    ("mailgun_key", "", "key-{h32}"),
    ("mailgun_key", "mailgun_api_key=", "{h32}-{h8}-{h8}"),
    ("mailchimp_key", "", "{h32}-us12"),
    ("brevo_key", "", "xkeysib-{h64}-{a16}"),
    ("resend_key", "", "re_{a8}_{a24}"),
    ("stripe_key", "", "sk_live_{a24}"),
    ("stripe_key", "", "rk_live_{a99}"),
    ("stripe_key", "", "whsec_{a32}"),
    ("stripe_test_key", "", "sk_test_{a24}"),
    ("square_token", "", "EAAA{a60}"),
    ("square_token", "", "sq0csp-{a43}"),
    ("shopify_token", "", "shpat_{h32}"),
    ("plaid_token", "", "access-production-{U}"),
    ("braintree_token", "", "access_token$production${z16}${h32}"),
    ("linear_key", "", "lin_api_{a40}"),
    ("notion_token", "", "ntn_{d11}{a35}"),
    ("notion_token", "", "secret_{a43}"),
    ("figma_token", "", "figd_{a40}"),
    ("airtable_token", "", "pat{a14}.{h64}"),
    ("hubspot_token", "", "pat-na1-{U}"),
    ("dropbox_token", "", "sl.{a140}"),
    ("facebook_token", "", "EAAC{a160}"),
    ("typeform_token", "", "tfp_{a59}"),
    ("salesforce_token", "", "00{a13}!AQ{a94}"),
    ("newrelic_key", "", "NRAK-{k27}"),
    ("newrelic_key", "", "{h36}NRAL"),
    ("sentry_token", "", "sntrys_eyJ{a120}_{a43}"),
    ("sentry_token", "", "sntryu_{h64}"),
    ("grafana_token", "", "glsa_{a32}_{h8}"),
    ("grafana_token", "", "glc_{a100}="),
    ("datadog_key", "DD_API_KEY=", "{h32}"),
    ("datadog_key", "datadog_app_key: ", "{h40}"),
    ("dynatrace_token", "", "dt0c01.{k24}.{k64}"),
    ("posthog_key", "", "phx_{a43}"),
    ("honeycomb_key", "HONEYCOMB_API_KEY=", "{a22}"),
    ("launchdarkly_key", "", "sdk-{U}"),
];

fn rules(text: &str) -> Vec<(&'static str, &str)> {
    scan(text).into_iter().map(|found| (found.rule, &text[found.bytes])).collect()
}

#[test]
fn tokens_are_found_whole_wherever_they_stand() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for (rule, before, template) in TOKENS {
        for _ in 0..5 {
            let token = draw(template, &mut random);
            let rule = format!("secret.{rule}");
            for text in [
                format!("{before}{token}"),
                format!("use {before}{token} now"),
                format!("\"{before}{token}\","),
                format!("k:\\n{before}{token}\\n"),
                format!("密钥（{before}{token}）"),
            ] {
                assert_eq!(rules(&text), [(rule.as_str(), token.as_str())], "{text}");
            }
        }
    }
}

#[test]
fn what_only_begins_like_a_token_is_left_alone() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for (rule, before, template) in TOKENS.iter().filter(|(_, _, template)| *template != "{U}") {
        let token = draw(template, &mut random);
        let start = template.find('{').filter(|start| *start > 0).unwrap_or(3);
        let (prefix, body) = token.split_at(start.min(token.len() - 1));
        let masked: String = body.chars().map(|c| if c.is_ascii_alphanumeric() { 'x' } else { c }).collect();
        let rule = format!("secret.{rule}");
        for text in [
            format!("{before}{prefix}{masked}"),
            format!("{before}{prefix}{}", body.chars().take(6).collect::<String>()),
            format!("{before}{prefix}"),
            format!("{before}{prefix}..."),
            format!("{before}{prefix}<your key>"),
        ] {
            assert!(rules(&text).iter().all(|(found, _)| *found != rule), "{rule}: {text}");
        }
        if before.is_empty() {
            let inside = format!("q{token}");
            assert!(rules(&inside).iter().all(|(_, found)| *found != token), "{rule}: {inside}");
        }
    }
}

#[test]
fn every_kind_of_secret_is_tested() {
    let elsewhere = ["private_key", "jwt", "discord_token", "url_password", "authorization", "password", "generic"];
    let tested: HashSet<&str> = TOKENS.iter().map(|(rule, ..)| *rule).chain(elsewhere).collect();
    for kind in kinds() {
        let name = kind.name.strip_prefix("secret.");
        assert!(name.is_none_or(|name| tested.contains(name)), "{}", kind.name);
    }
}

#[test]
fn checksums_make_a_token_certain() {
    // Published examples: GitHub's blog, Grafana's documentation.
    let github = ["ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
    let grafana = ["glsa", "_HOruNAb7SOiCdshU9algkrq7FDsNSLAa", "_54e2f8be"].concat();
    let body = Random(7).text("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 30);
    let check = String::from_utf8(base62(crc32(body.as_bytes())).to_vec()).unwrap();
    let npm = format!("npm_{body}{check}");
    for token in [github, grafana, npm] {
        let certain = scan(&token);
        assert!(certain.len() == 1 && certain[0].confidence > 0.98, "{token} {certain:?}");
        let mut wrong = token.clone();
        wrong.pop();
        wrong.push(if token.ends_with('7') { '8' } else { '7' });
        assert!(scan(&wrong).iter().all(|found| found.confidence < 0.8), "{wrong}");
    }
}

#[test]
fn json_web_tokens_have_a_header_with_an_algorithm() {
    // RFC 7515, appendix A.1.
    let header = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9";
    let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let token = format!("{header}.{payload}.{signature}");
    for text in [
        token.clone(),
        format!("Authorization: Bearer {token}"),
        format!("token={token}&x"),
        format!("{{\"jwt\":\"{token}\"}}"),
    ] {
        assert_eq!(rules(&text), [("secret.jwt", token.as_str())], "{text}");
    }
    let encrypted = format!(
        "{header}.{payload}.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.Mz-VPPyU4RlcuYv1IwIvzw"
    );
    assert_eq!(rules(&encrypted).len(), 1);
    // {"typ":"JWT"} has no algorithm.
    let others = [
        format!("eyJ0eXAiOiJKV1QifQ.{payload}.{signature}"),
        format!("{header}.{payload}"),
        format!("eyJub3QganNvbiBhdCBhbGwh.{payload}.{signature}"),
        format!("x{token}"),
        header.to_owned(),
    ];
    for text in others {
        assert_eq!(rules(&text).iter().filter(|(rule, _)| *rule == "secret.jwt").count(), 0, "{text}");
    }
}

#[test]
fn discord_tokens_begin_with_the_id_of_a_bot() {
    use base64::Engine;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut random = Random(11);
    for id in ["199784354534301696", "80351110224678912", "1042178393428238386"] {
        let token = format!("{}.Cl2FMQ.{}", engine.encode(id), draw("{a27}", &mut random));
        assert_eq!(rules(&format!("Bot {token}")), [("secret.discord_token", token.as_str())]);
    }
    for text in [
        "Mr. Smith went. And came back.",
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.short",
        "MTk5.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
    ] {
        assert_eq!(rules(text), [], "{text}");
    }
    let text = format!("{}.Cl2FMQ.{}", engine.encode("no number at all !"), draw("{a27}", &mut random));
    assert_eq!(rules(&text), [], "{text}");
}

#[test]
fn documented_examples_are_no_secrets() {
    let texts = [
        ["AKIAIOSFODNN7", "EXAMPLE"].concat(),
        ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "EXAMPLEKEY"].concat(),
        ["sk-", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"].concat(),
        ["ghp_", "your_personal_access_token_here_12345"].concat(),
        "sk-learn-tutorial-on-random-forests".to_owned(),
        "SKU AC-1000 for the API-gateway".to_owned(),
    ];
    for text in texts {
        assert_eq!(rules(&text), [], "{text}");
    }
}
