//! The price map that is built into the program, and which of its models a `provider/model` of ours is.
//!
//! `data/README.md` says where it comes from. It is unpacked when the first price is asked for.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

use super::Price;

/// Prices by the map's own names.
pub(crate) struct Prices {
    /// The package and version that the map is of.
    pub(crate) release: String,
    /// The day of the map: prices that changed later are not in it.
    pub(crate) date: String,
    /// SHA-256 of the map as it was published.
    pub(crate) sha256: String,
    models: HashMap<Box<str>, Price>,
}

/// Where a provider's models stand in the map.
enum Listed {
    /// Under their bare names, by entries of these providers.
    Bare(&'static [&'static str]),
    /// Behind this prefix.
    Behind(&'static str),
    /// Nowhere: no one bills their tokens. What the machine costs is not counted.
    Free,
}

/// Every provider whose prices are known. All others, and those of the user's own, are unknown.
const PROVIDERS: &[(&str, Listed)] = &[
    ("openai", OPENAI),
    ("openai-responses", OPENAI),
    ("anthropic", Listed::Bare(&["anthropic"])),
    ("gemini", Listed::Behind("gemini/")),
    ("mistral", Listed::Behind("mistral/")),
    ("groq", Listed::Behind("groq/")),
    ("deepseek", Listed::Behind("deepseek/")),
    ("openrouter", Listed::Behind("openrouter/")),
    ("together", Listed::Behind("together_ai/")),
    ("azure", Listed::Behind("azure/")),
    ("ollama", Listed::Free),
    ("vllm", Listed::Free),
    ("llamacpp", Listed::Free),
    ("local", Listed::Free),
    ("recorded", Listed::Free),
];

const OPENAI: Listed = Listed::Bare(&["openai", "text-completion-openai"]);

impl Prices {
    /// The prices of this program's version.
    pub(crate) fn embedded() -> &'static Self {
        static PRICES: OnceLock<Prices> = OnceLock::new();
        PRICES.get_or_init(|| Self::read(&unpack()).expect("the embedded prices are those that the tests read"))
    }

    /// The price of a model under our names; `None` if it is not known, which is not the same as free.
    ///
    /// Only the very name counts: another date, size or `-latest` may cost something else. Two spellings that the
    /// providers document as the same model are followed: Gemini's `models/NAME`, and `OpenAI`'s `ft:BASE:...`, which
    /// every fine-tuned model of one base is billed as. A deployment on Azure counts as the model that it is named
    /// after. Models of one's own servers cost nothing, save those that Ollama runs in its cloud.
    pub(crate) fn find(&self, provider: &str, model: &str) -> Option<&Price> {
        let (_, listed) = PROVIDERS.iter().find(|(name, _)| *name == provider)?;
        match listed {
            Listed::Free if provider == "ollama" && is_in_cloud(model) => None,
            Listed::Free => Some(free()),
            Listed::Bare(billed_by) => {
                self.named(fine_tuned_base(model)).filter(|price| billed_by.contains(&&*price.provider))
            }
            Listed::Behind(prefix) => {
                self.named(&format!("{prefix}{}", model.strip_prefix("models/").unwrap_or(model)))
            }
        }
    }

    /// Whether it was decided where this provider's prices stand.
    #[cfg(test)]
    pub(crate) fn lists(provider: &str) -> bool {
        PROVIDERS.iter().any(|(name, _)| *name == provider)
    }

    /// The price under the map's own name.
    pub(super) fn named(&self, name: &str) -> Option<&Price> {
        self.models.get(name)
    }

    /// Reads a map as `data/README.md` describes it. `None` if it is malformed.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut about = lines.next()?.strip_prefix("# ")?.split('\t').map(str::to_owned);
        let (release, date, sha256) = (about.next()?, about.next()?, about.next()?);
        let models = lines.map(|line| {
            let (name, rest) = line.split_once('\t')?;
            let (provider, rates) = rest.split_once('\t')?;
            Some((name.into(), Price::parse(provider, rates)?))
        });
        Some(Self { release, date, sha256, models: models.collect::<Option<_>>()? })
    }
}

