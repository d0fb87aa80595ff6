//! Traces of commands: opened before the work and closed after it, and what they say of runs, of the gate and of labels.

mod run;

pub(super) use run::decided;

use super::output;
use crate::clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::trace::{self, Active, Scope, Took, Tracer, Value};

/// The trace of one command. What is left is sent when it is dropped, so spans must end before.
pub(super) struct Tracing {
    tracer: Option<Tracer>,
    /// The span of the command that this one is a part of.
    caller: Option<Scope>,
}

impl Tracing {
    /// Never fails: a trace that cannot be sent is told, and the work goes on.
    pub(super) fn open(config: &Config) -> Self {
        let caller = trace::current();
        if caller.is_some() {
            return Self { tracer: None, caller };
        }
        let tracer = Tracer::open(config).unwrap_or_else(|why| {
            output::note(&format!("trace: nothing is sent: {why}"));
            None
        });
        Self { tracer, caller }
    }

    /// The span of the whole work; `None` if nothing is traced.
    pub(super) fn begin(&self, work: &str, config: &Config) -> Option<Active> {
        let name = || format!("{work} {}", config.name);
        let caller = self.caller.as_ref().map(|caller| caller.begin(name(), trace::Kind::Internal));
        let mut span = caller.or_else(|| self.tracer.as_ref().map(|tracer| tracer.root(name())))?;
        span.set("project", config.name.as_str());
        Some(span)
    }
}

impl Tracing {
    /// Says of something that users see from now on when it happened.
    pub(super) fn deployed(
        &self,
        to: &str,
        config: &Config,
        attributes: impl FnOnce() -> Vec<(&'static str, Value)>,
        start: u64,
    ) {
        let Some(span) = self.begin("deploy", config) else { return };
        if let Some(scope) = span.scope() {
            let took = Took { start, end: clock::unix_nanoseconds() };
            scope.annotate(format!("deployment {to}"), took, attributes(), Ok(()));
        }
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        if let Some(lost) = self.tracer.as_ref().and_then(Tracer::close) {
            output::note(&lost);
        }
    }
}

/// Does the work inside the span, which fails if the work does.
pub(super) async fn inside<T>(span: &mut Option<Active>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let scope = span.as_ref().and_then(Active::scope);
    let result = trace::within(scope, work).await;
    if let (Some(span), Err(error)) = (span, &result) {
        fail(span, error);
    }
    result
}

pub(super) fn fail(span: &mut Active, error: &Error) {
    span.fail(error.kind.name(), &error.to_string());
}
