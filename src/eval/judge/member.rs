//! One model of the judge, and how it is asked.

use super::Mode;
use crate::config::{Config, Temperature};
use crate::error::{Error, Result};
use crate::llm::{Client, Model, Parameters};

/// Providers whose models tell log probabilities unless they are known not to. Others refuse a request that asks for
/// them, or do so for many of their models.
const TELL_LOGPROBS: &[&str] = &["openai", "openai-responses", "vllm", "llamacpp", "ollama"];

/// As many alternatives as every provider gives.
const TOP_LOGPROBS: u8 = 20;

#[derive(Clone)]
pub(super) struct Member {
    pub(super) model: Model,
    pub(super) parameters: Parameters,
    /// Whether the provider is told the shape of the answer, beside the words that say it.
    pub(super) structured: bool,
    /// What to ask for where a grade is to be weighed.
    pub(super) top_logprobs: Option<u8>,
}

impl Member {
    pub(super) fn open(config: &Config, client: &Client, name: &str, tested: Option<&Model>) -> Result<Self> {
        let judge = &config.judge;
        let model: Model = name.parse()?;
        if model.provider == "local" {
            return Err(Error::config(format!("{model} quotes passages and cannot judge"))
                .hint("take a language model, for example judge.model = \"openai/gpt-5-mini\""));
        }
        if tested.is_some_and(|tested| tested.is_like(&model)) && !judge.allow_same_model {
            return Err(Error::config(format!("{model} is the model under test and would judge itself"))
                .hint("take another model, or set judge.allow_same_model = true"));
        }
        client.check(&model)?;
        let temperature = match judge.temperature {
            Temperature::Fixed(temperature) => Some(temperature),
            Temperature::Provider => None,
            Temperature::Unset => (!model.fixes_sampling()).then_some(0.0),
        };
        let logprobs = judge
            .logprobs
            .unwrap_or_else(|| TELL_LOGPROBS.contains(&model.provider.as_str()) && !model.fixes_sampling());
        let parameters =
            Parameters { temperature, seed: judge.seed, max_tokens: judge.max_tokens, ..Parameters::default() };
        let top_logprobs = logprobs.then_some(TOP_LOGPROBS);
        Ok(Self { model, parameters, structured: judge.structured_output, top_logprobs })
    }

    pub(super) fn definition(&self) -> String {
        let Parameters { temperature, seed, max_tokens, .. } = &self.parameters;
        let number = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
        format!(
            "{} (temperature {}, seed {}, max_tokens {}, structured output {}, log probabilities {})",
            self.model,
            number(temperature.map(|temperature| temperature.to_string())),
            number(seed.map(|seed| seed.to_string())),
            number(max_tokens.map(|most| most.to_string())),
            self.structured,
            self.top_logprobs.is_some(),
        )
    }

    /// How it comes to a score that is not weighed.
    pub(super) fn plain_mode(&self) -> Mode {
        match self.parameters.temperature {
            Some(temperature) if temperature <= 0.0 => Mode::Greedy,
            _ => Mode::Sampled,
        }
    }
}
