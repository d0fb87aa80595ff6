//! Who can be called. A provider is one row of `PROVIDERS`; a wire dialect is one file with two pure functions.
//!
//! The rows are what the configuration check, suggestions and the documentation read.

mod anthropic;
mod decoded;
pub(super) mod extractive;
mod gemini;
mod logprobs;
mod ollama;
mod openai;
pub(super) mod recorded;
mod responses;

use serde_json::Value;

use super::{Endpoint, HttpCall, Request};

pub(super) use decoded::{Decoded, NoAnswer};

/// A wire format: how a request is written and how a reply is read. Both functions are pure.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// As `dialect = "..."` in the configuration names it.
    pub(crate) name: &'static str,
    /// Where the API lies on a server that is named without a path.
    pub(super) path: &'static str,
    pub(super) auth: Auth,
    /// What lists the models: a path, and the headers that it needs beside the key.
    pub(super) list: (&'static str, &'static [(&'static str, &'static str)]),
    /// Whether it has stop sequences. Leaving them out would change the answer, so they are an error without.
    pub(super) has_stop: bool,
    /// The call for a model and a request.
    pub(super) encode: fn(&Endpoint, &str, &Request) -> HttpCall,
    /// The answer in a reply's body; an error for refusals, empty answers and other shapes.
    pub(super) decode: fn(&Value) -> decoded::Result<Decoded>,
}

/// The header that carries the key. Never the URL: proxies and servers log URLs.
#[derive(Clone, Copy)]
pub(super) enum Auth {
    /// `Authorization: Bearer KEY`
    Bearer,
    /// `NAME: KEY`
    Header(&'static str),
}

/// Every dialect that a provider of the user's own can speak.
pub(super) const DIALECTS: &[Dialect] =
    &[openai::DIALECT, responses::DIALECT, anthropic::DIALECT, gemini::DIALECT, ollama::DIALECT, AZURE];

/// Azure speaks `OpenAI`'s dialect, with another header and below another path.
const AZURE: Dialect = Dialect { name: "azure", path: "/openai/v1", auth: Auth::Header("api-key"), ..openai::DIALECT };

/// A service that serves models.
pub(crate) struct Provider {
    /// What stands before the slash of `provider/model`.
    pub(crate) name: &'static str,
    /// One line for lists and the documentation.
    pub(crate) summary: &'static str,
    pub(crate) dialect: Dialect,
    /// Empty where every customer has an address of their own.
    pub(crate) base_url: &'static str,
    /// Variables that name another address; the first that is set counts.
    pub(crate) base_url_env: &'static [&'static str],
    /// Variables that hold the key; the first that is set counts.
    pub(crate) key_env: &'static [&'static str],
    pub(crate) key_required: bool,
}

/// Models that send nothing: what stands before the slash, and what it is.
pub(crate) const LOCAL: &[(&str, &str)] = &[
    ("local", "local/extractive quotes the passages; no language model, no key"),
    ("recorded", "recorded/FILE replays the answers in a JSONL file or an earlier report"),
];

