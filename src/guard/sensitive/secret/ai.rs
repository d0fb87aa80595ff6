//! Makers and hosts of models, and what watches over them.

use super::super::token::Token;
use super::super::{Kind, Search, Severity};

pub(in super::super) const KINDS: &[Kind] = &[
    // `T3BlbkFJ` is "OpenAI" in base64. Without it, any of the services that took over `sk-`, as DeepSeek did.
    Kind::secret(
        "secret.openai_key",
        "a key of OpenAI or of a service like it",
        "OPENAI_KEY",
        &[
            Search::Token(
                Token::new(
                    &["sk-proj-", "sk-svcacct-", "sk-service-", "sk-admin-"],
                    r"sk-(?:proj|svcacct|service|admin)-[\w-]{20,}",
                )
                .confidence(openai),
            ),
            Search::Token(Token::new(&["sk-"], "sk-[A-Za-z0-9]{20,64}").confidence(openai)),
        ],
    ),
    // `sk-ant-`, what it is for, 93 characters, `AA`.
    Kind::secret(
        "secret.anthropic_key",
        "an Anthropic key",
        "ANTHROPIC_KEY",
        &[Search::Token(
            Token::new(&["sk-ant-"], r"sk-ant-[a-z]{3,8}[0-9]{2}-[\w-]{20,}").confidence(|key| Some(anthropic(key))),
        )],
    ),
    Kind::secret(
        "secret.huggingface_token",
        "a Hugging Face token",
        "HUGGINGFACE_TOKEN",
        &[Search::Token(Token::new(&["hf_", "api_org_"], "(?:hf|api_org)_[A-Za-z0-9]{34}"))],
    ),
    Kind::secret(
        "secret.openrouter_key",
        "an OpenRouter key",
        "OPENROUTER_KEY",
        &[Search::Token(Token::new(&["sk-or-v1-"], "sk-or-v1-[0-9a-f]{64}"))],
    ),
    Kind::secret(
        "secret.groq_key",
        "a Groq key",
        "GROQ_KEY",
        &[Search::Token(Token::new(&["gsk_"], "gsk_[A-Za-z0-9]{52}"))],
    ),
    Kind::secret("secret.xai_key", "an xAI key", "XAI_KEY", &[Search::Token(Token::new(&["xai-"], r"xai-\w{80}"))]),
    Kind::secret(
        "secret.perplexity_key",
        "a Perplexity key",
        "PERPLEXITY_KEY",
        &[Search::Token(Token::new(&["pplx-"], "pplx-[A-Za-z0-9]{48}"))],
    ),
    Kind::secret(
        "secret.replicate_token",
        "a Replicate token",
        "REPLICATE_TOKEN",
        &[Search::Token(Token::new(&["r8_"], r"r8_[\w-]{37}"))],
    ),
    Kind::secret(
        "secret.nvidia_key",
        "an NVIDIA key",
        "NVIDIA_KEY",
        &[Search::Token(Token::new(&["nvapi-"], r"nvapi-[\w-]{64}"))],
    ),
    Kind::secret(
        "secret.cerebras_key",
        "a Cerebras key",
        "CEREBRAS_KEY",
        &[Search::Token(Token::new(&["csk-"], "csk-[a-z0-9]{48}"))],
    ),
    Kind::secret(
        "secret.fireworks_key",
        "a Fireworks key",
        "FIREWORKS_KEY",
        &[Search::Token(Token::new(&["fw_"], "fw_[A-Za-z0-9]{22,24}"))],
    ),
    Kind::secret(
        "secret.together_key",
        "a Together key",
        "TOGETHER_KEY",
        &[Search::Token(Token::new(&["tgp_v1_"], r"tgp_v1_[\w-]{43}"))],
    ),
    Kind::secret(
        "secret.elevenlabs_key",
        "an ElevenLabs key",
        "ELEVENLABS_KEY",
        &[Search::Token(Token::new(&["sk_"], "sk_[a-f0-9]{48}"))],
    ),
    Kind::secret(
        "secret.pinecone_key",
        "a Pinecone key",
        "PINECONE_KEY",
        &[Search::Token(Token::new(&["pcsk_"], "pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}"))],
    ),
    Kind::secret(
        "secret.tavily_key",
        "a Tavily key",
        "TAVILY_KEY",
        &[Search::Token(Token::new(&["tvly-"], "tvly-(?:(?:dev|prod)-)?[A-Za-z0-9]{32}"))],
    ),
    Kind::secret(
        "secret.langsmith_key",
        "a LangSmith key",
        "LANGSMITH_KEY",
        &[Search::Token(Token::new(&["lsv2_pt_", "lsv2_sk_"], "lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"))],
    ),
    Kind::secret(
        "secret.langfuse_key",
        "a secret Langfuse key",
        "LANGFUSE_KEY",
        &[Search::Token(Token::new(&["sk-lf-"], "sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"))],
    ),
    // Names the project and opens nothing without the other half.
    Kind::secret(
        "secret.langfuse_public_key",
        "the public half of a Langfuse key",
        "LANGFUSE_PUBLIC_KEY",
        &[Search::Token(Token::new(&["pk-lf-"], "pk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"))],
    )
    .severity(Severity::Medium),
    Kind::secret(
        "secret.mistral_key",
        "a Mistral key",
        "MISTRAL_KEY",
        &[Search::Token(Token::named(&["mistral"], "[A-Za-z0-9]{32}"))],
    ),
    Kind::secret(
        "secret.cohere_key",
        "a Cohere key",
        "COHERE_KEY",
        &[Search::Token(Token::named(&["cohere", "co_api_key"], "[A-Za-z0-9]{40}"))],
    ),
    Kind::secret(
        "secret.deepgram_key",
        "a Deepgram key",
        "DEEPGRAM_KEY",
        &[Search::Token(Token::named(&["deepgram"], "[a-f0-9]{40}"))],
    ),
    Kind::secret(
        "secret.wandb_key",
        "a Weights & Biases key",
        "WANDB_KEY",
        &[Search::Token(Token::named(&["wandb"], "[a-f0-9]{40}"))],
    ),
];

fn openai(key: &str) -> Option<f64> {
    let body = key.rsplit('-').next().unwrap_or(key);
    match key.contains("T3BlbkFJ") {
        true => Some(0.99),
        // A long key with both digits and letters; `sk-` also begins class names and slugs, which have no digits.
        false if body.len() >= 32 || key.len() >= 40 => Some(0.85),
        false => body.bytes().any(|byte| byte.is_ascii_digit()).then_some(0.75),
    }
}

fn anthropic(key: &str) -> f64 {
    if key.len() >= 100 && key.ends_with("AA") { 0.99 } else { 0.8 }
}
