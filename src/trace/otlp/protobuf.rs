//! Requests as Protocol Buffers, whose few rules are written out here: these messages change as seldom as the protocol.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>; the numbers of fields are those of `opentelemetry-proto` 1.

use super::{Answer, FAILED, kind, named};
use crate::config::TraceNames;
use crate::trace::names;
use crate::trace::span::{Attribute, Event, Span, Status, Value};

/// How a field is written.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;
const FIXED32: u64 = 5;

/// `ExportTraceServiceRequest`
pub(super) fn request(resource: &[(String, String)], spans: &[Span], names: TraceNames) -> Vec<u8> {
    let mut described = Message::default();
    for (key, value) in resource {
        described.message(1, &pair(key, &Value::Text(value.clone())));
    }
    let mut scope = Message::default();
    scope.text(1, "llmops");
    scope.text(2, env!("CARGO_PKG_VERSION"));
    let mut scoped = Message::default();
    scoped.message(1, &scope);
    for span in spans {
        scoped.message(2, &encoded(span, names));
    }
    let mut all = Message::default();
    all.message(1, &described);
    all.message(2, &scoped);
    let mut request = Message::default();
    request.message(1, &all);
    request.0
}

fn encoded(span: &Span, names: TraceNames) -> Message {
    let mut message = Message::default();
    message.bytes(1, &span.context.trace.to_be_bytes());
    message.bytes(2, &span.context.span.to_be_bytes());
    if let Some(parent) = span.parent {
        message.bytes(4, &parent.to_be_bytes());
    }
    message.text(5, &span.name);
    message.number(6, kind(span.kind).into());
    message.fixed(7, span.start.to_le_bytes());
    message.fixed(8, span.end.to_le_bytes());
    message.attributes(9, &span.attributes, names);
    for event in &span.events {
        message.message(11, &event_of(event, names));
    }
    if let Status::Failed(words) = &span.status {
        let mut status = Message::default();
        status.text(2, words);
        status.number(3, FAILED.into());
        message.message(15, &status);
    }
    message
}

fn event_of(event: &Event, names: TraceNames) -> Message {
    let mut message = Message::default();
    message.fixed(1, event.at.to_le_bytes());
    message.text(2, &names::current(event.name));
    message.attributes(3, &event.attributes, names);
    message
}

/// `KeyValue`
fn pair(key: &str, value: &Value) -> Message {
    let mut message = Message::default();
    message.text(1, key);
    message.message(2, &any(value));
    message
}

/// `AnyValue`. A member of a `oneof` is written even if it is 0 or empty.
fn any(value: &Value) -> Message {
    let mut message = Message::default();
    match value {
        Value::Text(text) => message.text(1, text),
        Value::Flag(flag) => message.number(2, u64::from(*flag)),
        Value::Whole(number) => message.number(3, number.cast_unsigned()),
        Value::Number(number) => message.fixed(4, number.to_le_bytes()),
        Value::Texts(texts) => {
            let mut array = Message::default();
            for text in texts {
                let mut item = Message::default();
                item.text(1, text);
                array.message(1, &item);
            }
            message.message(5, &array);
        }
        Value::Json(json) => message.text(1, &json.to_string()),
    }
    message
}

/// The fields of a message, one after another.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3 | VARINT);
        self.varint(number);
    }

    fn fixed(&mut self, field: u64, bytes: [u8; 8]) {
        self.varint(field << 3 | FIXED64);
        self.0.extend(bytes);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | BYTES);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn attributes(&mut self, field: u64, attributes: &[Attribute], names: TraceNames) {
        for (name, value) in named(attributes, names) {
            self.message(field, &pair(&name, value));
        }
    }
}

/// `ExportTraceServiceResponse`: one message inside, of a number and a text.
pub(super) fn answer(body: &[u8]) -> Answer {
    let mut answer = Answer::default();
    for (field, value) in Fields(body) {
        let (1, Read::Bytes(partial)) = (field, value) else { continue };
        for field in Fields(partial) {
            match field {
                (1, Read::Number(rejected)) => answer.rejected = rejected,
                (2, Read::Bytes(message)) => answer.message = String::from_utf8_lossy(message).into_owned(),
                _ => {}
            }
        }
    }
    answer
}

enum Read<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a width that no field here has.
    Other,
}

/// Reads fields until the end, or until something is no field.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, bytes: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Read<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.varint()?;
        let value = match key & 7 {
            VARINT => Read::Number(self.varint()?),
            BYTES => {
                let length = self.varint()?;
                Read::Bytes(self.take(length)?)
            }
            FIXED64 => self.take(8).map(|_| Read::Other)?,
            FIXED32 => self.take(4).map(|_| Read::Other)?,
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_many_bytes_as_they_need() {
        let cases: &[(u64, &[u8])] = &[(0, &[0]), (1, &[1]), (150, &[0x96, 1]), (300, &[0xac, 2])];
        for (number, expected) in cases {
            let mut message = Message::default();
            message.varint(*number);
            assert_eq!(message.0, *expected);
            assert_eq!(Fields(expected).varint(), Some(*number));
        }
        let mut message = Message::default();
        message.varint((-1_i64).cast_unsigned());
        assert_eq!(message.0, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
    }

    #[test]
    fn values_are_written_by_the_rules_also_if_they_are_nothing() {
        let cases: &[(Value, &[u8])] = &[
            (Value::from("ab"), &[0x0a, 2, b'a', b'b']),
            (Value::from(""), &[0x0a, 0]),
            (Value::from(false), &[0x10, 0]),
            (Value::from(0_u64), &[0x18, 0]),
            (Value::from(1.0), &[0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
            (Value::Texts(vec!["a".into()]), &[0x2a, 5, 0x0a, 3, 0x0a, 1, b'a']),
        ];
        for (value, expected) in cases {
            assert_eq!(any(value).0, *expected, "{value:?}");
        }
    }

    #[test]
    fn rejected_spans_are_counted_and_damage_is_no_complaint() {
        let whole = [0x0a, 9, 0x08, 3, 0x12, 5, b't', b'o', b'o', b' ', b'x'];
        assert_eq!(answer(&whole), Answer { rejected: 3, message: "too x".to_owned() });
        assert_eq!(answer(&[]), Answer::default());
        for length in 1..whole.len() {
            assert_eq!(answer(&whole[..length]).rejected, 0, "{length}");
        }
        assert_eq!(answer(&[0xff; 40]), Answer::default());
    }
}
