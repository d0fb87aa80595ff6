//! Google Gemini's generateContent.
//!
//! Source: <https://ai.google.dev/api/generate-content>

use serde_json::{Map, Value, json};

use super::decoded::{Decoded, Result, blocked, join_parts, lacks, string};
use super::{Auth, Dialect, logprobs};
use crate::llm::{Endpoint, Finish, HttpCall, Request, Role, Token};

pub(super) const DIALECT: Dialect = Dialect {
    name: "gemini",
    path: "/v1beta",
    auth: Auth::Header("x-goog-api-key"),
    list: ("/models?pageSize=1000", &[]),
    has_stop: true,
    encode,
    decode,
};

fn encode(endpoint: &Endpoint, model: &str, request: &Request) -> HttpCall {
    let (system, turns) = request.split_system();
    let contents: Vec<Value> = turns
        .iter()
        .map(|message| {
            let role = if message.role == Role::Assistant { "model" } else { "user" };
            json!({ "role": role, "parts": [{ "text": message.content }] })
        })
        .collect();
    let mut body = Map::new();
    body.extend(system.map(|text| ("systemInstruction".to_owned(), json!({ "parts": [{ "text": text }] }))));
    body.insert("contents".into(), contents.into());
    let configuration = generation_config(request);
    if !configuration.is_empty() {
        body.insert("generationConfig".into(), configuration.into());
    }
    endpoint.post(&format!("/models/{model}:generateContent"), body.into())
}

