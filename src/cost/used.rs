//! What a reply says that its call used, under any provider's names.

use serde_json::Value;

use super::{Cost, Mode, Usage};

/// What one call used, and how it was served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) usage: Usage,
    pub(crate) mode: Mode,
    /// What the provider itself says that the call costs, in US dollars.
    pub(crate) said_usd: Option<Cost>,
}

impl Used {
    pub(crate) fn of(usage: Usage) -> Self {
        Self { usage, ..Self::default() }
    }

    /// With what a reply's body says beside its tokens.
    pub(crate) fn read(usage: Usage, body: &Value) -> Self {
        Self { usage, mode: mode(body), said_usd: said_usd(body) }
    }

    /// What a body says of any shape that is known; `None` if it says nothing.
    pub(crate) fn of_body(body: &Value) -> Option<Self> {
        let places = ["/usage", "/usageMetadata", "/usage_metadata", "/response/usage", "/meta/billed_units", ""];
        let usage = places.iter().find_map(|place| body.pointer(place).and_then(tokens_of))?;
        Some(Self::read(usage, body))
    }
}

/// Sources: the providers' pages on the usage object of each interface; see docs/models.md for what each counts.
pub(crate) fn tokens_of(usage: &Value) -> Option<Usage> {
    let count = |pointer: &str| usage.pointer(pointer).and_then(whole);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| count(pointer));
    let or_0 = |pointers: &[&str]| first(pointers).unwrap_or_default();
    // Cohere bills other units than it counts.
    if let Some(billed) = usage.get("billed_units") {
        return tokens_of(billed);
    }
    // Gemini: the prompt includes what was cached, the candidates exclude the thoughts.
    if usage.get("promptTokenCount").is_some() {
        let cached_input = or_0(&["/cachedContentTokenCount"]);
        let prompt = or_0(&["/promptTokenCount"]) + or_0(&["/toolUsePromptTokenCount"]);
        return Some(Usage {
            input: prompt.saturating_sub(cached_input),
            cached_input,
            output: or_0(&["/candidatesTokenCount", "/responseTokenCount"]),
            reasoning: or_0(&["/thoughtsTokenCount"]),
            ..Usage::default()
        });
    }
    let input = first(&["/prompt_tokens", "/input_tokens", "/inputTokens", "/prompt_eval_count", "/input"]);
    let output = first(&["/completion_tokens", "/output_tokens", "/outputTokens", "/eval_count", "/output"]);
    if input.is_none() && output.is_none() {
        return None;
    }
    let reasoning = or_0(&[
        "/completion_tokens_details/reasoning_tokens",
        "/output_tokens_details/reasoning_tokens",
        "/output_tokens_details/thinking_tokens",
    ]);
    let (input, output) = (input.unwrap_or_default(), output.unwrap_or_default().saturating_sub(reasoning));
    // Anthropic and Bedrock: the input excludes what was read from and written to the cache.
    let apart = ["/cache_read_input_tokens", "/cacheReadInputTokens"];
    let written_apart = ["/cache_creation_input_tokens", "/cacheWriteInputTokens"];
    if first(&apart).is_some() || first(&written_apart).is_some() {
        let cache_write_1h = or_0(&["/cache_creation/ephemeral_1h_input_tokens"]);
        let cache_write = or_0(&written_apart).saturating_sub(cache_write_1h);
        return Some(Usage { input, cached_input: or_0(&apart), cache_write, cache_write_1h, output, reasoning });
    }
    // OpenAI and those who speak like it: the input includes them.
    let cached_input = or_0(&["/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens"])
        .max(or_0(&["/prompt_cache_hit_tokens"]));
    let cache_write = or_0(&["/prompt_tokens_details/cache_write_tokens", "/input_tokens_details/cache_write_tokens"]);
    Some(Usage {
        input: input.saturating_sub(cached_input + cache_write),
        cached_input,
        cache_write,
        output,
        reasoning,
        ..Usage::default()
    })
}

/// Some providers count in floating-point numbers. What is beyond their whole numbers is no count, and adds up to none.
fn whole(value: &Value) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a whole number")]
    let of_float = |number: f64| (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64);
    value.as_f64().and_then(of_float)
}

/// How the provider served the call, in the words of `OpenAI`, Anthropic and Gemini.
fn mode(body: &Value) -> Mode {
    let places = ["/service_tier", "/usage/service_tier", "/usageMetadata/serviceTier", "/usageMetadata/trafficType"];
    let said = places.iter().find_map(|place| body.pointer(place)?.as_str());
    match said.map(str::to_ascii_lowercase).as_deref() {
        Some("flex" | "on_demand_flex") => Mode::Flex,
        Some("priority" | "on_demand_priority") => Mode::Priority,
        Some("batch") => Mode::Batch,
        _ => Mode::Standard,
    }
}

