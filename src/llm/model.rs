//! The name of a model as users write it: `provider/model`.

use std::fmt;

use crate::error::Error;

/// `gemini/gemini-2.5-flash`: everything before the first slash is the provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Model {
    pub(crate) provider: String,
    pub(crate) name: String,
}

impl Model {
    /// Whether the model is known to take no temperature and to tell no log probabilities, as `OpenAI`'s reasoning models
    /// and Anthropic's newer ones. A model that is not known may refuse them all the same.
    pub(crate) fn fixes_sampling(&self) -> bool {
        const NAMES: &[&str] = &[
            "gpt-5",
            "o1",
            "o3",
            "o4",
            "claude-opus-4-7",
            "claude-opus-4-8",
            "claude-opus-4-9",
            "claude-opus-5",
            "claude-sonnet-5",
            "claude-haiku-5",
        ];
        let name = self.bare_name();
        NAMES.iter().any(|known| name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
    }

    /// Whether both are the same model, perhaps through another provider: `openai/gpt-4.1` and
    /// `openrouter/openai/gpt-4.1`.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.bare_name().eq_ignore_ascii_case(other.bare_name())
    }

    /// Without whom it is served by and made by.
    fn bare_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

impl std::str::FromStr for Model {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('/') {
            Some((provider, name)) if !provider.is_empty() && !name.is_empty() => {
                Ok(Self { provider: provider.to_owned(), name: name.to_owned() })
            }
            _ => Err(Error::config(format!("\"{text}\" is not a model"))
                .hint("write provider/model, for example \"gemini/gemini-2.5-flash\"")),
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_the_same_whoever_serves_it() {
        let is_like = |a: &str, b: &str| a.parse::<Model>().unwrap().is_like(&b.parse().unwrap());
        assert!(is_like("openai/gpt-4.1", "openai-responses/gpt-4.1"));
        assert!(is_like("openrouter/openai/GPT-4.1", "openai/gpt-4.1"));
        assert!(!is_like("openai/gpt-4.1", "openai/gpt-4.1-mini"));
    }

    #[test]
    fn models_that_fix_their_sampling_are_known_by_name() {
        let is_known = |name: &str| name.parse::<Model>().unwrap().fixes_sampling();
        let fixed = [
            "openai/gpt-5",
            "openai/gpt-5-mini",
            "openai/gpt-5.1",
            "openrouter/openai/o3-mini",
            "openai/o1",
            "anthropic/claude-opus-4-7",
            "anthropic/claude-opus-4-7-20260416",
        ];
        for name in fixed {
            assert!(is_known(name), "{name}");
        }
        for name in
            ["openai/gpt-4.1", "openai/gpt-50", "gemini/gemini-2.5-flash", "ollama/o1x", "anthropic/claude-haiku-4-5"]
        {
            assert!(!is_known(name), "{name}");
        }
    }
}