fn generation_config(request: &Request) -> Map<String, Value> {
    let parameters = &request.parameters;
    let stop = (!parameters.stop.is_empty()).then(|| json!(parameters.stop));
    let values = [
        ("temperature", parameters.temperature.map(Value::from)),
        ("topP", parameters.top_p.map(Value::from)),
        ("maxOutputTokens", parameters.max_tokens.map(Value::from)),
        ("seed", parameters.seed.map(Value::from)),
        ("stopSequences", stop),
        ("responseMimeType", request.schema.as_ref().map(|_| "application/json".into())),
        ("responseJsonSchema", request.schema.as_ref().map(|schema| schema.schema.clone())),
        ("responseLogprobs", request.top_logprobs.map(|_| true.into())),
        ("logprobs", request.top_logprobs.map(Value::from)),
    ];
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn decode(body: &Value) -> Result<Decoded> {
    if let Some(reason) = string(body, "/promptFeedback/blockReason") {
        return Err(blocked("prompt", reason));
    }
    let candidate = body.pointer("/candidates/0").ok_or_else(|| lacks("/candidates/0/content/parts"))?;
    let reason = string(candidate, "/finishReason");
    let finish = match reason {
        Some("STOP") => Finish::Stop,
        Some("MAX_TOKENS") => Finish::Length,
        Some(reason) if is_block(reason) => {
            return Err(blocked("answer", &format!("finish reason: {reason}")));
        }
        Some(_) => Finish::Other,
        None => return Err(lacks("/candidates/0/finishReason")),
    };
    // A candidate that was cut off while thinking has no parts.
    let parts = candidate.pointer("/content/parts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = join_parts(parts, |part| part.pointer("/thought") != Some(&Value::Bool(true)));
    Ok(Decoded::new(text, body, finish, reason)?.with_tokens(read_tokens(candidate)))
}

/// The chosen tokens and, in a list beside them, the alternatives of each step.
fn read_tokens(candidate: &Value) -> Option<Vec<Token>> {
    let list = |name: &str| candidate.pointer(&format!("/logprobsResult/{name}"))?.as_array();
    let (chosen, top) = (list("chosenCandidates")?, list("topCandidates")?);
    let token = |(chosen, top): (&Value, &Value)| {
        let alternatives = top.pointer("/candidates").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let text = string(chosen, "/token")?.to_owned();
        Some(Token { text, alternatives: logprobs::pairs(alternatives, "/logProbability") })
    };
    chosen.iter().zip(top).map(token).collect()
}

/// Finish reasons by which the service itself withholds or distrusts the answer.
fn is_block(reason: &str) -> bool {
    const REASONS: &[&str] =
        &["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "MODEL_ARMOR"];
    REASONS.contains(&reason)
}

#[cfg(test)]
mod tests {
    use super::super::{decode_fixture, encode_example, encode_shaped, expect_answers, expect_errors};
    use super::*;
    use crate::llm::endpoint::tests::endpoint;

    #[test]
    fn a_request_becomes_contents_and_the_key_stays_out_of_the_url() {
        let call = encode_example(&endpoint("gemini", &[("GOOGLE_API_KEY", "AIza-secret")]), |_| {});
        let url = "https://generativelanguage.googleapis.com/v1beta/models/some-model:generateContent";
        assert_eq!(call.url, url);
        assert_eq!((call.headers[0].0.as_str(), call.headers[0].1.reveal()), ("x-goog-api-key", "AIza-secret"));
        let expected = json!({
            "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            "contents": [
                { "role": "user", "parts": [{ "text": "Hello" }] },
                { "role": "model", "parts": [{ "text": "Hi." }] },
                { "role": "user", "parts": [{ "text": "What is a gate?" }] },
            ],
            "generationConfig": {
                "temperature": 0.2,
                "topP": 0.9,
                "maxOutputTokens": 256,
                "seed": 7,
                "stopSequences": ["END"],
            },
        });
        assert_eq!(call.body, Some(expected));
    }

    #[test]
    fn a_shape_is_asked_for_with_probabilities() {
        let endpoint = endpoint("gemini", &[("GEMINI_API_KEY", "AIza")]);
        let value = |name: &str| encode_shaped(&endpoint, &format!("/generationConfig/{name}"));
        assert_eq!(value("responseMimeType"), json!("application/json"));
        assert_eq!(value("responseJsonSchema"), json!({ "type": "object" }));
        assert_eq!((value("responseLogprobs"), value("logprobs")), (json!(true), json!(20)));
    }

    #[test]
    fn tokens_are_read_with_their_alternatives() {
        let decoded = decode_fixture(&DIALECT, "success_logprobs").unwrap();
        let tokens = decoded.tokens.unwrap();
        assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), decoded.text);
        assert_eq!(tokens[3].alternatives, [("4".to_owned(), -0.25), ("5".to_owned(), -1.5)]);
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        let call = encode_example(&endpoint("gemini", &[("GEMINI_API_KEY", "AIza")]), |request| {
            request.messages.drain(..3);
            request.parameters = crate::llm::Parameters::default();
        });
        let contents = json!([{ "role": "user", "parts": [{ "text": "What is a gate?" }] }]);
        assert_eq!(call.body, Some(json!({ "contents": contents })));
    }

    #[test]
    fn recorded_replies_become_answers_with_disjoint_usage() {
        let cases = [
            ("success", "Quality never rests.", Finish::Stop, [88, 512, 0, 11, 64]),
            ("success_thoughts", "42", Finish::Stop, [12, 0, 0, 2, 30]),
            ("truncated", "Once upon a time", Finish::Length, [9, 0, 0, 4, 0]),
        ];
        expect_answers(&DIALECT, &cases);
    }

    #[test]
    fn blocks_and_empty_replies_are_errors() {
        let cases = [
            ("refusal", "the provider blocked the prompt (PROHIBITED_CONTENT)"),
            ("safety", "the provider blocked the answer (finish reason: SAFETY)"),
            ("recitation", "the provider blocked the answer (finish reason: RECITATION)"),
            ("truncated_empty", "the model returned no text (finish reason: MAX_TOKENS)"),
            ("wrong_shape", "the reply has no /candidates/0/content/parts"),
        ];
        expect_errors(&DIALECT, &cases);
    }
}
