//! `llmops ingest`: documents into the store. Also how other commands open the store.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use serde_json::json;

use super::guard::documents::{self, Scanned};
use super::tracing::{self, Tracing};
use super::{Closing, configuration, output};
use crate::cli::Global;
use crate::config::{Config, StoreKind, TargetKind};
use crate::error::{Error, ExitStatus, Result};
use crate::llm::Client;
use crate::rag::{IngestEvent, IngestSummary, Retriever, ingest};
use crate::report::Progress;
use crate::text::count;
use crate::trace::{self, Active, Kind};

pub(super) async fn run(global: &Global) -> Result<ExitStatus> {
    let config = configuration(global)?;
    if config.target.kind != TargetKind::Rag {
        return Err(Error::config("only a target of kind \"rag\" has a store to fill").at(&config.file, None));
    }
    let client = Client::new(&config)?;
    let _closing = Closing(client.clone());
    let retriever = Retriever::open(&config, &client)?;
    let tracing = Tracing::open(&config);
    let mut span = tracing.begin("ingest", &config);
    let (summary, scanned) = tracing::inside(&mut span, fill(&config, &retriever, global.quiet)).await?;
    drop(span);
    if global.json {
        output::print_json(&summary_json(&summary, &scanned))?;
    } else {
        output::print(&format!("{}{}\n", documents::kept_out(&scanned), summary_line(&summary)))?;
    }
    Ok(ExitStatus::Pass)
}

/// Which stores a command brings up to date before it searches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// Only the embedded one, which is made from the documents and nobody else's.
    Embedded,
    Every,
}

/// The store, ready to be searched; `None` for targets that have none of ours.
///
/// The embedded store is made from the documents, so it is brought up to date first: what is measured is what is there.
pub(super) async fn open_retriever(
    config: &Config,
    client: &Client,
    fill_which: Fill,
    quiet: bool,
) -> Result<Option<Arc<Retriever>>> {
    if config.target.kind != TargetKind::Rag {
        return Ok(None);
    }
    let retriever = Retriever::open(config, client)?;
    if config.retrieval.store == StoreKind::Embedded || fill_which == Fill::Every {
        let (summary, scanned) = fill(config, &retriever, quiet).await?;
        if !quiet && summary.is_change() {
            output::note(&summary_line(&summary));
        }
        // Even a quiet run must not measure without what it seems to have.
        if let Some(note) = documents::note(&scanned) {
            output::note(&note);
        }
    }
    Ok(Some(Arc::new(retriever)))
}

/// Makes the store equal to the documents, behind a progress bar.
async fn fill(config: &Config, retriever: &Retriever, quiet: bool) -> Result<(IngestSummary, Vec<Scanned>)> {
    let mut span = trace::begin(|| format!("ingest {}", config.retrieval.documents.value), Kind::Internal);
    let (screen, scanned) = documents::screen(config, span.as_ref().and_then(Active::scope))?;
    let mut bar: Option<(&'static str, Progress)> = None;
    let summary = ingest(config, retriever, screen, &mut |event| {
        let (what, done, total) = match event {
            IngestEvent::Reading { done, total } => ("files", done, total),
            IngestEvent::Embedding { done, total } => ("passages embedded", done, total),
            IngestEvent::Stored { done, total } => ("documents stored", done, total),
        };
        if total == 0 {
            return;
        }
        if bar.as_ref().is_none_or(|(shown, _)| *shown != what) {
            finish(bar.take());
        }
        let (_, progress) = bar.get_or_insert_with(|| (what, Progress::new(what, total, quiet)));
        progress.reach(done);
    })
    .await;
    finish(bar);
    match (&mut span, &summary) {
        (Some(span), Ok(summary)) => ingested(span, summary),
        (Some(span), Err(error)) => tracing::fail(span, error),
        (None, _) => {}
    }
    let scanned = std::mem::take(&mut *scanned.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((summary?, scanned))
}

fn ingested(span: &mut Active, summary: &IngestSummary) {
    let counts = [
        ("documents", summary.documents),
        ("passages", summary.chunks),
        ("documents.added", summary.added),
        ("documents.changed", summary.changed),
        ("documents.removed", summary.removed),
        ("documents.quarantined", summary.quarantined),
        ("texts.embedded", summary.embedded),
    ];
    for (concept, count) in counts {
        span.set(concept, count);
    }
}

fn finish(bar: Option<(&'static str, Progress)>) {
    if let Some((_, progress)) = bar {
        progress.finish();
    }
}

fn summary_line(summary: &IngestSummary) -> String {
    let IngestSummary { documents, chunks, added, changed, unchanged, removed, embedded, skipped_files, quarantined } =
        summary;
    let mut line = format!(
        "{} in {}: {added} added, {changed} changed, {unchanged} unchanged, {removed} removed",
        count(*documents, "document"),
        count(*chunks, "passage")
    );
    if *embedded > 0 {
        let _ = write!(line, "; {} embedded", count(*embedded, "text"));
    }
    if *quarantined > 0 {
        let _ = write!(line, "; {} in quarantine", count(*quarantined, "document"));
    }
    if *skipped_files > 0 {
        let _ = write!(line, "; {} of another kind skipped", count(*skipped_files, "file"));
    }
    line
}

fn summary_json(summary: &IngestSummary, scanned: &[Scanned]) -> serde_json::Value {
    json!({
        "documents": summary.documents,
        "passages": summary.chunks,
        "added": summary.added,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "removed": summary.removed,
        "embedded": summary.embedded,
        "skipped_files": summary.skipped_files,
        "quarantined": summary.quarantined,
        "scan": documents::value(scanned),
    })
}
