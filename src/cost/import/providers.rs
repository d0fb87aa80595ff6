//! Whose model it is, in our words.

use super::super::Tariff;

/// What others call the providers that we know.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/>, `gen_ai.provider.name` and, before it,
/// `gen_ai.system`; `LiteLLM`'s and `OpenLLMetry`'s spellings beside.
const NAMES: &[(&str, &str)] = &[
    ("az.ai.openai", "azure"),
    ("azure.ai.openai", "azure"),
    ("azure_openai", "azure"),
    ("gcp.gemini", "gemini"),
    ("gcp.gen_ai", "gemini"),
    ("google", "gemini"),
    ("google_genai", "gemini"),
    ("google_generativeai", "gemini"),
    ("gcp.vertex_ai", "vertex_ai"),
    ("vertexai", "vertex_ai"),
    ("aws.bedrock", "bedrock"),
    ("aws_bedrock", "bedrock"),
    ("amazon_bedrock", "bedrock"),
    ("mistral_ai", "mistral"),
    ("mistralai", "mistral"),
    ("together_ai", "together"),
    ("x_ai", "xai"),
];

/// Whose prices are looked up for a model that is named alone. No two of them sell a model of the same name.
const MAKERS: [&str; 5] = ["openai", "anthropic", "gemini", "mistral", "deepseek"];

/// Our name of a provider, for one of its models.
pub(super) fn ours(said: &str, model: &str) -> String {
    let said = said.trim().to_ascii_lowercase();
    let name = NAMES.iter().find(|(theirs, _)| *theirs == said).map_or(said.as_str(), |(_, ours)| ours);
    // Google sells its own models at one price, whatever the door; those of others are another matter.
    if name == "vertex_ai" && model.starts_with("gemini-") { "gemini".to_owned() } else { name.to_owned() }
}

/// Who made the model, if its name says that.
pub(super) fn maker(tariff: &Tariff, model: &str) -> Option<&'static str> {
    MAKERS.into_iter().find(|provider| tariff.find(provider, model).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_has_one_name_however_it_is_spelt() {
        let cases = [
            ("OpenAI", "gpt-4o", "openai"),
            ("az.ai.openai", "gpt-4o", "azure"),
            ("gcp.gemini", "gemini-2.5-flash", "gemini"),
            ("vertex_ai", "gemini-2.5-flash", "gemini"),
            ("gcp.vertex_ai", "claude-opus-4", "vertex_ai"),
            ("aws.bedrock", "amazon.nova-pro-v1:0", "bedrock"),
            ("mistral_ai", "mistral-large", "mistral"),
            ("groq", "x", "groq"),
            ("our-gateway", "x", "our-gateway"),
        ];
        for (said, model, expected) in cases {
            assert_eq!(ours(said, model), expected, "{said}");
        }
    }

    #[test]
    fn a_models_name_alone_tells_its_maker_where_the_price_map_knows_it() {
        let tariff = Tariff::embedded();
        let cases = [
            ("gpt-4o-mini", Some("openai")),
            ("gemini-2.5-flash", Some("gemini")),
            ("claude-sonnet-4-5", Some("anthropic")),
            ("gpt-9000", None),
        ];
        for (model, expected) in cases {
            assert_eq!(maker(&tariff, model), expected, "{model}");
        }
    }
}
