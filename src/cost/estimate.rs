//! How many tokens a text is, before any call.

use super::encoding::Encoding;

/// The tokens of a text as `provider/model` would count it.
///
/// By the model's own encoding where that is public, which are `OpenAI`'s; with `o200k_base` for all others, which is near for
/// English text and may be a third off for other scripts and for code. What a provider adds for each message is not in it.
pub(crate) fn tokens(model: &str, text: &str) -> usize {
    let bare = model.rsplit('/').next().unwrap_or(model);
    let encoding = Encoding::named(encoding_of(bare)).expect("both encodings are embedded");
    encoding.encode(text).len()
}

/// Whether the model's own encoding is public, so that the count is exact.
pub(crate) fn is_counted_exactly(model: &str) -> bool {
    let bare = model.rsplit('/').next().unwrap_or(model);
    ["gpt-3.5", "gpt-35", "gpt-4", "gpt-5", "o1", "o3", "o4", "text-embedding-3", "text-embedding-ada", "chatgpt-4o"]
        .iter()
        .any(|name| bare.starts_with(name))
}

fn encoding_of(model: &str) -> &'static str {
    // As tiktoken maps names: what is older than GPT-4o, and the embeddings.
    const OLDER: &[&str] = &["gpt-4", "gpt-3.5", "gpt-35", "text-embedding-"];
    const NEWER: &[&str] = &["gpt-4o", "gpt-4.1", "gpt-4.5"];
    let begins = |names: &[&str]| names.iter().any(|name| model.starts_with(name));
    if begins(OLDER) && !begins(NEWER) { "cl100k_base" } else { "o200k_base" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_counts_by_the_encoding_of_its_generation() {
        let cases = [
            ("gpt-4o-mini", "o200k_base"),
            ("gpt-4.1", "o200k_base"),
            ("gpt-5-mini", "o200k_base"),
            ("o3", "o200k_base"),
            ("gpt-4-turbo", "cl100k_base"),
            ("gpt-3.5-turbo", "cl100k_base"),
            ("text-embedding-3-small", "cl100k_base"),
            ("gemini-2.5-flash", "o200k_base"),
        ];
        for (model, expected) in cases {
            assert_eq!(encoding_of(model), expected, "{model}");
        }
        assert!(is_counted_exactly("openai/gpt-5-mini") && is_counted_exactly("openrouter/openai/o3"));
        assert!(!is_counted_exactly("gemini/gemini-2.5-flash") && !is_counted_exactly("vllm/gpt-oss-20b"));
        // Counts of tiktoken 0.12.
        assert_eq!(tokens("openai/gpt-4o", "こんにちは世界"), 2);
        assert_eq!(tokens("openai/gpt-4", "こんにちは世界"), 4);
        assert_eq!(tokens("openrouter/openai/gpt-4", "こんにちは世界"), 4);
    }
}
