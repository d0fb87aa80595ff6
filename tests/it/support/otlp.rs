//! Collectors of traces: a real one, and scripted ones; and the spans that came there.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::http::{Received, Server};
use super::process::{Launched, value};
use super::until;

/// A real collector, with a program behind it that writes down what it forwards.
pub(crate) struct Collector {
    /// Of the collector, which reads Protocol Buffers.
    pub(crate) url: String,
    /// Of the program behind it, which reads JSON too.
    pub(crate) sink: String,
    spans: PathBuf,
    _folder: tempfile::TempDir,
    _launched: Launched,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spans = folder.path().join("spans.jsonl");
        let mut launched = Launched::start("otlp.sh", &[spans.to_str().unwrap()], "SINK");
        let url = value(&mut launched.lines, "COLLECTOR").expect("the collector starts");
        Self { url, sink: launched.value.clone(), spans, _folder: folder, _launched: launched }
    }

    /// Everything that came, once a span of this name has: a run's own comes last.
    pub(crate) fn spans(&self, last: &str) -> Spans {
        let read = || Spans(self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect());
        until(&format!("span \"{last}\""), || self.text().ends_with('\n') && !read().named(last).is_empty());
        read()
    }

    /// As it is written down.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.spans).unwrap_or_default()
    }
}

/// Spans with their attributes by name.
pub(crate) struct Spans(pub(crate) Vec<Value>);

impl Spans {
    /// What a scripted server was sent as JSON.
    pub(crate) fn received(server: &Server) -> Self {
        Self(server.received().iter().flat_map(Self::of).collect())
    }

    pub(crate) fn of(request: &Received) -> Vec<Value> {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let spans = body.pointer("/resourceSpans/0/scopeSpans/0/spans").unwrap().as_array().unwrap().clone();
        spans.into_iter().map(plain).collect()
    }

    /// Those whose name begins so.
    pub(crate) fn named(&self, name: &str) -> Vec<&Value> {
        self.0.iter().filter(|span| span["name"].as_str().unwrap().starts_with(name)).collect()
    }

    #[track_caller]
    pub(crate) fn one(&self, name: &str) -> &Value {
        let found = self.named(name);
        let all: Vec<&Value> = self.0.iter().map(|span| &span["name"]).collect();
        assert_eq!(found.len(), 1, "\"{name}\" among {all:?}");
        found[0]
    }

    /// The one below another span whose name begins so.
    #[track_caller]
    pub(crate) fn below(&self, parent: &Value, name: &str) -> &Value {
        let found: Vec<&Value> =
            self.named(name).into_iter().filter(|span| span["parentSpanId"] == parent["spanId"]).collect();
        assert_eq!(found.len(), 1, "\"{name}\" below {parent}");
        found[0]
    }
}

fn plain(mut span: Value) -> Value {
    span["attributes"] = attributes(&span["attributes"]);
    for event in span["events"].as_array_mut().into_iter().flatten() {
        event["attributes"] = attributes(&event["attributes"]);
    }
    span
}

fn attributes(pairs: &Value) -> Value {
    let pair = |pair: &Value| {
        let (kind, value) = pair["value"].as_object().unwrap().iter().next().unwrap();
        let value = match kind.as_str() {
            "intValue" => value.as_str().unwrap().parse::<i64>().unwrap().into(),
            "arrayValue" => {
                value["values"].as_array().unwrap().iter().map(|item| item["stringValue"].clone()).collect()
            }
            _ => value.clone(),
        };
        (pair["key"].as_str().unwrap().to_owned(), value)
    };
    pairs.as_array().unwrap().iter().map(pair).collect::<Map<_, _>>().into()
}

/// The evaluation events of a span, by what was evaluated.
pub(crate) fn evaluations(span: &Value) -> Map<String, Value> {
    let events = span["events"].as_array().unwrap().iter();
    let events = events.filter(|event| event["name"] == "gen_ai.evaluation.result");
    let pair = |event: &Value| {
        let name = event["attributes"]["gen_ai.evaluation.name"].as_str().unwrap();
        (name.to_owned(), event["attributes"].clone())
    };
    events.map(pair).collect()
}