/// The price of what nobody bills.
pub(super) fn free() -> &'static Price {
    static FREE: OnceLock<Price> = OnceLock::new();
    FREE.get_or_init(|| Price::parse("", "in:0 out:0").expect("two rates of zero"))
}

fn unpack() -> String {
    let mut text = String::new();
    GzDecoder::new(&include_bytes!("../../data/prices.tsv.gz")[..])
        .read_to_string(&mut text)
        .expect("the embedded prices are those that the tests read");
    text
}

/// `ft:gpt-4o-mini-2024-07-18:acme::abc` is billed as `ft:gpt-4o-mini-2024-07-18`.
fn fine_tuned_base(model: &str) -> &str {
    let end = model.starts_with("ft:").then(|| model.match_indices(':').nth(1)).flatten();
    end.map_or(model, |(end, _)| &model[..end])
}

/// `gpt-oss:120b-cloud` and `glm-4.6:cloud` are not run by the server that is asked.
fn is_in_cloud(model: &str) -> bool {
    model.rsplit_once(':').is_some_and(|(_, tag)| tag == "cloud" || tag.ends_with("-cloud"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Cost, Mode, Usage};

    #[test]
    fn the_embedded_map_says_where_it_is_from() {
        let prices = Prices::embedded();
        assert_eq!((prices.release.as_str(), prices.date.as_str()), ("litellm 1.106.2", "2026-10-21"));
        assert!(prices.sha256.starts_with("66970be0"), "{}", prices.sha256);
        assert!(prices.models.len() > 3000, "{}", prices.models.len());
    }

    /// What a million input tokens cost in dollars, if that is known.
    fn of_a_million(model: &str) -> Option<String> {
        let (provider, name) = model.split_once('/').unwrap();
        let usage = Usage { input: 1_000, ..Usage::default() };
        let bill = Prices::embedded().find(provider, name)?.bill(&usage, Mode::Standard)?;
        bill.total().times(1_000).map(Cost::decimal)
    }

    #[test]
    fn a_model_has_the_price_of_its_very_name_or_none() {
        let cases = [
            ("gemini/gemini-2.5-flash", Some("0.3")),
            ("gemini/models/gemini-2.5-flash", Some("0.3")),
            ("gemini/gemini-embedding-001", Some("0.15")),
            ("openai/gpt-4o-mini", Some("0.15")),
            ("openai-responses/gpt-4o-mini", Some("0.15")),
            ("openai/text-embedding-3-small", Some("0.02")),
            ("openai/ft:gpt-4o-mini-2024-07-18:acme::abc", Some("0.3")),
            ("anthropic/claude-sonnet-4-5", Some("3")),
            ("anthropic/claude-sonnet-4-5-20250929", Some("3")),
            ("azure/gpt-4o", Some("2.5")),
            ("mistral/mistral-embed", Some("0.1")),
            ("groq/openai/gpt-oss-20b", Some("0.075")),
            ("deepseek/deepseek-chat", Some("0.28")),
            ("together/openai/gpt-oss-120b", Some("0.15")),
            // Another date, a deployment's own name, a model of another provider, a provider that nobody knows.
            ("openai/gpt-4o-mini-2031-01-01", None),
            ("azure/our-deployment", None),
            ("openai/claude-sonnet-4-5", None),
            ("openai/gemini-2.5-flash", None),
            ("anthropic/claude-sonnet-4-5-latest", None),
            ("openrouter/no/such-model", None),
            ("our-gateway/gpt-4o-mini", None),
            // Nobody bills these tokens.
            ("ollama/llama3.2:3b", Some("0")),
            ("vllm/anything", Some("0")),
            ("llamacpp/anything", Some("0")),
            ("local/extractive", Some("0")),
            ("recorded/answers.jsonl", Some("0")),
            ("ollama/gpt-oss:120b-cloud", None),
            ("ollama/glm-4.6:cloud", None),
        ];
        for (model, expected) in cases {
            assert_eq!(of_a_million(model).as_deref(), expected, "{model}");
        }
    }
}
