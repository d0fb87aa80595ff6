//! Ollama's own `/api/chat`, without streaming.
//!
//! Source: <https://docs.ollama.com/api/chat>

use serde_json::{Map, Value, json};

use super::decoded::{Decoded, Result, lacks, string};
use super::{Auth, Dialect, logprobs};
use crate::llm::{Endpoint, Finish, HttpCall, Request};

pub(super) const DIALECT: Dialect =
    Dialect { name: "ollama", path: "", auth: Auth::Bearer, list: ("/api/tags", &[]), has_stop: true, encode, decode };

fn encode(endpoint: &Endpoint, model: &str, request: &Request) -> HttpCall {
    let messages: Vec<Value> = request
        .messages
        .iter()
        .map(|message| json!({ "role": message.role.name(), "content": message.content }))
        .collect();
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    body.insert("stream".into(), false.into());
    let options = options(request);
    if !options.is_empty() {
        body.insert("options".into(), options.into());
    }
    body.extend(request.schema.as_ref().map(|schema| ("format".to_owned(), schema.schema.clone())));
    if let Some(count) = request.top_logprobs {
        body.insert("logprobs".into(), true.into());
        body.insert("top_logprobs".into(), count.into());
    }
    endpoint.post("/api/chat", body.into())
}

fn options(request: &Request) -> Map<String, Value> {
    let parameters = &request.parameters;
    let stop = (!parameters.stop.is_empty()).then(|| json!(parameters.stop));
    let values = [
        ("temperature", parameters.temperature.map(Value::from)),
        ("top_p", parameters.top_p.map(Value::from)),
        ("num_predict", parameters.max_tokens.map(Value::from)),
        ("seed", parameters.seed.map(Value::from)),
        ("stop", stop),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn decode(body: &Value) -> Result<Decoded> {
    let text = string(body, "/message/content").ok_or_else(|| lacks("/message/content"))?;
    let reason = string(body, "/done_reason");
    let finish = match reason {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        _ => Finish::Other,
    };
    let tokens = logprobs::read(body, "/logprobs");
    Ok(Decoded::new(text.to_owned(), body, finish, reason)?.with_tokens(tokens))
}

#[cfg(test)]
mod tests {
    use super::super::{decode_fixture, encode_example, encode_shaped, expect_answers, expect_errors};
    use super::*;
    use crate::llm::endpoint::tests::endpoint;

    #[test]
    fn a_request_becomes_a_chat_with_options() {
        let call = encode_example(&endpoint("ollama", &[]), |_| {});
        assert_eq!(call.url, "http://localhost:11434/api/chat");
        assert!(call.headers.is_empty());
        let expected = json!({
            "model": "some-model",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Hello" },
                { "role": "assistant", "content": "Hi." },
                { "role": "user", "content": "What is a gate?" },
            ],
            "stream": false,
            "options": { "temperature": 0.2, "top_p": 0.9, "num_predict": 256, "seed": 7, "stop": ["END"] },
        });
        assert_eq!(call.body, Some(expected));
    }

    #[test]
    fn a_shape_is_asked_for_with_probabilities() {
        let endpoint = endpoint("ollama", &[]);
        assert_eq!(encode_shaped(&endpoint, "/format"), json!({ "type": "object" }));
        assert_eq!(encode_shaped(&endpoint, "/logprobs"), json!(true));
        assert_eq!(encode_shaped(&endpoint, "/top_logprobs"), json!(20));
    }

    #[test]
    fn tokens_are_read_with_their_alternatives() {
        let decoded = decode_fixture(&DIALECT, "success_logprobs").unwrap();
        let tokens = decoded.tokens.unwrap();
        assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), decoded.text);
        assert_eq!(tokens[3].alternatives, [("4".to_owned(), -0.25), ("5".to_owned(), -1.5)]);
    }

    #[test]
    fn recorded_replies_become_answers() {
        let cases = [
            ("success", "Quality never rests.", Finish::Stop, [26, 0, 0, 298, 0]),
            ("truncated", "Once upon a time", Finish::Length, [11, 0, 0, 4, 0]),
            ("success_without_usage", "Quality never rests.", Finish::Stop, [0; 5]),
        ];
        expect_answers(&DIALECT, &cases);
    }

    #[test]
    fn empty_replies_are_errors() {
        let cases = [
            ("loaded", "the model returned no text (finish reason: load)"),
            ("wrong_shape", "the reply has no /message/content"),
        ];
        expect_errors(&DIALECT, &cases);
    }
}