/// The providers that are known by name. `[providers.NAME]` of the configuration adds others.
pub(crate) const PROVIDERS: &[Provider] = &[
    Provider {
        name: "openai",
        summary: "OpenAI, chat completions",
        dialect: openai::DIALECT,
        base_url: "https://api.openai.com/v1",
        base_url_env: &["OPENAI_BASE_URL"],
        key_env: &["OPENAI_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "openai-responses",
        summary: "OpenAI, responses",
        dialect: responses::DIALECT,
        base_url: "https://api.openai.com/v1",
        base_url_env: &["OPENAI_BASE_URL"],
        key_env: &["OPENAI_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "anthropic",
        summary: "Anthropic, messages",
        dialect: anthropic::DIALECT,
        base_url: "https://api.anthropic.com/v1",
        base_url_env: &["ANTHROPIC_BASE_URL"],
        key_env: &["ANTHROPIC_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "gemini",
        summary: "Google Gemini, generateContent",
        dialect: gemini::DIALECT,
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        base_url_env: &["GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"],
        key_env: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "ollama",
        summary: "Ollama on this or another machine",
        dialect: ollama::DIALECT,
        base_url: "http://localhost:11434",
        base_url_env: &["OLLAMA_BASE_URL", "OLLAMA_HOST"],
        key_env: &[],
        key_required: false,
    },
    Provider {
        name: "mistral",
        summary: "Mistral",
        dialect: openai::DIALECT,
        base_url: "https://api.mistral.ai/v1",
        base_url_env: &["MISTRAL_BASE_URL"],
        key_env: &["MISTRAL_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "groq",
        summary: "Groq",
        dialect: openai::DIALECT,
        base_url: "https://api.groq.com/openai/v1",
        base_url_env: &["GROQ_BASE_URL"],
        key_env: &["GROQ_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "deepseek",
        summary: "DeepSeek",
        dialect: openai::DIALECT,
        base_url: "https://api.deepseek.com/v1",
        base_url_env: &["DEEPSEEK_BASE_URL"],
        key_env: &["DEEPSEEK_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "openrouter",
        summary: "OpenRouter, models of many makers",
        dialect: openai::DIALECT,
        base_url: "https://openrouter.ai/api/v1",
        base_url_env: &["OPENROUTER_BASE_URL"],
        key_env: &["OPENROUTER_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "together",
        summary: "Together, open models",
        dialect: openai::DIALECT,
        base_url: "https://api.together.xyz/v1",
        base_url_env: &["TOGETHER_BASE_URL"],
        key_env: &["TOGETHER_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "azure",
        summary: "Azure OpenAI; the model is the deployment's name",
        dialect: AZURE,
        base_url: "",
        base_url_env: &["AZURE_OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"],
        key_env: &["AZURE_OPENAI_API_KEY"],
        key_required: true,
    },
    Provider {
        name: "vllm",
        summary: "vLLM on this or another machine",
        dialect: openai::DIALECT,
        base_url: "http://localhost:8000/v1",
        base_url_env: &["VLLM_BASE_URL"],
        key_env: &["VLLM_API_KEY"],
        key_required: false,
    },
    Provider {
        name: "llamacpp",
        summary: "llama.cpp's server on this or another machine",
        dialect: openai::DIALECT,
        base_url: "http://localhost:8080/v1",
        base_url_env: &["LLAMACPP_BASE_URL"],
        key_env: &["LLAMACPP_API_KEY"],
        key_required: false,
    },
];

/// A recorded body from `tests/it/wire`.
#[cfg(test)]
pub(super) fn fixture(path: &str) -> String {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What `dialect` makes of a recorded body: the answer, or the error's line.
#[cfg(test)]
fn decode_fixture(dialect: &Dialect, name: &str) -> std::result::Result<Decoded, String> {
    let body = serde_json::from_str(&fixture(&format!("{}/{name}.json", dialect.name))).unwrap();
    (dialect.decode)(&body).map_err(|no_answer| crate::error::Error::from(no_answer).to_string())
}

/// A recorded reply, its text, why it ended, and its tokens: input, cached input, cache write, output, reasoning.
#[cfg(test)]
type Answered<'a> = (&'a str, &'a str, super::Finish, [u64; 5]);

/// Each recorded reply is this answer, with every token in one bucket.
#[cfg(test)]
fn expect_answers(dialect: &Dialect, cases: &[Answered<'_>]) {
    for (name, text, finish, [input, cached_input, cache_write, output, reasoning]) in cases.iter().copied() {
        let usage = crate::cost::Usage { input, cached_input, cache_write, cache_write_1h: 0, output, reasoning };
        assert_eq!(
            decode_fixture(dialect, name),
            Ok(Decoded { text: text.into(), used: crate::cost::Used::of(usage), finish, tokens: None }),
            "{name}"
        );
    }
}

/// Each recorded reply is this error.
#[cfg(test)]
fn expect_errors(dialect: &Dialect, cases: &[(&str, &str)]) {
    for (name, expected) in cases {
        assert_eq!(decode_fixture(dialect, name), Err((*expected).to_owned()), "{name}");
    }
}

/// The body that `dialect` sends for a request with every part that there is.
#[cfg(test)]
fn encode_example(endpoint: &Endpoint, change: impl FnOnce(&mut Request)) -> HttpCall {
    use super::{Grounding, Message, Parameters, Role};
    let message = |role, content: &str| Message { role, content: content.into() };
    let mut request = Request {
        messages: vec![
            message(Role::System, "Be brief."),
            message(Role::User, "Hello"),
            message(Role::Assistant, "Hi."),
            message(Role::User, "What is a gate?"),
        ],
        parameters: Parameters {
            temperature: Some(0.2),
            top_p: Some(0.9),
            max_tokens: Some(256),
            seed: Some(7),
            stop: vec!["END".into()],
            min_support: Some(0.5),
        },
        grounding: Grounding { question: "never sent".into(), ..Grounding::default() },
        ..Request::default()
    };
    change(&mut request);
    (endpoint.dialect.encode)(endpoint, "some-model", &request)
}

/// The part of a body at a JSON pointer when the answer is to have a shape, with log probabilities.
#[cfg(test)]
fn encode_shaped(endpoint: &Endpoint, pointer: &str) -> Value {
    let call = encode_example(endpoint, |request| {
        request.schema = Some(super::Schema { name: "verdict".into(), schema: serde_json::json!({"type": "object"}) });
        request.top_logprobs = Some(20);
    });
    call.body.unwrap().pointer(pointer).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_prices_or_bills_nothing() {
        let names = PROVIDERS.iter().map(|provider| provider.name).chain(LOCAL.iter().map(|(name, _)| *name));
        for name in names {
            assert!(crate::cost::Prices::lists(name), "{name}");
        }
    }

    #[test]
    fn every_provider_has_a_name_of_its_own_and_honours_its_base_url() {
        let mut names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
        names.extend(LOCAL.iter().map(|(name, _)| name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for provider in PROVIDERS {
            assert!(provider.base_url_env[0].ends_with("_BASE_URL"), "{}", provider.name);
            assert!(!provider.base_url.ends_with('/'), "{}", provider.name);
            assert!(!provider.key_required || !provider.key_env.is_empty(), "{}", provider.name);
        }
    }
}
