//! Spans of what the program does, for whoever collects them: OpenTelemetry, over OTLP with JSON, never in anybody's way.
//!
//! ```text
//! command: Tracer -> root Active ─┐ scope of a task, so that whatever is called there finds it
//! case, retrieval, model call: begin -> Active (attributes, events) -> end ─> queue ─> exporter's thread ─> collector
//! ```

mod context;
mod destination;
mod exporter;
mod names;
mod otlp;
mod span;
mod tracer;

pub(crate) use context::Context;
pub(crate) use names::provider;
pub(crate) use span::{Kind, Value};
pub(crate) use tracer::{Active, Scope, Took, Tracer, begin, current, within};
