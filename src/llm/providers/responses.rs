//! `OpenAI`'s responses.
//!
//! Source: <https://platform.openai.com/docs/api-reference/responses>

use serde_json::{Map, Value, json};

use super::decoded::{Decoded, Result, blocked, join_parts, lacks, refused, reported, string};
use super::{Auth, Dialect, logprobs};
use crate::llm::{Endpoint, Finish, HttpCall, Request, Schema};

pub(super) const DIALECT: Dialect = Dialect {
    name: "openai-responses",
    path: "/v1",
    auth: Auth::Bearer,
    list: ("/models", &[]),
    has_stop: false,
    encode,
    decode,
};

/// `seed` does not exist here and is left out: it is a best effort everywhere.
fn encode(endpoint: &Endpoint, model: &str, request: &Request) -> HttpCall {
    let parameters = &request.parameters;
    let (system, turns) = request.split_system();
    let input: Vec<Value> =
        turns.iter().map(|message| json!({ "role": message.role.name(), "content": message.content })).collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.extend(system.map(|system| ("instructions".to_owned(), system.into())));
    body.insert("input".into(), input.into());
    // By default the provider keeps what it is sent.
    body.insert("store".into(), false.into());
    let numbers = [
        ("temperature", parameters.temperature.map(Value::from)),
        ("top_p", parameters.top_p.map(Value::from)),
        ("max_output_tokens", parameters.max_tokens.map(Value::from)),
    ];
    body.extend(numbers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if let Some(Schema { name, schema }) = &request.schema {
        let format = json!({ "type": "json_schema", "name": name, "schema": schema, "strict": true });
        body.insert("text".into(), json!({ "format": format }));
    }
    if let Some(count) = request.top_logprobs {
        body.insert("top_logprobs".into(), count.into());
        body.insert("include".into(), json!(["message.output_text.logprobs"]));
    }
    endpoint.post("/responses", body.into())
}

fn decode(body: &Value) -> Result<Decoded> {
    if let Some(message) = string(body, "/error/message") {
        return Err(reported(message));
    }
    let items = body.pointer("/output").and_then(Value::as_array).ok_or_else(|| lacks("/output"))?;
    let parts: Vec<Value> = items
        .iter()
        .filter(|item| string(item, "/type") == Some("message"))
        .filter_map(|item| item.pointer("/content")?.as_array())
        .flatten()
        .cloned()
        .collect();
    if let Some(words) = parts.iter().find_map(|part| string(part, "/refusal")) {
        return Err(refused(words));
    }
    let reason = string(body, "/incomplete_details/reason").or(string(body, "/status"));
    let finish = match reason {
        Some("content_filter") => return Err(blocked("answer", "finish reason: content_filter")),
        Some("completed") => Finish::Stop,
        Some("max_output_tokens") => Finish::Length,
        _ => Finish::Other,
    };
    let text = join_parts(&parts, |part| string(part, "/type") == Some("output_text"));
    let tokens = parts.iter().find_map(|part| logprobs::read(part, "/logprobs"));
    Ok(Decoded::new(text, body, finish, reason)?.with_tokens(tokens))
}

#[cfg(test)]
mod tests {
    use super::super::{decode_fixture, encode_example, encode_shaped, expect_answers, expect_errors};
    use super::*;
    use crate::llm::endpoint::tests::endpoint;

    #[test]
    fn a_request_becomes_a_response_call() {
        let endpoint = endpoint("openai-responses", &[("OPENAI_API_KEY", "sk-secret")]);
        let call = encode_example(&endpoint, |_| {});
        assert_eq!(call.url, "https://api.openai.com/v1/responses");
        let expected = json!({
            "model": "some-model",
            "instructions": "Be brief.",
            "input": [
                { "role": "user", "content": "Hello" },
                { "role": "assistant", "content": "Hi." },
                { "role": "user", "content": "What is a gate?" },
            ],
            "store": false,
            "temperature": 0.2,
            "top_p": 0.9,
            "max_output_tokens": 256,
        });
        assert_eq!(call.body, Some(expected));
    }

    #[test]
    fn a_shape_is_asked_for_strictly_with_probabilities() {
        let endpoint = endpoint("openai-responses", &[("OPENAI_API_KEY", "key")]);
        let format =
            json!({ "type": "json_schema", "name": "verdict", "schema": { "type": "object" }, "strict": true });
        assert_eq!(encode_shaped(&endpoint, "/text"), json!({ "format": format }));
        assert_eq!(encode_shaped(&endpoint, "/top_logprobs"), json!(20));
        assert_eq!(encode_shaped(&endpoint, "/include"), json!(["message.output_text.logprobs"]));
    }

    #[test]
    fn tokens_are_read_with_their_alternatives() {
        let decoded = decode_fixture(&DIALECT, "success_logprobs").unwrap();
        let tokens = decoded.tokens.unwrap();
        assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), decoded.text);
        assert_eq!(tokens[3].alternatives, [("4".to_owned(), -0.25), ("5".to_owned(), -1.5)]);
    }

    #[test]
    fn recorded_replies_become_answers_with_disjoint_usage() {
        let llama = "The gate passes when every mean reaches its threshold.";
        let cases = [
            ("success", "Quality never rests.", Finish::Stop, [88, 512, 0, 11, 64]),
            ("success_llama", llama, Finish::Stop, [1, 41, 0, 11, 0]),
            ("truncated", "Once upon a time", Finish::Length, [35, 0, 0, 8, 0]),
        ];
        expect_answers(&DIALECT, &cases);
    }

    #[test]
    fn refusals_and_empty_replies_are_errors() {
        let cases = [
            ("refusal", "the model refused to answer: I'm sorry, I can't help with that."),
            ("content_filter", "the provider blocked the answer (finish reason: content_filter)"),
            ("truncated_empty", "the model returned no text (finish reason: max_output_tokens)"),
            ("failed", "the provider reports an error: The server had an error while processing your request."),
            ("wrong_shape", "the reply has no /output"),
        ];
        expect_errors(&DIALECT, &cases);
    }
}
