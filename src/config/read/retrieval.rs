//! `[retrieval]`: where passages come from.

use super::super::document::Section;
use super::super::{Env, Pgvector, Retrieval, Secret, StoreKind};
use super::{Context, check_model, secret};

const EMBEDDER_HINT: &str = "write \"none\", \"local\" or provider/model, for example \"gemini/gemini-embedding-001\"";

pub(super) fn read_retrieval(section: &Section, context: &Context) -> Option<Retrieval> {
    let document = context.document;
    let store = section.choice("store", &[("embedded", StoreKind::Embedded), ("pgvector", StoreKind::Pgvector)]);
    let embedder = section.string("embedder");
    if let Some(embedder) = embedder.as_ref().filter(|embedder| !matches!(embedder.value.as_str(), "none" | "local")) {
        check_model(context, embedder, EMBEDDER_HINT);
    }
    // pgvector's `vector` type holds at most 16,000 dimensions.
    let dimensions = section.integer("dimensions", 1..=16_000);
    let documents = section.string("documents");
    let chunk_words = section.integer("chunk_words", 20..=5_000);
    let chunk_overlap_words = section.integer("chunk_overlap_words", 0..=2_500);
    if let (Some(words), Some(overlap)) = (chunk_words, chunk_overlap_words)
        && overlap * 2 > words
    {
        let line = section.line_of("chunk_overlap_words").or(section.line_of("chunk_words"));
        let message = format!("retrieval.chunk_overlap_words is {overlap}, more than half of chunk_words ({words})");
        document.report(line, message, None);
    }
    let pgvector = read_pgvector(&section.section("pgvector"), context, store == Some(StoreKind::Pgvector));
    if store == Some(StoreKind::Pgvector) && embedder.as_ref().is_some_and(|embedder| embedder.value == "none") {
        let hint = "for example embedder = \"gemini/gemini-embedding-001\", or store = \"embedded\" for lexical search";
        document.report(
            section.line_of("store"),
            "the store pgvector needs retrieval.embedder".into(),
            Some(hint.into()),
        );
    }
    section.finish();
    Some(Retrieval {
        store: store?,
        embedder: embedder?,
        dimensions,
        documents: documents?,
        chunk_words: chunk_words?,
        chunk_overlap_words: chunk_overlap_words?,
        pgvector: pgvector?,
    })
}

/// Secrets are read only where they are used, so that a project works without those that it does not need.
fn read_pgvector(section: &Section, context: &Context, is_used: bool) -> Option<Pgvector> {
    let url = match section.string("url") {
        Some(url) if is_used => secret(context.document, context.env, &url),
        Some(_) => None,
        None => database_url(context.env).map(Secret::new),
    };
    let name = |key: &str| section.string(key).map(|name| name.value);
    let (table, id, title, body, embedding) =
        (name("table"), name("id"), name("title"), name("body"), name("embedding"));
    section.finish();
    Some(Pgvector { url, table: table?, id: id?, title: title?, body: body?, embedding: embedding? })
}

/// `DATABASE_URL`, or one made of the `DB_*` variables that tutorials use.
fn database_url(env: &Env) -> Option<String> {
    if let Some(url) = env.get("DATABASE_URL") {
        return Some(url.to_owned());
    }
    let name = env.get("DB_NAME")?;
    // The key=value form of libpq: values are quoted, so that a password may hold any character.
    let quote = |value: &str| format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let parts = [
        ("host", env.get("DB_HOST").unwrap_or("localhost")),
        ("port", env.get("DB_PORT").unwrap_or("5432")),
        ("dbname", name),
        ("user", env.get("DB_USER").unwrap_or("postgres")),
        ("password", env.get("DB_PASSWORD").unwrap_or_default()),
    ];
    let parts = parts.iter().filter(|(_, value)| !value.is_empty());
    Some(parts.map(|(key, value)| format!("{key}={}", quote(value))).collect::<Vec<_>>().join(" "))
}
