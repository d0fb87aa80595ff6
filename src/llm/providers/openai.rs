//! `OpenAI`'s chat completions, which most other services and servers speak too.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>

use serde_json::{Map, Value, json};

use super::decoded::{Decoded, Result, blocked, join_parts, lacks, refused, reported, string};
use super::{Auth, Dialect, logprobs};
use crate::llm::failure::provider_message;
use crate::llm::{Endpoint, Finish, HttpCall, Request, Schema};

pub(super) const DIALECT: Dialect =
    Dialect { name: "openai", path: "/v1", auth: Auth::Bearer, list: ("/models", &[]), has_stop: true, encode, decode };

fn encode(endpoint: &Endpoint, model: &str, request: &Request) -> HttpCall {
    let parameters = &request.parameters;
    let names = ParameterNames::of(endpoint);
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|message| json!({ "role": message.role.name(), "content": message.content }))
        .collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    let numbers = [
        ("temperature", parameters.temperature.map(Value::from)),
        ("top_p", parameters.top_p.map(Value::from)),
        (names.max_tokens, parameters.max_tokens.map(Value::from)),
        (names.seed, parameters.seed.map(Value::from)),
    ];
    body.extend(numbers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    if !parameters.stop.is_empty() {
        body.insert("stop".into(), json!(parameters.stop));
    }
    body.extend(request.schema.as_ref().map(|schema| ("response_format".to_owned(), format(endpoint, schema))));
    if let Some(count) = request.top_logprobs {
        body.insert("logprobs".into(), true.into());
        body.insert("top_logprobs".into(), count.into());
    }
    endpoint.post("/chat/completions", body.into())
}

/// `DeepSeek` knows JSON, but no schemas.
fn format(endpoint: &Endpoint, Schema { name, schema }: &Schema) -> Value {
    if endpoint.host().ends_with("api.deepseek.com") {
        return json!({ "type": "json_object" });
    }
    json!({ "type": "json_schema", "json_schema": { "name": name, "schema": schema, "strict": true } })
}

/// Where look-alikes differ from the original and reject its names.
struct ParameterNames {
    max_tokens: &'static str,
    seed: &'static str,
}

impl ParameterNames {
    fn of(endpoint: &Endpoint) -> Self {
        let host = endpoint.host();
        // Reasoning models of OpenAI and Azure reject the old name; most others know only the old one.
        let original = host.ends_with("api.openai.com") || host.ends_with(".azure.com");
        Self {
            max_tokens: if original { "max_completion_tokens" } else { "max_tokens" },
            seed: if host.ends_with("api.mistral.ai") { "random_seed" } else { "seed" },
        }
    }
}

fn decode(body: &Value) -> Result<Decoded> {
    let Some(choice) = body.pointer("/choices/0") else {
        // OpenRouter and others report an error of the model behind them with status 200.
        return Err(match provider_message(body) {
            Some(message) => reported(&message),
            None => lacks("/choices/0/message/content"),
        });
    };
    let reason = string(choice, "/finish_reason");
    if let Some(words) = string(choice, "/message/refusal").filter(|words| !words.is_empty()) {
        return Err(refused(words));
    }
    if reason == Some("content_filter") {
        return Err(blocked("answer", "finish reason: content_filter"));
    }
    let text = match choice.pointer("/message/content") {
        Some(Value::String(text)) => text.clone(),
        // Some look-alikes answer in parts, of which some are thoughts.
        Some(Value::Array(parts)) => join_parts(parts, |part| string(part, "/type") == Some("text")),
        Some(Value::Null) => String::new(),
        _ => return Err(lacks("/choices/0/message/content")),
    };
    let finish = match reason {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        _ => Finish::Other,
    };
    let tokens = logprobs::read(choice, "/logprobs/content");
    Ok(Decoded::new(text, body, finish, reason)?.with_tokens(tokens))
}

#[cfg(test)]
mod tests {
    use super::super::{decode_fixture, encode_example, encode_shaped, expect_answers, expect_errors};
    use super::*;
    use crate::llm::endpoint::tests::endpoint;

