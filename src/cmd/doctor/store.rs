//! Whether there is something to find: documents, or a table in the database whose vectors fit the embedder.

use std::time::Duration;

use super::Patient;
use super::finding::Finding;
use crate::cmd::guard::documents::may_stay;
use crate::config::{StoreKind, TargetKind};
use crate::error::{Error, Result};
use crate::postgres::{Server, limited};
use crate::rag::{Coverage, Purpose, Retriever, open_embedder, read_documents};
use crate::text::count;

const LIMIT: Duration = Duration::from_secs(10);
const HINT: &str = "start it, or check DATABASE_URL or DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD";

pub(super) async fn check(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    if config.target.kind != TargetKind::Rag {
        return vec![Finding::skipped("the target retrieves nothing from a store of ours")];
    }
    match config.retrieval.store {
        StoreKind::Embedded => embedded(patient),
        StoreKind::Pgvector if patient.offline => vec![Finding::skipped("--offline: the database is not asked")],
        StoreKind::Pgvector => match pgvector(patient).await {
            Ok(findings) => findings,
            Err(error) => Finding::of_error(&error),
        },
    }
}

fn embedded(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    let name = &config.retrieval.documents.value;
    let path = config.path(name);
    if !path.exists() {
        return vec![Finding::problem(
            format!("{name} does not exist, so the index is empty"),
            "put your documents there, or set retrieval.documents to where they are",
        )];
    }
    let documents = match read_documents(&path, name) {
        Ok(documents) => documents,
        Err(error) => return Finding::of_error(&error),
    };
    let kept_out = documents.iter().filter(|document| !may_stay(config, document)).count();
    let mut found = Vec::new();
    if documents.is_empty() {
        let fix = "put Markdown, text, HTML, PDF, JSONL or CSV there";
        found.push(Finding::problem(format!("{name} holds no document, so the index is empty"), fix));
    } else if kept_out > 0 && config.guard.documents.quarantine {
        found.push(Finding::warning(
            format!(
                "{} of {name} looks like an attack; those that [guard.documents] does not trust are kept out",
                count(kept_out, "document")
            ),
            "llmops guard documents",
        ));
    }
    if let Err(error) = open_embedder(config, &patient.client) {
        found.extend(unless_secret(&error));
    }
    if found.is_empty() {
        found.push(Finding::ok(format!("{name} has {}", count(documents.len(), "document"))));
    }
    found
}

/// What is wrong with the embedder; a missing key is told by the check of secrets.
fn unless_secret(error: &Error) -> Vec<Finding> {
    if error.problems.iter().any(|problem| problem.message.starts_with("no key for")) {
        return vec![Finding::skipped("the embedder has no key: see secrets")];
    }
    Finding::of_error(error)
}

async fn pgvector(patient: &Patient) -> Result<Vec<Finding>> {
    let config = &patient.config;
    let table = &config.retrieval.pgvector.table;
    let Some(url) = &config.retrieval.pgvector.url else {
        let fix = "set DATABASE_URL, or DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, or retrieval.pgvector.url";
        return Ok(vec![Finding::problem("the store pgvector needs the address of a database", fix)]);
    };
    let client = Server::new(url, HINT)?.connect().await?;
    let select = "select (select count(*) from pg_extension where extname = 'vector'),
        (select count(*) from pg_available_extensions where name = 'vector')";
    let row = limited(LIMIT, client.query_typed_one(select, &[])).await?;
    if row.get::<_, i64>(0) == 0 {
        let fix = match row.get::<_, i64>(1) {
            0 => "install pgvector on the server, then: create extension vector",
            _ => "llmops ingest creates it; without the right to, an administrator runs: create extension vector",
        };
        return Ok(vec![Finding::problem("the database lacks the extension vector", fix)]);
    }
    if let Err(error) = open_embedder(config, &patient.client) {
        return Ok(unless_secret(&error));
    }
    let retriever = Retriever::open(config, &patient.client)?;
    let mut found = Vec::new();
    if let Some(embedder) = retriever.embedder().filter(|embedder| embedder.dimensions().is_none()) {
        // Only a vector says how long vectors are; a word's costs as good as nothing.
        let embedded = embedder.embed(&["llmops".to_owned()], Purpose::Query).await;
        found.extend(embedded.err().iter().flat_map(Finding::of_error));
    }
    let Coverage { rows, unembedded, foreign } = retriever.coverage().await?;
    if rows == 0 {
        found.push(Finding::problem(format!("the index is empty: the table {table} has no rows"), "llmops ingest"));
    } else if rows == unembedded {
        let message = format!("the index is empty: none of the {} of {table} has a vector", count(rows, "row"));
        found.push(Finding::problem(message, "llmops ingest"));
    } else if unembedded > 0 {
        let message =
            format!("{unembedded} of the {} of {table} have no vector, and cannot be found", count(rows, "row"));
        found.push(Finding::warning(message, "llmops ingest"));
    }
    if foreign > 0 {
        let message = format!("{foreign} of the {} of {table} have vectors of another embedder", count(rows, "row"));
        found.push(Finding::problem(message, "llmops ingest"));
    }
    if found.is_empty() {
        found.push(Finding::ok(format!("the table {table} has {}, all with vectors", count(rows, "row"))));
    }
    Ok(found)
}