/// `OpenRouter` says what it takes of one's credits, which are dollars; a key of one's own it bills a part of only, and the
/// maker of the model the rest.
///
/// Source: <https://openrouter.ai/docs/use-cases/usage-accounting>
fn said_usd(body: &Value) -> Option<Cost> {
    let amount = |pointer: &str| match body.pointer(pointer)? {
        Value::Number(number) => Cost::parse(&number.to_string()).or_else(|| Cost::near(number.as_f64()?)),
        _ => None,
    };
    let cost = amount("/usage/cost")?;
    if body.pointer("/usage/is_byok").and_then(Value::as_bool) == Some(true) {
        return Some(cost + amount("/usage/cost_details/upstream_inference_cost")?);
    }
    Some(cost)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn buckets(body: &Value) -> Option<[u64; 6]> {
        let usage = Used::of_body(body)?.usage;
        let Usage { input, cached_input, cache_write, cache_write_1h, output, reasoning } = usage;
        Some([input, cached_input, cache_write, cache_write_1h, output, reasoning])
    }

    #[test]
    fn every_token_is_in_one_bucket_whoever_counts() {
        let cases = [
            (
                json!({"usage": {"prompt_tokens": 100, "completion_tokens": 30,
                    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
                    "completion_tokens_details": {"reasoning_tokens": 20}}}),
                [30, 60, 10, 0, 10, 20],
            ),
            (
                json!({"response": {"usage": {"input_tokens": 100, "output_tokens": 30,
                    "input_tokens_details": {"cached_tokens": 60},
                    "output_tokens_details": {"reasoning_tokens": 20}}}}),
                [40, 60, 0, 0, 10, 20],
            ),
            (
                json!({"usage": {"input_tokens": 100, "output_tokens": 30, "cache_read_input_tokens": 60,
                    "cache_creation_input_tokens": 50, "cache_creation": {"ephemeral_1h_input_tokens": 20},
                    "output_tokens_details": {"thinking_tokens": 5}}}),
                [100, 60, 30, 20, 25, 5],
            ),
            (
                json!({"usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 60,
                    "candidatesTokenCount": 10, "thoughtsTokenCount": 20, "toolUsePromptTokenCount": 7}}),
                [47, 60, 0, 0, 10, 20],
            ),
            (
                json!({"usage": {"inputTokens": 10, "outputTokens": 3, "cacheReadInputTokens": 6, "cacheWriteInputTokens": 5}}),
                [10, 6, 5, 0, 3, 0],
            ),
            (json!({"prompt_eval_count": 26, "eval_count": 298}), [26, 0, 0, 0, 298, 0]),
            (
                json!({"usage": {"billed_units": {"input_tokens": 5.0, "output_tokens": 2.0},
                    "tokens": {"input_tokens": 70.0, "output_tokens": 2.0}}}),
                [5, 0, 0, 0, 2, 0],
            ),
            (json!({"input_tokens": 3, "output_tokens": 2}), [3, 0, 0, 0, 2, 0]),
        ];
        for (body, expected) in cases {
            assert_eq!(buckets(&body), Some(expected), "{body}");
        }
        let beyond = json!({"usageMetadata": {"promptTokenCount": u64::MAX, "toolUsePromptTokenCount": u64::MAX}});
        assert_eq!(buckets(&beyond), Some([0; 6]));
        for body in [json!({}), json!("text"), json!({"usage": null}), json!({"usage": {"prompt_tokens": -1}})] {
            assert_eq!(buckets(&body), None, "{body}");
        }
    }

    #[test]
    fn how_a_call_was_served_and_what_it_is_said_to_cost_is_read() {
        let used = |body: Value| {
            let used = Used::read(Usage::default(), &body);
            (used.mode.name(), used.said_usd.map(Cost::decimal))
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(used(json!({"service_tier": "flex"})), ("flex", None));
        assert_eq!(used(json!({"service_tier": "default"})), ("standard", None));
        assert_eq!(used(json!({"usage": {"service_tier": "priority"}})), ("priority", None));
        assert_eq!(used(json!({"usageMetadata": {"trafficType": "ON_DEMAND_FLEX"}})), ("flex", None));
        assert_eq!(used(json!({"usage": {"cost": 0.00014}})), ("standard", said("0.00014")));
        assert_eq!(used(json!({"usage": {"cost": 1e-7}})), ("standard", said("0.0000001")));
        let byok = json!({"usage": {"cost": 0.5, "is_byok": true, "cost_details": {"upstream_inference_cost": 9}}});
        assert_eq!(used(byok), ("standard", said("9.5")));
        assert_eq!(used(json!({"usage": {"cost": 0.5, "is_byok": true}})), ("standard", None));
    }
}