    #[test]
    fn a_request_becomes_chat_completions() {
        let call = encode_example(&endpoint("openai", &[("OPENAI_API_KEY", "sk-secret")]), |_| {});
        assert_eq!((call.method, call.url.as_str()), ("POST", "https://api.openai.com/v1/chat/completions"));
        assert_eq!(call.headers.len(), 1);
        assert_eq!(call.headers[0].0, "authorization");
        assert_eq!(call.headers[0].1.reveal(), "Bearer sk-secret");
        let expected = json!({
            "model": "some-model",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Hello" },
                { "role": "assistant", "content": "Hi." },
                { "role": "user", "content": "What is a gate?" },
            ],
            "temperature": 0.2,
            "top_p": 0.9,
            "max_completion_tokens": 256,
            "seed": 7,
            "stop": ["END"],
        });
        assert_eq!(call.body, Some(expected));
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let call = encode_example(&endpoint("vllm", &[]), |request| {
            request.messages.truncate(1);
            request.parameters = crate::llm::Parameters::default();
        });
        assert!(call.headers.is_empty());
        let messages = json!([{ "role": "system", "content": "Be brief." }]);
        assert_eq!(call.body, Some(json!({ "model": "some-model", "messages": messages })));
    }

    #[test]
    fn look_alikes_get_the_names_that_they_know() {
        let cases = [
            ("openai", ("OPENAI_BASE_URL", "http://localhost:1/v1"), ["max_tokens", "seed"]),
            ("mistral", ("MISTRAL_API_KEY", "key"), ["max_tokens", "random_seed"]),
            ("groq", ("GROQ_API_KEY", "key"), ["max_tokens", "seed"]),
        ];
        for (provider, variable, names) in cases {
            let body = encode_example(&endpoint(provider, &[variable]), |_| {}).body.unwrap();
            assert!(names.iter().all(|name| body.get(name).is_some()), "{provider}: {body}");
            assert!(body.get("max_completion_tokens").is_none(), "{provider}: {body}");
        }
    }

    #[test]
    fn a_shape_is_asked_for_strictly_with_probabilities() {
        let openai = endpoint("openai", &[("OPENAI_API_KEY", "key")]);
        let schema = json!({ "name": "verdict", "schema": { "type": "object" }, "strict": true });
        let expected = json!({ "type": "json_schema", "json_schema": schema });
        assert_eq!(encode_shaped(&openai, "/response_format"), expected);
        assert_eq!(encode_shaped(&openai, "/logprobs"), json!(true));
        assert_eq!(encode_shaped(&openai, "/top_logprobs"), json!(20));
        let deepseek = endpoint("deepseek", &[("DEEPSEEK_API_KEY", "key")]);
        assert_eq!(encode_shaped(&deepseek, "/response_format"), json!({ "type": "json_object" }));
    }

    #[test]
    fn tokens_are_read_with_their_alternatives() {
        let decoded = decode_fixture(&DIALECT, "success_logprobs").unwrap();
        let tokens = decoded.tokens.unwrap();
        assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), decoded.text);
        assert_eq!(tokens[3].alternatives, [("4".to_owned(), -0.25), ("5".to_owned(), -1.5)]);
    }

    #[test]
    fn azure_has_its_own_header_and_path() {
        let variables = [("AZURE_OPENAI_ENDPOINT", "https://us.openai.azure.com/"), ("AZURE_OPENAI_API_KEY", "key")];
        let call = encode_example(&endpoint("azure", &variables), |_| {});
        assert_eq!(call.url, "https://us.openai.azure.com/openai/v1/chat/completions");
        assert_eq!((call.headers[0].0.as_str(), call.headers[0].1.reveal()), ("api-key", "key"));
        assert!(call.body.unwrap().get("max_completion_tokens").is_some());
    }

    #[test]
    fn recorded_replies_become_answers_with_disjoint_usage() {
        let cases = [
            ("success", "Quality never rests.", Finish::Stop, [600, 512, 0, 20, 64]),
            (
                "success_llama",
                "The gate passes when every mean reaches its threshold.",
                Finish::Stop,
                [42, 0, 0, 11, 0],
            ),
            ("success_parts", "Paris", Finish::Stop, [10, 0, 0, 4, 0]),
            ("success_deepseek", "Paris", Finish::Stop, [6, 10, 0, 4, 0]),
            ("truncated_llama", "Once upon a time, there was a", Finish::Length, [32, 3, 0, 8, 0]),
        ];
        expect_answers(&DIALECT, &cases);
    }

    #[test]
    fn refusals_and_empty_replies_are_errors() {
        let cases = [
            ("refusal", "the model refused to answer: I'm sorry, I can't help with that."),
            ("content_filter", "the provider blocked the answer (finish reason: content_filter)"),
            ("truncated_empty", "the model returned no text (finish reason: length)"),
            ("wrong_shape", "the reply has no /choices/0/message/content"),
            ("error_with_200", "the provider reports an error: Provider returned error"),
        ];
        expect_errors(&DIALECT, &cases);
    }
}
