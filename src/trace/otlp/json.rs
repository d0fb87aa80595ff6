//! The same in JSON: ids in hexadecimal, 64-bit numbers as text, enumerations as numbers.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{Answer, FAILED, kind, named};
use crate::config::TraceNames;
use crate::trace::names;
use crate::trace::span::{Attribute, Event, Span, Status, Value};

/// A request with these spans, of a program that is described so.
pub(super) fn request(resource: &[(String, String)], spans: &[Span], names: TraceNames) -> Vec<u8> {
    let resource: Vec<Json> = resource.iter().map(|(key, value)| pair(key, &json!({ "stringValue": value }))).collect();
    let spans: Vec<Json> = spans.iter().map(|span| encoded(span, names)).collect();
    let scope = json!({ "name": "llmops", "version": env!("CARGO_PKG_VERSION") });
    let request = json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": scope, "spans": spans }],
    }] });
    serde_json::to_vec(&request).expect("strings and numbers can be written")
}

fn encoded(span: &Span, names: TraceNames) -> Json {
    let mut fields = Map::new();
    fields.insert("traceId".into(), format!("{:032x}", span.context.trace).into());
    fields.insert("spanId".into(), format!("{:016x}", span.context.span).into());
    if let Some(parent) = span.parent {
        fields.insert("parentSpanId".into(), format!("{parent:016x}").into());
    }
    fields.insert("name".into(), span.name.clone().into());
    fields.insert("kind".into(), kind(span.kind).into());
    fields.insert("startTimeUnixNano".into(), span.start.to_string().into());
    fields.insert("endTimeUnixNano".into(), span.end.to_string().into());
    fields.insert("attributes".into(), attributes(&span.attributes, names));
    if !span.events.is_empty() {
        fields.insert("events".into(), span.events.iter().map(|event| event_of(event, names)).collect());
    }
    if let Status::Failed(message) = &span.status {
        fields.insert("status".into(), json!({ "code": FAILED, "message": message }));
    }
    Json::Object(fields)
}

fn event_of(event: &Event, names: TraceNames) -> Json {
    json!({
        "timeUnixNano": event.at.to_string(),
        "name": names::current(event.name),
        "attributes": attributes(&event.attributes, names),
    })
}

fn attributes(attributes: &[Attribute], names: TraceNames) -> Json {
    let pairs = named(attributes, names).map(|(name, value)| pair(&name, &any(value)));
    pairs.collect::<Vec<_>>().into()
}

fn pair(key: &str, value: &Json) -> Json {
    json!({ "key": key, "value": value })
}

fn any(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Whole(number) => json!({ "intValue": number.to_string() }),
        // JSON has no other numbers.
        Value::Number(number) if number.is_finite() => json!({ "doubleValue": number }),
        Value::Number(number) => json!({ "doubleValue": infinite(*number) }),
        Value::Flag(flag) => json!({ "boolValue": flag }),
        Value::Texts(texts) => {
            let values: Vec<Json> = texts.iter().map(|text| json!({ "stringValue": text })).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Value::Json(value) => json!({ "stringValue": value.to_string() }),
    }
}

/// As Protocol Buffers write it in JSON.
fn infinite(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "NaN",
        number if number > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Response {
    partial_success: Option<PartialSuccess>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PartialSuccess {
    /// A 64-bit number: text, or a number where the collector is lax.
    rejected_spans: Json,
    error_message: String,
}

pub(super) fn answer(body: &[u8]) -> Answer {
    let response: Response = serde_json::from_slice(body).unwrap_or_default();
    let PartialSuccess { rejected_spans, error_message } = response.partial_success.unwrap_or_default();
    let rejected = rejected_spans.as_u64().or_else(|| rejected_spans.as_str()?.parse().ok()).unwrap_or_default();
    Answer { rejected, message: error_message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::otlp::tests::span;

    fn read(names: TraceNames) -> Json {
        let bytes = request(&[("service.name".to_owned(), "llmops".to_owned())], &[span()], names);
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn a_request_is_as_the_protocol_has_it() {
        let expected = json!({ "resourceSpans": [{
            "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "llmops" } }] },
            "scopeSpans": [{
                "scope": { "name": "llmops", "version": env!("CARGO_PKG_VERSION") },
                "spans": [{
                    "traceId": "5b8efff798038103d269b633813fc60c",
                    "spanId": "0000000000000ee1",
                    "parentSpanId": "0000000000000007",
                    "name": "chat m",
                    "kind": 3,
                    "startTimeUnixNano": "1544712660000000000",
                    "endTimeUnixNano": "1544712661000000001",
                    "attributes": [
                        { "key": "gen_ai.usage.input_tokens", "value": { "intValue": "9007199254740993" } },
                        { "key": "llmops.case.id", "value": { "stringValue": "a" } },
                    ],
                    "events": [{
                        "timeUnixNano": "5",
                        "name": "gen_ai.evaluation.result",
                        "attributes": [{ "key": "gen_ai.evaluation.score.value", "value": { "doubleValue": 0.5 } }],
                    }],
                    "status": { "code": 2, "message": "no" },
                }],
            }],
        }] });
        assert_eq!(read(TraceNames::Current), expected);
    }

    #[test]
    fn both_names_are_sent_where_the_project_asks_for_them() {
        let both = read(TraceNames::Both);
        let attributes = both.pointer("/resourceSpans/0/scopeSpans/0/spans/0/attributes").unwrap().as_array().unwrap();
        let keys: Vec<&str> = attributes.iter().map(|attribute| attribute["key"].as_str().unwrap()).collect();
        assert_eq!(keys, ["gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens", "llmops.case.id"]);
    }

    #[test]
    fn every_value_has_its_form() {
        let cases = [
            (Value::from("a\n\"b\""), json!({ "stringValue": "a\n\"b\"" })),
            (Value::from(-3_i64), json!({ "intValue": "-3" })),
            (Value::from(u64::MAX), json!({ "intValue": i64::MAX.to_string() })),
            (Value::from(0.25), json!({ "doubleValue": 0.25 })),
            (Value::from(f64::NAN), json!({ "doubleValue": "NaN" })),
            (Value::from(f64::NEG_INFINITY), json!({ "doubleValue": "-Infinity" })),
            (Value::from(true), json!({ "boolValue": true })),
            (Value::Texts(vec!["a".into()]), json!({ "arrayValue": { "values": [{ "stringValue": "a" }] } })),
            (Value::Json(json!([{ "id": "a" }])), json!({ "stringValue": "[{\"id\":\"a\"}]" })),
        ];
        for (value, expected) in cases {
            assert_eq!(any(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn rejected_spans_are_counted_whatever_form_the_number_has() {
        let cases = [
            ("{}", 0, ""),
            ("", 0, ""),
            (r#"{"partialSuccess":null}"#, 0, ""),
            (r#"{"partialSuccess":{"errorMessage":"only a warning"}}"#, 0, "only a warning"),
            (r#"{"partialSuccess":{"rejectedSpans":"2"}}"#, 2, ""),
            (r#"{"partialSuccess":{"rejectedSpans":3,"errorMessage":"too old"}}"#, 3, "too old"),
        ];
        for (body, rejected, message) in cases {
            assert_eq!(answer(body.as_bytes()), Answer { rejected, message: message.to_owned() }, "{body}");
        }
    }
}
