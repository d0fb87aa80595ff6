//! `llmops worker`: measures cases of runs that are on a queue.

use std::sync::Arc;

use super::eval::{apply, connect, prepare};
use super::ingest::Fill;
use super::tracing::{self, Tracing};
use super::{configuration, interrupted, output, unless_interrupted};
use crate::cli::{self, Global};
use crate::error::{Error, ExitStatus, Result};
use crate::eval::{Parting, Worker};

pub(super) async fn run(global: &Global, arguments: &cli::Worker) -> Result<ExitStatus> {
    let mut config = configuration(global)?;
    apply(&mut config, &arguments.tested)?;
    let connection = unless_interrupted(connect(&config, &arguments.queue)).await?;
    let prepared = prepare(global, &config, Fill::Embedded, None).await?;
    let tracing = Tracing::open(&config);
    let mut span = tracing.begin("worker", &config);
    let worker = Worker {
        connection,
        content: prepared.facts.content(&config),
        concurrency: config.eval.concurrency,
        embedder_tokens: Arc::new(prepared.embedder_tokens()),
        measurer: Box::new(move |repeats| prepared.measurer(&config, repeats)),
    };
    let quiet = global.quiet;
    let tell = &mut |text: &str| {
        if !quiet {
            output::note(text);
        }
    };
    match tracing::inside(&mut span, worker.work(arguments.once, interrupted(), tell)).await? {
        Parting::Interrupted if arguments.once => Err(Error::unavailable("interrupted")),
        Parting::Interrupted | Parting::RunEnded => Ok(ExitStatus::Pass),
    }
}
