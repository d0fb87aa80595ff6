//! `[trace]`: whether spans of runs are sent, where to, and what of them.

use super::document::{Document, Section};

/// `[trace]`
pub(crate) struct Trace {
    pub(crate) to: TraceTo,
    /// Where the collector or Langfuse is, unless the environment says so.
    pub(crate) endpoint: Option<String>,
    /// Whether what was asked, found and answered is sent.
    pub(crate) content: bool,
    pub(crate) names: TraceNames,
}

/// Who is sent spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TraceTo {
    Nobody,
    /// Whoever speaks OTLP.
    Otlp,
    Langfuse,
}

/// By which names attributes are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TraceNames {
    Current,
    /// Those that they had before beside them.
    Both,
}

pub(super) fn read(section: &Section, document: &Document) -> Option<Trace> {
    let to =
        section.choice("to", &[("none", TraceTo::Nobody), ("otlp", TraceTo::Otlp), ("langfuse", TraceTo::Langfuse)]);
    let endpoint = section.string("endpoint");
    if let Some(endpoint) = &endpoint
        && !endpoint.value.starts_with("http://")
        && !endpoint.value.starts_with("https://")
    {
        let message = format!("{} is \"{}\", which is no address", section.path("endpoint"), endpoint.value);
        document.report(endpoint.line, message, Some("write it like \"http://collector:4318\"".into()));
    }
    let content = section.boolean("content");
    let names = section.choice("names", &[("current", TraceNames::Current), ("both", TraceNames::Both)]);
    section.finish();
    Some(Trace { to: to?, endpoint: endpoint.map(|endpoint| endpoint.value), content: content?.value, names: names? })
}
