//! Anthropic's messages.
//!
//! Source: <https://docs.anthropic.com/en/api/messages>

use serde_json::{Map, Value, json};

use super::decoded::{Decoded, Result, join_parts, lacks, refused, string};
use super::{Auth, Dialect};
use crate::config::Secret;
use crate::llm::{Endpoint, Finish, HttpCall, Request, Schema};

pub(super) const DIALECT: Dialect = Dialect {
    name: "anthropic",
    path: "/v1",
    auth: Auth::Header("x-api-key"),
    list: ("/models?limit=1000", &[("anthropic-version", API_VERSION)]),
    has_stop: true,
    encode,
    decode,
};

const API_VERSION: &str = "2023-06-01";
/// The API has no default of its own.
const DEFAULT_MAX_TOKENS: u32 = 4096;

/// `seed` and log probabilities do not exist here and are left out: both are a best effort everywhere.
fn encode(endpoint: &Endpoint, model: &str, request: &Request) -> HttpCall {
    let parameters = &request.parameters;
    let (system, turns) = request.split_system();
    let messages: Vec<Value> =
        turns.iter().map(|message| json!({ "role": message.role.name(), "content": message.content })).collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("max_tokens".into(), parameters.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS).into());
    body.extend(system.map(|system| ("system".to_owned(), system.into())));
    body.insert("messages".into(), messages.into());
    let numbers =
        [("temperature", parameters.temperature.map(Value::from)), ("top_p", parameters.top_p.map(Value::from))];
    body.extend(numbers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if !parameters.stop.is_empty() {
        body.insert("stop_sequences".into(), json!(parameters.stop));
    }
    if let Some(Schema { schema, .. }) = &request.schema {
        body.insert("output_config".into(), json!({ "format": { "type": "json_schema", "schema": schema } }));
    }
    let mut call = endpoint.post("/messages", body.into());
    call.headers.push(("anthropic-version".into(), Secret::new(API_VERSION)));
    call
}

fn decode(body: &Value) -> Result<Decoded> {
    let reason = string(body, "/stop_reason");
    let parts = body.pointer("/content").and_then(Value::as_array).ok_or_else(|| lacks("/content"))?;
    let text = join_parts(parts, |part| string(part, "/type") == Some("text"));
    let finish = match reason {
        Some("refusal") => {
            let explanation = string(body, "/stop_details/explanation").unwrap_or("no explanation given");
            return Err(refused(explanation));
        }
        Some("end_turn" | "stop_sequence") => Finish::Stop,
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
        _ => Finish::Other,
    };
    Decoded::new(text, body, finish, reason)
}

#[cfg(test)]
mod tests {
    use super::super::{encode_example, encode_shaped, expect_answers, expect_errors};
    use super::*;
    use crate::llm::endpoint::tests::endpoint;

    #[test]
    fn a_request_becomes_messages_with_the_system_text_apart() {
        let call = encode_example(&endpoint("anthropic", &[("ANTHROPIC_API_KEY", "sk-ant")]), |_| {});
        assert_eq!(call.url, "https://api.anthropic.com/v1/messages");
        let headers: Vec<_> = call.headers.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
        assert_eq!(headers, [("x-api-key", "sk-ant"), ("anthropic-version", "2023-06-01")]);
        let expected = json!({
            "model": "some-model",
            "max_tokens": 256,
            "system": "Be brief.",
            "messages": [
                { "role": "user", "content": "Hello" },
                { "role": "assistant", "content": "Hi." },
                { "role": "user", "content": "What is a gate?" },
            ],
            "temperature": 0.2,
            "top_p": 0.9,
            "stop_sequences": ["END"],
        });
        assert_eq!(call.body, Some(expected));
    }

    #[test]
    fn a_shape_is_asked_for_and_probabilities_are_not() {
        let endpoint = endpoint("anthropic", &[("ANTHROPIC_API_KEY", "sk-ant")]);
        let format = json!({ "type": "json_schema", "schema": { "type": "object" } });
        assert_eq!(encode_shaped(&endpoint, "/output_config"), json!({ "format": format }));
        assert!(!encode_shaped(&endpoint, "").to_string().contains("logprobs"));
    }

    #[test]
    fn max_tokens_is_always_sent() {
        let call = encode_example(&endpoint("anthropic", &[("ANTHROPIC_API_KEY", "sk-ant")]), |request| {
            request.messages.drain(..3);
            request.parameters = crate::llm::Parameters::default();
        });
        let messages = json!([{ "role": "user", "content": "What is a gate?" }]);
        let expected = json!({ "model": "some-model", "max_tokens": 4096, "messages": messages });
        assert_eq!(call.body, Some(expected));
    }

    #[test]
    fn recorded_replies_become_answers_with_disjoint_usage() {
        let llama = "The gate passes when every mean reaches its threshold.";
        let cases = [
            ("success", "Quality never rests.", Finish::Stop, [88, 512, 256, 11, 64]),
            ("success_llama", llama, Finish::Stop, [1, 41, 0, 11, 0]),
            ("truncated_llama", "Once upon a time, there was a", Finish::Length, [1, 34, 0, 8, 0]),
        ];
        expect_answers(&DIALECT, &cases);
    }

    #[test]
    fn refusals_and_empty_replies_are_errors() {
        let cases = [
            ("refusal", "the model refused to answer: This request could enable harm."),
            ("truncated_empty", "the model returned no text (finish reason: max_tokens)"),
            ("wrong_shape", "the reply has no /content"),
        ];
        expect_errors(&DIALECT, &cases);
    }
}
