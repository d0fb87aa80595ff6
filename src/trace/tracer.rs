//! What code calls: spans that begin under the one that a task works in, and end when they are dropped.
//!
//! The span is known by the task, not by arguments: a model is called by targets, judges and attackers, through layers that
//! have nothing else to do with traces.

use std::time::Instant;

use super::exporter::Exporter;
use super::span::{Attribute, Event, Kind, Span, Status, Value};
use super::{Context, destination, names};
use crate::clock;
use crate::config::Config;

use std::sync::Arc;

tokio::task_local! {
    static SCOPE: Option<Scope>;
}

/// Sends spans to one destination. Clones send to the same.
#[derive(Clone)]
pub(crate) struct Tracer(Arc<Inner>);

struct Inner {
    exporter: Exporter,
    content: bool,
    /// The span of another process that called this one.
    caller: Option<Context>,
}

/// A span under which others begin.
#[derive(Clone)]
pub(crate) struct Scope {
    tracer: Tracer,
    context: Context,
}

/// A span that has begun. It ends and is sent when it is dropped.
pub(crate) struct Active {
    tracer: Tracer,
    /// `None` once it was sent.
    span: Option<Box<Span>>,
    began: Instant,
}

/// When something was, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Took {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// The span that this task works in; `None` if nothing is traced.
pub(crate) fn current() -> Option<Scope> {
    SCOPE.try_with(Clone::clone).ok().flatten()
}

/// Does the work inside a span; inside none if `None`.
pub(crate) async fn within<T>(scope: Option<Scope>, work: impl Future<Output = T>) -> T {
    SCOPE.scope(scope, work).await
}

/// Begins a span below the one that this task works in, if it works in one.
pub(crate) fn begin(name: impl FnOnce() -> String, kind: Kind) -> Option<Active> {
    current().map(|scope| scope.begin(name(), kind))
}

impl Tracer {
    /// What the configuration says; `None` if nothing is to be sent, and why nothing can be although it should.
    pub(crate) fn open(config: &Config) -> Result<Option<Self>, String> {
        let Some(destination) = destination::find(&config.trace, &config.env)? else { return Ok(None) };
        let resource = destination::resource(&config.env);
        let exporter = Exporter::start(destination, resource, config.trace.names)?;
        let caller = config.env.get("TRACEPARENT").and_then(Context::parse);
        Ok(Some(Self(Arc::new(Inner { exporter, content: config.trace.content, caller }))))
    }

    /// Begins the first span of this process, below that of whoever called it.
    pub(crate) fn root(&self, name: String) -> Active {
        match self.0.caller {
            Some(caller) => self.below(caller).begin(name, Kind::Internal),
            None => Active::new(self, (Context::new(), None), name, Kind::Internal),
        }
    }

    /// A span of another process, as its `traceparent` says.
    pub(crate) fn below(&self, context: Context) -> Scope {
        Scope { tracer: self.clone(), context }
    }

    /// Sends what is left, with a limit on the time that takes. Says what was not delivered.
    pub(crate) fn close(&self) -> Option<String> {
        self.0.exporter.close()
    }
}

impl Scope {
    pub(crate) fn begin(&self, name: String, kind: Kind) -> Active {
        Active::new(&self.tracer, (self.context.sibling(), Some(self.context.span)), name, kind)
    }

    /// Says of something, such as a deployment, when it was and how it ended: `Err` with a word for what went wrong.
    pub(crate) fn annotate(&self, name: String, took: Took, attributes: Vec<Attribute>, ended: Result<(), &str>) {
        let mut active = self.begin(name, Kind::Internal);
        for (concept, value) in attributes {
            active.set(concept, value);
        }
        if let Err(what) = ended {
            active.fail(what, "");
        }
        active.send(took);
    }

    /// What others call the span.
    pub(crate) fn context(&self) -> Context {
        self.context
    }

    pub(crate) fn tracer(&self) -> &Tracer {
        &self.tracer
    }
}

impl Active {
    fn new(tracer: &Tracer, (context, parent): (Context, Option<u64>), name: String, kind: Kind) -> Self {
        let start = clock::unix_nanoseconds();
        let (attributes, events, status) = (Vec::new(), Vec::new(), Status::Unset);
        let span = Span { context, parent, name, kind, start, end: start, attributes, events, status };
        Self { tracer: tracer.clone(), span: Some(Box::new(span)), began: Instant::now() }
    }

    /// For what happens inside it.
    pub(crate) fn scope(&self) -> Option<Scope> {
        self.span.as_ref().map(|span| Scope { tracer: self.tracer.clone(), context: span.context })
    }

    /// Whether content is sent. It is left out otherwise even if it is set.
    pub(crate) fn takes_content(&self) -> bool {
        self.tracer.0.content
    }

    /// An attribute, by what `data/trace/names.tsv` calls it; any other name is our own.
    pub(crate) fn set(&mut self, concept: &'static str, value: impl Into<Value>) {
        let is_sent = self.is_sent(concept);
        if let Some(span) = self.span.as_mut().filter(|_| is_sent) {
            span.attributes.push((concept, value.into()));
        }
    }

    /// The same for what may not be known.
    pub(crate) fn set_known(&mut self, concept: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(concept, value);
        }
    }

    pub(crate) fn event(&mut self, name: &'static str, mut attributes: Vec<Attribute>) {
        attributes.retain(|(concept, _)| self.is_sent(concept));
        let at = self.now();
        if let Some(span) = &mut self.span {
            span.events.push(Event { name, at, attributes });
        }
    }

    /// `what` is a word of few; `message` is for people and may quote content.
    pub(crate) fn fail(&mut self, what: &str, message: &str) {
        self.set("error_type", what);
        let message = if self.takes_content() { message.to_owned() } else { String::new() };
        if let Some(span) = &mut self.span {
            span.status = Status::Failed(message);
        }
    }

    fn is_sent(&self, concept: &str) -> bool {
        self.tracer.0.content || !names::is_content(concept)
    }

    fn now(&self) -> u64 {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        start.saturating_add(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn send(&mut self, took: Took) {
        if let Some(mut span) = self.span.take() {
            (span.start, span.end) = (took.start, took.end);
            self.tracer.0.exporter.take(span);
        }
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let end = self.now();
        let start = self.span.as_ref().map_or(end, |span| span.start);
        self.send(Took { start, end });
    }
}
